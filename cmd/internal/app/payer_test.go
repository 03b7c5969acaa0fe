package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/order"
	"galleria/payments/sandbox"
)

// T116: who paid is forgotten with the member who leaves, in payments and in what WeChat was
// told; where WeChat still has to be told, with that. Amounts and the provider's numbers stay,
// and a repeat of the provider's message changes nothing.
func TestT116WhoPaidIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("payers", 10)
	b := w.login(s, "leaver")
	openID := sandbox.OpenID(s.appID, b.name)
	state := func(no string) (state string) {
		w.scan(s, "SELECT coalesce((SELECT state FROM shipping_upload WHERE order_no = $1), '')", []any{no}, &state)
		return state
	}
	var numbers []string
	for i := range 2 {
		no, _ := b.paid(1)
		if _, err := w.Orders.Ship(t.Context(), s.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: "SF123456789012" + itoa(int64(i)), Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, "WeChat to be told", func() bool { return state(no) == "uploaded" })
		b.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/receive", nil, nil)
		numbers = append(numbers, no)
	}
	told, untold := numbers[0], numbers[1]
	w.tell(s, sandbox.NotificationInput{OutTradeNo: w.attempt(s, told), EventID: "EV-other", Mutate: func(m map[string]any) { m["payer"] = map[string]any{"openid": sandbox.OpenID(s.appID, "other")} }})
	w.owner("UPDATE "+s.ID.String()+".shipping_upload SET state = 'failed', done_version = version - 1 WHERE order_no = $1", []any{untold})
	w.owner("UPDATE "+s.ID.String()+".orders SET settlement = 'settled', settle_by = NULL", nil)
	holds := func(table string) int {
		return w.count(s, "SELECT count(*) FROM "+table+" x WHERE x::text LIKE '%' || $1 || '%'", openID)
	}
	if holds("payment_attempt") != 2 || holds("shipping_upload") != 2 {
		t.Fatalf("%d payments and %d uploads name their payer", holds("payment_attempt"), holds("shipping_upload"))
	}
	var member int64
	var before, after string
	const kept = "SELECT string_agg(out_trade_no || transaction_id || amount_fen || status, ',' ORDER BY id) FROM payment_attempt"
	w.scan(s, "SELECT member_id FROM orders WHERE order_no = $1", []any{told}, &member)
	w.scan(s, kept, nil, &before)
	w.leaves(s, member)
	if w.scan(s, kept, nil, &after); after != before {
		t.Errorf("the payments are %s, and were %s", after, before)
	}
	for _, table := range []string{"payment_attempt", "payment_anomaly", "payment_exchange", "payment_event", "member", "member_identity", "orders"} {
		if w.count(s, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1", table) == 1 && holds(table) != 0 {
			t.Errorf("%s still names who paid", table)
		}
	}
	if n := holds("shipping_upload"); n != 1 {
		t.Errorf("%d uploads name their payer, want that of which WeChat is not told yet", n)
	}
	if err := w.Delivery.Retry(t.Context(), s.ID, untold, "staff:1", w.Outbox); err != nil {
		t.Fatal(err)
	}
	eventually(t, 60*time.Second, "the last payer to be forgotten", func() bool { return state(untold) == "uploaded" && holds("shipping_upload") == 0 })
	if got := w.tell(s, sandbox.NotificationInput{OutTradeNo: w.attempt(s, told), EventID: "EV-again"}); !ok(got.status) {
		t.Errorf("the provider's repeat: %d %s", got.status, got.body)
	}
	if n := holds("payment_attempt"); n != 0 {
		t.Error("the repeat brought the payer back")
	}
}
