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
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// offer gives a SKU for points and cash.
func (s *shop) offer(sku, n int64, cash money.Fen, change func(in *points.OfferInput)) int64 {
	s.t.Helper()
	in := points.OfferInput{Title: "积分换购", SKUID: sku, Points: n, CashFen: cash, Stock: 100, StartsAt: s.Clock().Now().Add(-time.Hour)}
	if change != nil {
		change(&in)
	}
	id, err := s.points.SaveOffer(s.t.Context(), s.Tenant.ID, 0, 0, in, "staff:1")
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// exchange is an order of pieces for points, as its buyer saw it quoted.
func (s *shop) exchange(b buyer, offer, sku, qty int64) (order.PlaceInput, error) {
	s.t.Helper()
	lines := []order.LineInput{{SKUID: sku, Qty: qty}}
	q, err := s.orders.Quote(s.t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address, Exchange: offer})
	in := s.input(b, 0, lines...)
	in.QuoteHash, in.ExpectedPayableFen, in.Exchange = q.QuoteHash, q.PayableFen, offer
	return in, err
}

func (s *shop) exchanged(b buyer, offer, sku, qty int64) order.Placed {
	s.t.Helper()
	in, err := s.exchange(b, offer, sku, qty)
	if err != nil {
		s.t.Fatal(err)
	}
	placed, _, err := s.orders.Place(s.t.Context(), s.Tenant.ID, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return placed
}

// mall checks what is left of an offer, and that everything about exchanges adds up.
func (s *shop) mall(offer, left int64) {
	s.t.Helper()
	if n := s.count("SELECT stock - taken FROM mall_offer WHERE id = $1", offer); n != left {
		s.t.Errorf("%d pieces are left, want %d", n, left)
	}
	for what, sql := range map[string]string{
		"offers are what exchanges took":   "SELECT count(*) FROM mall_offer o WHERE o.taken <> (SELECT coalesce(sum(x.qty), 0) FROM mall_exchange x WHERE x.offer_id = o.id AND x.state IN ('held', 'done'))",
		"counts are what members have":     "SELECT count(*) FROM mall_count n WHERE n.taken <> (SELECT coalesce(sum(x.qty), 0) FROM mall_exchange x WHERE x.offer_id = n.offer_id AND x.member_id = n.member_id AND x.state IN ('held', 'done'))",
		"exchanges cost their points":      "SELECT count(*) FROM mall_exchange x WHERE x.points <> (SELECT coalesce(sum(u.points), 0) FROM points_use u WHERE u.order_no = coalesce(x.order_no, 'mall:' || x.id))",
		"nothing else lowers their prices": "SELECT count(*) FROM order_adjustment a WHERE a.kind <> 'mall' AND a.line_id IN (SELECT m.line_id FROM order_adjustment m WHERE m.kind = 'mall')",
	} {
		if n := s.count(sql); n != 0 {
			s.t.Errorf("%s: %d do not hold", what, n)
		}
	}
}

// TestExchange: the order that names an offer costs its points and its cash and nothing less,
// whatever else the buyer has; paid, the points are spent, and what comes back of the money brings
// its share of them, all of them with all of it.
func TestExchange(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 5000)
	s.earned(b, 1000, func(t *points.Terms) { t.CapBps = 10_000 })
	s.given(b, off(100, 50))
	now := s.Clock().Now()
	s.campaign(campaign.Input{
		Kind: campaign.Timed, Title: "限时", StartsAt: now.Add(-time.Hour), EndsAt: now.Add(time.Hour), Prices: []campaign.Price{{SKUID: skus[0], PriceFen: 10}},
	})
	offer := s.offer(skus[0], 300, 990, nil)

	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{
		Lines: []order.LineInput{{SKUID: skus[0], Qty: 2}}, AddressID: &b.address, Exchange: offer, Coupons: order.Choice{Points: pricing.AllPoints},
	})
	if err != nil || q.PayableFen != 1980 || q.Exchange == nil || *q.Exchange != (order.Exchange{ID: offer, Title: "积分换购", Points: 600, CashFen: 1980}) || q.Points != nil {
		t.Fatalf("the quote tells %+v, %d fen, %v", q.Exchange, q.PayableFen, err)
	}
	for _, o := range q.Offers {
		if o.Applied != (o.Kind == pricing.KindMall) {
			t.Errorf("%s: applied %v, %s", o.Kind, o.Applied, o.Reason)
		}
	}
	placed := s.exchanged(b, offer, skus[0], 2)
	s.hasPoints(b, 400, 600)
	s.mall(offer, 98)
	if _, err := s.pay(placed.OrderNo, "A1", 1980); err != nil {
		t.Fatal(err)
	}
	s.hasPoints(b, 400, 0)
	s.refund(placed.OrderNo, "A1", 990)
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.points.FollowOrderTx(t.Context(), tx, placed.OrderNo) })
	s.hasPoints(b, 700, 0)
	s.mall(offer, 98) // half of it is still the buyer's
	s.refund(placed.OrderNo, "A1", 990)
	s.hasPoints(b, 1000, 0)
	s.mall(offer, 100)
	if n := s.count("SELECT count(*) FROM mall_exchange WHERE state = 'returned'"); n != 1 {
		t.Errorf("%d exchanges were returned, want 1", n)
	}
	// Without the exchange the campaign's price and the coupon are there as ever.
	if q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{{SKUID: skus[0], Qty: 20}}, AddressID: &b.address}); err != nil || q.PayableFen != 150 {
		t.Errorf("an ordinary order costs %d fen, %v", q.PayableFen, err)
	}
}

// TestT042ExchangeOfAnUnpaidOrder: closed unpaid, it gives points and pieces back once, and one
// may have them again; for points alone it is paid at once.
func TestT042ExchangeOfAnUnpaidOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000)
	s.earned(b, 500, nil)
	cash := s.offer(skus[0], 500, 1, func(in *points.OfferInput) { in.PerMember, in.Stock = 1, 1 })
	for range 2 {
		placed := s.exchanged(b, cash, skus[0], 1)
		s.mall(cash, 0)
		if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := s.finish(placed.OrderNo); err != nil {
				t.Fatal(err)
			}
		}
		s.hasPoints(b, 500, 0)
		s.mall(cash, 1)
	}
	free := s.offer(skus[0], 200, 0, nil)
	if placed := s.exchanged(b, free, skus[0], 2); placed.Status != order.Paid || placed.PayableFen != 0 {
		t.Errorf("placed %+v", placed)
	}
	s.hasPoints(b, 100, 0)
	s.mall(free, 98)
	s.healthy(t)
}

// TestExchangeRefused: what cannot be an exchange is refused with its reason, and takes nothing.
func TestExchangeRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000, 2000)
	s.earned(b, 250, nil)
	now := s.Clock().Now()
	open := s.offer(skus[0], 100, 10, nil)
	high := s.reaches(s.buyer(), skus[1], 100)
	stopped := s.offer(skus[0], 100, 10, nil)
	if err := s.points.StopOffer(t.Context(), s.Tenant.ID, stopped, "staff:1"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		offer, sku, qty int64
		code            string
	}{
		"too few points":    {open, skus[0], 3, "POINTS_SHORT"},
		"another SKU":       {open, skus[1], 1, "MALL_GONE"},
		"an unknown offer":  {999, skus[0], 1, "MALL_GONE"},
		"a stopped one":     {stopped, skus[0], 1, "MALL_GONE"},
		"more than is left": {s.offer(skus[0], 1, 10, func(in *points.OfferInput) { in.Stock = 2 }), skus[0], 3, "MALL_GONE"},
		"later":             {s.offer(skus[0], 1, 10, func(in *points.OfferInput) { in.StartsAt = now.Add(time.Hour) }), skus[0], 1, "MALL_GONE"},
		"over":              {s.offer(skus[0], 1, 10, func(in *points.OfferInput) { in.EndsAt = new(now.Add(-time.Minute)) }), skus[0], 1, "MALL_GONE"},
		"a limit":           {s.offer(skus[0], 1, 10, func(in *points.OfferInput) { in.PerMember = 1 }), skus[0], 2, "MALL_LIMIT"},
		"a level":           {s.offer(skus[0], 1, 10, func(in *points.OfferInput) { in.LevelID = high.ID }), skus[0], 1, "MALL_LEVEL"},
		"a negative one":    {-1, skus[0], 1, "VALIDATION"},
	} {
		if _, err := s.exchange(b, c.offer, c.sku, c.qty); fault.CodeOf(err) != c.code {
			t.Errorf("%s: quoted %v, want %s", name, err, c.code)
		}
		in := s.input(b, 10, order.LineInput{SKUID: c.sku, Qty: c.qty})
		in.Exchange, in.QuoteHash = c.offer, "0123456789abcdef0123456789abcdef"
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != c.code {
			t.Errorf("%s: placed %v, want %s", name, err, c.code)
		}
	}
	two := s.input(b, 0, order.LineInput{SKUID: skus[0], Qty: 1}, order.LineInput{SKUID: skus[1], Qty: 1})
	two.Exchange, two.QuoteHash = open, "0123456789abcdef0123456789abcdef"
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, two); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("two lines: %v", err)
	}
	// What the buyer saw has changed meanwhile.
	in, err := s.exchange(b, open, skus[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.points.SaveOffer(t.Context(), s.Tenant.ID, open, 1, points.OfferInput{Title: "积分换购", SKUID: skus[0], Points: 200, CashFen: 10, Stock: 100, StartsAt: now}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, order.ErrPriceChanged) {
		t.Errorf("an offer that costs more points meanwhile: %v", err)
	}
	in.QuoteHash = ""
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("no quote: %v", err)
	}
	if n := s.count("SELECT count(*) FROM mall_exchange"); n != 0 {
		t.Errorf("%d exchanges", n)
	}
	s.hasPoints(b, 250, 0)
	s.mall(open, 100)
}

// TestT036ExchangesAtOnce: one may have two, and three are left for all: of many at once, buyers
// get no more than their limit and none more than there is.
func TestT036ExchangesAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	skus := s.product(100, 1000)
	offer := s.offer(skus[0], 10, 1, func(in *points.OfferInput) { in.PerMember, in.Stock = 2, 3 })
	var wishes []order.PlaceInput // all quoted while all of it is there
	for range 2 {
		b := s.buyer()
		s.earned(b, 1000, nil)
		for range 5 {
			in, err := s.exchange(b, offer, skus[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			wishes = append(wishes, in)
		}
	}
	var won atomic.Int64
	var wait sync.WaitGroup
	for _, in := range wishes {
		wait.Go(func() {
			_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			switch fault.CodeOf(err) {
			case "MALL_LIMIT", "MALL_GONE":
			default:
				if err != nil {
					t.Errorf("refused with %v", err)
				}
				won.Add(1)
			}
		})
	}
	wait.Wait()
	if won.Load() != 3 {
		t.Errorf("%d got one, want 3", won.Load())
	}
	s.mall(offer, 0)
	s.healthy(t)
}
