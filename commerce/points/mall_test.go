package points_test

import (
	"sync"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/tenant/tenantdb"
)

// coupon offers a coupon of which there are so many.
func (w *world) coupon(total int64) int64 {
	w.t.Helper()
	id, err := w.coupons.Save(w.t.Context(), w.Tenant.ID, 0, 0, coupon.Input{
		Kind: coupon.Goods, Title: "满10减1", Total: &total, PerMember: 1,
		Terms: coupon.Terms{NeedFen: 1000, OffFen: 100, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}, "staff:1")
	if err == nil {
		err = w.coupons.SetStatus(w.t.Context(), w.Tenant.ID, id, coupon.Live, "staff:1")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) forCoupon(couponID, n, stock, perMember int64) int64 {
	w.t.Helper()
	id, err := w.SaveOffer(w.t.Context(), w.Tenant.ID, 0, 0, points.OfferInput{
		Title: "积分换券", CouponID: couponID, Points: n, Stock: stock, PerMember: perMember, StartsAt: time.Now().Add(-time.Hour),
	}, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) exchange(member, offer int64, key string) (int64, string) {
	w.t.Helper()
	grant, err := w.ExchangeCoupon(w.t.Context(), w.Tenant.ID, member, offer, key)
	return grant, w.code(err)
}

// TestCouponForPoints: points are spent and the coupon is there, once for a request, within the
// limits of the offer; what is refused costs nothing.
func TestCouponForPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 350)
	offer := w.forCoupon(w.coupon(5), 100, 10, 2)
	first, code := w.exchange(m, offer, "a")
	if again, _ := w.exchange(m, offer, "a"); code != "" || first == 0 || again != first {
		t.Fatalf("%s: coupon %d, and %d for a repeat", code, first, again)
	}
	w.expect(m, [4]int64{250, 0, 0, 0})
	if _, code := w.exchange(m, w.forCoupon(w.coupon(5), 1, 1, 0), "a"); code != "IDEMPOTENCY_MISMATCH" {
		t.Errorf("the key of another exchange: %q", code)
	}
	if second, code := w.exchange(m, offer, "b"); code != "" || second == first {
		t.Errorf("a second one: %d, %q", second, code)
	}
	for what, c := range map[string]struct {
		offer int64
		code  string
	}{
		"a third one":          {offer, "MALL_LIMIT"},
		"too few points":       {w.forCoupon(w.coupon(5), 151, 10, 0), "POINTS_SHORT"},
		"an offer that is not": {999, "MALL_GONE"},
		"a coupon that is over": {func() int64 {
			id := w.coupon(1)
			o := w.forCoupon(id, 1, 10, 0)
			if err := w.coupons.SetStatus(t.Context(), w.Tenant.ID, id, coupon.Ended, "staff:1"); err != nil {
				t.Fatal(err)
			}
			return o
		}(), "COUPON_GONE"},
	} {
		if _, code := w.exchange(m, c.offer, "c"); code != c.code {
			t.Errorf("%s: %q, want %s", what, code, c.code)
		}
	}
	w.expect(m, [4]int64{150, 0, 0, 0})
	if n := w.number("SELECT count(*) FROM coupon_grant WHERE member_id = $1 AND source = 'mall'", m); n != 2 {
		t.Errorf("%d coupons, want 2", n)
	}
	mine, _, err := w.Exchanges(t.Context(), w.Tenant.ID, m, 0)
	if err != nil || len(mine) != 2 || mine[1].GrantID != first || mine[1].Points != 100 || mine[1].State != points.ExchangeDone {
		t.Errorf("exchanges %+v, %v", mine, err)
	}
}

// TestT044CouponsForAllPoints: ten exchanges at once for all the points of a member: one has them.
func TestT044CouponsForAllPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	m := w.member()
	w.adjust(m, 100)
	offer := w.forCoupon(w.coupon(50), 100, 50, 0)
	codes := make([]string, 10)
	var wait sync.WaitGroup
	for i := range codes {
		wait.Go(func() { _, codes[i] = w.exchange(m, offer, string(rune('a'+i))) })
	}
	wait.Wait()
	won := 0
	for _, code := range codes {
		switch code {
		case "":
			won++
		case "POINTS_SHORT":
		default:
			t.Errorf("refused with %s", code)
		}
	}
	if won != 1 {
		t.Errorf("%d have the points, want 1", won)
	}
	w.expect(m, [4]int64{0, 0, 0, 0})
}

// TestMallOfMergedMembers: what one of them had counts for the other.
func TestMallOfMergedMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.save(nil)
	offer := w.forCoupon(w.coupon(5), 10, 5, 2)
	var both [2]int64
	for i := range both {
		both[i] = w.member()
		w.adjust(both[i], 100)
		if _, code := w.exchange(both[i], offer, "k"+string(rune('0'+i))); code != "" {
			t.Fatal(code)
		}
	}
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, both[0], both[1]) })
	w.expect(both[1], [4]int64{180, 0, 0, 0})
	if _, code := w.exchange(both[1], offer, "more"); code != "MALL_LIMIT" {
		t.Errorf("a third one: %q", code)
	}
}

// TestOffersAreChecked: what staff write is refused field by field, and an editor who saw an older
// version is.
func TestOffersAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sku := w.number(`WITH c AS (INSERT INTO category (name) VALUES ('茶') RETURNING id), p AS (INSERT INTO spu (category_id, title, status) SELECT id, '龙井', 'on_shelf' FROM c RETURNING id)
		INSERT INTO sku (spu_id, price_fen) SELECT id, 1000 FROM p RETURNING id`)
	good := points.OfferInput{Title: "茶", SKUID: sku, Points: 10, CashFen: 999, Stock: 5, StartsAt: time.Now()}
	for what, change := range map[string]func(in *points.OfferInput){
		"nothing":         func(in *points.OfferInput) { in.SKUID = 0 },
		"two things":      func(in *points.OfferInput) { in.CouponID = 1 },
		"no title":        func(in *points.OfferInput) { in.Title = "" },
		"no points":       func(in *points.OfferInput) { in.Points = 0 },
		"no cheaper":      func(in *points.OfferInput) { in.CashFen = 1000 },
		"below nothing":   func(in *points.OfferInput) { in.CashFen = -1 },
		"no stock":        func(in *points.OfferInput) { in.Stock = 0 },
		"an unknown SKU":  func(in *points.OfferInput) { in.SKUID = 999 },
		"an old level":    func(in *points.OfferInput) { in.LevelID = 999 },
		"over before now": func(in *points.OfferInput) { in.EndsAt = &in.StartsAt },
	} {
		in := good
		change(&in)
		if _, err := w.SaveOffer(t.Context(), w.Tenant.ID, 0, 0, in, "staff:1"); w.code(err) != "VALIDATION" {
			t.Errorf("%s: %v", what, err)
		}
	}
	id, err := w.SaveOffer(t.Context(), w.Tenant.ID, 0, 0, good, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveOffer(t.Context(), w.Tenant.ID, id, 2, good, "staff:1"); w.code(err) != "MALL_CHANGED" {
		t.Errorf("a version that never was: %v", err)
	}
	list, have, _, err := w.Mall(t.Context(), w.Tenant.ID, w.member(), 0)
	if err != nil || len(list) != 1 || have != 0 || list[0].RegularFen != 1000 || !list[0].May {
		t.Errorf("the mall shows %+v, %v", list, err)
	}
	if err := w.StopOffer(t.Context(), w.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveOffer(t.Context(), w.Tenant.ID, id, 2, good, "staff:1"); w.code(err) != "MALL_CHANGED" {
		t.Errorf("a stopped one: %v", err)
	}
	if list, _, _, _ := w.Mall(t.Context(), w.Tenant.ID, w.member(), 0); len(list) != 0 {
		t.Errorf("a stopped one is shown: %+v", list)
	}
}
