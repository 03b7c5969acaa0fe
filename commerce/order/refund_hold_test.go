package order_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// goingBack is what the tests say goes back: on its way, and arrived.
type goingBack struct {
	mu  sync.Mutex
	fen map[string][2]money.Fen
}

func (g *goingBack) GoingBackTx(_ context.Context, _ tenantdb.Tx, orderNo string) (underWay, gone money.Fen, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fen[orderNo][0], g.fen[orderNo][1], nil
}

func (g *goingBack) set(orderNo string, underWay, gone money.Fen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fen[orderNo] = [2]money.Fen{underWay, gone}
}

func (s *shop) refunded(t *testing.T, orderNo, refundNo string, amount money.Fen) {
	t.Helper()
	s.InTenant(t, func(tx tenantdb.Tx) error {
		var paidBy string
		if err := tx.QueryRow(t.Context(), "SELECT paid_by FROM orders WHERE order_no = $1", orderNo).Scan(&paidBy); err != nil {
			return err
		}
		counted, err := s.orders.MarkRefundedTx(t.Context(), tx, order.RefundedInput{OrderNo: orderNo, AmountFen: amount, OutTradeNo: paidBy, OutRefundNo: refundNo})
		if err == nil && !counted {
			t.Errorf("refund %s was not counted", refundNo)
		}
		return err
	})
}

// onHand is how many of an order's SKUs lie in the shop, by line.
func (s *shop) onHand(orderNo string) (first, second int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), `SELECT min(l.on_hand), max(l.on_hand) FROM stock_level l JOIN order_line x USING (sku_id)
			JOIN orders o ON o.id = x.order_id WHERE o.order_no = $1`, orderNo).Scan(&first, &second)
	})
	return first, second
}

// T075: with the last fen an order closes, and what had not left the shop is on the shelf
// again, once. The order has 2 and 1 pieces of SKUs with 50 each.
func TestT075RefundedGoodsGoBackOnTheShelf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		send   map[int]int64 // by line
		second int64         // on hand of the first SKU afterwards
		first  int64
		back   int64
	}{
		"nothing was sent":      {nil, 50, 50, 3},
		"a part was sent":       {map[int]int64{0: 1}, 49, 50, 2},
		"all of it was sent":    {map[int]int64{0: 2, 1: 1}, 48, 49, 0},
		"one whole line is out": {map[int]int64{0: 2}, 48, 50, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			no, lines := s.paidOrder(t, s.buyer())
			take := map[int64]int64{}
			for i, qty := range tc.send {
				take[lines[i]] = qty
			}
			if len(take) > 0 {
				if _, err := ship(s, no, "SF1234567890123", take); err != nil {
					t.Fatal(err)
				}
			}
			s.refunded(t, no, "R1", 200)
			if low, high := s.onHand(no); low != 48 || high != 49 {
				t.Errorf("after a part: %d and %d on hand, want 48 and 49", low, high)
			}
			s.refunded(t, no, "R2", 250)
			if status, _ := s.standing(no); status != string(order.Closed) {
				t.Errorf("the order is %s, want closed", status)
			}
			if low, high := s.onHand(no); low != min(tc.first, tc.second) || high != max(tc.first, tc.second) {
				t.Errorf("%d and %d on hand, want %d and %d", low, high, tc.second, tc.first)
			}
			if n := s.count("SELECT coalesce(sum(on_hand_delta), 0)::bigint FROM stock_movement WHERE document = 'refund:' || $1", no); n != tc.back {
				t.Errorf("%d pieces came back, want %d", n, tc.back)
			}
		})
	}
}

// T075: while the whole of an order's money goes back, or has gone, nothing of it is sent or
// handed over. A part of it keeps nothing.
func TestT075WholeRefundKeepsTheGoods(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, _ := s.paidOrder(t, s.buyer())
	for name, fen := range map[string][2]money.Fen{"under way": {450, 0}, "partly gone": {150, 300}, "gone": {0, 450}} {
		s.going.set(no, fen[0], fen[1])
		if _, err := ship(s, no, "SF1234567890123", nil); !errors.Is(err, order.ErrRefunding) {
			t.Errorf("%s: %v, want ORDER_REFUNDING", name, err)
		}
	}
	s.going.set(no, 449, 0)
	if _, err := ship(s, no, "SF1234567890123", nil); err != nil {
		t.Errorf("with a part going back: %v", err)
	}
	s.healthy(t)
}

// T075: the clocks of an order wait for money that is on its way back, and go on after it.
func TestT075ClocksWaitForARefund(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	no, _ := s.paidOrder(t, b)
	if _, err := ship(s, no, "SF1234567890123", nil); err != nil {
		t.Fatal(err)
	}
	receive := func() {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.ReceiveDueTx(t.Context(), tx, no) })
	}
	finish := func() { s.InTenant(t, func(tx tenantdb.Tx) error { return s.orders.FinishDueTx(t.Context(), tx, no) }) }
	s.due(no)
	s.going.set(no, 1, 0)
	receive()
	if status, _ := s.standing(no); status != string(order.Fulfilling) || s.timer(order.TopicReceive, no) != 1 {
		t.Errorf("with a refund under way the order is %s with %d timers, want it to wait", status, s.timer(order.TopicReceive, no))
	}
	s.going.set(no, 0, 1)
	receive()
	if status, _ := s.standing(no); status != string(order.Completed) {
		t.Errorf("after it the order is %s, want completed", status)
	}
	s.due(no)
	s.going.set(no, 1, 1)
	finish()
	if _, settlement := s.standing(no); settlement != string(order.SettlementWindow) || s.timer(order.TopicFinish, no) != 1 {
		t.Errorf("with a refund under way the money is %s with %d timers, want it to wait", settlement, s.timer(order.TopicFinish, no))
	}
	s.going.set(no, 0, 2)
	finish()
	if _, settlement := s.standing(no); settlement != string(order.SettlementSettled) {
		t.Errorf("after it the money is %s, want settled", settlement)
	}
}

// T075: what was seen unsent and has been sent since is said so.
func TestT075NothingSent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	no, lines := s.paidOrder(t, s.buyer())
	look := func() error {
		return s.DB.InTenant(t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error { return s.orders.NothingSentTx(t.Context(), tx, no) })
	}
	if err := look(); err != nil {
		t.Errorf("before anything is sent: %v", err)
	}
	if _, err := ship(s, no, "SF1234567890123", map[int64]int64{lines[0]: 1}); err != nil {
		t.Fatal(err)
	}
	if err := look(); !errors.Is(err, order.ErrAlreadyLeft) {
		t.Errorf("after a piece was sent: %v, want ORDER_SENT", err)
	}
}
