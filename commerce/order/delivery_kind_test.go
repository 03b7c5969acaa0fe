package order_test

import (
	"errors"
	"slices"
	"testing"

	"galleria/commerce/card"
	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// goods puts a product of a kind on the shelf, with stock if it is not virtual, and returns its
// SKU.
func (s *shop) goods(kind catalog.Kind, price money.Fen, stock int64) int64 {
	s.t.Helper()
	ctx := s.t.Context()
	category, err := s.catalog.CreateCategory(ctx, s.Tenant.ID, catalog.CategoryInput{Name: "类目" + tenanttest.RandomHex(3)})
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := s.catalog.CreateProduct(ctx, s.Tenant.ID, catalog.ProductInput{
		CategoryID: category, Title: string(kind) + " " + tenanttest.RandomHex(3), Kind: kind, SKUs: []catalog.SKUInput{{PriceFen: price}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.catalog.SetShelf(ctx, s.Tenant.ID, p.ID, catalog.OnShelf); err != nil {
		s.t.Fatal(err)
	}
	sku := p.SKUs[0].ID
	switch {
	case stock == 0:
	case kind == catalog.VirtualCard:
		s.addCards(sku, stock)
	default:
		s.InTenant(s.t, func(tx tenantdb.Tx) error {
			return s.inventory.ReceiveTx(ctx, tx, "RK"+tenanttest.RandomHex(6), []inventory.Line{{SKUID: sku, Qty: stock}}, "staff:1")
		})
	}
	return sku
}

func (s *shop) addCards(sku, n int64) []card.Card {
	s.t.Helper()
	cards := make([]card.Card, n)
	for i := range cards {
		cards[i] = card.Card{Number: "88" + tenanttest.RandomHex(7), Secret: tenanttest.RandomHex(4)}
	}
	if _, err := s.cards.Add(s.t.Context(), s.Tenant.ID, card.AddInput{SKUID: sku, Cards: cards, Actor: "staff:1"}); err != nil {
		s.t.Fatal(err)
	}
	return cards
}

func (s *shop) store() int64 {
	s.t.Helper()
	id, err := delivery.New(delivery.Deps{DB: s.DB, Audit: s.Audit}).SaveStore(s.t.Context(), s.Tenant.ID, delivery.Store{Name: "西湖店", Address: "龙井路1号", Open: true}, "staff:1")
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestDeliveryKindThatTheLinesDoNotAllow: the quote says which ways there are and at which line
// it does not go, with its price all the same; an order is refused, says how to part it, and
// leaves nothing behind.
func TestDeliveryKindThatTheLinesDoNotAllow(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, store := s.buyer(), s.store()
	sent, fetched := s.goods(catalog.Physical, 1000, 50), s.goods(catalog.PickupOnly, 1000, 50)
	voucher, code := s.goods(catalog.Voucher, 1000, 50), s.goods(catalog.VirtualCard, 1000, 50)
	type ways = []order.ParcelKind
	type split = map[order.ParcelKind][]int64
	for name, c := range map[string]struct {
		skus     []int64
		kind     order.ParcelKind
		can      ways
		problems []order.Problem // by line, nil: none
		split    split
	}{
		"sent":                 {[]int64{sent}, order.Express, ways{order.Express, order.Local, order.Pickup}, nil, nil},
		"not said":             {[]int64{sent}, "", ways{order.Express, order.Local, order.Pickup}, nil, nil},
		"sent goods, fetched":  {[]int64{sent}, order.Pickup, ways{order.Express, order.Local, order.Pickup}, nil, nil},
		"sent goods as codes":  {[]int64{sent}, order.Virtual, ways{order.Express, order.Local, order.Pickup}, []order.Problem{order.ProblemWay}, split{order.Express: {sent}}},
		"fetched":              {[]int64{fetched}, order.Pickup, ways{order.Pickup}, nil, nil},
		"fetched goods, sent":  {[]int64{fetched}, order.Express, ways{order.Pickup}, []order.Problem{order.ProblemKind}, split{order.Pickup: {fetched}}},
		"fetched, not said":    {[]int64{fetched}, "", ways{order.Pickup}, []order.Problem{order.ProblemKind}, split{order.Pickup: {fetched}}},
		"both, fetched":        {[]int64{sent, fetched}, order.Pickup, ways{order.Pickup}, nil, nil},
		"both, sent":           {[]int64{sent, fetched}, order.Express, ways{order.Pickup}, []order.Problem{"", order.ProblemKind}, split{order.Express: {sent}, order.Pickup: {fetched}}},
		"a voucher":            {[]int64{voucher}, order.Voucher, ways{order.Voucher}, nil, nil},
		"a voucher, not said":  {[]int64{voucher}, "", ways{order.Voucher}, nil, nil},
		"a voucher, sent":      {[]int64{voucher}, order.Express, ways{order.Voucher}, []order.Problem{order.ProblemWay}, split{order.Voucher: {voucher}}},
		"a voucher, fetched":   {[]int64{voucher}, order.Pickup, ways{order.Voucher}, []order.Problem{order.ProblemWay}, split{order.Voucher: {voucher}}},
		"a voucher and a code": {[]int64{voucher, code}, order.Virtual, ways{}, []order.Problem{order.ProblemWay, ""}, split{order.Virtual: {code}, order.Voucher: {voucher}}},
		"a code":               {[]int64{code}, order.Virtual, ways{order.Virtual}, nil, nil},
		"a code, not said":     {[]int64{code}, "", ways{order.Virtual}, nil, nil},
		"a code, sent":         {[]int64{code}, order.Express, ways{order.Virtual}, []order.Problem{order.ProblemWay}, split{order.Virtual: {code}}},
		"a code, fetched":      {[]int64{code}, order.Pickup, ways{order.Virtual}, []order.Problem{order.ProblemWay}, split{order.Virtual: {code}}},
		"a code and a box":     {[]int64{code, sent}, order.Express, ways{}, []order.Problem{order.ProblemWay, ""}, split{order.Virtual: {code}, order.Express: {sent}}},
		"box and code, unsaid": {[]int64{code, sent}, "", ways{}, []order.Problem{order.ProblemWay, ""}, split{order.Virtual: {code}, order.Express: {sent}}},
		"all of it, as codes": {
			[]int64{code, sent, fetched},
			order.Virtual,
			ways{},
			[]order.Problem{"", order.ProblemWay, order.ProblemKind},
			split{order.Virtual: {code}, order.Express: {sent}, order.Pickup: {fetched}},
		},
	} {
		var lines []order.LineInput
		for _, sku := range c.skus {
			lines = append(lines, order.LineInput{SKUID: sku, Qty: 1})
		}
		q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address, Delivery: c.kind})
		if err != nil {
			t.Errorf("%s: quote: %v", name, err)
			continue
		}
		if !slices.Equal(q.Deliveries, c.can) || q.GoodsFen != money.Fen(1000*len(lines)) {
			t.Errorf("%s: the quote says %v and %d fen, want %v", name, q.Deliveries, q.GoodsFen, c.can)
		}
		for i, l := range q.Lines {
			want := order.Problem("")
			if c.problems != nil {
				want = c.problems[i]
			}
			if l.Problem != want {
				t.Errorf("%s: line %d of the quote: %q, want %q", name, i, l.Problem, want)
			}
		}
		before := s.count("SELECT count(*) FROM orders")
		in := s.input(b, q.PayableFen, lines...)
		in.Delivery = c.kind
		if c.kind == order.Pickup {
			in.StoreID = store
		}
		_, _, err = s.orders.Place(t.Context(), s.Tenant.ID, in)
		if c.split == nil {
			if err != nil {
				t.Errorf("%s: place: %v", name, err)
			}
			continue
		}
		var refused *fault.Error
		if !errors.Is(err, order.ErrDeliveryKind) || !errors.As(err, &refused) {
			t.Errorf("%s: place: %v, want DELIVERY_KIND", name, err)
			continue
		}
		got, _ := refused.Data()["split"].(split)
		if len(got) != len(c.split) {
			t.Errorf("%s: split %v, want %v", name, got, c.split)
		}
		for kind, ids := range c.split {
			if !slices.Equal(got[kind], ids) {
				t.Errorf("%s: split %v, want %v", name, got, c.split)
			}
		}
		if n := s.count("SELECT count(*) FROM orders"); n != before {
			t.Errorf("%s: %d orders more", name, n-before)
		}
	}
	in := s.input(b, 1000, order.LineInput{SKUID: sent, Qty: 1})
	in.Delivery = "drone"
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("a kind that there is not: %v", err)
	}
	s.healthy(t)
}

// TestVirtualOrderNeedsNoAddress: nothing of an address is kept with it, not even one that the
// buyer sent along; what goes by courier still needs one.
func TestVirtualOrderNeedsNoAddress(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, code, sent := s.buyer(), s.goods(catalog.VirtualCard, 1000, 9), s.goods(catalog.Physical, 1000, 9)
	for name, address := range map[string]int64{"none": 0, "one": b.address, "another member's": b.address + 99} {
		for _, kind := range []order.ParcelKind{"", order.Virtual} {
			in := s.input(b, 1000, order.LineInput{SKUID: code, Qty: 1})
			in.AddressID, in.Delivery = address, kind
			placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
			if err != nil {
				t.Fatalf("%s, %q: %v", name, kind, err)
			}
			o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
			if err != nil || o.Delivery != order.Virtual || o.Address != (order.Address{}) {
				t.Errorf("%s, %q: %+v %v", name, kind, o, err)
			}
		}
	}
	in := s.input(b, 1000, order.LineInput{SKUID: sent, Qty: 1})
	in.AddressID = 0
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("a box to nowhere: %v, want VALIDATION", err)
	}
	s.healthy(t)
}
