package order_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// off is a coupon of an amount from an amount on.
func off(need, amount money.Fen) coupon.Input {
	return coupon.Input{
		Kind: coupon.Goods, Title: fmt.Sprintf("满%s减%s", need.Yuan(), amount.Yuan()), Claimable: true, PerMember: 100,
		Terms: coupon.Terms{NeedFen: need, OffFen: amount, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}
}

// coupon saves and offers a coupon.
func (s *shop) coupon(in coupon.Input) int64 {
	s.t.Helper()
	id, err := s.coupons.Save(s.t.Context(), s.Tenant.ID, 0, 0, in, "staff:1")
	if err == nil {
		err = s.coupons.SetStatus(s.t.Context(), s.Tenant.ID, id, coupon.Live, "staff:1")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// given is a grant of a new coupon in a buyer's hands.
func (s *shop) given(b buyer, in coupon.Input) int64 {
	s.t.Helper()
	grant, err := s.coupons.Claim(s.t.Context(), s.Tenant.ID, b.id, s.coupon(in), "k")
	if err != nil {
		s.t.Fatal(err)
	}
	return grant
}

func (s *shop) grantStatus(grant int64) (status coupon.GrantStatus) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT status FROM coupon_grant WHERE id = $1", grant).Scan(&status)
	})
	return status
}

func (s *shop) refund(orderNo, attempt string, amount money.Fen) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := s.orders.MarkRefundedTx(s.t.Context(), tx, order.RefundedInput{OrderNo: orderNo, AmountFen: amount, OutTradeNo: attempt, OutRefundNo: "R"})
		return err
	})
}

// with is an input that uses these coupons, and no others.
func with(in order.PlaceInput, grants ...int64) order.PlaceInput {
	in.Coupons = order.Choice{Own: true, IDs: grants}
	return in
}

// TestCouponInAnOrder: the quote takes the best coupon, tells what became of the others, and
// an order at that quote holds it; what each line lost is kept with rule and funder.
func TestCouponInAnOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 1000, 2000)
	small, best, far := s.given(b, off(1000, 100)), s.given(b, off(3000, 500)), s.given(b, off(10_000, 2000))
	lines := []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[1], Qty: 1}}
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
	if err != nil {
		t.Fatal(err)
	}
	if q.DiscountFen != 500 || q.PayableFen != 2500 || len(q.Lines[0].Offs) != 1 || q.Lines[0].Offs[0].OffFen+q.Lines[1].Offs[0].OffFen != 500 {
		t.Fatalf("quote %+v", q)
	}
	for _, o := range q.Offers {
		switch {
		case o.ID == best && o.Applied && o.OffFen == 500:
		case o.ID == small && !o.Applied && o.Reason == pricing.ReasonNotChosen && o.WouldFen == -400:
		case o.ID == far && o.Reason == pricing.ReasonBelow && o.NeedFen == 7000:
		default:
			t.Errorf("offer %+v", o)
		}
	}
	in := s.input(b, 0, lines...)
	in.QuoteHash = q.QuoteHash
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.grantStatus(best); got != coupon.Locked {
		t.Errorf("the coupon is %s", got)
	}
	if _, err := s.pay(placed.OrderNo, "A1", 2500); err != nil {
		t.Fatal(err)
	}
	o, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
	if err != nil || len(o.Offs) != 2 || o.Offs[0].Title != "满30.00减5.00" || o.Offs[0].LineID == nil {
		t.Errorf("order %+v %v", o.Offs, err)
	}
	if s.grantStatus(best) != coupon.Used || s.grantStatus(small) != coupon.Active {
		t.Error("the wrong coupon was used")
	}
	s.healthy(t)

	// Another choice is another quote: the hash of the best one does not confirm it.
	none, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address, Coupons: order.Choice{Own: true}})
	if err != nil || none.DiscountFen != 0 {
		t.Fatalf("%+v %v", none, err)
	}
	in = s.input(b, 0, lines...)
	in.QuoteHash = none.QuoteHash
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != "PRICE_CHANGED" {
		t.Errorf("%v, want PRICE_CHANGED", err)
	}
}

// TestShippingCouponAndCategory: a coupon on freight goes with one on goods; one for a category
// counts for what is below it.
func TestShippingCouponAndCategory(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(10, 5000)
	var category int64
	s.InTenant(t, func(tx tenantdb.Tx) error {
		err := tx.QueryRow(t.Context(), "WITH p AS (INSERT INTO category (name) VALUES ('上级') RETURNING id) UPDATE category c SET parent_id = p.id FROM p, sku k JOIN spu x ON x.id = k.spu_id WHERE k.id = $1 AND c.id = x.category_id RETURNING p.id", skus[0]).Scan(&category)
		return err
	})
	s.template()
	in := off(0, 700)
	in.Terms.ScopeOf, in.Terms.ScopeIDs = coupon.ScopeCategories, []int64{category}
	free := off(0, 0)
	free.Kind, free.Title, free.Terms.Free = coupon.Shipping, "包邮券", true
	goods, shipping := s.given(b, in), s.given(b, free)
	q, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: []order.LineInput{{SKUID: skus[0], Qty: 1}}, AddressID: &b.address})
	if err != nil || q.DiscountFen != 700 || q.FreightOffFen != 800 || q.FreightFen != 0 || q.PayableFen != 4300 || len(q.FreightOffs) != 1 {
		t.Fatalf("%+v %v", q, err)
	}
	placed := s.place(b, q.PayableFen, order.LineInput{SKUID: skus[0], Qty: 1})
	if s.grantStatus(goods) != coupon.Locked || s.grantStatus(shipping) != coupon.Locked {
		t.Error("both must be held")
	}
	if n := s.count("SELECT count(*) FROM order_adjustment a JOIN orders o ON o.id = a.order_id WHERE o.order_no = $1 AND a.line_id IS NULL AND a.kind = 'shipping_coupon'", placed.OrderNo); n != 1 {
		t.Errorf("%d adjustments of the freight", n)
	}
	s.healthy(t)
}

// TestT039OneCouponManyCheckouts: twenty orders at once want one coupon; one has it.
func TestT039OneCouponManyCheckouts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.product(100, 5000)[0]
	grant := s.given(b, off(5000, 500))
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		won int
	)
	for range 20 {
		in := with(s.input(b, 4500, order.LineInput{SKUID: sku, Qty: 1}), grant)
		wg.Go(func() {
			_, _, err := s.orders.Place(context.WithoutCancel(t.Context()), s.Tenant.ID, in)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, coupon.ErrUnavailable):
				t.Errorf("a loser got %v", err)
			}
		})
	}
	wg.Wait()
	if _, reserved := s.level(sku); won != 1 || reserved != 1 {
		t.Errorf("%d orders, %d pieces held", won, reserved)
	}
	s.healthy(t)
}

// TestT040WrongCoupons: what is not this buyer's to use now makes no order.
func TestT040WrongCoupons(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, other, sku := s.buyer(), s.buyer(), s.product(100, 5000)[0]
	category := off(0, 100)
	category.Terms.ScopeOf, category.Terms.ScopeIDs = coupon.ScopeCategories, []int64{999_999}
	later := off(0, 100)
	later.Terms.NextDay = true
	one, two := s.given(b, off(0, 100)), s.given(b, off(0, 100))
	revoked := s.given(b, off(0, 100))
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE coupon_grant SET status = 'revoked' WHERE id = $1", revoked)
		return err
	})
	for name, grants := range map[string][]int64{
		"another member's":     {s.given(other, off(0, 100))},
		"not there":            {987_654},
		"null":                 {0},
		"wrong category":       {s.given(b, category)},
		"below its minimum":    {s.given(b, off(5001, 100))},
		"not begun":            {s.given(b, later)},
		"taken back":           {revoked},
		"two where one may be": {one, two},
	} {
		in := with(s.input(b, 4900, order.LineInput{SKUID: sku, Qty: 1}), grants...)
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, coupon.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("%d orders were made", n)
	}
	s.healthy(t)
}

// TestT034CouponThatPaysAll: an order that costs nothing is paid at once, without a provider.
func TestT034CouponThatPaysAll(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.product(10, 300)[0]
	all := off(0, 0)
	all.Terms.OffBps = 10_000
	grant := s.given(b, all)
	in := s.input(b, 0, order.LineInput{SKUID: sku, Qty: 2})
	placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
	if err != nil || placed.Status != order.Paid || placed.PayableFen != 0 {
		t.Fatalf("%+v %v", placed, err)
	}
	if got := s.grantStatus(grant); got != coupon.Used {
		t.Errorf("the coupon is %s", got)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		claim, err := s.orders.ClaimTx(t.Context(), tx, order.ClaimInput{OrderNo: placed.OrderNo, Lines: map[int64]int64{s.lineID(tx, placed.OrderNo): 2}}, false)
		if err != nil {
			return err
		}
		if claim.ShareFen() != 0 {
			t.Errorf("a refund of %d", claim.ShareFen())
		}
		return s.orders.UnclaimTx(t.Context(), tx, order.UnclaimInput{OrderNo: placed.OrderNo})
	})
	if got := s.grantStatus(grant); got != coupon.Active {
		t.Errorf("after the refund the coupon is %s", got)
	}
}

func (s *shop) lineID(tx tenantdb.Tx, orderNo string) (id int64) {
	s.t.Helper()
	if err := tx.QueryRow(s.t.Context(), "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", orderNo).Scan(&id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestT042CouponComesBack: once on an unpaid cancel, not on a part, by its terms on the whole;
// every call repeated.
func TestT042CouponComesBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, sku := s.buyer(), s.product(100, 1000)[0]
	kept := off(1000, 101)
	kept.Terms.OnRefund = coupon.Forfeit
	grant, forfeit := s.given(b, off(1000, 100)), s.given(b, kept)
	line := order.LineInput{SKUID: sku, Qty: 3}
	at := func(grant int64, want coupon.GrantStatus, when string) {
		t.Helper()
		if got := s.grantStatus(grant); got != want {
			t.Errorf("%s: the coupon is %s, want %s", when, got, want)
		}
	}
	place := func(grant int64, payable money.Fen) string {
		t.Helper()
		placed, _, err := s.orders.Place(t.Context(), s.Tenant.ID, with(s.input(b, payable, line), grant))
		if err != nil {
			t.Fatal(err)
		}
		return placed.OrderNo
	}
	no := place(grant, 2900)
	for range 2 {
		if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, b.id, no); err != nil {
			t.Fatal(err)
		}
		at(grant, coupon.Locked, "closing") // money may still be under way
	}
	for range 2 {
		if _, err := s.finish(no); err != nil {
			t.Fatal(err)
		}
		at(grant, coupon.Active, "closed unpaid")
	}
	for _, c := range []struct {
		grant   int64
		payable money.Fen
		end     coupon.GrantStatus
	}{{grant, 2900, coupon.Active}, {forfeit, 2899, coupon.Used}} {
		no = place(c.grant, c.payable)
		for range 2 {
			if _, err := s.pay(no, "P"+no[12:], c.payable); err != nil {
				t.Fatal(err)
			}
			at(c.grant, coupon.Used, "paid")
		}
		s.refund(no, "P"+no[12:], 900)
		at(c.grant, coupon.Used, "a part went back")
		s.refund(no, "P"+no[12:], c.payable-900)
		at(c.grant, c.end, "all went back")
	}
}

// TestAnyDivisionOfADiscountedOrder: however the pieces of an order with a coupon are claimed,
// the parts are what was paid, to the fen.
func TestAnyDivisionOfADiscountedOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100_000, 999, 1, 3333)
	id := s.coupon(off(0, 777))
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		s.Clock().Set(time.Now())
		n++
		if _, err := s.coupons.Issue(s.t.Context(), s.Tenant.ID, id, []int64{b.id}, fmt.Sprint("p", n), "staff:1"); err != nil {
			t.Fatal(err)
		}
		var lines []order.LineInput
		for _, sku := range skus {
			lines = append(lines, order.LineInput{SKUID: sku, Qty: rapid.Int64Range(1, 7).Draw(t, "qty")})
		}
		q, err := s.orders.Quote(s.t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
		if err != nil {
			t.Fatal(err)
		}
		placed := s.place(b, q.PayableFen, lines...)
		if placed.PayableFen > 0 {
			if _, err := s.pay(placed.OrderNo, "D"+placed.OrderNo[12:], placed.PayableFen); err != nil {
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
	})
	s.healthy(t)
}
