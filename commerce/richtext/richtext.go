package richtext

import (
	"hash/maphash"
	"html"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/microcosm-cc/bluemonday"
)

// Cleaner holds the rules. Safe for concurrent use.
type Cleaner struct {
	policy *bluemonday.Policy
	seed   maphash.Seed
	// clean are the hashes of texts that the rules left as they were, each at the place that
	// its hash names: what is read often is not parsed again for every reader. The seed is the
	// process's own secret, so nobody can make a text that passes for another.
	clean [remembered]atomic.Uint64
}

// remembered is how many texts are known to be clean; a power of two.
const remembered = 1 << 12

var (
	aligned = regexp.MustCompile(`^(left|center|right)$`)
	size    = regexp.MustCompile(`^[0-9]{1,4}%?$`)
	// ours are the addresses of pictures: uploaded, drawn for the demo, or in the shop's
	// own object store behind the same path.
	ours = regexp.MustCompile(`^(/media)(/[a-zA-Z0-9][a-zA-Z0-9_.-]{0,80}){1,4}$`)
	// marked finds what a browser would take for a tag.
	marked = regexp.MustCompile(`<[a-zA-Z/!?]`)
	gap    = regexp.MustCompile(`\n\s*\n`)
)

// New returns the rules.
func New() *Cleaner {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "sub", "sup", "blockquote", "ul", "ol", "li",
		"figure", "figcaption", "table", "thead", "tbody", "tr", "span", "div")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("align").Matching(aligned).OnElements("p", "h2", "h3", "h4", "td", "th", "div")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(ours).OnElements("img")
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("width", "height").Matching(size).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return &Cleaner{policy: p, seed: maphash.MakeSeed()}
}

// Clean returns what of a description may be shown: HTML, or "" for none. Text without tags
// becomes paragraphs.
func (c *Cleaner) Clean(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	if !marked.MatchString(s) {
		return paragraphs(s)
	}
	if s = strings.TrimSpace(c.policy.Sanitize(s)); marked.MatchString(s) || s == "" {
		return s
	}
	return paragraphs(s) // no tag is left: what remains is text
}

// Show is Clean for what is read: it costs next to nothing where nothing can be wrong.
func (c *Cleaner) Show(s string) string {
	if s == "" {
		return ""
	}
	sum := maphash.String(c.seed, s)
	place := &c.clean[sum%remembered]
	if place.Load() == sum {
		return s
	}
	out := c.Clean(s)
	if out == s {
		place.Store(sum)
	}
	return out
}

// paragraphs writes typed text as HTML: empty lines part paragraphs.
func paragraphs(s string) string {
	var out strings.Builder
	for _, block := range gap.Split(strings.ReplaceAll(s, "\r\n", "\n"), -1) {
		if block = strings.TrimSpace(block); block != "" {
			out.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(html.UnescapeString(block)), "\n", "<br>") + "</p>")
		}
	}
	return out.String()
}

var plainForm = regexp.MustCompile(`^(<p>([^<]|<br/?>)*</p>\s*)*$`)

// Plain returns a description as it was typed, if it holds paragraphs and nothing more.
func Plain(s string) (text string, ok bool) {
	if !plainForm.MatchString(s) {
		return "", false
	}
	s = strings.NewReplacer("<br>", "\n", "<br/>", "\n", "</p>", "\n\n", "<p>", "").Replace(s)
	return strings.TrimSpace(html.UnescapeString(s)), true
}
