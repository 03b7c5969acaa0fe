package search

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// Bounds of what is taken apart.
const (
	MaxQuery  = 32 // characters of a question
	maxText   = 400
	maxPrefix = 12 // characters of a word's beginning
	maxTokens = 1200

	initialsMark = "'"  // before pairs of initials
	lettersMark  = "\"" // before runs of pinyin letters
	letterRun    = 3
)

// run is a stretch of text of one kind.
type run struct {
	text []rune
	han  bool
}

// fold writes text the way it is compared: full-width forms as usual ones, in lower case.
func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// runs cuts text into stretches of Chinese characters and words of letters and digits.
func runs(s string) (out []run) {
	n := 0
	var cur run
	end := func() {
		if len(cur.text) > 0 {
			out = append(out, cur)
		}
		cur = run{}
	}
	for _, r := range fold(s) {
		if n++; n > maxText {
			break
		}
		han := unicode.Is(unicode.Han, r)
		if !han && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		if han != cur.han {
			end()
		}
		cur.han, cur.text = han, append(cur.text, r)
	}
	end()
	return out
}

// Doc is what a product is found by.
type Doc struct {
	Title string
	More  []string // subtitle, brand, tags
}

// Tokens are what a product is found by, each once, in a fixed order.
func Tokens(d Doc) []string {
	set := map[string]struct{}{}
	add := func(token string) {
		if len(set) < maxTokens {
			set[token] = struct{}{}
		}
	}
	for _, text := range append([]string{d.Title}, d.More...) {
		for _, r := range runs(text) {
			if r.han {
				hanTokens(r.text, add)
			} else {
				wordTokens(r.text, add)
			}
		}
	}
	out := make([]string, 0, len(set))
	for token := range set {
		out = append(out, token)
	}
	slices.Sort(out)
	return out
}

func wordTokens(word []rune, add func(string)) {
	for n := 1; n <= min(len(word), maxPrefix); n++ {
		add(string(word[:n]))
	}
}

func hanTokens(text []rune, add func(string)) {
	pairs(text, add)
	heads := make([][]byte, len(text))
	var letters strings.Builder
	for i, r := range text {
		readings := readingsOf(r)
		for _, reading := range readings {
			if head := reading[0]; !slices.Contains(heads[i], head) {
				heads[i] = append(heads[i], head)
			}
		}
		if len(readings) > 0 {
			letters.WriteString(readings[0])
		}
		if i == 0 {
			continue
		}
		for _, a := range heads[i-1] {
			for _, b := range heads[i] {
				add(initialsMark + string([]byte{a, b}))
			}
		}
	}
	lettersOf(letters.String(), add)
}

// pairs are the characters of a text and the pairs of them.
func pairs(text []rune, add func(string)) {
	for i := range text {
		add(string(text[i : i+1]))
		if i > 0 {
			add(string(text[i-1 : i+1]))
		}
	}
}

func lettersOf(letters string, add func(string)) {
	for i := 0; i+letterRun <= len(letters); i++ {
		add(lettersMark + letters[i:i+letterRun])
	}
}

// readingsOf are a character's readings without tones, the usual one first.
func readingsOf(r rune) (out []string) {
	args := pinyin.NewArgs()
	args.Heteronym = true
	args.Style = pinyin.Normal
	for _, reading := range pinyin.SinglePinyin(r, args) {
		if reading = strings.ReplaceAll(reading, "ü", "v"); reading != "" && !slices.Contains(out, reading) {
			out = append(out, reading)
		}
	}
	return out
}

// Query is a question as the index is asked. A product fits if it holds all of Words, or all
// of Initials, or all of Letters; those that make no sense for the question are like Words.
type Query struct {
	Text     string // folded, as it is looked for in titles
	Words    []string
	Initials []string
	Letters  []string
}

// Parse reads a question; one without a letter, digit or character has no Words and fits
// nothing.
func Parse(q string) Query {
	out := Query{Text: strings.Join(strings.Fields(fold(q)), " ")}
	words, initials, letters := []string{}, []string{}, []string{}
	spelt, asInitials, asLetters := false, true, true
	for _, r := range runs(q) {
		if r.han {
			for _, list := range []*[]string{&words, &initials, &letters} {
				*list = append(*list, hanQuery(r.text)...)
			}
			continue
		}
		spelt = true
		words = append(words, string(r.text[:min(len(r.text), maxPrefix)]))
		latin := ascii(r.text)
		asInitials = asInitials && latin && len(r.text) >= 2
		asLetters = asLetters && latin && len(r.text) >= letterRun
		for i := 1; i < len(r.text); i++ {
			initials = append(initials, initialsMark+string(r.text[i-1:i+1]))
		}
		lettersOf(string(r.text), func(token string) { letters = append(letters, token) })
	}
	out.Words, out.Initials, out.Letters = words, words, words
	if spelt && asInitials {
		out.Initials = initials
	}
	if spelt && asLetters {
		out.Letters = letters
	}
	return out
}

// hanQuery needs no single characters where pairs say more.
func hanQuery(text []rune) (out []string) {
	if len(text) == 1 {
		return []string{string(text)}
	}
	for i := 1; i < len(text); i++ {
		out = append(out, string(text[i-1:i+1]))
	}
	return out
}

// ascii reports letters that pinyin is written with.
func ascii(word []rune) bool {
	return !slices.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' })
}

// Any is every token by which a product may be near what was asked for: fewer of them is
// farther.
func (q Query) Any() []string {
	var out []string
	for _, list := range [][]string{q.Words, q.Initials, q.Letters} {
		for _, token := range list {
			out = append(out, token)
			if chars := []rune(token); len(chars) == 2 && unicode.Is(unicode.Han, chars[0]) {
				out = append(out, string(chars[:1]), string(chars[1:]))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Empty reports a question that fits nothing.
func (q Query) Empty() bool { return len(q.Words) == 0 }
