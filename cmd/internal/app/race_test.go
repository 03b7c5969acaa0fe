package app_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

// TestHostileRaces lets money and deadlines meet. Two servers, each with its worker, share
// the installation; each case has a shop of its own.
func TestHostileRaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.another()
	run := func(name, handle string, test func(w *world, s *shop)) {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			s := w.openShop(handle, 1000)
			test(w, s)
			w.quiet(s, 30*time.Second)
			w.healthy(s)
		})
	}
	run("T077_MoneyAtTheDeadline", "deadline", testT077)
	run("T078_AnswersToAClose", "closing", testT078)
	run("T080_MoneyAfterTheClose", "late", testT080)
	run("T081_TwoPayments", "twice", testT081)
}

// Sixty buyers pay around the moment at which their orders end: a third within 50 ms of
// it, the others while two workers notice and close. Each order is paid, or closed with
// the money back or never taken; with sixty, all of that comes up in nearly every run.
func testT077(w *world, s *shop) {
	const orders = 60
	w.owner("UPDATE "+s.ID.String()+".shop SET max_open_orders = 1000", nil) // one buyer stands for many
	b := w.login(s, "T077")
	address := b.address()
	numbers, params := make([]string, orders), make([]map[string]any, orders)
	for i := range orders {
		got := b.place("", map[string]any{"lines": []any{line(s.skus[0], 1)}, "address_id": address, "expected_payable_fen": int64(s.prices[0])})
		numbers[i] = got.orderNo()
		params[i] = b.payParams(numbers[i])
	}
	// Every order ends at the same moment, for the timer that both workers watch.
	end := time.Now().Add(1500 * time.Millisecond)
	w.owner("UPDATE "+s.ID.String()+".orders SET expires_at = $1", []any{end})
	w.owner("UPDATE platform.timer SET due_at = $2 WHERE tenant_id = $1 AND topic = 'order.expire'", []any{s.ID.String(), end})
	var wait sync.WaitGroup
	for i, p := range params {
		at := end.Add(time.Duration(rand.IntN(100)-50) * time.Millisecond)
		if i%3 != 0 {
			at = end.Add(time.Duration(rand.IntN(1500)) * time.Millisecond)
		}
		wait.Go(func() {
			time.Sleep(time.Until(at))
			w.payOrLose(p)
		})
	}
	wait.Wait()
	eventually(w.t, 30*time.Second, "an end for every order", func() bool {
		return w.count(s, "SELECT count(*) FROM orders WHERE status IN ('paid', 'closed')") == orders
	})
	w.quiet(s, 30*time.Second)
	paid := w.count(s, "SELECT count(*) FROM orders WHERE status = 'paid'")
	w.t.Logf("%d paid, %d closed, %d refunded", paid, orders-paid, w.count(s, "SELECT count(*) FROM refund WHERE status = 'succeeded'"))
}

// payOrLose pays on the phone; the provider may have closed the charge already.
func (w *world) payOrLose(params map[string]any) {
	w.t.Helper()
	got := w.send(http.MethodPost, w.play+"/_control/pay", nil, []byte(toJSON(w.t, params)))
	if got.status != http.StatusOK && got.status != http.StatusConflict {
		w.t.Errorf("pay: %d %s", got.status, got.body)
	}
}

// testT078 cancels orders while the provider answers its close in each of its ways.
func testT078(w *world, s *shop) {
	b := w.login(s, "T078")
	arm := func(f sandbox.Fault) {
		if err := w.sandbox.Arm(f); err != nil {
			w.t.Fatal(err)
		}
	}
	cancel := func(no string) {
		b.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/cancel", nil, nil)
	}
	// ORDERPAID: the money came a moment before, and its callback is lost on the way.
	paid := b.order(1).OrderNo
	params := b.payParams(paid)
	arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeDrop, Match: w.attempt(s, paid), Count: 100})
	w.control("/_control/pay", params, http.StatusOK, nil)
	cancel(paid)

	// ORDERPAID that the signed query does not confirm is no proof: asked again, it closes.
	lied, lie := b.begun(1)
	arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDERPAID", Match: lie})
	cancel(lied)

	busy, no := b.begun(1)
	arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "SYSTEM_ERROR", Match: no})
	cancel(busy)

	closed, no := b.begun(1)
	arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDER_CLOSED", Match: no})
	cancel(closed)

	// ORDER_NOT_EXIST of a young number proves nothing, and of one older than five minutes all.
	young, no := b.begun(1)
	arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDER_NOT_EXIST", Match: no, Count: 100})
	cancel(young)

	b.waitFor(paid, "paid", 20*time.Second)
	b.waitFor(closed, "closed", 20*time.Second)
	for _, no := range []string{lied, busy} {
		b.closesWithPatience(no)
	}
	if got := b.status(young); got != "closing" {
		w.t.Errorf("the provider does not know a young number: the order is %s, want closing", got)
	}
	w.owner("UPDATE "+s.ID.String()+".payment_attempt SET created_at = created_at - interval '6 minutes' WHERE out_trade_no = $1", []any{no})
	b.closesWithPatience(young)
}

// closesWithPatience waits for a closing order, and lets its next try come at once: how
// long the platform waits between tries is not what is tested.
func (b *buyer) closesWithPatience(orderNo string) {
	b.w.t.Helper()
	eventually(b.w.t, 20*time.Second, "order "+orderNo+" closed", func() bool {
		b.w.owner("UPDATE platform.outbox SET next_at = now() WHERE key = $1 AND topic = 'order.closing' AND done_at IS NULL AND next_at > now()", []any{orderNo})
		return b.status(orderNo) == "closed"
	})
}

// The order is closed and its goods are sold to somebody else when the money comes. The
// provider should not have taken it: its close was answered, but not done.
func testT080(w *world, s *shop) {
	sku := w.moreSKUs(s, 1, 1)[0]
	b := w.login(s, "T080")
	address := b.address()
	body := map[string]any{"lines": []any{line(sku, 1)}, "address_id": address, "expected_payable_fen": 100}
	first := b.place("", body).orderNo()
	params := b.payParams(first)
	no := w.attempt(s, first)
	// Our side's view of the close is made first; the provider's charge stays open.
	w.owner("UPDATE "+s.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", []any{no})
	b.must(http.StatusOK, http.MethodPost, "/orders/"+first+"/cancel", nil, nil)
	b.waitFor(first, "closed", 15*time.Second)
	second := b.place("", body)
	if second.status != http.StatusCreated {
		w.t.Fatalf("the goods were not free again: %d %s", second.status, second.body)
	}
	w.control("/_control/pay", params, http.StatusOK, nil)
	eventually(w.t, 20*time.Second, "the refund", func() bool {
		return w.count(s, "SELECT count(*) FROM refund WHERE status = 'succeeded' AND reason = 'late_payment' AND business_no = $1", first) == 1
	})
	if got := b.status(first); got != "closed" {
		w.t.Errorf("the closed order is %s", got)
	}
	if n := w.count(s, "SELECT count(*) FROM payment_attempt WHERE out_trade_no = $1 AND surplus AND refunded_fen = amount_fen", no); n != 1 {
		w.t.Errorf("the late payment is not surplus and given back")
	}
	b.pay(second.orderNo())
	b.waitFor(second.orderNo(), "paid", 15*time.Second)
}

// Two attempts of one order are paid at once: one counts, the other goes back. The first
// attempt was closed by us and the provider took the money all the same.
func testT081(w *world, s *shop) {
	const rounds = 3 // each is a race of two payments
	b := w.login(s, "T081")
	for range rounds {
		order := b.order(1)
		params := []map[string]any{b.payParams(order.OrderNo)}
		first := w.attempt(s, order.OrderNo)
		w.owner("UPDATE "+s.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", []any{first})
		params = append(params, b.payParams(order.OrderNo))
		if w.attempt(s, order.OrderNo) == first {
			w.t.Fatal("the second attempt has the first one's number")
		}
		var wait sync.WaitGroup
		for _, p := range params {
			wait.Go(func() { w.control("/_control/pay", p, http.StatusOK, nil) })
		}
		wait.Wait()
		b.waitFor(order.OrderNo, "paid", 15*time.Second)
		eventually(w.t, 20*time.Second, "the other payment given back", func() bool {
			return w.count(s, "SELECT count(*) FROM refund WHERE status = 'succeeded' AND business_no = $1", order.OrderNo) == 1
		})
		if n := w.count(s, "SELECT count(*) FROM payment_attempt WHERE status = 'succeeded' AND NOT surplus AND business_no = $1", order.OrderNo); n != 1 {
			w.t.Errorf("%d payments count, want 1", n)
		}
	}
}
