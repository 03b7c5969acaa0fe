package alipaygw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/money"
)

// kind is what a field of biz_content may hold.
type kind int

const (
	kindText kind = iota
	kindYuan      // text with two decimals
	kindTime      // yyyy-MM-dd HH:mm:ss
	kindObject
	kindList // of objects
	kindTexts
	kindScalar // a number or text, where documentation and practice differ
)

// field is what a request may carry under one name. Unknown names are refused: the real
// provider ignores most of them, which hides spelling mistakes.
type field struct {
	name     string
	kind     kind
	required bool
	maximum  int // characters
	pattern  *regexp.Regexp
	without  string // characters that must not appear
	enum     []string
	fields   []field
}

var (
	yuanPattern     = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})\.[0-9]{2}$`)
	numberPattern   = regexp.MustCompile(`^[0-9A-Za-z_]+$`)
	durationPattern = regexp.MustCompile(`^([1-9][0-9]{0,4}[mhd]|1c)$`)
)

// readObject reads one JSON object and refuses a name that appears twice.
func readObject(raw json.RawMessage, path string) (map[string]json.RawMessage, *refusal) {
	bad := func() (map[string]json.RawMessage, *refusal) {
		return nil, business("ACQ.INVALID_PARAMETER", "参数无效："+orElse(path, "biz_content")+" 不是 JSON 对象")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return bad()
	}
	out := map[string]json.RawMessage{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return bad()
		}
		if _, twice := out[name]; twice {
			return nil, business("ACQ.INVALID_PARAMETER", "参数无效："+path+name+" 重复")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return bad()
		}
		out[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return bad()
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad()
	}
	return out, nil
}

func checkFields(path string, content map[string]json.RawMessage, fields []field) *refusal {
	for name, raw := range content {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			return business("ACQ.INVALID_PARAMETER", "参数无效：未知参数 "+path+name)
		}
		if r := checkField(path+name, raw, fields[i]); r != nil {
			return r
		}
	}
	for _, f := range fields {
		if raw, ok := content[f.name]; f.required && (!ok || string(raw) == `""`) {
			return missing("isv.missing-parameter", "缺少参数 "+path+f.name)
		}
	}
	return nil
}

func checkField(path string, raw json.RawMessage, f field) *refusal {
	wrong := func(why string) *refusal { return business("ACQ.INVALID_PARAMETER", "参数无效："+path+" "+why) }
	switch f.kind {
	case kindObject:
		inner, r := readObject(raw, path+".")
		if r != nil || f.fields == nil {
			return r
		}
		return checkFields(path+".", inner, f.fields)
	case kindList, kindTexts:
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil || len(items) == 0 {
			return wrong("不是数组")
		}
		for i, item := range items {
			one := field{name: "", kind: kindObject, fields: f.fields}
			if f.kind == kindTexts {
				one.kind = kindText
			}
			if r := checkField(fmt.Sprintf("%s[%d]", path, i), item, one); r != nil {
				return r
			}
		}
		return nil
	case kindScalar:
		if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
			return wrong("类型错误")
		}
		return nil
	case kindText, kindYuan, kindTime:
	}
	var text string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return wrong("不是字符串")
	}
	return checkText(text, f, wrong)
}

func checkText(text string, f field, wrong func(string) *refusal) *refusal {
	if text == "" {
		return wrong("为空") // set fields only: an empty one takes part in nothing
	}
	switch {
	case f.kind == kindYuan && !yuanPattern.MatchString(text):
		return wrong("不是两位小数的金额")
	case f.maximum > 0 && utf8.RuneCountInString(text) > f.maximum:
		return wrong("过长")
	case f.pattern != nil && !f.pattern.MatchString(text):
		return wrong("格式错误")
	case f.without != "" && strings.ContainsAny(text, f.without):
		return wrong("包含不允许的字符")
	case f.enum != nil && !slices.Contains(f.enum, text):
		return wrong("取值错误")
	}
	if f.kind == kindTime {
		if _, err := time.ParseInLocation(timeFormat, text, beijing()); err != nil {
			return wrong("时间格式错误")
		}
	}
	return nil
}

// fen reads a checked amount.
func fen(yuan string) money.Fen {
	var n money.Fen
	for _, d := range yuan {
		if d != '.' {
			n = n*10 + money.Fen(d-'0')
		}
	}
	return n
}

func yuan(n money.Fen) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
