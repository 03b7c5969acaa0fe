package order_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/card"
	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// cardsAre fails the test unless every virtual SKU has as many free cards as pieces on hand, and
// every order line as many cards as were handed out of it.
func (s *shop) cardsAre(t *testing.T) {
	t.Helper()
	for name, sql := range map[string]string{
		"free cards are the stock": `SELECT count(*) FROM stock_level l JOIN sku k ON k.id = l.sku_id JOIN spu p ON p.id = k.spu_id AND p.kind = 'virtual_card'
			WHERE l.on_hand <> (SELECT count(*) FROM virtual_card v WHERE v.sku_id = l.sku_id AND v.state = 'free')`,
		"cards are what was handed out": `SELECT count(*) FROM order_line l JOIN orders o ON o.id = l.order_id AND o.delivery = 'virtual' AND NOT o.test
			WHERE l.sent <> (SELECT count(*) FROM virtual_card v WHERE v.line_id = l.id AND v.state = 'sold' AND v.order_no = o.order_no AND v.sku_id = l.sku_id)`,
	} {
		if n := s.count(sql); n != 0 {
			t.Errorf("%s: not of %d", name, n)
		}
	}
	s.healthy(t)
}

func (s *shop) placeCode(b buyer, lines ...order.LineInput) string {
	s.t.Helper()
	in := s.input(b, 0, lines...)
	q, err := s.orders.Quote(s.t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines})
	if err != nil {
		s.t.Fatal(err)
	}
	in.AddressID, in.QuoteHash = 0, q.QuoteHash
	placed, _, err := s.orders.Place(s.t.Context(), s.Tenant.ID, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return placed.OrderNo
}

// TestPaidCardsAreTheBuyers: with its payment an order of cards is completed, with the oldest
// cards and as many as it says; its money waits for its window like any other's.
func TestPaidCardsAreTheBuyers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku, other := s.buyer(), s.goods(catalog.VirtualCard, 1000, 0), s.goods(catalog.VirtualCard, 500, 3)
	first := s.addCards(sku, 2)
	s.addCards(sku, 3)
	no := s.placeCode(b, order.LineInput{SKUID: sku, Qty: 2}, order.LineInput{SKUID: other, Qty: 1})
	if list, _, err := s.cards.OfOrder(t.Context(), s.Tenant.ID, no, 0); err != nil || len(list) != 0 {
		t.Errorf("before the payment: %v %v", list, err)
	}
	for range 2 { // the notice comes twice
		if _, err := s.pay(no, "T1", 2500); err != nil {
			t.Fatal(err)
		}
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || o.Status != order.Completed || o.Settlement != order.SettlementWindow || o.ReceivedAt == nil || slices.Contains(o.Actions, order.EventReceive) {
		t.Errorf("%+v %v", o, err)
	}
	list, next, err := s.cards.OfOrder(t.Context(), s.Tenant.ID, no, 0)
	if err != nil || len(list) != 3 || next != 0 {
		t.Fatalf("%v %d %v", list, next, err)
	}
	var got []card.Card
	for _, c := range list {
		if c.SKUID == sku {
			got = append(got, c.Card)
		}
	}
	// One insert takes a list in by its digests: the batch is what comes first.
	if len(got) != 2 || !slices.Contains(first, got[0]) || !slices.Contains(first, got[1]) || got[0] == got[1] {
		t.Errorf("%v, want the first two of %v", got, first)
	}
	parcels, err := s.orders.Parcels(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil || len(parcels) != 1 || parcels[0].Kind != order.Virtual || parcels[0].Status != order.ParcelDelivered {
		t.Errorf("%+v %v", parcels, err)
	}
	if n := s.count(`SELECT count(*) FROM platform.outbox WHERE topic IN ('order.shipped', 'order.received', 'order.paid') AND (key = $1 OR payload->>'order_no' = $1)`, no); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	if n := s.count(`SELECT count(*) FROM platform.outbox WHERE payload::text LIKE '%' || $1 || '%'`, got[0].Secret); n != 0 {
		t.Errorf("a secret is in %d events", n)
	}
	s.cardsAre(t)
}

// TestT027CardsUnderContention: more orders are paid at once than there are cards of everybody's
// wish: each order has its own, none twice.
func TestT027CardsUnderContention(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const orders = 12
	b, sku := s.buyer(), s.goods(catalog.VirtualCard, 100, 2*orders)
	var numbers []string
	for range orders {
		numbers = append(numbers, s.placeCode(b, order.LineInput{SKUID: sku, Qty: 2}))
	}
	var all sync.WaitGroup
	for i, no := range numbers {
		for range 2 {
			all.Go(func() {
				if _, err := s.pay(no, "T"+numbers[i], 200); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if n := s.count("SELECT count(*) FROM virtual_card WHERE state = 'sold'"); n != 2*orders {
		t.Errorf("%d cards sold, want %d", n, 2*orders)
	}
	s.cardsAre(t)
}

// TestCardsThatLack: if the cards are not there when the money comes, the order stays paid, none
// of its cards is given out, and staff hand it out when they have added some.
func TestCardsThatLack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.goods(catalog.VirtualCard, 1000, 2)
	no := s.placeCode(b, order.LineInput{SKUID: sku, Qty: 2})
	s.InTenant(t, func(tx tenantdb.Tx) error { // damage: nothing in the product does this
		_, err := tx.Exec(t.Context(), "UPDATE virtual_card SET state = 'void', ended_at = now() WHERE id = (SELECT min(id) FROM virtual_card)")
		return err
	})
	if outcome, err := s.pay(no, "T1", 2000); err != nil || outcome != order.OutcomePaid {
		t.Fatalf("%s %v", outcome, err)
	}
	if o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no); err != nil || o.Status != order.Paid {
		t.Fatalf("%+v %v", o, err)
	}
	if n := s.count("SELECT count(*) FROM virtual_card WHERE state = 'sold'"); n != 0 {
		t.Errorf("%d cards of half an order are sold", n)
	}
	if err := s.orders.HandOut(t.Context(), s.Tenant.ID, no, "staff:1"); !errors.Is(err, order.ErrNoCards) {
		t.Errorf("%v, want NO_CARDS", err)
	}
	s.addCards(sku, 1)
	for range 2 {
		if err := s.orders.HandOut(t.Context(), s.Tenant.ID, no, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	if list, _, err := s.cards.OfOrder(t.Context(), s.Tenant.ID, no, 0); err != nil || len(list) != 2 {
		t.Errorf("%v %v", list, err)
	}
}

// TestSeenCodesAreNotTakenBack: a buyer cannot ask for the money of codes by himself; nobody can
// ask for them to come back; the shop may give money.
func TestSeenCodesAreNotTakenBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.goods(catalog.VirtualCard, 1000, 1)
	no := s.placeCode(b, order.LineInput{SKUID: sku, Qty: 1})
	if _, err := s.pay(no, "T1", 1000); err != nil {
		t.Fatal(err)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, no)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(member int64, back bool) error {
		return s.DB.InTenant(t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
			_, err := s.orders.ClaimTx(t.Context(), tx, order.ClaimInput{OrderNo: no, MemberID: member, Lines: map[int64]int64{o.Lines[0].LineID: 1}, SentOnly: back}, true)
			return err
		})
	}
	if err := claim(b.id, false); !errors.Is(err, order.ErrHandedOut) {
		t.Errorf("the buyer: %v, want HANDED_OUT", err)
	}
	if err := claim(0, true); !errors.Is(err, order.ErrHandedOut) {
		t.Errorf("a return: %v, want HANDED_OUT", err)
	}
	if err := claim(0, false); err != nil {
		t.Errorf("the shop: %v", err)
	}
	s.cardsAre(t)
}

// TestCardStock: cards are the stock, and nothing else is: no card comes in twice, none goes that
// an order holds, and no person corrects the number.
func TestCardStock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.goods(catalog.VirtualCard, 1000, 0)
	parsed := card.Parse("\ufeffA-1000001\tS1\r\nA-1000002，S2\n\n A-1000001 S1\nonly-one-code\na b c\nA-1000003;S3\n" + strings.Repeat("x", 300))
	if len(parsed.Cards) != 4 || !slices.Equal(parsed.Bad, []int{6, 8}) || !slices.Equal(parsed.Twice, []int{4}) {
		t.Fatalf("%+v", parsed)
	}
	add := func() card.Added {
		t.Helper()
		out, err := s.cards.Add(t.Context(), s.Tenant.ID, card.AddInput{SKUID: sku, Cards: parsed.Cards, Actor: "staff:1"})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := add(); out.Added != 4 || len(out.Known) != 0 {
		t.Errorf("%+v", out)
	}
	if out := add(); out.Added != 0 || len(out.Known) != 4 {
		t.Errorf("again: %+v", out)
	}
	if on, _ := s.level(sku); on != 4 {
		t.Errorf("%d on hand, want 4", on)
	}
	for name, do := range map[string]func(tx tenantdb.Tx) error{
		"a correction": func(tx tenantdb.Tx) error {
			return s.inventory.AdjustTx(t.Context(), tx, "PD1", []inventory.Change{{SKUID: sku, Delta: 5}}, "staff:1")
		},
		"cards of a box": func(tx tenantdb.Tx) error {
			return s.inventory.CorrectTx(t.Context(), tx, inventory.Correction{Document: "PD2", Cards: true, Changes: []inventory.Change{{SKUID: s.product(1, 100)[0], Delta: 5}}, Actor: "staff:1"})
		},
	} {
		if err := s.DB.InTenant(t.Context(), s.Tenant.ID, do); !errors.Is(err, inventory.ErrCardStock) {
			t.Errorf("%s: %v, want CARD_STOCK", name, err)
		}
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		out, err := s.inventory.CorrectEachTx(t.Context(), tx, inventory.Correction{Document: "PD3", Changes: []inventory.Change{{SKUID: sku, Delta: 5}}, Actor: "staff:1"})
		if err == nil && (len(out) != 1 || !errors.Is(out[0].Problem, inventory.ErrCardStock)) {
			t.Errorf("a list: %+v", out)
		}
		return err
	})
	no := s.placeCode(b, order.LineInput{SKUID: sku, Qty: 1})
	batches, err := s.cards.Batches(t.Context(), s.Tenant.ID, []int64{sku})
	if err != nil || len(batches) != 1 || batches[0].Free != 4 {
		t.Fatalf("%+v %v", batches, err)
	}
	if _, err := s.cards.Void(t.Context(), s.Tenant.ID, sku, batches[0].Batch, "staff:1"); !errors.Is(err, inventory.ErrReserved) {
		t.Errorf("an order holds one of them: %v, want STOCK_RESERVED", err)
	}
	s.cardsAre(t)
	if _, err := s.pay(no, "T1", 1000); err != nil {
		t.Fatal(err)
	}
	if n, err := s.cards.Void(t.Context(), s.Tenant.ID, sku, batches[0].Batch, "staff:1"); err != nil || n != 3 {
		t.Errorf("%d %v, want 3 taken out", n, err)
	}
	if _, err := s.cards.Void(t.Context(), s.Tenant.ID, sku, batches[0].Batch, "staff:1"); !errors.Is(err, card.ErrNoneFree) {
		t.Errorf("%v, want CARDS_GONE", err)
	}
	if out := add(); out.Added != 0 {
		t.Errorf("what was taken out comes back: %+v", out)
	}
	s.cardsAre(t)
}

// TestCardsAreSealed: nothing of a card lies in clear, and that staff looked is written down.
func TestCardsAreSealed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.goods(catalog.VirtualCard, 1000, 0)
	c := s.addCards(sku, 1)[0]
	if n := s.count(`SELECT count(*) FROM virtual_card v WHERE strpos(v::text, $1) > 0 OR position(convert_to($1, 'UTF8') IN v.sealed) > 0`, c.Number); n != 0 {
		t.Errorf("%d rows show the number", n)
	}
	no := s.placeCode(b, order.LineInput{SKUID: sku, Qty: 1})
	if _, err := s.pay(no, "T1", 1000); err != nil {
		t.Fatal(err)
	}
	list, _, err := s.cards.Reveal(t.Context(), s.Tenant.ID, no, 0, "staff:7")
	if err != nil || len(list) != 1 || list[0].Card != c {
		t.Errorf("%v %v", list, err)
	}
	if n := s.count("SELECT count(*) FROM platform.audit_log WHERE action = 'card.reveal' AND actor = 'staff:7' AND object = 'order:' || $1", no); n != 1 {
		t.Errorf("%d entries in the audit log", n)
	}
}
