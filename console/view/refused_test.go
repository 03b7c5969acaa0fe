package view_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"galleria/console/browsertest"
	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/console/view/viewtest"
	"galleria/web/static"
)

// TestRefusedFormOpensAtItsFault: on a phone the first thing that is wrong is in sight and has the
// cursor, and a page with nothing wrong stays at its head.
func TestRefusedFormOpensAtItsFault(t *testing.T) {
	t.Parallel()
	assets, err := static.New("/console/static/")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	samples := viewtest.Pages(viewtest.Frame{Text: catalog.Printer(i18n.ZhCN), Theme: view.Light, Asset: assets.URL})
	base := storybook(t, assets, samples)
	b := browsertest.Open(t, "../testdata/axe.min.js", 390, 500)
	const state = `(() => {
		const at = document.activeElement, r = at.getBoundingClientRect();
		return at.matches("[aria-invalid=true]") && r.top >= 0 && r.bottom <= innerHeight ? "at the fault" : scrollY === 0 ? "at the head" : "elsewhere";
	})()`
	for name, want := range map[string]string{
		"points_settings_refused": "at the fault", "level_settings_refused": "at the fault", "coupon_refused": "at the fault",
		"points_settings": "at the head", "coupon_new": "at the head",
	} {
		b.Run(chromedp.Navigate(base+"/page/"+name), chromedp.WaitReady("#main"))
		if got := b.Text(state); got != want {
			t.Errorf("%s is open %s, want %s", name, got, want)
		}
	}
}
