package i18n_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/console/i18n"
)

func load(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var verb = regexp.MustCompile(`%.`)

func TestLanguagesHaveTheSameKeysAndPlaceholders(t *testing.T) {
	t.Parallel()
	c := load(t)
	zh, en := c.Texts(i18n.ZhCN), c.Texts(i18n.En)
	for key, text := range zh {
		other, ok := en[key]
		if !ok {
			t.Errorf("%s is missing in English", key)
			continue
		}
		if strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "" {
			t.Errorf("%s has an empty text", key)
		}
		if got, want := verb.FindAllString(other, -1), verb.FindAllString(text, -1); !slices.Equal(got, want) {
			t.Errorf("%s: placeholders %v in English, %v in Chinese", key, got, want)
		}
	}
	for key := range en {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s is missing in Chinese", key)
		}
	}
}

var (
	named  = regexp.MustCompile(`(?:\.T|\.N)\("([a-z0-9_.]+)"`)
	quoted = regexp.MustCompile(`"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"`)
	// prefixes of keys that end in a value, such as p.T("theme." + …), Code("channel", …) or "theme." itself.
	prefix = regexp.MustCompile(`(?:\.T\("([a-z0-9_.]+)\." ?\+|\.Code\("([a-z0-9_.]+)"|"([a-z0-9_]+(?:\.[a-z0-9_]+)+)\.")`)
	plural = regexp.MustCompile(`\.N\("([a-z0-9_.]+)"`)
)

func TestEveryKeyExistsAndIsUsed(t *testing.T) {
	t.Parallel()
	texts := load(t).Texts(i18n.ZhCN)
	used, prefixes := map[string]bool{}, map[string]bool{}
	for _, source := range sources(t) {
		plurals := map[string]bool{}
		for _, m := range plural.FindAllStringSubmatch(source, -1) {
			plurals[m[1]] = true
			for _, form := range []string{".one", ".other"} {
				used[m[1]+form] = true
				if _, ok := texts[m[1]+form]; !ok {
					t.Errorf("text %s%s is used but not in the catalogue", m[1], form)
				}
			}
		}
		for _, m := range prefix.FindAllStringSubmatch(source, -1) {
			prefixes[m[1]+m[2]+m[3]] = true
		}
		for _, m := range named.FindAllStringSubmatch(source, -1) {
			if _, ok := texts[m[1]]; !ok && !plurals[m[1]] && !strings.HasSuffix(m[1], ".") {
				t.Errorf("text %s is used but not in the catalogue", m[1])
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
	}
	for key := range texts {
		if used[key] || prefixed(prefixes, key) {
			continue
		}
		t.Errorf("text %s is in the catalogue but never used", key)
	}
}

func prefixed(prefixes map[string]bool, key string) bool {
	for p := range prefixes {
		if p != "" && strings.HasPrefix(key, p+".") {
			return true
		}
	}
	return false
}

// sources are the console's hand-written files: templates and Go.
func sources(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") || (filepath.Ext(path) != ".go" && filepath.Ext(path) != ".templ") {
			return nil
		}
		raw, err := os.ReadFile(path)
		out = append(out, string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPrinter(t *testing.T) {
	t.Parallel()
	c := load(t)
	zh, en := c.Printer(i18n.ZhCN), c.Printer(i18n.En)
	moment := time.Date(2026, 11, 20, 16, 5, 9, 0, time.UTC) // five past midnight of the 21st in Shanghai
	cases := []struct{ name, got, want string }{
		{"money with marks", zh.Money(123456789), "¥1,234,567.89"},
		{"money below a yuan", en.Money(5), "¥0.05"},
		{"money owed", zh.Money(-2000), "-¥20.00"},
		{"smallest amount", zh.Money(money.Fen(-1 << 63)), "-¥92,233,720,368,547,758.08"},
		{"count", en.Count(-1234567), "-1,234,567"},
		{"count of three digits", en.Count(999), "999"},
		{"Chinese date is Shanghai's", zh.Date(moment), "2026-11-21"},
		{"English date is Shanghai's", en.Date(moment), "Nov 21, 2026"},
		{"Chinese time", zh.DateTimeSeconds(moment), "2026-11-21 00:05:09"},
		{"machine time", en.Machine(moment), "2026-11-21T00:05:09+08:00"},
		{"one", en.N("order.pieces", 1), "1 piece"},
		{"many", en.N("order.pieces", 1200), "1,200 pieces"},
		{"known code", en.Code("order.status", "paid"), "To ship"},
		{"unknown code shows itself", en.Code("order.status", "teleported"), "teleported"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.got != tc.want {
				t.Errorf("got %q, want %q", tc.got, tc.want)
			}
		})
	}
}

func TestFromHeader(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, accept string
		want         i18n.Lang
	}{
		{"nothing", "", i18n.ZhCN},
		{"Chinese first", "zh-CN,zh;q=0.9,en;q=0.8", i18n.ZhCN},
		{"English first", "en-GB,en;q=0.9,zh;q=0.1", i18n.En},
		{"neither", "fr-FR,de;q=0.5", i18n.ZhCN},
		{"English after others", "fr, en;q=0.5", i18n.En},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := i18n.FromHeader(tc.accept); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

var (
	acts    = regexp.MustCompile(`Action:\s+"(([a-z_]+)\.[a-z_.]+)"`)
	objects = regexp.MustCompile(`Object:\s+(?:fmt\.Sprintf\()?"([a-z_]+)[:"]`)
)

// TestEveryActOfTheLogHasWords: nobody who reads the operation log meets the code of an act, of its
// kind or of what it was done to.
func TestEveryActOfTheLogHasWords(t *testing.T) {
	t.Parallel()
	texts := load(t).Texts(i18n.ZhCN)
	found := 0
	for _, room := range []string{"../../commerce", "../../payments", "../../tenant", "..", "../../cmd"} {
		err := filepath.WalkDir(room, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "viewtest" {
				return err
			}
			raw, err := os.ReadFile(path)
			for _, m := range acts.FindAllStringSubmatch(string(raw), -1) {
				found++
				if texts["audit.action."+m[1]] == "" && texts["platform.action."+m[1]] == "" {
					t.Errorf("%s: the act %s has no sentence", path, m[1])
				}
				if texts["audit.group."+m[2]] == "" {
					t.Errorf("%s: the kind %s of acts has no name", path, m[2])
				}
			}
			for _, m := range objects.FindAllStringSubmatch(string(raw), -1) {
				if texts["audit.object."+m[1]] == "" {
					t.Errorf("%s: the object %s has no name", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 100 {
		t.Fatalf("found %d acts", found)
	}
}
