package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// press posts a form of the console, with the token of a page that shows one, and returns
// where it led to and what is seen there.
func (d *desk) press(page, path string, form url.Values) (status int, body string) {
	t := d.w.t
	t.Helper()
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(d.get(page))
	if token == nil {
		t.Fatalf("no form token on %s", page)
	}
	if form == nil {
		form = url.Values{}
	}
	form.Set("csrf", token[1])
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, d.w.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", d.w.base)
	status, raw := do(t, d.client, req)
	return status, string(raw)
}

// The callback log holds what the provider wrote. Its owner reads it, the platform's people
// read it and let it be taken again; every time that is recorded, and a message that was
// applied has no second effect.
func TestCallbackLogIsReadAndReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.openShop("callback-log", 10), w.openShop("callback-other", 10)
	b := w.login(s, "小明")
	order := b.order(1)
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 10*time.Second)
	var event, person int64
	w.scan(s, "SELECT id FROM payment_event WHERE outcome = 'applied'", nil, &event)

	owner := w.signIn(s)
	home := "/console/" + s.Handle + "/callbacks"
	raw := fmt.Sprintf("%s/event/%d/raw", home, event)
	if status, page := owner.press(home, raw, nil); status != http.StatusOK || !strings.Contains(page, "encrypt-resource") || !strings.Contains(page, "Wechatpay-Signature") {
		t.Errorf("the owner reads %d %.300s", status, page)
	}
	if status, _ := owner.press(home, fmt.Sprintf("/console/%s/callbacks/event/%d/raw", other.Handle, event), nil); status != http.StatusNotFound {
		t.Errorf("another shop's log: %d", status)
	}
	if status, _ := owner.press(home, home+"/event/999999/raw", nil); status != http.StatusNotFound {
		t.Errorf("a message that is not there: %d", status)
	}

	w.owner("SELECT id FROM platform.staff WHERE login = $1", []any{s.owner.Login}, &person)
	w.owner("INSERT INTO platform.platform_role (staff_id, role_code) VALUES ($1, 'platform_admin')", []any{person})
	staff := w.signIn(s)
	log := "/console/platform/shops/" + s.ID.String() + "/callbacks"
	if status, page := staff.press(log, fmt.Sprintf("%s/event/%d/raw", log, event), nil); status != http.StatusOK || !strings.Contains(page, "encrypt-resource") {
		t.Errorf("the platform reads %d %.300s", status, page)
	}
	if status, page := staff.press(log, fmt.Sprintf("%s/event/%d/replay", log, event), nil); status != http.StatusOK {
		t.Errorf("replayed: %d %.300s", status, page)
	}
	b.waitFor(order.OrderNo, "paid", time.Second)
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE tenant_id = current_schema() AND topic = 'payments.succeeded'"); n > 1 {
		t.Errorf("%d facts of one payment", n)
	}
	// The owner asked twice, once for what is not there; the platform's acts stand in both logs.
	for action, want := range map[string]int{"callback.raw_read": 2, "platform.callback.raw_read": 2, "platform.callback.replayed": 2} {
		var n int
		w.owner("SELECT count(*)::int FROM platform.audit_log WHERE action = $1", []any{action}, &n)
		if n != want {
			t.Errorf("%s: %d entries, want %d", action, n, want)
		}
	}
}
