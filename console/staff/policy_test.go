package staff_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"galleria/console/staff"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		password string
		inputs   []string
		want     error
	}{
		"a phrase":                  {"correct horse battery", nil, nil},
		"a Chinese phrase":          {"山野里的咖啡真的很好喝呀", nil, nil},
		"random":                    {"9f3a-77b1-0c2e-aa41", nil, nil},
		"eleven characters":         {"K7#mq2Zx!vP", nil, staff.ErrPasswordShort},
		"one character":             {strings.Repeat("a", 30), nil, staff.ErrPasswordWeak},
		"a row of keys":             {"qwertyuiopasdfgh", nil, staff.ErrPasswordWeak},
		"digits in order":           {"123456789012345", nil, staff.ErrPasswordWeak},
		"on the list":               {"Woaini-1314520", nil, staff.ErrPasswordWeak},
		"on the list in disguise":   {"Correct.Horse.Battery.Staple", nil, staff.ErrPasswordWeak},
		"the account twice":         {"lihua.lihua.lihua", []string{"lihua@example.com"}, staff.ErrPasswordWeak},
		"the product's name":        {"galleria2026", nil, staff.ErrPasswordWeak},
		"longer than any form lets": {strings.Repeat("Ab3-", 60), nil, staff.ErrPasswordLong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := (staff.Policy{}).Check(tc.password, tc.inputs...); !errors.Is(err, tc.want) {
				t.Errorf("%q: %v, want %v", tc.password, err, tc.want)
			}
		})
	}
}

// The longest password that is let in must not keep a processor busy.
func TestPolicyIsQuick(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_ = (staff.Policy{}).Check(strings.Repeat("aB1!", 50), strings.Repeat("x ", 60))
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}
