package order_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"galleria/commerce/order"
)

// limited sets a product's limits, as a merchant would.
func (s *shop) limited(sku int64, minQty, perOrder, lifetime int) {
	s.t.Helper()
	s.Owner(s.t, fmt.Sprintf("UPDATE %s.spu SET min_qty = $2, max_per_order = $3, max_lifetime = $4 WHERE id = (SELECT spu_id FROM %s.sku WHERE id = $1)",
		s.Tenant.ID, s.Tenant.ID), sku, minQty, perOrder, lifetime)
}

func TestLimitsOfAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 100, 100)
	s.limited(skus[0], 2, 5, 0)
	for _, c := range []struct {
		name string
		a, b int64
		ok   bool
	}{{"too few", 1, 0, false}, {"few of two variants", 1, 1, true}, {"at the limit", 5, 0, true}, {"too many of two variants", 3, 3, false}} {
		lines := []order.LineInput{{SKUID: skus[0], Qty: c.a}}
		if c.b > 0 {
			lines = append(lines, order.LineInput{SKUID: skus[1], Qty: c.b})
		}
		_, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines})
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, order.ErrPurchaseLimit)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Forty orders of one buyer at the same time: exactly the limit is sold, and what is closed
// may be bought again.
func TestT036LimitOfALifetimeHoldsUnderParallelOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, other, sku := s.buyer(), s.buyer(), s.product(1000, 100)[0]
	s.limited(sku, 1, 0, 7)
	var wg sync.WaitGroup
	var placed, refused atomic.Int64
	var last atomic.Value
	inputs := make([]order.PlaceInput, 40)
	for i := range inputs {
		inputs[i] = s.input(b, 100, order.LineInput{SKUID: sku, Qty: 1})
	}
	for _, in := range inputs {
		wg.Go(func() {
			p, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			switch {
			case err == nil:
				placed.Add(1)
				last.Store(p.OrderNo)
			case errors.Is(err, order.ErrPurchaseLimit):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if placed.Load() != 7 || refused.Load() != 33 {
		t.Errorf("%d placed, %d refused; want 7 and 33", placed.Load(), refused.Load())
	}
	s.place(other, 700, order.LineInput{SKUID: sku, Qty: 7})
	no, _ := last.Load().(string)
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, no); err != nil {
		t.Fatal(err)
	}
	if closed, err := s.finish(no); err != nil || !closed {
		t.Fatalf("closed %v, %v", closed, err)
	}
	if closed, err := s.finish(no); err != nil || closed {
		t.Fatalf("closed a second time: %v, %v", closed, err)
	}
	s.place(b, 100, order.LineInput{SKUID: sku, Qty: 1})
	_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 100, order.LineInput{SKUID: sku, Qty: 1}))
	if !errors.Is(err, order.ErrPurchaseLimit) {
		t.Errorf("an eighth piece: %v", err)
	}
	if n := s.count("SELECT qty FROM purchase_count WHERE member_id = $1", b.id); n != 7 {
		t.Errorf("%d pieces are counted, want 7", n)
	}
	s.healthy(t)
}

func TestLinesNameTheProductAsItWasSold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.product(10, 100)[0]
	one, two := s.place(b, 100, order.LineInput{SKUID: sku, Qty: 1}), s.place(b, 100, order.LineInput{SKUID: sku, Qty: 1})
	got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, one.OrderNo)
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := s.catalog.Snapshot(t.Context(), s.Tenant.ID, got.Lines[0].Snapshot)
	if err != nil || snapshot.Title != got.Lines[0].Title {
		t.Errorf("got %+v, %v", snapshot, err)
	}
	if n := s.count("SELECT count(DISTINCT snapshot) FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no IN ($1, $2)", one.OrderNo, two.OrderNo); n != 1 {
		t.Errorf("two orders of one product name %d snapshots", n)
	}
}

// TestT030OneBuyerCannotHoldTheShelf: forty orders of one buyer at the same time, of whom the
// shop lets five wait unpaid: exactly five hold stock. What is paid or closed counts no more.
func TestT030OneBuyerCannotHoldTheShelf(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, other, sku := s.buyer(), s.buyer(), s.product(1000, 100)[0]
	s.Owner(t, fmt.Sprintf("INSERT INTO %s.shop (name, max_open_orders, max_open_pieces) VALUES ('山野', 5, 12) ON CONFLICT (only_row) DO UPDATE SET max_open_orders = 5, max_open_pieces = 12", s.Tenant.ID))
	one := order.LineInput{SKUID: sku, Qty: 2}
	var wg sync.WaitGroup
	var placed, refused atomic.Int64
	var last atomic.Value
	for range 40 {
		in := s.input(b, 200, one)
		wg.Go(func() {
			p, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			switch {
			case err == nil:
				placed.Add(1)
				last.Store(p.OrderNo)
			case errors.Is(err, order.ErrOpenOrders):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if placed.Load() != 5 || refused.Load() != 35 {
		t.Errorf("%d placed, %d refused; want 5 and 35", placed.Load(), refused.Load())
	}
	s.place(other, 200, one) // each buyer for themselves
	no, _ := last.Load().(string)
	if _, err := s.pay(no, "T1", 200); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 500, order.LineInput{SKUID: sku, Qty: 5})); !errors.Is(err, order.ErrOpenOrders) {
		t.Errorf("13 pieces of 12: %v", err)
	}
	s.place(b, 400, order.LineInput{SKUID: sku, Qty: 4})
}
