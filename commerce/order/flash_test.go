package order_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// flash starts a flash sale that sells now, of so many units of a SKU.
func (s *shop) flash(price money.Fen, units int64, change func(*campaign.Input), skus ...int64) int64 {
	s.t.Helper()
	from := s.Clock().Now().Add(-time.Hour).Truncate(time.Microsecond)
	in := campaign.Input{Kind: campaign.Flash, Sessions: []campaign.Session{{StartsAt: from, EndsAt: from.Add(3 * time.Hour)}}}
	for _, sku := range skus {
		in.Prices = append(in.Prices, campaign.Price{SKUID: sku, PriceFen: price, Units: units})
	}
	if change != nil {
		change(&in)
	}
	return s.campaign(in)
}

func (s *shop) taken(sku int64) int64 {
	s.t.Helper()
	return s.count("SELECT coalesce(sum(taken), 0)::bigint FROM flash_bucket WHERE sku_id = $1", sku)
}

// TestAThousandBuyersOfAHundredUnits: exactly a hundred get one, everybody else is told, nobody pays
// another price than was shown, and there is stock left for more.
func TestAThousandBuyersOfAHundredUnits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sku := s.product(5000, 1000)[0]
	s.flash(300, 100, nil, sku)
	const buyers = 1000
	people := s.crowd(buyers)
	var wait sync.WaitGroup
	var sold, refused atomic.Int64
	start := make(chan struct{})
	began := time.Now()
	for _, b := range people {
		wait.Go(func() {
			<-start
			for { // busy is not refused: a buyer presses again
				_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 300, order.LineInput{SKUID: sku, Qty: 1}))
				switch {
				case err == nil:
					sold.Add(1)
				case errors.Is(err, campaign.ErrSoldOut), errors.Is(err, order.ErrPriceChanged):
					refused.Add(1)
				case fault.KindOf(err) == fault.Unavailable:
					continue
				default:
					t.Errorf("an error of ours: %v", err)
				}
				return
			}
		})
	}
	close(start)
	wait.Wait()
	t.Logf("%d sold, %d refused in %s", sold.Load(), refused.Load(), time.Since(began).Round(time.Millisecond))
	if sold.Load() != 100 || refused.Load() != buyers-100 || s.taken(sku) != 100 {
		t.Errorf("%d sold, %d refused, %d taken", sold.Load(), refused.Load(), s.taken(sku))
	}
	if n := s.count("SELECT count(*) FROM orders WHERE payable_fen = 300"); n != 100 || s.count("SELECT count(*) FROM orders") != 100 {
		t.Errorf("%d orders at the price", n)
	}
	if onHand, reserved := s.level(sku); onHand != 5000 || reserved != 100 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	s.healthy(t)
}

// TestSoldOutIsSaidBeforeAnotherPrice: the price of a flash sale is had with the quote that shows
// it; what is sold out, too many or over costs what it costs, told as PRICE_CHANGED. Units come
// back with an order that closes unpaid or whose money all went back, and not with a part.
func TestSoldOutIsSaidBeforeAnotherPrice(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, c := s.buyer(), s.buyer()
	skus := s.product(100, 1000, 2000)
	id := s.flash(300, 3, func(in *campaign.Input) { in.PerOrder, in.PerMember = 2, 3 }, skus[0])
	line := func(qty int64) order.LineInput { return order.LineInput{SKUID: skus[0], Qty: qty} }
	reason := func(who buyer, qty int64, want money.Fen, why pricing.Reason) {
		t.Helper()
		q := s.quote(who, order.QuoteInput{Lines: []order.LineInput{line(qty)}})
		if a, _ := answerTo(q, pricing.KindFlash); q.PayableFen != want || a.Reason != why || a.Applied != (why == "") {
			t.Errorf("%d pieces: %d, %+v; want %d %q", qty, q.PayableFen, a, want, why)
		}
	}
	reason(b, 2, 600, "")
	reason(b, 3, 3000, campaign.ReasonLimit)
	reason(b, 4, 4000, campaign.ReasonLimit)
	first := s.place(b, 600+2000, line(2), order.LineInput{SKUID: skus[1], Qty: 1})
	reason(b, 2, 2000, campaign.ReasonSoldOut)
	reason(c, 1, 300, "")
	second := s.place(b, 300, line(1))
	reason(c, 1, 1000, campaign.ReasonSoldOut)
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(c, 300, line(1))); fault.CodeOf(err) != "PRICE_CHANGED" {
		t.Errorf("sold out: %v", err)
	}
	if sales, err := s.campaigns.Sales(t.Context(), s.Tenant.ID, s.app.String(), b.id, skus, s.Clock().Now()); err != nil || len(sales) != 0 {
		t.Errorf("sold out, and still shown at %v %v", sales, err)
	}
	// Unpaid: back.
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, second.OrderNo); err != nil {
		t.Fatal(err)
	}
	if closed, err := s.finish(second.OrderNo); err != nil || !closed {
		t.Fatal(closed, err)
	}
	if n := s.taken(skus[0]); n != 2 {
		t.Errorf("%d are taken after an order was closed", n)
	}
	reason(c, 1, 300, "")
	// Paid: a part that goes back returns nothing, the whole does.
	if _, err := s.pay(first.OrderNo, "T1", 2600); err != nil {
		t.Fatal(err)
	}
	s.healthy(t)
	s.refund(first.OrderNo, "T1", 600)
	if n := s.taken(skus[0]); n != 2 {
		t.Errorf("%d are taken after a part went back", n)
	}
	shown, err := s.campaigns.Find(t.Context(), s.Tenant.ID, id)
	if err != nil || len(shown.Buckets) != 1 || shown.Buckets[0] != (campaign.Bucket{No: 1, SKUID: skus[0], Units: 3, Taken: 2, Paid: 2}) {
		t.Errorf("report %+v %v", shown.Buckets, err)
	}
	s.refund(first.OrderNo, "T1", 2000)
	if n := s.taken(skus[0]); n != 0 {
		t.Errorf("%d are taken after all went back", n)
	}
	// Over: told in the same way.
	s.Clock().Advance(3 * time.Hour)
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(c, 300, line(1))); fault.CodeOf(err) != "PRICE_CHANGED" {
		t.Errorf("after the session: %v", err)
	}
}

// TestFlashSaleMeetsNothingElse: no coupon, no points and no reduction lower the price of a flash
// sale further; a level's price that is lower takes no unit.
func TestFlashSaleMeetsNothingElse(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000, 1000)
	s.flash(600, 5, nil, skus[0])
	s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedQty: 1, OffFen: 100}}})
	lines := []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[1], Qty: 1}}
	if q := s.quote(b, order.QuoteInput{Lines: lines}); q.Lines[0].PayableFen != 600 || q.Lines[1].PayableFen != 900 {
		t.Errorf("%d and %d", q.Lines[0].PayableFen, q.Lines[1].PayableFen)
	}
	// A regular price below that of the sale: nobody takes a unit.
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE sku SET price_fen = 500 WHERE id = $1", skus[0])
		return err
	})
	s.place(b, 400, lines[0]) // but the reduction counts
	if n := s.taken(skus[0]); n != 0 {
		t.Errorf("%d were taken at the regular price", n)
	}
	s.healthy(t)
}
