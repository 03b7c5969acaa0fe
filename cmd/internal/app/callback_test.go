package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments/sandbox"
	"galleria/tenant"
)

// TestHostileCallbacks sends the provider's door everything that must not pay, and what
// must pay exactly once. The cases share one installation of two processes and two shops.
func TestHostileCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.process()
	a, b := w.openShop("notices-a", 1000), w.openShop("notices-b", 1000)
	run := func(name string, test func(w *world, buyer *buyer)) {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			test(w, w.login(a, name))
			w.quiet(a, 15*time.Second)
			w.healthy(a)
		})
	}
	run("T050_RepeatsPayOnce", testT050)
	run("T051_ForgedSignatures", testT051)
	run("T052_Replays", testT052)
	run("T053_ValidlySignedLies", testT053)
	run("T055_FiftyCopiesTwoProcesses", func(w *world, buyer *buyer) { testT055(w, buyer, second) })
	run("T056_UnknownNumbers", func(w *world, buyer *buyer) { testT056(w, buyer, b) })
	run("T056_SuspendedShop", func(w *world, _ *buyer) { testT056Suspended(w, second) })
	run("T056_ClosedAndDeletedShop", func(w *world, buyer *buyer) { testT056Closed(w, buyer, second) })
	run("T060_XML", testT060)
	run("T061_OtherDoors", func(w *world, buyer *buyer) { testT061(w, buyer, b) })
	w.healthy(b)
	if n := w.count(b, "SELECT count(*) FROM payment_event"); n != 0 {
		t.Errorf("%d events in the shop that got none", n)
	}
}

// ok is how WeChat Pay is told that a message was taken.
func ok(status int) bool { return status == http.StatusOK || status == http.StatusNoContent }

func (b *buyer) wantUnpaid(orderNo string) {
	b.w.t.Helper()
	if got := b.status(orderNo); got != "pending_payment" {
		b.w.t.Errorf("order %s is %s, want pending_payment", orderNo, got)
	}
}

// wantOneEffect waits for the payment and counts everything that it did.
func (b *buyer) wantOneEffect(orderNo, outTradeNo string) {
	w := b.w
	w.t.Helper()
	b.waitFor(orderNo, "paid", 10*time.Second)
	w.quiet(b.shop, 15*time.Second)
	for what, sql := range map[string]string{
		"applied events":   "SELECT count(*) FROM payment_event WHERE outcome = 'applied' AND out_trade_no = $1",
		"success events":   "SELECT count(*) FROM platform.outbox WHERE topic = 'payments.succeeded' AND key = $1",
		"commits of stock": "SELECT count(*) FROM stock_movement WHERE kind = 'commit' AND document = (SELECT business_no FROM payment_attempt WHERE out_trade_no = $1)",
		"timeline entries": "SELECT count(*) FROM order_event WHERE event = 'pay' AND order_id = (SELECT o.id FROM orders o JOIN payment_attempt p ON p.business_no = o.order_no WHERE p.out_trade_no = $1)",
		"message decision": "SELECT count(*) FROM message_log WHERE event_id IN (SELECT e.id FROM platform.outbox e JOIN payment_attempt p ON p.business_no = e.key WHERE e.topic = 'order.paid' AND p.out_trade_no = $1)",
	} {
		if n := w.count(b.shop, sql, outTradeNo); n != 1 {
			w.t.Errorf("%s of %s: %d, want 1", what, outTradeNo, n)
		}
	}
}

// The whole repeat schedule after the first delivery, and a server that died between
// its COMMIT and its answer: the provider sends again, and nothing happens twice.
func testT050(w *world, b *buyer) {
	order := b.order(1)
	params := b.payParams(order.OrderNo)
	no := w.attempt(b.shop, order.OrderNo)
	if err := w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeCutAfterDoing, Match: no}); err != nil {
		w.t.Fatal(err)
	}
	w.control("/_control/pay", params, http.StatusOK, nil)
	b.waitFor(order.OrderNo, "paid", 10*time.Second)
	eventually(w.t, 10*time.Second, "the repeat after the lost answer", func() bool {
		for _, d := range w.sandbox.Books().Deliveries {
			if d.OutTradeNo == no && len(d.Attempts) > 1 && ok(d.Attempts[len(d.Attempts)-1].Status) {
				return true
			}
		}
		return false
	})
	got, err := w.sandbox.Resend(w.t.Context(), sandbox.ResendInput{OutTradeNo: no, Copies: 15})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, status := range got.Statuses {
		if !ok(status) {
			w.t.Errorf("repeat %d: %d", i, status)
		}
	}
	b.wantOneEffect(order.OrderNo, no)
}

func testT051(w *world, b *buyer) {
	orderNo, no := b.begun(1)
	for name, tc := range map[string]struct {
		in   sandbox.NotificationInput
		bend func(h http.Header, body []byte) []byte
	}{
		"no headers":        {bend: func(h http.Header, body []byte) []byte { clear(h); return body }},
		"empty signature":   {bend: func(h http.Header, body []byte) []byte { h.Set("Wechatpay-Signature", ""); return body }},
		"garbage signature": {in: sandbox.NotificationInput{Signature: "AAAA"}},
		"stranger's key":    {in: sandbox.NotificationInput{SignWith: sandbox.SignStranger}},
		"probe":             {in: sandbox.NotificationInput{SignWith: sandbox.SignProbe}},
		"serial swapped":    {in: sandbox.NotificationInput{Serial: "PUB_KEY_ID_0119000000010000000000000000"}},
		"one byte changed": {bend: func(_ http.Header, body []byte) []byte {
			return []byte(strings.Replace(string(body), "TRANSACTION", "TRANSACTIOM", 1))
		}},
		"two signatures": {bend: func(h http.Header, body []byte) []byte {
			h["Wechatpay-Signature"] = []string{"AAAA", h.Get("Wechatpay-Signature")}
			return body
		}},
	} {
		tc.in.OutTradeNo = no
		h, body := w.notice(b.shop, tc.in)
		if tc.bend != nil {
			body = tc.bend(h, body)
		}
		if got := w.send(http.MethodPost, b.shop.door(w.base), h, body); got.status != http.StatusUnauthorized {
			w.t.Errorf("%s: %d %s, want 401", name, got.status, got.body)
		}
	}
	b.wantUnpaid(orderNo)
	if n := w.count(b.shop, "SELECT count(*) FROM payment_event WHERE out_trade_no = $1", no) + w.count(b.shop, "SELECT count(*) FROM payment_anomaly WHERE out_trade_no = $1", no); n != 0 {
		w.t.Errorf("%d rows were written by forged messages", n)
	}
}

func testT052(w *world, b *buyer) {
	orderNo, no := b.begun(1)
	for _, offset := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		in := sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no), TimestampOffset: offset}
		if got := w.tell(b.shop, in); got.status != http.StatusUnauthorized {
			w.t.Errorf("signed %s off: %d %s, want 401", offset, got.status, got.body)
		}
	}
	b.wantUnpaid(orderNo)
	h, body := w.notice(b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)})
	for range 3 { // the very same bytes again, while they are fresh
		if got := w.send(http.MethodPost, b.shop.door(w.base), h.Clone(), body); !ok(got.status) {
			w.t.Errorf("a fresh repeat: %d %s", got.status, got.body)
		}
	}
	b.wantOneEffect(orderNo, no)
}

func testT053(w *world, b *buyer) {
	amount := func(field string, v any) func(map[string]any) {
		return func(m map[string]any) { m["amount"].(map[string]any)[field] = v }
	}
	set := func(field string, v any) func(map[string]any) { return func(m map[string]any) { m[field] = v } }
	price := int(b.shop.prices[0])
	orderNo, no := b.begun(1)
	lies := map[string]struct {
		lie    func(map[string]any)
		reason string
	}{
		"one fen less": {amount("total", price-1), "amount"}, "one fen more": {amount("total", price+1), "amount"},
		"zero": {amount("total", 0), "amount"}, "negative": {amount("total", -price), "amount"}, "a string": {amount("total", itoa(int64(price))), "amount"},
		"US dollars": {amount("currency", "USD"), "currency"}, "other app": {set("appid", "wx0000000000000001"), "app_id"},
		"other merchant": {set("mchid", "1999999999"), "merchant"}, "other trade type": {set("trade_type", "NATIVE"), "trade_type"},
		"not paid": {set("trade_state", "NOTPAY"), "state"}, "closed": {set("trade_state", "CLOSED"), "state"},
	}
	for name, tc := range lies {
		event := "EV-" + strings.ReplaceAll(name, " ", "-") + no
		for range 2 { // the provider repeats what was not taken; it adds no row
			if got := w.tell(b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: event, Mutate: tc.lie}); got.status < 400 {
				w.t.Errorf("%s: %d %s, want a refusal", name, got.status, got.body)
			}
		}
		if n := w.count(b.shop, "SELECT count(*) FROM payment_anomaly WHERE event_id = $1 AND reason = $2 AND blocking AND seen = 2", event, tc.reason); n != 1 {
			w.t.Errorf("%s: %d anomalies of %s seen twice, want 1", name, n, tc.reason)
		}
	}
	b.wantUnpaid(orderNo)
	// The truth, even from another person's wallet, still pays.
	in := sandbox.NotificationInput{OutTradeNo: no, Mutate: set("payer", map[string]any{"openid": sandbox.OpenID(b.shop.appID, "somebody else")})}
	if got := w.tell(b.shop, in); !ok(got.status) {
		w.t.Errorf("another payer: %d %s, want ok", got.status, got.body)
	}
	b.wantOneEffect(orderNo, no)
	if n := w.count(b.shop, "SELECT count(*) FROM payment_anomaly WHERE out_trade_no = $1 AND reason = 'payer' AND NOT blocking", no); n != 1 {
		w.t.Errorf("%d records of the other payer, want 1", n)
	}
}

// Every second copy goes to the other process, all of them at once.
func testT055(w *world, b *buyer, second process) {
	orderNo, no := b.begun(1)
	elsewhere := func() int { return len(second.log.of(`"route":"/notify/:channel/:account_key","status":200`)) }
	before := elsewhere()
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range 50 {
		door := b.shop.door(w.base)
		if i%2 == 1 {
			door = b.shop.door(second.base)
		}
		h, body := w.notice(b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)})
		wait.Go(func() {
			<-start
			if got := w.send(http.MethodPost, door, h, body); !ok(got.status) {
				w.t.Errorf("copy %d: %d %s", i, got.status, got.body)
			}
		})
	}
	close(start)
	wait.Wait()
	eventually(w.t, 5*time.Second, "25 copies taken by the other process", func() bool { return elsewhere() == before+25 })
	b.wantOneEffect(orderNo, no)
}

// wantAnomaly sends a message of the shop's provider twice, and wants it refused and kept
// once for a person to see.
func (w *world) wantAnomaly(name, door string, s *shop, in sandbox.NotificationInput, reason string) {
	w.t.Helper()
	seen := w.count(s, "SELECT COALESCE(max(seen), 0) FROM payment_anomaly WHERE event_id = $1", in.EventID)
	for range 2 {
		h, body := w.notice(s, in)
		if got := w.send(http.MethodPost, door, h, body); got.status < 400 || got.status >= 500 {
			w.t.Errorf("%s: %d %s, want a refusal", name, got.status, got.body)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM payment_anomaly WHERE out_trade_no = $1 AND event_id = $2 AND reason = $3 AND blocking AND seen = $4", in.OutTradeNo, in.EventID, reason, seen+2); n != 1 {
		w.t.Errorf("%s: %d anomalies of %s, want 1", name, n, reason)
	}
	if n := w.count(s, "SELECT count(*) FROM payment_event WHERE event_id = $1", in.EventID); n != 0 {
		w.t.Errorf("%s: kept as an event", name)
	}
}

func testT056(w *world, b *buyer, other *shop) {
	stranger := w.login(other, "T056")
	theirs, number := stranger.begun(1)
	unpaid, attempt := b.begun(1)
	for name, no := range map[string]string{"invented": "NOSUCHNUMBER" + b.shop.mchID, "another shop's": number, "an order's": unpaid} {
		w.wantAnomaly(name, b.shop.door(w.base), b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-056-" + no}, "unknown_number")
	}
	// The money of one attempt cannot pay another one's order.
	paid, used := b.begun(1)
	if got := w.tell(b.shop, sandbox.NotificationInput{OutTradeNo: used, EventID: "EV-" + used, Mutate: transaction(used)}); !ok(got.status) {
		w.t.Fatalf("the true payment: %d %s", got.status, got.body)
	}
	w.wantAnomaly("another attempt's transaction", b.shop.door(w.base), b.shop, sandbox.NotificationInput{OutTradeNo: attempt, EventID: "EV-" + attempt, Mutate: transaction(used)}, "state")
	b.wantOneEffect(paid, used)
	b.wantUnpaid(unpaid)
	stranger.wantUnpaid(theirs)
}

// A suspended shop sells nothing more, but money that moves is taken, and goes back if it
// came too late.
func testT056Suspended(w *world, second process) {
	s := w.openShop("suspended", 10)
	b := w.login(s, "T056")
	orderNo, no := b.begun(1)
	late := b.order(1).OrderNo
	params := b.payParams(late)
	// Our side's view of the close is made first; the provider's charge stays open.
	w.owner("UPDATE "+s.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", []any{w.attempt(s, late)})
	b.must(http.StatusOK, http.MethodPost, "/orders/"+late+"/cancel", nil, nil)
	b.waitFor(late, "closed", 15*time.Second)
	w.setStatus(s, tenant.Suspended, second)
	for _, base := range []string{w.base, second.base} {
		invented := sandbox.NotificationInput{OutTradeNo: "NOSUCHNUMBER" + s.mchID, EventID: "EV-056-" + s.mchID, Mutate: transaction(no)}
		w.wantAnomaly("invented", s.door(base), s, invented, "unknown_number")
		h, body := w.notice(s, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)})
		if got := w.send(http.MethodPost, s.door(base), h, body); !ok(got.status) {
			w.t.Errorf("money for a suspended shop: %d %s", got.status, got.body)
		}
	}
	w.control("/_control/pay", params, http.StatusOK, nil)
	eventually(w.t, 20*time.Second, "an order paid and a refund made while suspended", func() bool {
		return w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1 AND status = 'paid'", orderNo) == 1 &&
			w.count(s, "SELECT count(*) FROM refund WHERE business_no = $1 AND reason = 'late_payment' AND status = 'succeeded'", late) == 1
	})
	if status, body := b.call(http.MethodGet, "/orders/"+orderNo, nil); status != http.StatusForbidden {
		w.t.Errorf("the storefront of a suspended shop: %d %s", status, body)
	}
	w.setStatus(s, tenant.Active, second)
	b.wantOneEffect(orderNo, no)
	w.quiet(s, 15*time.Second)
	w.healthy(s)
}

// Nothing of a closed shop becomes paid, at its own door or at another one; a shop whose
// address is gone is unknown.
func testT056Closed(w *world, b *buyer, second process) {
	s := w.openShop("closing-down", 10)
	buyer := w.login(s, "T056")
	paid, before := buyer.begun(1)
	orderNo, no := buyer.begun(1)
	w.setStatus(s, tenant.Closing, second)
	earlier := sandbox.NotificationInput{OutTradeNo: before, EventID: "EV-" + before, Mutate: transaction(before)}
	if got := w.tell(s, earlier); !ok(got.status) {
		w.t.Errorf("money for a shop that is closing: %d %s", got.status, got.body)
	}
	w.quiet(s, 15*time.Second)
	w.setStatus(s, tenant.Closed, second)
	if got := w.tell(s, earlier); !ok(got.status) {
		w.t.Errorf("a repeat of what was taken before: %d %s", got.status, got.body)
	}
	in := sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)}
	for _, base := range []string{w.base, second.base} {
		w.wantAnomaly("a closed shop's own money", s.door(base), s, in, "state")
		in := in
		in.SignWith = sandbox.SignStranger
		h, body := w.notice(s, in)
		if got := w.send(http.MethodPost, s.door(base), h, body); got.status != http.StatusUnauthorized {
			w.t.Errorf("forged, for a closed shop: %d %s", got.status, got.body)
		}
	}
	foreign := sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-056-" + no}
	w.wantAnomaly("a closed shop's number", b.shop.door(w.base), b.shop, foreign, "unknown_number")
	for order, status := range map[string]string{paid: "paid", orderNo: "pending_payment"} {
		if n := w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1 AND status = $2", order, status); n != 1 {
			w.t.Errorf("order %s is not %s", order, status)
		}
	}

	w.owner("DELETE FROM platform.account_route WHERE tenant_id = $1", []any{s.ID.String()})
	w.owner("SELECT pg_notify('galleria_tenant', $1)", []any{s.ID.String()})
	for _, base := range []string{w.base, second.base} {
		eventually(w.t, 5*time.Second, "no door for a deleted shop", func() bool {
			h, body := w.notice(s, in)
			return w.send(http.MethodPost, s.door(base), h, body).status == http.StatusNotFound
		})
	}
	w.wantAnomaly("a deleted shop's number", b.shop.door(w.base), b.shop, foreign, "unknown_number")
}

// setStatus moves a shop to a status and waits until both processes know.
func (w *world) setStatus(s *shop, to tenant.Status, second process) {
	w.t.Helper()
	if err := w.Registry.SetStatus(w.t.Context(), s.ID, to, "for a test"); err != nil {
		w.t.Fatal(err)
	}
	storefront := map[tenant.Status]int{
		tenant.Active: http.StatusOK, tenant.Suspended: http.StatusForbidden, tenant.Closing: http.StatusOK, tenant.Closed: http.StatusNotFound,
	}[to]
	for _, base := range []string{w.base, second.base} {
		eventually(w.t, 5*time.Second, "a shop that is "+string(to), func() bool {
			h := http.Header{"X-App-Id": {s.appID}}
			return w.send(http.MethodGet, base+"/api/v1/products", h, nil).status == storefront
		})
	}
}

func testT060(w *world, b *buyer) {
	var hits atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer trap.Close()
	laughs := `<!DOCTYPE x [<!ENTITY a0 "ha">`
	for i := range 9 {
		n := itoa(int64(i))
		laughs += `<!ENTITY a` + itoa(int64(i+1)) + ` "` + strings.Repeat("&a"+n+";", 10) + `">`
	}
	laughs += `]><x>&a9;</x>`
	for name, body := range map[string]string{
		"v2 message":      `<xml><return_code>SUCCESS</return_code></xml>`,
		"file entity":     `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`,
		"loopback entity": `<!DOCTYPE x [<!ENTITY a SYSTEM "` + trap.URL + `">]><x>&a;</x>`,
		"billion laughs":  laughs,
	} {
		for _, kind := range []string{"text/xml", "application/json"} {
			for _, url := range []string{b.shop.door(w.base), w.base + "/api/v1/orders", w.base + "/api/v1/auth/login"} {
				h := b.headers()
				h.Set("Content-Type", kind)
				best := time.Hour
				for range 3 { // the machine may be busy; the parser may not
					got := w.send(http.MethodPost, url, h.Clone(), []byte(body))
					if got.status < 400 || got.status >= 500 || strings.Contains(string(got.body), "root:") {
						w.t.Errorf("%s as %s to %s: %d %s", name, kind, url, got.status, got.body)
					}
					best = min(best, got.took)
				}
				if best > 200*time.Millisecond {
					w.t.Errorf("%s as %s to %s took %s, want under 200 ms", name, kind, url, best)
				}
			}
		}
	}
	if hits.Load() != 0 {
		w.t.Errorf("the trap was called %d times", hits.Load())
	}
}

func testT061(w *world, b *buyer, other *shop) {
	orderNo, no := b.begun(1)
	key := b.shop.account
	for _, path := range []string{
		"/notify/wechat/" + other.account, "/notify/wechat/00000000000000000000000000", "/notify/wechat", "/notify/wechat/", "/notify/",
		"/notify/wechat/" + key + "/", "/notify/wechat/" + strings.ToUpper(key), "/Notify/wechat/" + key, "/notify/WeChat/" + key,
		"/notify/alipay/" + key, "/notify//wechat/" + key, "/notify/wechat/" + key + "%00", "/notify/wechat/..%2f" + key,
	} {
		h, body := w.notice(b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)})
		if got := w.send(http.MethodPost, w.base+path, h, body); got.status < 400 || got.status >= 500 {
			w.t.Errorf("%s: %d %s, want 4xx", path, got.status, got.body)
		}
	}
	b.wantUnpaid(orderNo)
	if got := w.tell(b.shop, sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)}); !ok(got.status) {
		w.t.Errorf("on its own path: %d %s", got.status, got.body)
	}
	b.wantOneEffect(orderNo, no)
}
