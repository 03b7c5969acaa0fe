package openapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// The part of an OpenAPI document that the page shows.
type spec struct {
	Info struct {
		Title, Version, Description string
	}
	Servers []struct{ URL string }
	Tags    []struct{ Name, Description string }
	Paths   map[string]map[string]operation
	Comps   struct {
		Schemas map[string]*schema
	} `json:"components"`
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Parameters                        []parameter
	RequestBody                       *struct{ Content map[string]media }
	Responses                         map[string]response
	Security                          []map[string][]string
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                *schema
}

type media struct{ Schema *schema }

type response struct {
	Description string
	Content     map[string]media
}

type schema struct {
	Ref           string `json:"$ref"`
	Type          any    // a name, or a list of names
	Format        string
	Description   string
	Pattern       string
	Enum          []any
	Examples      []any
	Properties    map[string]*schema
	Required      []string
	Items         *schema
	Minimum       *float64
	Maximum       *float64
	MinLength     *int
	MaxLength     *int
	AdditionalPro any `json:"additionalProperties"`
}

// What the template is given.
type view struct {
	Title, Version, Base string
	Style, Intro         templ.Component
	Groups               []group
}

type group struct {
	Name, Description string
	Operations        []operationView
}

type operationView struct {
	ID, Method, Path, Summary string
	Description               templ.Component
	Session                   bool
	Parameters                []fieldView
	Body                      []fieldView
	BodyExample               string
	Status, Result            string
	Answer                    []fieldView
	AnswerExample             string
	Errors                    []errorView
}

type fieldView struct {
	Name, Type, Where string
	Depth             int
	Required          bool
	Description       templ.Component
}

type errorView struct {
	Status string
	Codes  templ.Component
}

// render writes the page and returns the hash by which the policy knows its style sheet.
func render(w io.Writer, raw []byte) (styleHash string, err error) {
	var s spec
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("read the document: %w", err)
	}
	sum := sha256.Sum256([]byte(style))
	v := view{Title: s.Info.Title, Version: s.Info.Version, Style: templ.Raw("<style>" + style + "</style>"), Intro: text(s.Info.Description)}
	if len(s.Servers) > 0 {
		v.Base = s.Servers[0].URL
	}
	for _, tag := range s.Tags {
		v.Groups = append(v.Groups, group{Name: tag.Name, Description: tag.Description, Operations: s.operations(tag.Name)})
	}
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]), docs(v).Render(context.Background(), w)
}

func (s *spec) operations(tag string) []operationView {
	var out []operationView
	for path, methods := range s.Paths {
		for method, op := range methods {
			if slices.Contains(op.Tags, tag) {
				out = append(out, s.operation(strings.ToUpper(method), path, op))
			}
		}
	}
	order := []string{"GET", "POST", "PUT", "DELETE"}
	slices.SortFunc(out, func(a, b operationView) int {
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		return slices.Index(order, a.Method) - slices.Index(order, b.Method)
	})
	return out
}

func (s *spec) operation(method, path string, op operation) operationView {
	v := operationView{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: text(op.Description), Session: len(op.Security) > 0,
	}
	for _, p := range op.Parameters {
		v.Parameters = append(v.Parameters, fieldView{
			Name: p.Name, Where: p.In, Type: s.typeOf(p.Schema), Required: p.Required, Description: text(p.Description + s.limits(p.Schema)),
		})
	}
	if op.RequestBody != nil {
		body := op.RequestBody.Content["application/json"].Schema
		v.Body, v.BodyExample = s.fields(body, 0), s.exampleText(body)
	}
	for _, status := range sortedKeys(op.Responses) {
		r := op.Responses[status]
		if status < "300" {
			v.Status, v.Result = status, r.Description
			if answer := r.Content["application/json"].Schema; answer != nil {
				v.Answer, v.AnswerExample = s.fields(answer, 0), s.exampleText(answer)
			}
			continue
		}
		v.Errors = append(v.Errors, errorView{Status: status, Codes: text(r.Description)})
	}
	return v
}

// resolve follows a reference into the components.
func (s *spec) resolve(x *schema) *schema {
	if x == nil {
		return &schema{}
	}
	if name, ok := strings.CutPrefix(x.Ref, "#/components/schemas/"); ok {
		return s.resolve(s.Comps.Schemas[name])
	}
	return x
}

// fields flattens an object into rows, nested members indented under their parent.
func (s *spec) fields(x *schema, depth int) []fieldView {
	x = s.resolve(x)
	var rows []fieldView
	for _, name := range propertyOrder(x) {
		p := x.Properties[name]
		r := s.resolve(p)
		description := p.Description
		if description == "" && p.Ref == "" {
			description = r.Description
		}
		rows = append(rows, fieldView{
			Name: name, Type: s.typeOf(p), Depth: depth, Required: slices.Contains(x.Required, name),
			Description: text(description + s.limits(r)),
		})
		if r.Items != nil {
			r = s.resolve(r.Items)
		}
		if len(r.Properties) > 0 {
			rows = append(rows, s.fields(r, depth+1)...)
		}
	}
	return rows
}

// propertyOrder is the order of the Go type as far as the document tells it (required
// members are listed in it), then the rest by name.
func propertyOrder(x *schema) []string {
	var out []string
	for _, name := range x.Required {
		if _, ok := x.Properties[name]; ok {
			out = append(out, name)
		}
	}
	for _, name := range sortedKeys(x.Properties) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func (s *spec) typeOf(x *schema) string {
	r := s.resolve(x)
	name := ""
	switch t := r.Type.(type) {
	case string:
		name = t
	case []any:
		var parts []string
		for _, p := range t {
			parts = append(parts, fmt.Sprint(p))
		}
		name = strings.Join(parts, " | ")
	}
	if r.Items != nil {
		return "array of " + s.typeOf(r.Items)
	}
	if r.Format == "date-time" {
		return "time (RFC 3339)"
	}
	return name
}

func (s *spec) limits(x *schema) string {
	r := s.resolve(x)
	var parts []string
	if len(r.Enum) > 0 {
		var values []string
		for _, v := range r.Enum {
			values = append(values, fmt.Sprintf("`%v`", v))
		}
		parts = append(parts, "One of "+strings.Join(values, ", ")+".")
	}
	span := func(what string, lo, hi string) {
		switch {
		case lo != "" && hi != "":
			parts = append(parts, lo+" to "+hi+what+".")
		case lo != "":
			parts = append(parts, "At least "+lo+what+".")
		case hi != "":
			parts = append(parts, "At most "+hi+what+".")
		}
	}
	span("", number(r.Minimum), number(r.Maximum))
	span(" characters", number(r.MinLength), number(r.MaxLength))
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, " ")
}

func number[T int | float64](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// text renders the little Markdown that the document uses: paragraphs, code, bold,
// headings and tables. Everything is escaped first.
func text(source string) templ.Component {
	codeMark, boldMark := regexp.MustCompile("`([^`]+)`"), regexp.MustCompile(`\*\*([^*]+)\*\*`)
	var b strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(source), "\n\n") {
		escaped := html.EscapeString(block)
		escaped = codeMark.ReplaceAllString(escaped, "<code>$1</code>")
		escaped = boldMark.ReplaceAllString(escaped, "<strong>$1</strong>")
		switch {
		case strings.HasPrefix(escaped, "### "):
			b.WriteString("<h3>" + strings.TrimPrefix(escaped, "### ") + "</h3>")
		case strings.HasPrefix(escaped, "|"):
			b.WriteString(table(escaped))
		case escaped != "":
			b.WriteString("<p>" + escaped + "</p>")
		}
	}
	return templ.Raw(b.String()) // escaped above; only our own tags were added
}

func table(block string) string {
	var b strings.Builder
	b.WriteString("<table><tbody>")
	for i, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if i == 1 { // the line of dashes
			continue
		}
		cell := "td"
		if i == 0 {
			cell = "th"
		}
		b.WriteString("<tr>")
		for text := range strings.SplitSeq(strings.Trim(line, "| "), " | ") {
			b.WriteString("<" + cell + ">" + strings.TrimSpace(text) + "</" + cell + ">")
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
