package tenant_test

import (
	"strings"
	"testing"

	"galleria/tenant"
)

func TestParseIDRefusesEverythingButTheExactForm(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "t_", "tenant_template", "public", "platform", "t_0123456789a", "t_0123456789abc", "t_0123456789AB",
		"T_0123456789ab", "t_0123456789a\x00", `t_012345678"; `, "t_０１２３", " t_0123456789ab", "t_0123456789ab ", "../t_0123456789",
	} {
		if id, err := tenant.ParseID(s); err == nil {
			t.Errorf("ParseID(%q) = %q, want an error", s, id)
		}
	}
}

func TestNewIDParsesAndSpreadsOverLanes(t *testing.T) {
	t.Parallel()
	lanes := map[int]int{}
	for range 400 {
		id := tenant.NewID()
		if got, err := tenant.ParseID(id.String()); err != nil || got != id {
			t.Fatalf("ParseID(%q) = %v, %v", id, got, err)
		}
		lanes[id.Lane()]++
	}
	if len(lanes) != tenant.Lanes {
		t.Errorf("400 ids fell onto %d lanes, want all %d: %v", len(lanes), tenant.Lanes, lanes)
	}
}

func TestParseAppID(t *testing.T) {
	t.Parallel()
	good := "wx0123456789abcdef"
	if id, ok := tenant.ParseAppID(good); !ok || id.String() != good {
		t.Errorf("ParseAppID(%q) = %v, %v", good, id, ok)
	}
	for _, s := range []string{
		"", "../b", `b";drop schema b`, strings.Repeat("a", 300), "wx0123456789\x00bcdef", "ｗｘ0123456789abcdef", "wx 0123456789", "short",
	} {
		if _, ok := tenant.ParseAppID(s); ok {
			t.Errorf("ParseAppID(%.20q) was accepted", s)
		}
	}
}
