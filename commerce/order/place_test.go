package order_test

import (
	"errors"
	"strings"
	"testing"

	"galleria/commerce/cart"
	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

func TestPlaceAndSee(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 1990, 500)
	in := s.input(b, 2*1990+3*500, order.LineInput{SKUID: skus[1], Qty: 3}, order.LineInput{SKUID: skus[0], Qty: 2})
	in.Remark = "少冰，谢谢 🙏"
	placed, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || replayed {
		t.Fatalf("place: %v, replayed %v", err, replayed)
	}
	got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != order.PendingPayment || got.PayableFen != 5480 || got.GoodsFen != 5480 || got.FreightFen != 0 || got.AppID != s.app.String() || got.Remark != in.Remark {
		t.Errorf("order is %+v", got)
	}
	if len(got.Lines) != 2 || got.Lines[0].SKUID != skus[1] || got.Lines[0].GoodsFen != 1500 || got.Lines[1].Qty != 2 || got.Lines[1].Spec != "规格1" || !strings.HasPrefix(got.Lines[1].Title, "明前龙井") {
		t.Errorf("lines are %+v", got.Lines)
	}
	if got.Address.Name != "王小明" || got.Address.DivisionCode != "330106" {
		t.Errorf("address is %+v", got.Address)
	}
	if len(got.Timeline) != 1 || got.Timeline[0].Event != order.EventPlace || got.Timeline[0].By != order.Member || got.Timeline[0].From != order.None {
		t.Errorf("timeline is %+v", got.Timeline)
	}
	if ttl := got.ExpiresAt.Sub(got.PlacedAt); ttl.Seconds() != 1800 || !got.ExpiresAt.Equal(placed.ExpiresAt) {
		t.Errorf("expires after %v, answer says %v", ttl, placed.ExpiresAt)
	}
	if len(got.Actions) != 2 {
		t.Errorf("actions are %v", got.Actions)
	}
	if onHand, reserved := s.level(skus[1]); onHand != 10 || reserved != 3 {
		t.Errorf("stock is %d on hand, %d reserved", onHand, reserved)
	}
	s.healthy(t)
}

func TestPlaceFromTheCart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 100, 200, 400)
	for i, sku := range skus {
		if _, err := s.carts.Put(t.Context(), s.Tenant.ID, b.id, cart.PutInput{SKUID: sku, Qty: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.carts.Select(t.Context(), s.Tenant.ID, b.id, cart.SelectInput{SKUIDs: skus[:1], Selected: false}); err != nil {
		t.Fatal(err)
	}
	quote, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{AddressID: &b.address})
	if err != nil || quote.PayableFen != 2*200+3*400 {
		t.Fatalf("quote is %+v, %v", quote, err)
	}
	in := s.input(b, 0)
	in.QuoteHash = quote.QuoteHash
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || placed.PayableFen != quote.PayableFen {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	left, err := s.carts.Get(t.Context(), s.Tenant.ID, b.id)
	if err != nil || len(left.Items) != 1 || left.Items[0].SKUID != skus[0] {
		t.Errorf("cart is %+v, %v; want the line that was not selected", left, err)
	}
	again, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || !replayed || again.OrderNo != placed.OrderNo {
		t.Errorf("repeat with an empty cart: %+v, %v, %v", again, replayed, err)
	}
	in = s.input(b, 0)
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("nothing selected: %v, want VALIDATION", err)
	}
	s.healthy(t)
}

// TestT024Quantities: what no cart could hold is refused before anything is read.
func TestT024Quantities(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(2000, 100, 100)
	a, c := skus[0], skus[1]
	many := make([]order.LineInput, 101)
	for i := range many {
		many[i] = order.LineInput{SKUID: int64(i + 1), Qty: 1}
	}
	for name, lines := range map[string][]order.LineInput{
		"T024 zero":           {{SKUID: a, Qty: 0}},
		"T024 negative":       {{SKUID: a, Qty: -1}},
		"T024 1000 pieces":    {{SKUID: a, Qty: 1000}},
		"T024 2^31":           {{SKUID: a, Qty: 1 << 31}},
		"T024 largest":        {{SKUID: a, Qty: 1<<63 - 1}},
		"T024 SKU twice":      {{SKUID: a, Qty: 1}, {SKUID: a, Qty: 1}},
		"T024 101 lines":      many,
		"T024 SKU 0":          {{SKUID: 0, Qty: 1}},
		"T034 plus and minus": {{SKUID: a, Qty: 1}, {SKUID: c, Qty: -5}},
	} {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 100, lines...)); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("place %s: %v, want VALIDATION", name, err)
		}
		if _, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines}); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("quote %s: %v, want VALIDATION", name, err)
		}
	}
	in := s.input(b, 100, order.LineInput{SKUID: a, Qty: 1})
	for name, remark := range map[string]string{"long": strings.Repeat("字", 201), "NUL": "a\x00b", "not UTF-8": "\xff"} {
		in.Remark = remark
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("remark %s: %v, want VALIDATION", name, err)
		}
	}
	if n := s.count("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM idempotency_key) + (SELECT count(*) FROM stock_movement WHERE kind <> 'receive')"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

// TestT032PriceChanged: an order costs what its buyer has confirmed, or is refused with the
// new quote.
func TestT032PriceChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 1000, 2000)
	line := order.LineInput{SKUID: skus[0], Qty: 2}
	before, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{line}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.catalog.SetPrice(t.Context(), s.Tenant.ID, skus[0], 1100); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*order.PlaceInput){
		"old hash":                   func(in *order.PlaceInput) { in.QuoteHash = before.QuoteHash },
		"old sum":                    func(in *order.PlaceInput) { in.ExpectedPayableFen = 2000 },
		"old hash and new sum":       func(in *order.PlaceInput) { in.QuoteHash, in.ExpectedPayableFen = before.QuoteHash, 2200 },
		"nothing confirmed":          func(*order.PlaceInput) {},
		"a sum the client made up":   func(in *order.PlaceInput) { in.ExpectedPayableFen = 1 },
		"a negative sum":             func(in *order.PlaceInput) { in.ExpectedPayableFen = -2200 },
		"hash of nothing in our hex": func(in *order.PlaceInput) { in.QuoteHash = strings.Repeat("0", 32) },
	} {
		in := s.input(b, 0, line)
		change(&in)
		_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
		var f *fault.Error
		if !errors.As(err, &f) || !errors.Is(err, order.ErrPriceChanged) {
			t.Errorf("%s: %v, want PRICE_CHANGED", name, err)
			continue
		}
		if quote, ok := f.Data()["quote"].(order.Quote); !ok || quote.PayableFen != 2200 || quote.Lines[0].PriceFen != 1100 || quote.QuoteHash == before.QuoteHash {
			t.Errorf("%s: data %+v, want the new quote", name, f.Data())
		}
	}
	if n := s.count("SELECT count(*) FROM orders"); n != 0 {
		t.Fatalf("%d orders were made", n)
	}
	after, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{line}})
	if err != nil {
		t.Fatal(err)
	}
	in := s.input(b, 0, line)
	in.QuoteHash = after.QuoteHash
	if placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); err != nil || placed.PayableFen != 2200 {
		t.Errorf("with the new quote: %+v, %v", placed, err)
	}
	s.healthy(t)
}

func TestT032Unavailable(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus, gone := s.buyer(), s.product(10, 1000), s.product(10, 500)
	spu := s.count("SELECT spu_id FROM sku WHERE id = $1", gone[0])
	if err := s.catalog.SetShelf(t.Context(), s.Tenant.ID, spu, "off_shelf"); err != nil {
		t.Fatal(err)
	}
	stranger := s.buyer()
	for name, c := range map[string]struct {
		in   order.PlaceInput
		want error
	}{
		"off the shelf":            {s.input(b, 1500, order.LineInput{SKUID: skus[0], Qty: 1}, order.LineInput{SKUID: gone[0], Qty: 1}), order.ErrUnavailable},
		"unknown SKU":              {s.input(b, 1000, order.LineInput{SKUID: 1 << 40, Qty: 1}), order.ErrUnavailable},
		"another member's address": {s.input(buyer{id: b.id, address: stranger.address}, 1000, order.LineInput{SKUID: skus[0], Qty: 1}), fault.ErrNotFound},
		"no address":               {s.input(buyer{id: b.id}, 1000, order.LineInput{SKUID: skus[0], Qty: 1}), fault.ErrValidation},
	} {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if n := s.count("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM idempotency_key)"); n != 0 {
		t.Errorf("%d rows were written", n)
	}
}

// TestT033RepeatsGetTheFirstAnswer: the key answers, whatever has changed since.
func TestT033RepeatsGetTheFirstAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(1, 1000)
	in := s.input(b, 1000, order.LineInput{SKUID: skus[0], Qty: 1})
	first, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	s.Clock().Advance(600e9)
	if err := s.catalog.SetPrice(t.Context(), s.Tenant.ID, skus[0], 7777); err != nil {
		t.Fatal(err)
	}
	spu := s.count("SELECT spu_id FROM sku WHERE id = $1", skus[0])
	if err := s.catalog.SetShelf(t.Context(), s.Tenant.ID, spu, "off_shelf"); err != nil {
		t.Fatal(err)
	}
	if err := s.members.DeleteAddress(t.Context(), s.Tenant.ID, b.id, b.address); err != nil {
		t.Fatal(err)
	}
	again, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || !replayed || again.OrderNo != first.OrderNo || !again.ExpiresAt.Equal(first.ExpiresAt) || again.PayableFen != first.PayableFen {
		t.Errorf("ten minutes later: %+v, %v, %v; want %+v", again, replayed, err, first)
	}
	other := in
	other.Key.Body = []byte("another body")
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, other); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("another body: %v, want IDEMPOTENCY_MISMATCH", err)
	}
	other.Key.Value = ""
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, other); !errors.Is(err, idempotency.ErrMissing) {
		t.Errorf("no key: %v, want IDEMPOTENCY_KEY_REQUIRED", err)
	}
	s.healthy(t)
}

// TestT034Amounts: no wrap-around, and an order that costs nothing is paid at once.
func TestT034Amounts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b := s.buyer()
	dear := s.product(999, pricing.MaxPayable/2)
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 0, order.LineInput{SKUID: dear[0], Qty: 999})); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("999 times %d: %v, want VALIDATION", pricing.MaxPayable/2, err)
	}
	gift := s.product(5, 0)
	placed := s.place(b, 0, order.LineInput{SKUID: gift[0], Qty: 2})
	got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || placed.Status != order.Paid || got.Status != order.Paid || got.PaidAt == nil {
		t.Fatalf("placed %+v, is %+v, %v; want paid", placed, got, err)
	}
	if len(got.Timeline) != 2 || got.Timeline[1].Event != order.EventPay || got.Timeline[1].By != order.System {
		t.Errorf("timeline is %+v", got.Timeline)
	}
	if onHand, reserved := s.level(gift[0]); onHand != 3 || reserved != 0 {
		t.Errorf("stock is %d on hand, %d reserved", onHand, reserved)
	}
	s.healthy(t)
}

func TestShortLinesAreNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, few, none, plenty := s.buyer(), s.product(2, 100), s.product(0, 100), s.product(50, 100)
	_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 500,
		order.LineInput{SKUID: few[0], Qty: 3}, order.LineInput{SKUID: none[0], Qty: 1}, order.LineInput{SKUID: plenty[0], Qty: 1}))
	var f *fault.Error
	if !errors.As(err, &f) || !errors.Is(err, inventory.ErrShort) {
		t.Fatalf("got %v, want OUT_OF_STOCK", err)
	}
	short, _ := f.Data()["short"].([]inventory.Short)
	want := []inventory.Short{{SKUID: few[0], State: "not_enough"}, {SKUID: none[0], State: "sold_out"}}
	if len(short) != 2 || short[0] != want[0] || short[1] != want[1] {
		t.Errorf("short is %+v, want %+v", short, want)
	}
	s.healthy(t)
}

// TestOrdersOfOthersAreNotFound: another member's order is answered like none at all.
func TestOrdersOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, other, skus := s.buyer(), s.buyer(), s.product(10, 100)
	placed := s.place(b, 100, order.LineInput{SKUID: skus[0], Qty: 1})
	for _, no := range []string{placed.OrderNo, "26112119000000000000", "x", "'; drop table orders; --", "a\x00bcdefghij", strings.Repeat("9", 100)} {
		if _, err := s.orders.Get(t.Context(), s.Tenant.ID, other.id, no); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("get %q: %v", no, err)
		}
		if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, other.id, no); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("cancel %q: %v", no, err)
		}
	}
	page, err := s.orders.List(t.Context(), s.Tenant.ID, other.id, order.ListInput{})
	if err != nil || len(page.Orders) != 0 {
		t.Errorf("list: %+v, %v", page, err)
	}
	if s.count("SELECT count(*) FROM orders WHERE status = 'pending_payment'") != 1 {
		t.Error("the order was changed")
	}
}

// TestPlanLimitsOrders: a full month refuses what is new and answers what is repeated; an
// order that came to nothing takes no place.
func TestPlanLimitsOrders(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	err := s.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return s.Plans.AgreeTx(t.Context(), tx, s.Tenant.ID, plan.Orders, plan.Limit{Soft: 1, Hard: 2}, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	b, skus := s.buyer(), s.product(10, 1000)
	input := func() order.PlaceInput { return s.input(b, 1000, order.LineInput{SKUID: skus[0], Qty: 1}) }
	wrong := input()
	wrong.ExpectedPayableFen = 1
	for range 3 {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, wrong); !errors.Is(err, order.ErrPriceChanged) {
			t.Fatalf("%v, want PRICE_CHANGED", err)
		}
	}
	first := input()
	for _, in := range []order.PlaceInput{first, input()} {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, input()); !errors.Is(err, order.ErrNotTaking) {
			t.Errorf("a third order: %v, want SHOP_NOT_TAKING_ORDERS", err)
		}
		if _, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, first); err != nil || !replayed {
			t.Errorf("the first one again: %v %v", replayed, err)
		}
	}
	s.healthy(t)
}
