package app_test

import (
	"bytes"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/cmd/internal/app"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
)

// TestPosterOfADistributor: a distributor's code and posters come from the provider's own protocol,
// each code once; a buyer who scans one is bound by what its scene says, and what the provider
// refuses has a code and may be tried again.
func TestPosterOfADistributor(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = folder })
	s := w.openShop("posted", 5)
	two := w.promotersOf(s)
	p := two[0]
	if err := w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetCode, Match: s.appID, Mode: sandbox.ModeError, Value: "-1"}); err != nil {
		t.Fatal(err)
	}
	if status, body := p.call(http.MethodGet, "/distribution/poster", nil, nil); status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"UNAVAILABLE"`) {
		t.Errorf("a busy provider: %d %s", status, body)
	}
	for _, path := range []string{"/distribution/code", "/distribution/poster", "/distribution/poster?product_id=1", "/distribution/poster?product_id=1"} {
		status, body := p.call(http.MethodGet, path, nil, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		size, err := png.DecodeConfig(bytes.NewReader(body))
		if err != nil || (strings.Contains(path, "poster") && (size.Width != 750 || size.Height != 1100)) {
			t.Errorf("%s: %+v %v", path, size, err)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM code_picture WHERE page = '' AND env = 'release'"); n != 2 {
		t.Errorf("%d codes were kept, want one for the shop and one for the product", n)
	}
	var scene string
	w.scan(s, "SELECT scene FROM code_picture ORDER BY id DESC LIMIT 1", nil, &scene)
	read, err := url.ParseQuery(scene)
	if err != nil || read.Get("c") != p.code || read.Get("p") != "1" {
		t.Fatalf("the scene says %q: %v", scene, err)
	}
	b := w.login(s, "扫码人")
	var bound struct{ Bound bool }
	b.must(http.StatusOK, http.MethodPost, "/distribution/bind", map[string]any{"code": read.Get("c"), "how": "poster", "scene": "1047", "product_id": 1}, &bound)
	if !bound.Bound {
		t.Error("who scanned a poster is bound to nobody")
	}
	if status, body := b.call(http.MethodGet, "/distribution/code", nil, nil); status != http.StatusForbidden || !strings.Contains(string(body), "DISTRIBUTION_NOT_DISTRIBUTOR") {
		t.Errorf("a buyer: %d %s", status, body)
	}
	if status, _ := p.call(http.MethodGet, "/distribution/poster?product_id=99999", nil, nil); status != http.StatusNotFound {
		t.Errorf("a product that there is not: %d", status)
	}
	plan, err := w.Distributed.Plan(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan.CodePage = "pages/draft/home"
	if err := w.Distributed.SavePlan(t.Context(), s.ID, plan, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if status, body := p.call(http.MethodGet, "/distribution/code", nil, nil); status != http.StatusConflict || !strings.Contains(string(body), "CODE_PAGE") {
		t.Errorf("a page that was not released: %d %s", status, body)
	}
}

// TestPosterInAlipay: a distributor who uses the shop's Alipay Mini Program has codes and posters of
// it, each made once whatever version the terms name, and a buyer who scans one there is bound.
func TestPosterInAlipay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = folder })
	s := w.openShop("aliposted", 5)
	w.promotersOf(s)
	plan, err := w.Distributed.Plan(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	plan.ProductPage, plan.CodeEnv = "pages/product/show", "trial"
	if err := w.Distributed.SavePlan(t.Context(), s.ID, plan, "staff:1"); err != nil {
		t.Fatal(err)
	}
	p, keys := w.inAlipay(s, "立春")
	var joined struct{ Code string }
	p.must(http.StatusOK, http.MethodPost, "/distribution/apply", map[string]any{}, &joined)
	gateway := w.sandbox.Alipay()
	if err := gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetCode, Match: keys.AppID, Mode: alipaygw.ModeUnsignedError, Value: "isv.insufficient-isv-permissions"}); err != nil {
		t.Fatal(err)
	}
	if status, body := p.call(http.MethodGet, "/distribution/code", nil, nil); status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"APP_MISCONFIGURED"`) {
		t.Errorf("an app without the function: %d %s", status, body)
	}
	for _, path := range []string{"/distribution/code", "/distribution/code", "/distribution/poster", "/distribution/poster?product_id=1", "/distribution/code?product_id=1"} {
		status, body := p.call(http.MethodGet, path, nil, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		size, err := png.DecodeConfig(bytes.NewReader(body))
		if err != nil || (strings.Contains(path, "poster") && (size.Width != 750 || size.Height != 1100)) {
			t.Errorf("%s: %+v %v", path, size, err)
		}
	}
	made := gateway.Books().Codes
	if len(made) != 2 || made[0].Page != "pages/index/index" || made[1].Page != "pages/product/show" {
		t.Fatalf("Alipay made %+v", made)
	}
	start, err := url.ParseQuery(made[1].Query)
	if err != nil {
		t.Fatal(err)
	}
	read, err := url.ParseQuery(start.Get("scene"))
	if err != nil || read.Get("c") != joined.Code || read.Get("p") != "1" {
		t.Fatalf("the start query says %q: %v", made[1].Query, err)
	}
	b := &buyer{w: w, shop: p.shop, name: "扫码人"}
	var code struct{ Code string }
	w.control("/_control/alipay/my-auth", map[string]any{"app_id": keys.AppID, "buyer": b.name}, http.StatusOK, &code)
	var session struct {
		AccessToken string `json:"access_token"`
	}
	b.must(http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code.Code}, &session)
	b.token = session.AccessToken
	var bound struct{ Bound bool }
	b.must(http.StatusOK, http.MethodPost, "/distribution/bind", map[string]any{"code": read.Get("c"), "how": "poster", "product_id": 1}, &bound)
	if !bound.Bound {
		t.Error("who scanned a poster is bound to nobody")
	}
	plan.Version++
	plan.ProductPage = "pages/draft/show"
	if err := w.Distributed.SavePlan(t.Context(), s.ID, plan, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if status, body := p.call(http.MethodGet, "/distribution/code?product_id=1", nil, nil); status != http.StatusConflict || !strings.Contains(string(body), "CODE_PAGE") {
		t.Errorf("a page that there is not: %d %s", status, body)
	}
}
