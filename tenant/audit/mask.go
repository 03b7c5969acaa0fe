package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/tenant/vault"
)

const (
	redacted = "[redacted]"
	// maxText bounds one value, maxItems a list, maxDepth how deep values nest.
	maxText, maxItems, maxDepth = 500, 50, 6
)

// Change is one field that an act changed, masked. A side that had no such field is nil.
type Change struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// diff lists the fields that differ, in the order of their names. They are compared
// before they are masked: that a phone number changed shows even if both look alike.
func diff(object string, before, after map[string]any) ([]Change, error) {
	names := slices.Collect(maps.Keys(before))
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	changes := make([]Change, 0, len(names))
	for _, name := range names {
		was, hadIt := before[name]
		is, hasIt := after[name]
		same, err := equal(was, is)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		if hadIt && hasIt && same {
			continue
		}
		c := Change{Field: clean(name), Before: nil, After: nil}
		if c.Before, err = mask(object, name, was); err != nil {
			return nil, err
		}
		if c.After, err = mask(object, name, is); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// equal compares two values as they would be written; secrets, which are written alike, by
// themselves.
func equal(a, b any) (bool, error) {
	if x, ok := a.(vault.Secret); ok {
		if y, ok := b.(vault.Secret); ok {
			return x.Equal(y), nil
		}
	}
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

// masked is mask for every field of a detail.
func masked(object string, detail map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(detail))
	for name, value := range detail {
		m, err := mask(object, name, value)
		if err != nil {
			return nil, err
		}
		out[clean(name)] = m
	}
	return out, nil
}

// mask makes a value fit for the log. object says whose field it is: a "name" is a
// person's if the object is one.
func mask(object, name string, value any) (any, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // nothing is masked as nothing
	}
	switch value.(type) {
	case vault.Secret, *vault.Secret, []byte: // bytes of unknown meaning are treated as a key
		return redacted, nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", name, err)
	}
	var plain any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		return nil, fmt.Errorf("field %s: %w", name, err)
	}
	kind, _, _ := strings.Cut(object, ":")
	return maskPlain(ruleOf(kind, name), name, plain, 0), nil
}

func maskPlain(r rule, name string, value any, depth int) any {
	if value == nil || value == "" {
		return value
	}
	if r == ruleSecret {
		if _, ok := value.(bool); ok {
			return value // whether one is set tells nothing of it
		}
		return redacted
	}
	if depth >= maxDepth {
		return "…"
	}
	switch v := value.(type) {
	case string:
		return maskString(r, clean(v))
	case json.Number:
		if r == rulePlain {
			return v
		}
		return maskString(r, v.String())
	case []any:
		return maskList(r, name, v, depth)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			under := ruleOf(name, key)
			if r != rulePlain && under == rulePlain {
				under = r // everything within an address is part of it
			}
			out[clean(key)] = maskPlain(under, key, inner, depth+1)
		}
		return out
	default:
		return value
	}
}

func maskList(r rule, name string, list []any, depth int) []any {
	out := make([]any, 0, min(len(list), maxItems))
	for i, inner := range list {
		if i == maxItems {
			return append(out, fmt.Sprintf("… (%d)", len(list)))
		}
		out = append(out, maskPlain(r, name, inner, depth+1))
	}
	return out
}

// rule is how the value of a field is masked.
type rule uint8

const (
	rulePlain rule = iota
	ruleSecret
	rulePhone
	ruleMail
	ruleName
	ruleAddress
	ruleNumber
)

var (
	harmless = regexp.MustCompile(`_(last4|fingerprint|mode|version|at|count|id|set|kind|state|status|expires)$`)
	secret   = regexp.MustCompile(`(^|_)(secrets?|passwords?|passwd|pwd|tokens?|cookie|authorization|credentials?|otp|totp|seed|pem|dek|kek|` +
		`(private|api|apiv3|api_v3|v3|session|signing|encryption|master|data)_?keys?|(recovery|verification|auth|sms|login)_codes?)(_|$)`)
	phone   = regexp.MustCompile(`(^|_)(phones?|mobile|tel|telephone)(_|$)`)
	mail    = regexp.MustCompile(`(^|_)e?mails?(_|$)`)
	human   = regexp.MustCompile(`(^|_)(nickname|(real|full|person|holder|owner|member|staff|customer|account)_name|(receiver|recipient|contact|consignee|buyer|payee|payer|applicant|legal_person)(_name)?)$`)
	place   = regexp.MustCompile(`(^|_)(address(es)?|addr|street|door|location)(_|$)`)
	number  = regexp.MustCompile(`(^|_)(id_?card(_no)?|id_?no|id_number|identity(_no)?|passport(_no)?|licen[cs]e_no|credit_code|bank_?card(_no)?|card_no|bank_account(_no)?|account_no|openid|open_id|unionid|union_id)$`)
	persons = regexp.MustCompile(`^(staff|member|person|people|address|receiver|contact|buyer|invitation|applicant|legal_person)$`)
)

// ruleOf finds the rule of a field by its name and by what it is a field of.
func ruleOf(parent, name string) rule {
	name = snake(name)
	switch {
	case number.MatchString(name):
		return ruleNumber
	case secret.MatchString(name) && !harmless.MatchString(name):
		return ruleSecret
	case name == "ip" || strings.HasSuffix(name, "ip_address"):
		return rulePlain
	case mail.MatchString(name):
		return ruleMail
	case phone.MatchString(name):
		return rulePhone
	case place.MatchString(name):
		return ruleAddress
	case human.MatchString(name), name == "name" && persons.MatchString(snake(parent)):
		return ruleName
	default:
		return rulePlain
	}
}

// snake writes a name in lower case with underscores: "apiV3Key" becomes "api_v3_key".
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r == '-' || r == '.' || r == ' ':
			r, lower = '_', false
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_')
			}
			r, lower = r+('a'-'A'), false
		default:
			lower = r != '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func maskString(r rule, s string) string {
	switch r {
	case ruleSecret:
		return redacted
	case rulePhone:
		return keep(s, 3, 4)
	case ruleMail:
		return maskMail(s)
	case ruleName:
		return keep(s, 1, 0)
	case ruleAddress:
		return keep(s, min(6, utf8.RuneCountInString(s)/2), 0)
	case ruleNumber:
		return keep(s, 0, 4)
	case rulePlain:
	}
	if strings.Contains(s, "-----BEGIN ") {
		return redacted
	}
	s = maskText(s)
	if runes := []rune(s); len(runes) > maxText {
		return string(runes[:maxText]) + "…"
	}
	return s
}

// keep shows the first and last characters and stars for the rest. What would leave
// less than half hidden is hidden whole.
func keep(s string, head, tail int) string {
	runes := []rune(s)
	if len(runes) < 2*(head+tail) && len(runes) != 11 { // eleven: a mobile number
		head, tail = min(head, 1), 0
	}
	if len(runes) <= head {
		return "*"
	}
	return string(runes[:head]) + "***" + string(runes[len(runes)-tail:])
}

func maskMail(s string) string {
	local, host, ok := strings.Cut(s, "@")
	if !ok {
		return keep(s, 1, 0)
	}
	return keep(local, 1, 0) + "@" + host
}

var (
	anyMail   = regexp.MustCompile(`[\pL\pN._%+\-]+@[\pL\pN\-]+(?:\.[\pL\pN\-]+)+`)
	anyMobile = regexp.MustCompile(`(^|[^0-9A-Za-z])(1[3-9]\d)(\d{4})(\d{4})($|[^0-9A-Za-z])`)
	anyIDCard = regexp.MustCompile(`(^|[^0-9A-Za-z])\d{6}(?:19|20)\d{9}[0-9Xx]($|[^0-9A-Za-z])`)
)

// maskText hides mail addresses, mobile numbers and numbers of identity cards wherever
// they stand in a text.
func maskText(s string) string {
	s = anyMail.ReplaceAllStringFunc(s, maskMail)
	s = anyMobile.ReplaceAllString(s, "$1$2***$4$5")
	return anyIDCard.ReplaceAllString(s, "$1***$2")
}

// clean makes text storable: valid UTF-8 without zero bytes, and not endless.
func clean(s string) string {
	const most = 4000
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return strings.Clone(s)
}
