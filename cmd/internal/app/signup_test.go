package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/tenant"
	"galleria/tenant/registry"
	"galleria/tenant/signup"
	"galleria/tenant/tenanttest"
)

// A merchant opens a shop in a whole installation: server, relay, queue and worker. Redis
// dies in between: the shop is late and not lost.
func TestSignUpEndToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := &desk{w: w, client: w.browser()}
	mail, handle := "li-"+tenanttest.RandomHex(5)+"@shop.test", "own-"+tenanttest.RandomHex(5)
	d.get("/console/signup")
	d.fill("/console/signup", url.Values{"address": {mail}})
	letters := w.Desk.Messages()
	if len(letters) != 1 || letters[0].To != mail {
		t.Fatalf("%d letters", len(letters))
	}
	d.fill("/console/signup/code", url.Values{"code": {regexp.MustCompile(`\b[0-9]{6}\b`).FindString(letters[0].Text)}})
	d.fill("/console/signup/account", url.Values{"name": {"李店长"}, "password": {"毛笔 lantern 37 river stone"}})
	d.fill("/console/signup/shop", url.Values{"name": {"青禾生活"}, "handle": {handle}})
	w.redis.Kill()
	d.fill("/console/signup/terms", url.Values{"accept": {"yes"}, "version": {signup.TermsVersion}})
	w.redis.Start(t)
	eventually(t, 60*time.Second, "the shop", func() bool {
		shop, err := w.Registry.ByHandle(t.Context(), handle)
		return err == nil && shop.Status == tenant.Onboarding
	})
	if page := d.get("/console/signup/progress"); !strings.Contains(page, "青禾生活") || !strings.Contains(page, "/console/"+handle+"/onboarding") {
		t.Errorf("the new owner is not in the shop: %.300s", page)
	}
	d.get("/console/" + handle + "/orders")
	var entries int
	w.owner("SELECT count(*) FROM platform.audit_log WHERE action IN ('console.account_created', 'signup.apply', 'signup.approve', 'tenant.ready')", nil, &entries)
	if entries != 4 {
		t.Errorf("%d audit entries, want 4", entries)
	}
	w.wantSchemasToBeTenants()
	for _, secret := range []string{mail, "lantern 37"} {
		if lines := w.log.of(secret); len(lines) > 0 {
			t.Errorf("the log shows %q: %s", secret, lines[0])
		}
	}
}

// fill sends a form of the page that is open.
func (d *desk) fill(path string, values url.Values) {
	d.w.t.Helper()
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(d.get(path))
	if token == nil {
		d.w.t.Fatalf("no form at %s", path)
	}
	values.Set("csrf", token[1])
	req, err := http.NewRequestWithContext(d.w.t.Context(), http.MethodPost, d.w.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		d.w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", d.w.base)
	if status, body := do(d.w.t, d.client, req); status != http.StatusOK {
		d.w.t.Fatalf("%s: %d %.600s", path, status, body)
	}
}

// wantSchemasToBeTenants: no schema without its row, no shop without its schema.
func (w *world) wantSchemasToBeTenants() {
	w.t.Helper()
	eventually(w.t, 20*time.Second, "as many schemas as tenants", func() bool { // a spare may be in the making
		var schemas, rows int
		w.owner(`SELECT (SELECT count(*) FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{12}$'),
			(SELECT count(*) FROM platform.tenant WHERE id <> 'tenant_template' AND status <> 'building')`, nil, &schemas, &rows)
		return schemas == rows
	})
}

// T009: late money of a suspended shop goes back while the shop stays suspended, and what
// is not about money waits.
func TestT009_LateMoneyGoesBackWhileSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("late-money", 10)
	b := w.login(s, "T009")
	order := b.order(1)
	params := b.payParams(order.OrderNo)
	no := w.attempt(s, order.OrderNo)
	// The order is closed at our side alone, as after a close whose answer was wrong.
	w.owner("UPDATE "+s.ID.String()+".orders SET status = 'closed', close_reason = 'timeout', closed_at = now() WHERE order_no = $1", []any{order.OrderNo})
	if err := w.Registry.Move(t.Context(), registry.MoveInput{ID: s.ID, Event: registry.EventSuspend, Reason: "欠费", Actor: "system"}); err != nil {
		t.Fatal(err)
	}
	w.control("/_control/pay", params, http.StatusOK, nil)
	eventually(t, 30*time.Second, "the money back", func() bool {
		return w.count(s, "SELECT count(*) FROM refund WHERE reason = 'late_payment' AND status = 'succeeded'") == 1
	})
	if n := w.count(s, "SELECT count(*) FROM payment_attempt WHERE out_trade_no = $1 AND status = 'succeeded'", no); n != 1 {
		t.Errorf("%d payments, want the one that came late", n)
	}
	if shop, err := w.Registry.ByID(t.Context(), s.ID); err != nil || shop.Status != tenant.Suspended {
		t.Errorf("%+v, %v; want it suspended still", shop, err)
	}
}
