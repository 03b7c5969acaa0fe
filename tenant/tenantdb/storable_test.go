package tenantdb_test

import (
	"testing"

	"galleria/tenant/tenantdb"
)

func TestStorable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		most int
		want string
	}{
		"fits":            {"支付", 6, "支付"},
		"cut character":   {"支付", 5, "支"},
		"not UTF-8":       {"a\xe4\xbbb", 10, "ab"},
		"NUL":             {"a\x00b", 10, "ab"},
		"nothing remains": {"支", 2, ""},
	} {
		if got := tenantdb.Storable(c.text, c.most); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
