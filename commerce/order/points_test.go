package order_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// noBooks keeps no account of what points are worth.
type noBooks struct{}

func (noBooks) PointsTx(context.Context, tenantdb.Tx, string, money.Fen, time.Time) error { return nil }

// earned gives a buyer points that are a fen each, of which half an order may be paid with.
func (s *shop) earned(b buyer, n int64, change func(t *points.Terms)) {
	s.t.Helper()
	was, err := s.points.Terms(s.t.Context(), s.Tenant.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	t := points.NewTerms()
	t.Version, t.Enabled, t.CapBps = was.Version, true, 5000
	if change != nil {
		change(&t)
	}
	if err := s.points.SaveTerms(s.t.Context(), s.Tenant.ID, t, "staff:1"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.points.Adjust(s.t.Context(), s.Tenant.ID, points.AdjustInput{MemberID: b.id, Points: n, Reason: "补偿", Key: fmt.Sprint("k", s.keys.Add(1)), Actor: "staff:1"}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) pointsOf(b buyer) (available, held int64) {
	s.t.Helper()
	got, err := s.points.Balance(s.t.Context(), s.Tenant.ID, b.id)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Available, got.Held
}

func (s *shop) hasPoints(b buyer, available, held int64) {
	s.t.Helper()
	if a, h := s.pointsOf(b); a != available || h != held {
		s.t.Errorf("the buyer has %d points and %d held, want %d and %d", a, h, available, held)
	}
}

// paying is an input that pays with points.
func paying(in order.PlaceInput, n int64) order.PlaceInput {
	in.Coupons.Points = n
	return in
}

// TestPointsInAnOrder: the quote tells how many points may pay, the order holds them, its payment
// uses them, and the money that comes back brings its share of them.
func TestPointsInAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000, 2000)
	s.earned(b, 5000, func(t *points.Terms) { t.Step, t.Least = 100, 200 })
	lines := []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[1], Qty: 1}}
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address, Coupons: order.Choice{Points: 350}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (order.PointsOption{Have: 5000, Most: 1500, MostFen: 1500, Step: 100, Least: 200, PerYuan: 100, Used: 300, UsedFen: 300}); q.Points == nil || *q.Points != want || q.PayableFen != 2700 {
		t.Fatalf("the quote tells %+v, %d fen", q.Points, q.PayableFen)
	}
	in := paying(s.input(b, 1500, lines...), pricing.AllPoints)
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	s.hasPoints(b, 3500, 1500)
	if again, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in); err != nil || !replayed || again.OrderNo != placed.OrderNo {
		t.Errorf("a repeat: %+v, %v", again, err)
	}
	s.hasPoints(b, 3500, 1500)
	if _, err := s.pay(placed.OrderNo, "A1", 1500); err != nil {
		t.Fatal(err)
	}
	s.hasPoints(b, 3500, 0)
	s.refund(placed.OrderNo, "A1", 1500)
	s.hasPoints(b, 5000, 0)
}

// TestT042PointsOfAnUnpaidOrder: cancelled or out of time, it gives its points back once.
func TestT042PointsOfAnUnpaidOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000)
	s.earned(b, 600, nil)
	for range 2 {
		placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, paying(s.input(b, 500, order.LineInput{SKUID: skus[0], Qty: 1}), 500))
		if err != nil {
			t.Fatal(err)
		}
		s.hasPoints(b, 100, 500)
		if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil {
			t.Fatal(err)
		}
		s.hasPoints(b, 100, 500) // a payment may still be on its way
		for range 2 {
			if _, err := s.finish(placed.OrderNo); err != nil {
				t.Fatal(err)
			}
		}
		s.hasPoints(b, 600, 0)
	}
	s.healthy(t)
}

// TestT034PointsAboveTheGoods: points never take more off than goods cost; an order that costs
// nothing is paid at once, and its points are spent.
func TestT034PointsAboveTheGoods(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000)
	s.earned(b, 99_999, func(t *points.Terms) { t.CapBps = 10_000 })
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, paying(s.input(b, 0, order.LineInput{SKUID: skus[0], Qty: 3}), 99_999))
	if fault.CodeOf(err) == "PRICE_CHANGED" { // nothing is expected, and nothing is to be paid
		t.Fatal(err)
	}
	if err != nil || placed.Status != order.Paid || placed.PayableFen != 0 {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	s.hasPoints(b, 99_999-3000, 0)
	s.healthy(t)
}

// TestT044OrdersForAllPoints: ten orders at once for all the points of a buyer: one has them.
func TestT044OrdersForAllPoints(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000)
	s.earned(b, 500, nil)
	var won atomic.Int64
	var wait sync.WaitGroup
	for range 10 {
		in := paying(s.input(b, 500, order.LineInput{SKUID: skus[0], Qty: 1}), 500)
		wait.Go(func() {
			_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			switch fault.CodeOf(err) {
			case "POINTS_SHORT", "PRICE_CHANGED":
			default:
				if err != nil {
					t.Errorf("refused with %v", err)
				}
				won.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 {
		t.Errorf("%d orders got the points, want 1", won.Load())
	}
	s.hasPoints(b, 0, 500)
	s.healthy(t)
}
