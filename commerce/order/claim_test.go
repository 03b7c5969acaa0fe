package order_test

import (
	"testing"

	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// TestFreeOrderThatCameBackCloses: an order that cost nothing closes when every piece of it
// was given up or came back and no case is open any more, whatever of it had been sent, and
// not before: no money will come back to close it.
func TestFreeOrderThatCameBackCloses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	claim := func(no string, line, qty int64, sentOnly bool) order.Claim {
		t.Helper()
		var c order.Claim
		s.InTenant(t, func(tx tenantdb.Tx) (err error) {
			c, err = s.orders.ClaimTx(t.Context(), tx, order.ClaimInput{OrderNo: no, Lines: map[int64]int64{line: qty}, SentOnly: sentOnly}, false)
			return err
		})
		return c
	}
	end := func(no string, back ...order.ClaimedLine) {
		t.Helper()
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: no, Back: back})
		})
	}
	for name, c := range map[string]struct {
		sent int64 // of two pieces
		do   func(no string, line int64)
		want string
	}{
		"both come back at once":       {2, func(no string, line int64) { claim(no, line, 2, true); end(no) }, "closed"},
		"one after the other":          {2, func(no string, line int64) { claim(no, line, 1, true); end(no); claim(no, line, 1, true); end(no) }, "closed"},
		"one comes back":               {2, func(no string, line int64) { claim(no, line, 1, true); end(no) }, "fulfilling"},
		"the other case is still open": {2, func(no string, line int64) { claim(no, line, 1, true); claim(no, line, 1, true); end(no) }, "fulfilling"},
		"the other case is withdrawn": {2, func(no string, line int64) {
			claim(no, line, 1, true)
			c := claim(no, line, 1, true)
			end(no)
			end(no, c.Lines...)
		}, "fulfilling"},
		"one comes back, one is not sent": {1, func(no string, line int64) { claim(no, line, 1, true); end(no); claim(no, line, 1, false); end(no) }, "closed"},
		"nothing was sent":                {0, func(no string, line int64) { claim(no, line, 2, false); end(no) }, "closed"},
		"unsent, and a case is open":      {0, func(no string, line int64) { claim(no, line, 1, false); claim(no, line, 1, false); end(no) }, "paid"},
	} {
		b := s.buyer()
		placed := s.place(b, 0, order.LineInput{SKUID: s.product(5, 0)[0], Qty: 2})
		line := s.lineIDs(t, placed.OrderNo, b)[0]
		if c.sent > 0 {
			if _, err := ship(s, placed.OrderNo, "SF1234567890123", map[int64]int64{line: c.sent}); err != nil {
				t.Fatal(err)
			}
		}
		c.do(placed.OrderNo, line)
		if status, _ := s.standing(placed.OrderNo); status != c.want {
			t.Errorf("%s: the order is %s, want %s", name, status, c.want)
		}
		if c.want == "closed" {
			s.due(placed.OrderNo)
			for _, due := range []func(tx tenantdb.Tx) error{
				func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, placed.OrderNo) },
				func(tx tenantdb.Tx) error { return s.orders.FinishDueTx(t.Context(), tx, placed.OrderNo) },
			} {
				s.InTenant(t, due) // timers that were set before
			}
			if status, _ := s.standing(placed.OrderNo); status != "closed" {
				t.Errorf("%s: a timer woke it: %s", name, status)
			}
		}
	}
}
