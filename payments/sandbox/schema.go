package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind is a JSON type that a field may have.
type kind int

const (
	kindString kind = iota
	kindInteger
	kindBool
	kindObject
	kindArray
)

// field is what a request may carry under one name. Go's decoder is no judge: it takes
// "Amount" for "amount", keeps the last of two equal names and ignores unknown ones.
type field struct {
	name     string
	kind     kind
	required bool
	minimum  int64 // integer: smallest value; string: fewest characters; array: fewest items
	maximum  int64 // integer: largest value; string: most characters; array: most items; 0 = no limit
	pattern  *regexp.Regexp
	enum     []string
	fields   []field // of an object, or of an array's items
	item     kind    // of an array without fields
}

// checkBody refuses a body that is not exactly what fields describe.
func checkBody(body []byte, fields []field) *Refusal {
	if !utf8.Valid(body) {
		return badField("body", "/", "", "not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	root := field{name: "", kind: kindObject, required: true, fields: fields}
	w := walker{dec: dec}
	if refusal := w.value("", root); refusal != nil {
		return refusal
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badField("body", "/", "", "data after the JSON object")
	}
	return nil
}

type walker struct{ dec *json.Decoder }

func (w walker) value(path string, f field) *Refusal {
	tok, err := w.dec.Token()
	if err != nil {
		return badField("body", orRoot(path), "", "not valid JSON")
	}
	switch v := tok.(type) {
	case json.Delim:
		if v == '{' && f.kind == kindObject {
			return w.object(path, f)
		}
		if v == '[' && f.kind == kindArray {
			return w.array(path, f)
		}
	case string:
		if f.kind == kindString {
			return checkString(path, f, v)
		}
	case json.Number:
		if f.kind == kindInteger {
			return checkInteger(path, f, v.String())
		}
	case bool:
		if f.kind == kindBool {
			return nil
		}
	}
	return badField("body", orRoot(path), "", "wrong JSON type")
}

func (w walker) object(path string, f field) *Refusal {
	seen := map[string]bool{}
	for w.dec.More() {
		tok, err := w.dec.Token()
		name, ok := tok.(string)
		if err != nil || !ok {
			return badField("body", orRoot(path), "", "not valid JSON")
		}
		sub := find(f.fields, name)
		if sub == nil {
			return badField("body", path+"/"+name, "", "unknown field")
		}
		if seen[name] {
			return badField("body", path+"/"+name, "", "field appears twice")
		}
		seen[name] = true
		if refusal := w.value(path+"/"+name, *sub); refusal != nil {
			return refusal
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return badField("body", orRoot(path), "", "not valid JSON")
	}
	for _, sub := range f.fields {
		if sub.required && !seen[sub.name] {
			return badField("body", path+"/"+sub.name, "", "required")
		}
	}
	return nil
}

func (w walker) array(path string, f field) *Refusal {
	item := field{name: "", kind: f.item, required: true}
	if f.fields != nil {
		item.kind, item.fields = kindObject, f.fields
	}
	n := int64(0)
	for w.dec.More() {
		if refusal := w.value(path+"/"+strconv.FormatInt(n, 10), item); refusal != nil {
			return refusal
		}
		n++
	}
	if _, err := w.dec.Token(); err != nil {
		return badField("body", orRoot(path), "", "not valid JSON")
	}
	if n < f.minimum || (f.maximum > 0 && n > f.maximum) {
		return badField("body", path, strconv.FormatInt(n, 10), "wrong number of items")
	}
	return nil
}

func checkString(path string, f field, v string) *Refusal {
	n := int64(utf8.RuneCountInString(v))
	if n < f.minimum || (f.required && n == 0) {
		return badField("body", path, v, "too short")
	}
	if f.maximum > 0 && n > f.maximum {
		return badField("body", path, v, "longer than "+strconv.FormatInt(f.maximum, 10)+" characters")
	}
	if f.pattern != nil && !f.pattern.MatchString(v) {
		return badField("body", path, v, "does not match "+f.pattern.String())
	}
	if f.enum == nil || slices.Contains(f.enum, v) {
		return nil
	}
	return badField("body", path, v, "not one of "+strings.Join(f.enum, ", "))
}

func checkInteger(path string, f field, text string) *Refusal {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return badField("body", path, text, "not an integer")
	}
	if n < f.minimum || (f.maximum > 0 && n > f.maximum) {
		return badField("body", path, text, "out of range")
	}
	return nil
}

func find(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
