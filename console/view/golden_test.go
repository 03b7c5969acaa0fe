package view_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/console/view/viewtest"
	"galleria/web/static"
)

var update = flag.Bool("update", false, "rewrite testdata/golden")

// assetHash is replaced in the golden files: a changed stylesheet is not a changed page.
var assetHash = regexp.MustCompile(`(/console/static/[a-z.\-]+?)\.[0-9a-f]{12}\.`)

func TestPagesMatchGolden(t *testing.T) {
	t.Parallel()
	assets, err := static.New("/console/static/")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs() {
		frame := viewtest.Frame{Text: catalog.Printer(lang), Theme: view.Light, Asset: assets.URL}
		for _, sample := range viewtest.Pages(frame) {
			t.Run(string(lang)+"/"+sample.Name, func(t *testing.T) {
				t.Parallel()
				var got bytes.Buffer
				if err := sample.Page.Render(t.Context(), &got); err != nil {
					t.Fatal(err)
				}
				checkMarkup(t, got.String())
				page := assetHash.ReplaceAllString(got.String(), "$1.HASH.")
				page = strings.ReplaceAll(page, "><", ">\n<") // one element a line keeps a difference readable
				compareGolden(t, filepath.Join("testdata", "golden", string(lang), sample.Name+".html"), page)
			})
		}
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read golden (run with -update to write it): %v", err)
	}
	if string(want) != got {
		t.Errorf("page differs from %s; look at it, then run with -update.\nfirst difference:\n%s", path, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var wl, gl string
		if i < len(w) {
			wl = w[i]
		}
		if i < len(g) {
			gl = g[i]
		}
		if wl != gl {
			return "want " + wl + "\ngot  " + gl
		}
	}
	return ""
}

// checkMarkup holds every page to what the content policy and the accessibility rules
// of this package ask for.
func checkMarkup(t *testing.T, page string) {
	t.Helper()
	forbidden := map[string]*regexp.Regexp{
		"an inline style":              regexp.MustCompile(`(?i)\sstyle\s*=|<style`),
		"an inline script":             regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>[^<]`),
		"a script without a source":    regexp.MustCompile(`(?i)<script>`),
		"an inline handler":            regexp.MustCompile(`(?i)<[^>]*\son[a-z]+\s*=`),
		"an evaluated htmx attribute":  regexp.MustCompile(`hx-on|hx-vals="js:|javascript:`),
		"an address templ refused":     regexp.MustCompile(`TemplFailedSanitization`),
		"an empty asset address":       regexp.MustCompile(`(?:src|href)=""`),
		"a text key instead of a text": regexp.MustCompile(`>\s*[a-z_]+\.[a-z_.]+\s*<`),
		"a format fault":               regexp.MustCompile(`%!`),
	}
	prose := regexp.MustCompile(`<code[^>]*>[^<]*</code>`).ReplaceAllString(page, "") // codes may look like keys
	for what, pattern := range forbidden {
		if hit := pattern.FindString(prose); hit != "" {
			t.Errorf("page has %s: %q", what, hit)
		}
	}
	for _, picture := range regexp.MustCompile(`<img[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(picture, " alt=") {
			t.Errorf("picture without an alternative: %s", picture)
		}
	}
	for _, needle := range []string{`class="skip-link" href="#main"`, `id="main"`, `<html lang="`, `data-bs-theme="light"`, `aria-live="polite"`} {
		if !strings.Contains(page, needle) {
			t.Errorf("page lacks %s", needle)
		}
	}
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("page has %d h1, want 1", n)
	}
	if tables, captions := strings.Count(page, "<table"), strings.Count(page, "<caption"); tables != captions {
		t.Errorf("page has %d tables but %d captions", tables, captions)
	}
	if forms, tokens := strings.Count(page, `method="post"`), strings.Count(page, `name="csrf" value="csrf-sample"`); forms != tokens {
		t.Errorf("page has %d POST forms but %d tokens", forms, tokens)
	}
}
