package miniapi

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fasthttp"

	"galleria/tenant/fault"
	"galleria/web/envelope"
)

const (
	maxDepth       = 32
	maxQueryParams = 50
	maxFieldErrors = 20
)

// checkQuery refuses parameters that the operation does not have, that come twice, or
// that hold what no parameter of ours holds.
func checkQuery(args *fasthttp.Args, params []*huma.Param) error {
	if args.Len() > maxQueryParams {
		return envelope.ErrMalformed.With(fault.Field{Path: "query", Message: "has too many parameters"})
	}
	var fields []fault.Field
	var seen []string
	for key, value := range args.All() {
		if len(fields) == maxFieldErrors {
			break
		}
		name := strings.ToValidUTF8(string(key), "\uFFFD")
		switch {
		case !slices.ContainsFunc(params, func(p *huma.Param) bool { return p.In == "query" && p.Name == string(key) }):
			fields = append(fields, fault.Field{Path: clip(name), Message: "is not a parameter of this operation"})
		case slices.Contains(seen, name):
			fields = append(fields, fault.Field{Path: clip(name), Message: "must be given once"})
		case !utf8.Valid(value) || bytes.ContainsFunc(value, unicode.IsControl):
			fields = append(fields, fault.Field{Path: clip(name), Message: "has characters that are not text"})
		}
		seen = append(seen, name)
	}
	if len(fields) > 0 {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// checkHeaders refuses a header of the operation that comes twice: a proxy before us may
// have looked at the other one.
func checkHeaders(h *fasthttp.RequestHeader, params []*huma.Param) error {
	for _, p := range params {
		if p.In == "header" && len(h.PeekAll(p.Name)) > 1 {
			return envelope.ErrMalformed.With(fault.Field{Path: p.Name, Message: "must be given once"})
		}
	}
	return nil
}

// checkBody refuses a body that is no JSON object by the strict rules of the package
// comment, before any type is looked at.
func checkBody(r *fasthttp.Request, takes *huma.RequestBody) error {
	body := bytes.TrimSpace(r.Body())
	if takes == nil {
		if len(body) > 0 && !bytes.Equal(body, []byte("{}")) {
			return fault.Invalidf("body", "this operation takes no body")
		}
		return nil
	}
	if len(body) == 0 && !takes.Required {
		return nil
	}
	if len(body) == 0 {
		return envelope.ErrMalformed.With(fault.Field{Path: "body", Message: "is required"})
	}
	if kind := string(r.Header.ContentType()); kind != "" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return envelope.ErrMediaType
		}
	}
	return scan(body)
}

// checkForm refuses whatever is no form with one file.
func checkForm(r *fasthttp.Request) error {
	if media, _, err := mime.ParseMediaType(string(r.Header.ContentType())); err != nil || media != "multipart/form-data" {
		return envelope.ErrMediaType
	}
	form, err := r.MultipartForm()
	if err != nil {
		return envelope.ErrMalformed.With(fault.Field{Path: "body", Message: "is not a form"})
	}
	if len(form.File["file"]) != 1 || len(form.File) != 1 {
		return fault.Invalidf("file", "must be given once")
	}
	return nil
}

// scan walks the tokens of a JSON text once.
func scan(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if dec.PeekKind() != '{' {
		if !jsontext.Value(body).IsValid() {
			return unreadable(dec, nil)
		}
		return fault.Invalidf("body", "must be a JSON object")
	}
	for {
		token, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(dec, err)
		}
		if err := checkToken(dec, token); err != nil {
			return err
		}
		if dec.StackDepth() == 0 { // the object has ended: nothing may follow
			if rest := bytes.TrimSpace(body[dec.InputOffset():]); len(rest) > 0 {
				return envelope.ErrMalformed.With(fault.Field{Path: "body", Message: "has data after the JSON object"})
			}
			return nil
		}
	}
}

func checkToken(dec *jsontext.Decoder, token jsontext.Token) error {
	if dec.StackDepth() > maxDepth {
		return envelope.ErrMalformed.With(fault.Field{Path: "body", Message: "is nested too deeply"})
	}
	if token.Kind() == '"' {
		text := token.String()
		if strings.ContainsRune(text, 0) {
			return fault.Invalidf(pathOf(dec.StackPointer()), "must not contain NUL")
		}
		if kind, n := dec.StackIndex(dec.StackDepth()); kind == '{' && n%2 == 1 && !isName(text) {
			return fault.Invalidf(pathOf(dec.StackPointer()), "unexpected property")
		}
	}
	if token.Kind() == '0' {
		if text := token.String(); strings.ContainsAny(text, ".eE") || text == "-0" {
			return fault.Invalidf(pathOf(dec.StackPointer()), "must be a plain integer")
		}
		if _, err := strconv.ParseInt(token.String(), 10, 64); err != nil {
			return fault.Invalidf(pathOf(dec.StackPointer()), "is too large a number")
		}
	}
	return nil
}

// isName tells whether a member name has the form of ours. Any name that only differs
// from one of ours by the case of a letter, in whatever script, does not.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}

func unreadable(dec *jsontext.Decoder, err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		path := pathOf(dec.StackPointer())
		if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			path = pathOf(syntax.JSONPointer)
		}
		return fault.Invalidf(path, "must be given once")
	}
	return envelope.ErrMalformed.With(fault.Field{Path: pathOf(dec.StackPointer()), Message: "is not valid JSON"})
}

// pathOf turns "/lines/0/qty" into "lines[0].qty".
func pathOf(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	if b.Len() == 0 {
		return "body"
	}
	return clip(strings.ToValidUTF8(b.String(), "\uFFFD"))
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}

// unmarshal decodes into the operation's type. It is as strict as scan, and the last
// wall behind it.
func unmarshal(data []byte, v any) error {
	return json.Unmarshal(data, v, json.RejectUnknownMembers(true))
}
