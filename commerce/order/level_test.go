package order_test

import (
	"fmt"
	"testing"

	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
)

// reaches gives the shop a level with a discount, a member price and free delivery, and the buyer
// the growth for it.
func (s *shop) reaches(b buyer, sku int64, fen money.Fen) level.Level {
	s.t.Helper()
	terms := level.NewTerms()
	terms.Enabled = true
	if err := s.levels.SaveTerms(s.t.Context(), s.Tenant.ID, terms, "staff:1"); err != nil {
		s.t.Fatal(err)
	}
	id, err := s.levels.Save(s.t.Context(), s.Tenant.ID, level.Level{Name: "金卡", Threshold: 100, OffBps: 1_000, FreeShipping: true, PointsBps: 20_000}, "staff:1")
	if err != nil {
		s.t.Fatal(err)
	}
	if wrong, err := s.levels.SetPrices(s.t.Context(), s.Tenant.ID, id, 1, []level.Wish{{SKU: fmt.Sprint(sku), Fen: &fen}}, "staff:1"); err != nil || wrong != nil {
		s.t.Fatal(wrong, err)
	}
	if err := s.levels.Adjust(s.t.Context(), s.Tenant.ID, level.AdjustInput{MemberID: b.id, Growth: 100, Reason: "线下消费", Key: "k", Actor: "staff:1"}); err != nil {
		s.t.Fatal(err)
	}
	l, err := s.levels.Find(s.t.Context(), s.Tenant.ID, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// TestLevelInAnOrder: a level's discount, its price of one SKU and its free delivery stand in the
// quote and in the order, each with the level's version and who pays; points come after them, and
// are twice as many for this level. Another buyer pays the list price.
func TestLevelInAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.template()
	b, other, skus := s.buyer(), s.buyer(), s.product(100, 1000, 2000)
	gold := s.reaches(b, skus[1], 1700)
	s.earned(b, 1000, nil)
	lines := []order.LineInput{{SKUID: skus[0], Qty: 2}, {SKUID: skus[1], Qty: 1}}
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
	if err != nil {
		t.Fatal(err)
	}
	if q.Lines[0].PayableFen != 1800 || q.Lines[1].PayableFen != 1700 || q.FreightFen != 0 || q.FreightOffFen == 0 || q.PayableFen != 3500 {
		t.Fatalf("the quote is %+v", q)
	}
	if off := q.Lines[1].Offs; len(off) != 1 || off[0].Kind != "level" || off[0].ID != gold.ID || off[0].Title != "金卡" {
		t.Errorf("the line has %+v", off)
	}
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, paying(s.input(b, 3000, lines...), 500))
	if err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM order_adjustment a JOIN orders o ON o.id = a.order_id WHERE o.order_no = $1 AND a.rule_id = $2 AND a.rule_version = $3 AND a.funder = 'shop'
		AND (a.kind, a.off_fen) IN (('level', 200), ('level', 300), ('level_shipping', o.freight_fen + $4))`, placed.OrderNo, gold.ID, gold.Version, q.FreightOffFen); n != 3 {
		t.Errorf("%d adjustments of the level, want 3", n)
	}
	if _, err := s.pay(placed.OrderNo, "A1", 3000); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.points.FollowOrderTx(t.Context(), tx, placed.OrderNo) })
	if n := s.count("SELECT earned FROM points_order"); n != 60 { // a point for each yuan, twice
		t.Errorf("the order earns %d points, want 60", n)
	}
	// The level ends, and the order earns what it did; the member pays the list price.
	if err := s.levels.End(t.Context(), s.Tenant.ID, gold.ID, gold.Version, "staff:1"); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.points.FollowOrderTx(t.Context(), tx, placed.OrderNo) })
	if n := s.count("SELECT earned - reversed FROM points_order"); n != 60 {
		t.Errorf("the order earns %d points after its level has ended, want 60", n)
	}
	for _, who := range []buyer{b, other} {
		if q, err = s.orders.Quote(t.Context(), s.Tenant.ID, who.id, order.QuoteInput{Lines: lines}); err != nil || q.DiscountFen != 0 {
			t.Errorf("without a level: %+v, %v", q, err)
		}
	}
	s.healthy(t)
}
