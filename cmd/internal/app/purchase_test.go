package app_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/tenant/tenanttest"
)

// TestEndToEndPurchase is the first sale: login, cart, order, pay, signed callback, paid,
// message, and the console shows it. Everything goes over HTTP.
func TestEndToEndPurchase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("first-sale", 10)
	b := w.login(s, "小明")

	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": s.template, "result": "accept"}, nil)
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": s.template, "accept": true}, http.StatusOK, nil)

	var list struct {
		Items []struct {
			ID   int64
			SKUs []struct {
				ID         int64
				StockState string `json:"stock_state"`
			} `json:"skus"`
		}
	}
	b.must(http.StatusOK, http.MethodGet, "/products", nil, &list)
	if len(list.Items) != 1 || list.Items[0].SKUs[0].StockState != "in_stock" {
		t.Fatalf("the shelf shows %+v", list)
	}
	sku := list.Items[0].SKUs[0].ID
	b.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(sku), map[string]any{"qty": 2}, nil)
	address := b.address()
	var quote struct {
		PayableFen int64  `json:"payable_fen"`
		QuoteHash  string `json:"quote_hash"`
	}
	b.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"address_id": address}, &quote)
	if quote.PayableFen != 11800 {
		t.Fatalf("quote %+v, want 118.00 yuan", quote)
	}
	var order placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{"address_id": address, "quote_hash": quote.QuoteHash}, &order,
		header{"Idempotency-Key": tenanttest.RandomHex(8)})
	if order.Status != "pending_payment" {
		t.Fatalf("placed %+v", order)
	}
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 10*time.Second)

	var cart struct{ Lines []any }
	b.must(http.StatusOK, http.MethodGet, "/cart", nil, &cart)
	if len(cart.Lines) != 0 {
		t.Errorf("the cart still holds %v", cart.Lines)
	}
	eventually(t, 10*time.Second, "the message", func() bool { return len(w.sandbox.Books().Messages) == 1 })
	if text := w.sandbox.Books().Messages[0]; !strings.Contains(toJSON(t, text), order.OrderNo) {
		t.Errorf("the message does not name the order: %+v", text)
	}
	if n := w.count(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1 AND reserved = 0", sku); n != 8 {
		t.Errorf("on hand %d after selling 2 of 10", n)
	}
	page := w.signIn(s).get("/console/" + s.Handle + "/orders/" + order.OrderNo)
	charge := w.sandbox.Books().Charges[0]
	for _, want := range []string{order.OrderNo, "118.00", charge.TransactionID} {
		if !strings.Contains(page, want) {
			t.Errorf("the console's order page does not show %q", want)
		}
	}
}

// A buyer who did not subscribe is skipped without an error.
func TestMessageToABuyerWhoDidNotSubscribeIsSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("no-consent", 10)
	b := w.login(s, "小红")
	order := b.order(1)
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 10*time.Second)
	eventually(t, 10*time.Second, "the decision", func() bool { return w.count(s, "SELECT count(*) FROM message_log") == 1 })
	var state, reason string
	w.scan(s, "SELECT state, reason FROM message_log", nil, &state, &reason)
	if state != "skipped" || reason != "not subscribed" || len(w.sandbox.Books().Messages) != 0 {
		t.Errorf("message %s (%s), %d sent", state, reason, len(w.sandbox.Books().Messages))
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}

// T110: the message beyond the plan's limit is skipped and says why; the order is paid all
// the same, and the buyer's consent is not spent.
func TestT110_MessagesBeyondThePlanAreSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("few-messages", 10)
	w.owner("INSERT INTO platform.tenant_limit (tenant_id, quota, soft, hard) VALUES ($1, 'messages', 1, 1)", []any{s.ID.String()})
	b := w.login(s, "小明")
	for range 2 {
		b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": s.template, "result": "accept"}, nil)
		w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": s.template, "accept": true}, http.StatusOK, nil)
	}
	for n, want := range []string{"sent", "skipped"} {
		order := b.order(1)
		b.pay(order.OrderNo)
		b.waitFor(order.OrderNo, "paid", 10*time.Second)
		eventually(t, 10*time.Second, "what became of the message", func() bool {
			return w.count(s, "SELECT count(*) FROM message_log WHERE state IN ('sent', 'skipped')") == n+1
		})
		if got := w.count(s, "SELECT count(*) FROM message_log WHERE state = '"+want+"'"); got != 1 {
			t.Errorf("message %d: %d %s, want one", n+1, got, want)
		}
	}
	if sent := len(w.sandbox.Books().Messages); sent != 1 {
		t.Errorf("%d messages reached the provider, want 1", sent)
	}
	var reason string
	w.scan(s, "SELECT reason FROM message_log WHERE state = 'skipped'", nil, &reason)
	if left := w.count(s, "SELECT coalesce(sum(remaining), 0) FROM subscribe_consent"); reason != "quota" || left != 1 {
		t.Errorf("skipped for %q with %d consents left, want quota and 1", reason, left)
	}
}

// desk is a console session in a browser.
type desk struct {
	w      *world
	client *http.Client
}

func (w *world) signIn(s *shop) *desk {
	w.t.Helper()
	d := &desk{w: w, client: w.browser()}
	page := d.get("/console/login")
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		w.t.Fatalf("no form token on the sign-in page: %.300s", page)
	}
	form := url.Values{"login": {s.owner.Login}, "password": {s.owner.Password}, "csrf": {token[1]}}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.base+"/console/login", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", w.base)
	status, body := do(w.t, d.client, req)
	if status != http.StatusOK || !strings.Contains(string(body), s.Handle) {
		w.t.Fatalf("sign in: %d %.300s", status, body)
	}
	return d
}

func (d *desk) get(path string) string {
	d.w.t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(d.w.t.Context()), http.MethodGet, d.w.base+path, http.NoBody)
	if err != nil {
		d.w.t.Fatal(err)
	}
	res, err := d.client.Do(req)
	if err != nil {
		d.w.t.Fatalf("get %s: %v", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		d.w.t.Fatalf("get %s: %d %.300s %v", path, res.StatusCode, body, err)
	}
	return string(body)
}
