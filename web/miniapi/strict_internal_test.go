package miniapi

import (
	"errors"
	"strings"
	"testing"

	"galleria/tenant/fault"
	"galleria/web/envelope"
)

func TestScanRefusesWhatTwoReadersCouldReadDifferently(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
	for _, c := range []struct {
		name, body string
		want       *fault.Error
		field      string
	}{
		{"duplicate member", `{"qty":1,"qty":2}`, fault.ErrValidation, "qty"},
		{"duplicate by escape", `{"qty":1,"\u0071ty":2}`, fault.ErrValidation, "qty"},
		{"nested duplicate", `{"lines":[{"sku_id":1,"sku_id":2}]}`, fault.ErrValidation, "lines[0].sku_id"},
		{"case variant", `{"Qty":1}`, fault.ErrValidation, "Qty"},
		{"case variant in another script", `{"\u017fku_id":1}`, fault.ErrValidation, "ſku_id"},
		{"fraction", `{"qty":1.0}`, fault.ErrValidation, "qty"},
		{"exponent", `{"lines":[{"qty":1e3}]}`, fault.ErrValidation, "lines[0].qty"},
		{"minus zero", `{"qty":-0}`, fault.ErrValidation, "qty"},
		{"beyond 64 bits", `{"lines":[{"sku_id":9223372036854775808}]}`, fault.ErrValidation, "lines[0].sku_id"},
		{"far beyond, below zero", `{"qty":-99999999999999999999}`, fault.ErrValidation, "qty"},
		{"NUL", `{"remark":"a\u0000b"}`, fault.ErrValidation, "remark"},
		{"array", `[1]`, fault.ErrValidation, "body"},
		{"null", `null`, fault.ErrValidation, "body"},
		{"trailing data", `{"qty":1} {"qty":2}`, envelope.ErrMalformed, "body"},
		{"trailing garbage", `{"qty":1}x`, envelope.ErrMalformed, "body"},
		{"truncated", `{"qty":1`, envelope.ErrMalformed, ""},
		{"no JSON", `qty=1`, envelope.ErrMalformed, "body"},
		{"invalid UTF-8", "{\"remark\":\"\xff\"}", envelope.ErrMalformed, ""},
		{"lone surrogate", `{"remark":"\ud800"}`, envelope.ErrMalformed, ""},
		{"comment", `{/*x*/"qty":1}`, envelope.ErrMalformed, ""},
		{"too deep", deep, envelope.ErrMalformed, "body"},
		{"a million deep", strings.Repeat("[", 1_000_000), fault.ErrValidation, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := scan([]byte(c.body))
			refused, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("scan = %v, want %s", err, c.want.Code())
			}
			if c.name != "a million deep" && refused.Code() != c.want.Code() {
				t.Errorf("code %s, want %s", refused.Code(), c.want.Code())
			}
			if c.field != "" && (len(refused.Fields()) != 1 || refused.Fields()[0].Path != c.field) {
				t.Errorf("fields %+v, want %q", refused.Fields(), c.field)
			}
		})
	}
	for _, body := range []string{`{}`, " {\"qty\":1,\"lines\":[{\"sku_id\":1},{\"sku_id\":2}],\"remark\":\"请放门口 🎁 \u200f\"} \n", `{"a":-1,"b":9223372036854775807}`} {
		if err := scan([]byte(strings.TrimSpace(body))); err != nil {
			t.Errorf("scan(%s) = %v", body, err)
		}
	}
}
