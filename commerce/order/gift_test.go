package order_test

import (
	"maps"
	"testing"

	"galleria/commerce/campaign"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// gift starts a campaign that gives for 100 yuan.
func (s *shop) gift(change func(*campaign.Input), tiers ...campaign.Tier) int64 {
	s.t.Helper()
	in := campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeAll, Tiers: tiers}
	if change != nil {
		change(&in)
	}
	return s.campaign(in)
}

func (s *shop) claim(no string, in order.ClaimInput) (c order.Claim) {
	s.t.Helper()
	in.OrderNo = no
	s.InTenant(s.t, func(tx tenantdb.Tx) (err error) {
		c, err = s.orders.ClaimTx(s.t.Context(), tx, in, false)
		return err
	})
	return c
}

// claimed are the pieces of a claim by line.
func claimed(c order.Claim) map[int64]int64 {
	lines := map[int64]int64{}
	for _, l := range c.Lines {
		lines[l.LineID] = l.Qty
	}
	return lines
}

// TestGiftComesWithItsGoods: the quote says which gift comes and when it goes back, the order has
// it as a line that costs nothing, also of a SKU that is ordered, its pieces are held, and come
// back when the order closes.
func TestGiftComesWithItsGoods(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 5000, 800)
	id := s.gift(nil, campaign.Tier{NeedFen: 10_000, OffFen: 500, GiftSKU: skus[1], GiftQty: 2})
	one := s.quote(b, order.QuoteInput{Lines: []order.LineInput{{SKUID: skus[0], Qty: 1}}})
	if a, ok := answerTo(one, pricing.KindGift); !ok || a.Reason != pricing.ReasonBelow || a.NeedFen != 5000 || len(one.Gifts) != 0 {
		t.Errorf("below: %+v, %+v", a, one.Gifts)
	}
	lines := []order.LineInput{{SKUID: skus[0], Qty: 2}, {SKUID: skus[1], Qty: 1}}
	q := s.quote(b, order.QuoteInput{Lines: lines})
	if len(q.Gifts) != 1 || q.Gifts[0].SKUID != skus[1] || q.Gifts[0].Qty != 2 || q.Gifts[0].ValueFen != 1600 || q.Gifts[0].NeedFen != 10_000 || q.Gifts[0].Stays || q.PayableFen != 10_300 {
		t.Fatalf("quote %+v for %d", q.Gifts, q.PayableFen)
	}
	in := s.input(b, 0, lines...)
	in.QuoteHash = q.QuoteHash
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, reserved := s.level(skus[1]); reserved != 3 {
		t.Errorf("%d are held", reserved)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || len(o.Lines) != 3 || !o.Lines[2].Gift || o.Lines[2].PayableFen != 0 || o.Lines[2].Qty != 2 || o.Lines[0].Gift || o.Lines[1].Gift {
		t.Fatalf("lines %+v %v", o.Lines, err)
	}
	if len(o.Gifts) != 1 || o.Gifts[0].LineID != o.Lines[2].LineID || o.Gifts[0].CampaignID != id || o.Gifts[0].NeedFen != 10_000 || o.Gifts[0].ValueFen != 1600 {
		t.Errorf("gifts %+v", o.Gifts)
	}
	s.healthy(t)
	if _, err := s.pay(placed.OrderNo, "T1", 10_300); err != nil {
		t.Fatal(err)
	}
	if onHand, reserved := s.level(skus[1]); onHand != 7 || reserved != 0 {
		t.Errorf("%d on hand, %d held", onHand, reserved)
	}
	if n := s.sold(skus[0]); n != 3 {
		t.Errorf("%d were sold; what is given is not", n)
	}
	shown, err := s.campaigns.Find(t.Context(), s.Tenant.ID, id)
	if err != nil || shown.Report.CostFen != 500+1600 || shown.Report.Units != 3 || len(shown.Gifts) != 1 || shown.Gifts[0].Given != 2 || shown.Gifts[0].Available != 7 {
		t.Errorf("report %+v, gifts %+v, %v", shown.Report, shown.Gifts, err)
	}
	s.refund(placed.OrderNo, "T1", 10_300)
	if onHand, _ := s.level(skus[1]); onHand != 10 {
		t.Errorf("%d on hand after all went back", onHand)
	}
	unpaid := s.place(b, 10_300, lines...)
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, unpaid.OrderNo); err != nil {
		t.Fatal(err)
	}
	if closed, err := s.finish(unpaid.OrderNo); err != nil || !closed {
		t.Fatal(closed, err)
	}
	if onHand, reserved := s.level(skus[1]); onHand != 10 || reserved != 0 {
		t.Errorf("%d on hand, %d held after it closed", onHand, reserved)
	}
}

// TestGiftIsGone: what cannot be had is not promised: the spare one comes, or none, and the buyer is
// told before the order; an order that confirmed a gift is not placed without it.
func TestGiftIsGone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus, few := s.buyer(), s.product(50, 10_000), s.product(1, 700, 900)
	s.gift(nil, campaign.Tier{NeedQty: 1, GiftSKU: few[0], GiftQty: 1, SpareSKU: few[1]})
	line := order.LineInput{SKUID: skus[0], Qty: 1}
	place := func(q order.Quote) error {
		in := s.input(b, 0, line)
		in.QuoteHash = q.QuoteHash
		_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
		return err
	}
	for i, want := range []int64{few[0], few[1], 0} {
		q := s.quote(b, order.QuoteInput{Lines: []order.LineInput{line}})
		a, _ := answerTo(q, pricing.KindGift)
		if want == 0 {
			if len(q.Gifts) != 0 || a.Applied || a.Reason != pricing.ReasonGiftGone {
				t.Errorf("all gone: %+v %+v", q.Gifts, a)
			}
		} else if len(q.Gifts) != 1 || q.Gifts[0].SKUID != want || !a.Applied {
			t.Fatalf("order %d: %+v, want %d", i, q.Gifts, want)
		}
		if err := place(q); err != nil {
			t.Fatal(err)
		}
		if code := fault.CodeOf(place(q)); (code == "PRICE_CHANGED") != (want != 0) {
			t.Errorf("confirmed again what is gone: %q", code)
		}
	}
	if n := s.count("SELECT count(*) FROM order_line WHERE gift"); n != 2 {
		t.Errorf("%d gifts were given of 2", n)
	}
	s.healthy(t)
}

// TestGiftGoesBackWithItsGoods: what leaves less than the gift was given for takes it back, at no
// money, in one case; what leaves enough, an exchange, and a gift that stays, do not. Whatever way
// the goods go back, what is refunded is what was paid.
func TestGiftGoesBackWithItsGoods(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus, gift := s.buyer(), s.product(90, 5000, 1000), s.product(90, 900)[0]
	s.gift(nil, campaign.Tier{NeedFen: 10_000, OffFen: 1001, GiftSKU: gift, GiftQty: 2})
	for name, c := range map[string]struct {
		stays bool
		sent  bool
		in    order.ClaimInput
		goods []int64 // pieces of the two lines that are claimed
		gift  int64
	}{
		"enough is left":            {goods: []int64{0, 2}},
		"too little is left":        {goods: []int64{1, 0}, gift: 2},
		"all":                       {goods: []int64{2, 2}, gift: 2},
		"too little, and it stays":  {stays: true, goods: []int64{1, 0}},
		"sent, and returned":        {sent: true, in: order.ClaimInput{SentOnly: true}, goods: []int64{1, 0}, gift: 2},
		"sent, and exchanged":       {sent: true, in: order.ClaimInput{SentOnly: true, Swap: true}, goods: []int64{2, 0}},
		"sent, and enough is left":  {sent: true, in: order.ClaimInput{SentOnly: true}, goods: []int64{0, 1}},
		"sent, and all is returned": {sent: true, in: order.ClaimInput{SentOnly: true}, goods: []int64{2, 2}, gift: 2},
	} {
		placed := s.place(b, 2*5000+2*1000-1001, order.LineInput{SKUID: skus[0], Qty: 2}, order.LineInput{SKUID: skus[1], Qty: 2})
		if _, err := s.pay(placed.OrderNo, "T"+placed.OrderNo, 10_999); err != nil {
			t.Fatal(err)
		}
		if c.stays { // as if its campaign had said so
			s.Owner(t, "UPDATE "+s.Tenant.ID.String()+".order_gift SET stays = true WHERE order_id = (SELECT id FROM "+s.Tenant.ID.String()+".orders WHERE order_no = '"+placed.OrderNo+"')")
		}
		ids := s.lineIDs(t, placed.OrderNo, b)
		if c.sent {
			if _, err := ship(s, placed.OrderNo, "SF"+placed.OrderNo[:12], nil); err != nil {
				t.Fatal(err)
			}
		}
		c.in.Lines = map[int64]int64{}
		want := map[int64]int64{}
		for i, qty := range c.goods {
			if qty > 0 {
				c.in.Lines[ids[i]], want[ids[i]] = qty, qty
			}
		}
		if c.gift > 0 {
			want[ids[2]] = c.gift
		}
		first := s.claim(placed.OrderNo, c.in)
		if got := claimed(first); !maps.Equal(got, want) {
			t.Errorf("%s: claimed %v, want %v", name, got, want)
		}
		sum := first.ShareFen()
		rest := order.ClaimInput{SentOnly: c.in.SentOnly, Lines: map[int64]int64{}}
		for i, qty := range []int64{2, 2} {
			if left := qty - c.goods[i]; left > 0 {
				rest.Lines[ids[i]] = left
			}
		}
		if len(rest.Lines) > 0 {
			sum += s.claim(placed.OrderNo, rest).ShareFen()
		}
		if sum != 10_999 {
			t.Errorf("%s: %d of 10999 can go back", name, sum)
		}
	}
}
