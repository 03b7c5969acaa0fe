package order_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/campaign"
	"galleria/commerce/cart"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// campaign saves and starts a campaign.
func (s *shop) campaign(in campaign.Input) int64 {
	s.t.Helper()
	if in.Title == "" {
		in.Title = "周末" + string(in.Kind)
	}
	if in.StartsAt.IsZero() {
		in.StartsAt, in.EndsAt = s.Clock().Now().Add(-time.Hour), s.Clock().Now().Add(24*time.Hour)
	}
	id, err := s.campaigns.Save(s.t.Context(), s.Tenant.ID, 0, 0, in, "staff:1")
	if err == nil {
		err = s.campaigns.Start(s.t.Context(), s.Tenant.ID, id, "staff:1")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *shop) quote(b buyer, in order.QuoteInput) order.Quote {
	s.t.Helper()
	if in.AddressID == nil {
		in.AddressID = &b.address
	}
	q, err := s.orders.Quote(s.t.Context(), s.Tenant.ID, b.id, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

// answerTo is what became of a kind of rule.
func answerTo(q order.Quote, k pricing.Kind) (order.Offer, bool) {
	for _, o := range q.Offers {
		if o.Kind == k {
			return o, true
		}
	}
	return order.Offer{}, false
}

// TestTimedDiscountByTheClock: the price begins and ends with the instant, in quotes of lines and
// of the cart and in orders, which keep campaign, version and funder; nobody had to do anything.
func TestTimedDiscountByTheClock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000, 1999, 500)
	from := s.Clock().Now().Add(time.Hour).Truncate(time.Microsecond)
	until := from.Add(time.Hour)
	own := s.campaign(campaign.Input{Kind: campaign.Timed, StartsAt: from, EndsAt: until, Prices: []campaign.Price{{SKUID: skus[0], PriceFen: 699}}})
	other := s.product(100, 1999)
	s.campaign(campaign.Input{Kind: campaign.Timed, StartsAt: from, EndsAt: until, OffBps: 1500, Products: []int64{s.count("SELECT spu_id FROM sku WHERE id = $1", other[0])}})
	lines := []order.LineInput{{SKUID: skus[0], Qty: 3}, {SKUID: skus[2], Qty: 1}, {SKUID: other[0], Qty: 2}}
	for _, l := range lines {
		if _, err := s.carts.Put(t.Context(), s.Tenant.ID, b.id, cart.PutInput{SKUID: l.SKUID, Qty: int(l.Qty)}); err != nil {
			t.Fatal(err)
		}
	}
	const regular = money.Fen(3*1000 + 500 + 2*1999)
	const lowered = money.Fen(3*699 + 500 + 2*(1999-299)) // 299.85 are off, rounded down
	for _, c := range []struct {
		name string
		at   time.Time
		want money.Fen
	}{
		{"before", from.Add(-time.Microsecond), regular},
		{"from the first instant", from, lowered},
		{"to the last", until.Add(-time.Microsecond), lowered},
		{"after", until, regular},
	} {
		s.Clock().Set(c.at)
		for name, in := range map[string]order.QuoteInput{"lines": {Lines: lines}, "cart": {}} {
			if q := s.quote(b, in); q.PayableFen != c.want {
				t.Errorf("%s, by %s: %d, want %d", c.name, name, q.PayableFen, c.want)
			}
		}
	}
	s.Clock().Set(until.Add(-time.Second))
	placed := s.place(b, lowered, lines...)
	if n := s.count("SELECT count(*) FROM order_adjustment a JOIN orders o ON o.id = a.order_id WHERE o.order_no = $1 AND a.kind = 'timed' AND a.rule_version = 1 AND a.funder = 'shop' AND (a.rule_id <> $2 OR a.off_fen = 903)", placed.OrderNo, own); n != 2 {
		t.Errorf("%d adjustments, want 2", n)
	}
	s.Clock().Set(until.Add(time.Second)) // and the price is kept after the end
	if _, err := s.pay(placed.OrderNo, "T1", lowered); err != nil {
		t.Fatal(err)
	}
	shown, err := s.campaigns.Find(t.Context(), s.Tenant.ID, own)
	if err != nil {
		t.Fatal(err)
	}
	if r := shown.Report; r.Orders != 1 || r.Buyers != 1 || r.Units != 3 || r.CostFen != 903 || r.SoldFen != lowered || r.ReturnBps() != int64(lowered)*10_000/903 {
		t.Errorf("report %+v", r)
	}
	s.healthy(t)
	s.refund(placed.OrderNo, "T1", 1000)
	if shown, err = s.campaigns.Find(t.Context(), s.Tenant.ID, own); err != nil || shown.Report.RefundedFen != 1000 {
		t.Errorf("report %+v %v", shown.Report, err)
	}
	s.refund(placed.OrderNo, "T1", lowered-1000) // and then it cost nothing
	if shown, err = s.campaigns.Find(t.Context(), s.Tenant.ID, own); err != nil || shown.Report.CostFen != 0 || shown.Report.RefundedFen != lowered {
		t.Errorf("report %+v %v", shown.Report, err)
	}
}

// TestCampaignOfOneMiniProgram: elsewhere it is not in force, and what is stopped ends at once.
func TestCampaignOfOneMiniProgram(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000)
	elsewhere, _ := tenant.ParseAppID("wxffffffffffffffff")
	id := s.campaign(campaign.Input{Kind: campaign.Timed, Apps: []string{s.app.String()}, Prices: []campaign.Price{{SKUID: skus[0], PriceFen: 600}}})
	in := order.QuoteInput{Lines: []order.LineInput{{SKUID: skus[0], Qty: 1}}}
	for app, want := range map[tenant.AppID]money.Fen{s.app: 600, elsewhere: 1000} {
		in.AppID = app
		if q := s.quote(b, in); q.PayableFen != want {
			t.Errorf("%d in %s, want %d", q.PayableFen, app, want)
		}
	}
	in.AppID = s.app
	q := s.quote(b, in)
	if err := s.campaigns.Stop(t.Context(), s.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if q := s.quote(b, in); q.PayableFen != 1000 {
		t.Errorf("stopped, and still %d", q.PayableFen)
	}
	order := s.input(b, 0, in.Lines...)
	order.QuoteHash = q.QuoteHash
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, order); fault.CodeOf(err) != "PRICE_CHANGED" {
		t.Errorf("an order at the old price: %v", err)
	}
}

// TestReductionTiers: the tier that is met counts, after cheaper prices; the buyer is told what is
// missing to the first, and what stands in the way. Free delivery is a tier as well.
func TestReductionTiers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.template() // 8 yuan, and 2 for each further piece
	b, skus, far := s.buyer(), s.product(100, 1000), s.product(100, 5000)
	far0 := s.count("SELECT spu_id FROM sku WHERE id = $1", far[0])
	s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeProducts, ScopeIDs: []int64{far0}, ScopeExcept: true, Tiers: []campaign.Tier{
		{NeedFen: 3000, OffFen: 300}, {NeedFen: 5000, OffFen: 700, Free: true},
	}})
	for _, c := range []struct {
		name          string
		qty, other    int64
		off, freight  money.Fen
		reason        pricing.Reason
		need, toFree  money.Fen
		freightReason pricing.Reason
	}{
		{name: "below", qty: 2, freight: 1000, reason: pricing.ReasonBelow, need: 1000, freightReason: pricing.ReasonBelow, toFree: 3000},
		{name: "the first tier, and what is missing to the second", qty: 4, off: 300, need: 1000, freight: 1400, freightReason: pricing.ReasonBelow, toFree: 1300}, // measured after the reduction
		{name: "the second", qty: 6, off: 700},
		{name: "other goods do not count", qty: 2, other: 1, freight: 1200, reason: pricing.ReasonBelow, need: 1000, freightReason: pricing.ReasonBelow, toFree: 3000},
		{name: "only other goods", other: 1, freight: 800, reason: pricing.ReasonNoGoods, freightReason: pricing.ReasonNoGoods},
	} {
		var lines []order.LineInput
		if c.qty > 0 {
			lines = append(lines, order.LineInput{SKUID: skus[0], Qty: c.qty})
		}
		if c.other > 0 {
			lines = append(lines, order.LineInput{SKUID: far[0], Qty: c.other})
		}
		q := s.quote(b, order.QuoteInput{Lines: lines})
		reduction, _ := answerTo(q, pricing.KindReduction)
		free, _ := answerTo(q, pricing.KindShipping)
		if q.DiscountFen != c.off || q.FreightFen != c.freight || reduction.Reason != c.reason || reduction.NeedFen != c.need || free.Reason != c.freightReason || (c.toFree > 0 && free.NeedFen != c.toFree) {
			t.Errorf("%s: off %d freight %d reduction %+v free %+v", c.name, q.DiscountFen, q.FreightFen, reduction, free)
		}
	}
	// By pieces, of a category; a coupon that takes more off stands in its place.
	root := s.count("SELECT category_id FROM spu WHERE id = $1", far0)
	s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeCategories, ScopeIDs: []int64{root}, Tiers: []campaign.Tier{{NeedQty: 2, OffBps: 1000}, {NeedQty: 3, OffBps: 2000, CapFen: 2500}}})
	lines := []order.LineInput{{SKUID: far[0], Qty: 3}}
	if q := s.quote(b, order.QuoteInput{Lines: lines}); q.DiscountFen != 2500 {
		t.Errorf("three pieces: %d off, want the cap", q.DiscountFen)
	}
	s.given(b, off(10_000, 4000))
	q := s.quote(b, order.QuoteInput{Lines: lines})
	if o, _ := answerTo(q, pricing.KindCoupon); q.DiscountFen != 4000 || !o.Applied {
		t.Errorf("the coupon: %+v of %d", o, q.DiscountFen)
	}
}

// TestAnyCampaignsAndCoupon: whatever campaigns run and whatever coupon is held, lines, adjustments
// and order agree, a price never rises, and the parts that go back are what was paid.
func TestAnyCampaignsAndCoupon(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.template()
	b, skus := s.buyer(), s.product(100_000, 999, 1, 3333)
	spu := s.count("SELECT spu_id FROM sku WHERE id = $1", skus[0])
	coupons := s.coupon(off(100, 77))
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		s.Clock().Set(time.Now())
		var running []int64
		if rapid.Bool().Draw(t, "timed") {
			in := campaign.Input{Kind: campaign.Timed}
			if rapid.Bool().Draw(t, "share") {
				in.OffBps, in.Products = money.Rate(rapid.Int64Range(1, 9999).Draw(t, "bps")), []int64{spu}
			} else {
				in.Prices = []campaign.Price{{SKUID: skus[2], PriceFen: money.Fen(rapid.Int64Range(1, 3332).Draw(t, "price"))}}
			}
			running = append(running, s.campaign(in))
		}
		for range rapid.IntRange(0, 2).Draw(t, "reductions") {
			tier := campaign.Tier{NeedQty: rapid.Int64Range(1, 9).Draw(t, "need"), OffFen: money.Fen(rapid.Int64Range(0, 3000).Draw(t, "off")), Free: rapid.Bool().Draw(t, "free")}
			if tier.OffFen == 0 {
				tier.Free = true
			}
			running = append(running, s.campaign(campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{tier}}))
		}
		if rapid.Bool().Draw(t, "coupon") {
			n++
			if _, err := s.coupons.Issue(s.t.Context(), s.Tenant.ID, coupons, []int64{b.id}, "p"+string(rune('A'+n)), "staff:1"); err != nil {
				t.Fatal(err)
			}
		}
		var lines []order.LineInput
		var regular money.Fen
		for i, sku := range skus {
			qty := rapid.Int64Range(1, 5).Draw(t, "qty")
			lines = append(lines, order.LineInput{SKUID: sku, Qty: qty})
			regular += []money.Fen{999, 1, 3333}[i] * money.Fen(qty)
		}
		q := s.quote(b, order.QuoteInput{Lines: lines})
		if q.GoodsFen != regular || q.DiscountFen < 0 || q.PayableFen != regular-q.DiscountFen+q.FreightFen || q.PayableFen < 0 {
			t.Fatalf("quote %+v", q)
		}
		placed := s.place(b, q.PayableFen, lines...)
		if placed.PayableFen > 0 {
			if _, err := s.pay(placed.OrderNo, "C"+placed.OrderNo[12:], placed.PayableFen); err != nil {
				t.Fatal(err)
			}
		}
		o, err := s.orders.Get(s.t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
		if err != nil {
			t.Fatal(err)
		}
		var back money.Fen
		for _, l := range o.Lines {
			for left := l.Qty; left > 0; {
				take := rapid.Int64Range(1, left).Draw(t, "take")
				left -= take
				s.InTenant(s.t, func(tx tenantdb.Tx) error {
					c, err := s.orders.ClaimTx(s.t.Context(), tx, order.ClaimInput{OrderNo: o.OrderNo, Lines: map[int64]int64{l.LineID: take}}, false)
					back += c.ShareFen() + c.FreightFen
					return err
				})
			}
		}
		if back != placed.PayableFen {
			t.Fatalf("%d went back of %d", back, placed.PayableFen)
		}
		for _, id := range running {
			if err := s.campaigns.Stop(s.t.Context(), s.Tenant.ID, id, "staff:1"); err != nil {
				t.Fatal(err)
			}
		}
	})
	s.healthy(t)
}
