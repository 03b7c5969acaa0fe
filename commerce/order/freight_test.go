package order_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"galleria/commerce/freight"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
)

// template saves a default template: 8 yuan and 2 for every further piece, free in Zhejiang
// from 99 yuan, none to Xinjiang but Ürümqi.
func (s *shop) template() freight.Template {
	s.t.Helper()
	rooms := freight.New(freight.Deps{DB: s.DB, Audit: s.Audit})
	id, err := rooms.Save(s.t.Context(), s.Tenant.ID, freight.Template{Name: "全国", Unit: freight.ByPiece, Default: true, Rules: freight.Rules{
		Elsewhere: &freight.Price{First: 1, FirstFen: 800, Next: 1, NextFen: 200},
		Zones:     []freight.Zone{{Regions: []string{"650100"}, Price: freight.Price{First: 1, FirstFen: 2500, Next: 1, NextFen: 1500}}},
		Free:      []freight.Free{{Regions: []string{"330000"}, FromFen: 9900}},
		Refused:   []string{"650000"},
	}}, "staff:1")
	if err != nil {
		s.t.Fatal(err)
	}
	t, err := rooms.Get(s.t.Context(), s.Tenant.ID, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (s *shop) addressIn(b buyer, province, city string) int64 {
	s.t.Helper()
	a, err := s.members.AddAddress(s.t.Context(), s.Tenant.ID, b.id, member.AddressInput{Name: "阿里木", Phone: "13900139000", Province: province, City: city, Detail: "人民路1号"})
	if err != nil {
		s.t.Fatal(err)
	}
	return a.ID
}

func TestFreightOfAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.template()
	b, skus := s.buyer(), s.product(50, 1000, 3000)
	lines := []order.LineInput{{SKUID: skus[1], Qty: 2}, {SKUID: skus[0], Qty: 1}}
	quote := func(in order.QuoteInput) order.Quote {
		t.Helper()
		in.Lines = lines
		q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, in)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	if q := quote(order.QuoteInput{}); q.FreightKnown || q.FreightFen != 0 || q.PayableFen != 7000 {
		t.Errorf("without an address: %+v", q)
	}
	if q := quote(order.QuoteInput{Delivery: order.Pickup}); !q.FreightKnown || q.FreightFen != 0 {
		t.Errorf("fetched: %+v", q)
	}
	q := quote(order.QuoteInput{AddressID: &b.address})
	if !q.FreightKnown || q.FreightFen != 1200 || q.PayableFen != 8200 || len(q.Freight) != 1 || q.Freight[0].ToFreeFen != 2900 || len(q.Freight[0].SKUIDs) != 2 {
		t.Fatalf("%+v, want a freight of 1200", q)
	}
	in := s.input(b, 0, lines...)
	in.QuoteHash = q.QuoteHash
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || placed.PayableFen != 8200 {
		t.Fatalf("%+v %v", placed, err)
	}
	if o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo); err != nil || o.FreightFen != 1200 || o.PayableFen != 8200 {
		t.Errorf("%+v %v", o, err)
	}
	lines = []order.LineInput{{SKUID: skus[1], Qty: 4}}
	if q := quote(order.QuoteInput{AddressID: &b.address}); q.FreightFen != 0 || !q.Freight[0].Free {
		t.Errorf("from 99 yuan: %+v", q)
	}
	s.healthy(t)
}

// TestNoDelivery: the quote says at the line that it is not sent there, placing refuses it, and
// a city that is an exception gets it.
func TestNoDelivery(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.template()
	b, skus := s.buyer(), s.product(50, 1000)
	line := order.LineInput{SKUID: skus[0], Qty: 1}
	far := s.addressIn(b, "新疆维吾尔自治区", "喀什地区")
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{line}, AddressID: &far})
	if err != nil || q.Lines[0].Problem != order.ProblemNoDelivery || q.FreightFen != 0 {
		t.Fatalf("%+v %v", q, err)
	}
	in := s.input(b, 1000, line)
	in.AddressID = far
	_, _, err = s.orders.Place(t.Context(), s.Tenant.ID, in)
	var refused *fault.Error
	if !errors.As(err, &refused) || !errors.Is(err, order.ErrNoDelivery) {
		t.Fatalf("%v, want NO_DELIVERY", err)
	}
	if ids, _ := refused.Data()["sku_ids"].([]int64); !slices.Equal(ids, skus) {
		t.Errorf("%v, want %v named", refused.Data(), skus)
	}
	if n := s.count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d orders", n)
	}
	in = s.input(b, 1000+2500, line)
	in.AddressID = s.addressIn(b, "新疆", "乌鲁木齐市")
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); err != nil {
		t.Errorf("the city that is an exception: %v", err)
	}
	in = s.input(b, 1000, line)
	in.AddressID = s.addressIn(b, "新-疆", "喀什")
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, order.ErrNoDelivery) {
		t.Errorf("a slip of the pen: %v, want NO_DELIVERY", err)
	}
}

// TestPriceChangedTellsTheDifference: by line, in freight and in sum, from the hash alone.
func TestPriceChangedTellsTheDifference(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	tmpl := s.template()
	b, skus := s.buyer(), s.product(50, 1000, 3000)
	lines := []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[1], Qty: 1}}
	old, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.catalog.SetPrice(t.Context(), s.Tenant.ID, skus[0], 1100); err != nil {
		t.Fatal(err)
	}
	tmpl.Elsewhere.FirstFen = 900
	if _, err := freight.New(freight.Deps{DB: s.DB, Audit: s.Audit}).Save(t.Context(), s.Tenant.ID, tmpl, "staff:1"); err != nil {
		t.Fatal(err)
	}
	changes := func(hash string, expected money.Fen, lines ...order.LineInput) order.Changes {
		t.Helper()
		in := s.input(b, expected, lines...)
		in.QuoteHash = hash
		_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
		var refused *fault.Error
		if !errors.As(err, &refused) || !errors.Is(err, order.ErrPriceChanged) {
			t.Fatalf("%v, want PRICE_CHANGED", err)
		}
		out, ok := refused.Data()["changes"].(order.Changes)
		if !ok {
			t.Fatalf("%v has no changes", refused.Data())
		}
		return out
	}
	got := changes(old.QuoteHash, 0, lines...)
	if len(got.Lines) != 1 || got.Lines[0].SKUID != skus[0] || got.Lines[0].Before.PriceFen != 1000 || got.Lines[0].After.PriceFen != 1100 {
		t.Errorf("lines: %+v", got.Lines)
	}
	if *got.Goods != (order.Changed{BeforeFen: 4000, AfterFen: 4100}) || *got.Freight != (order.Changed{BeforeFen: 1000, AfterFen: 1100}) || *got.Payable != (order.Changed{BeforeFen: 5000, AfterFen: 5200}) {
		t.Errorf("%+v %+v %+v", *got.Goods, *got.Freight, *got.Payable)
	}
	got = changes(old.QuoteHash, 0, lines[1])
	if len(got.Lines) != 1 || got.Lines[0].After != nil || got.Lines[0].Before.PayableFen != 1000 {
		t.Errorf("a line less: %+v", got.Lines)
	}
	got = changes("", 5000, lines...)
	if len(got.Lines) != 0 || *got.Payable != (order.Changed{BeforeFen: 5000, AfterFen: 5200}) {
		t.Errorf("the sum alone: %+v", got)
	}
	for name, forged := range map[string]string{"no amounts": old.QuoteHash[:32], "rubbish": old.QuoteHash[:32] + ".AAAA", "too much": old.QuoteHash[:32] + "." + fmt.Sprintf("%0200d", 0)} {
		if got := changes(forged, 0, lines...); len(got.Lines) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestBadLinesAreAllNamed: every line that is in the way is named with its reason.
func TestBadLinesAreAllNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, none, few, off := s.buyer(), s.product(0, 1000), s.product(1, 1000), s.product(9, 1000)
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET status = 'off_shelf' WHERE id = (SELECT spu_id FROM %s.sku WHERE id = %d)", s.Tenant.ID, s.Tenant.ID, off[0]))
	_, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{
		{SKUID: none[0], Qty: 1}, {SKUID: few[0], Qty: 2}, {SKUID: off[0], Qty: 1}, {SKUID: 99999, Qty: 1},
	}})
	var refused *fault.Error
	if !errors.As(err, &refused) || !errors.Is(err, order.ErrUnavailable) {
		t.Fatalf("%v, want SKU_UNAVAILABLE", err)
	}
	want := []order.Problem{"sold_out", "not_enough", "off_shelf", order.ProblemUnknown}
	bad, _ := refused.Data()["lines"].([]order.BadLine)
	if len(bad) != len(want) {
		t.Fatalf("%+v", bad)
	}
	for i, l := range bad {
		if l.Problem != want[i] {
			t.Errorf("line %d: %s, want %s", i, l.Problem, want[i])
		}
	}
}
