package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

// Native, H5 and App ask for what they need and refuse what is another product's.
func TestPrepayOfEachProduct(t *testing.T) {
	t.Parallel()
	e := setup(t)
	scene := map[string]any{"payer_client_ip": "203.0.113.7", "h5_info": map[string]any{"type": "Wap"}}
	for name, c := range map[string]struct {
		path    string
		changes map[string]any
		status  int
		field   string
	}{
		"native":                 {"native", map[string]any{"payer": nil}, 200, "code_url"},
		"native with payer":      {"native", nil, 400, ""},
		"h5":                     {"h5", map[string]any{"payer": nil, "scene_info": scene}, 200, "h5_url"},
		"h5 without scene":       {"h5", map[string]any{"payer": nil}, 400, ""},
		"h5 without h5_info":     {"h5", map[string]any{"payer": nil, "scene_info": map[string]any{"payer_client_ip": "203.0.113.7"}}, 400, ""},
		"app":                    {"app", map[string]any{"payer": nil}, 200, "prepay_id"},
		"app with foreign appid": {"app", map[string]any{"payer": nil, "appid": "wxffffffffffffffff"}, 400, ""},
		"jsapi without payer":    {"jsapi", map[string]any{"payer": nil}, 400, ""},
	} {
		a := e.send(e.call(http.MethodPost, "/v3/pay/transactions/"+c.path, e.prepayBody("SCENE"+randomHex()[:12], c.changes)))
		if a.status != c.status {
			t.Errorf("%s: %d %s, want %d", name, a.status, a.body, c.status)
		} else if c.field != "" && a.field(t, c.field) == "" {
			t.Errorf("%s: no %s in %s", name, c.field, a.body)
		}
	}
}

// A code is paid by whoever scans it, once, and not after its life; the number of another
// product is another body.
func TestOpenAnAddress(t *testing.T) {
	t.Parallel()
	e := setup(t)
	begin := func(path, no string) string {
		t.Helper()
		changes := map[string]any{"payer": nil}
		if path == "h5" {
			changes["scene_info"] = map[string]any{"payer_client_ip": "203.0.113.7", "h5_info": map[string]any{"type": "Wap"}}
		}
		a := e.send(e.call(http.MethodPost, "/v3/pay/transactions/"+path, e.prepayBody(no, changes)))
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		for _, name := range []string{"code_url", "h5_url", "prepay_id"} {
			if text, ok := a.field(t, name).(string); ok {
				return text
			}
		}
		return ""
	}
	code := begin("native", "QRCODE0001")
	if _, err := e.server.Open(sandbox.OpenInput{URL: code + "0"}); err == nil {
		t.Error("an address that was never given was paid")
	}
	if _, err := e.server.Open(sandbox.OpenInput{URL: code, Buyer: "somebody"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.server.Open(sandbox.OpenInput{URL: code}); err == nil {
		t.Error("the code was paid twice")
	}
	q := e.query("QRCODE0001")
	if q.field(t, "trade_type") != "NATIVE" || q.field(t, "trade_state") != "SUCCESS" {
		t.Errorf("the books say %s", q.body)
	}
	page := begin("h5", "PAGE000001")
	e.clock.Advance(6 * time.Minute)
	if _, err := e.server.Open(sandbox.OpenInput{URL: page}); err == nil {
		t.Error("a page was paid after its five minutes")
	}
	if again := begin("h5", "PAGE000001"); again == page {
		t.Error("the old address was given again")
	}
	if a := e.send(e.call(http.MethodPost, "/v3/pay/transactions/app", e.prepayBody("QRCODE0002", map[string]any{"payer": nil}))); a.status != http.StatusOK {
		t.Fatal(string(a.body))
	}
	if a := e.send(e.call(http.MethodPost, "/v3/pay/transactions/native", e.prepayBody("QRCODE0002", map[string]any{"payer": nil}))); a.status == http.StatusOK {
		t.Error("one number served two products")
	}
}
