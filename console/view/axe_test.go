package view_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"galleria/console/browsertest"
	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/console/view/viewtest"
	"galleria/web/static"
)

// TestE2EStorybook opens every page of the storybook in a real browser: accessibility, width,
// and what the browser complains about. Of two neighbours one is looked at light, in Chinese
// and on a desk, the other dark, in English and on a phone; with GALLERIA_STORYBOOK=all each
// is looked at in both ways, with names of pages (a,b) those are. It takes minutes, so it runs only
// when it is asked for.
func TestE2EStorybook(t *testing.T) {
	t.Parallel()
	wish := os.Getenv("GALLERIA_STORYBOOK")
	if wish == "" {
		t.Skip("takes minutes: GALLERIA_STORYBOOK=half, all or names of pages")
	}
	assets, err := static.New("/console/static/")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	all := wish == "all"
	for turn, tc := range []struct {
		name          string
		lang          i18n.Lang
		theme         view.Theme
		width, height int64
	}{
		{"desk light Chinese", i18n.ZhCN, view.Light, 1360, 900},
		{"phone dark English", i18n.En, view.Dark, 390, 844},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			samples := viewtest.Pages(viewtest.Frame{Text: catalog.Printer(tc.lang), Theme: tc.theme, Asset: assets.URL})
			base := storybook(t, assets, samples)
			b := browsertest.Open(t, "../testdata/axe.min.js", tc.width, tc.height)
			for i, s := range samples {
				if all || (wish == "half" && i%2 == turn) || slices.Contains(strings.Split(wish, ","), s.Name) {
					b.Run(chromedp.Navigate("about:blank"))
					b.Forgive() // a form that asks before it is left
					b.Run(chromedp.Navigate(base + "/page/" + s.Name))
					b.Inspect(s.Name)
				}
			}
		})
	}
}

// storybook serves samples and the files that they refer to.
func storybook(t *testing.T, assets *static.Assets, samples []viewtest.Sample) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/console/static/", func(w http.ResponseWriter, r *http.Request) {
		body, _, contentType, ok := assets.Lookup(r.URL.Path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { // pictures
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80"/>`))
	})
	for _, s := range samples {
		mux.HandleFunc("/page/"+s.Name, func(w http.ResponseWriter, r *http.Request) {
			var page bytes.Buffer
			if err := s.Page.Render(r.Context(), &page); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(page.Bytes())
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
