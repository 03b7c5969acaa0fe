package web_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/points"
	"galleria/commerce/pricing"
	"galleria/web/miniapi"
)

// walkPoints opens the shop's points, signs in and looks at what there is, after the buyer has
// ordered: nothing of it touches orders that were placed before.
func walkPoints(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	terms := points.NewTerms()
	terms.Enabled, terms.SignPoints = true, 500
	if err := h.points.SaveTerms(t.Context(), s.ID, terms, "staff:1"); err != nil {
		t.Fatal(err)
	}
	var signed miniapi.SignedIn
	call(7, http.StatusOK, http.MethodPost, "/points/sign-in", nil).into(t, &signed)
	if signed != (miniapi.SignedIn{Points: 500, Streak: 1, Balance: 500}) {
		t.Errorf("signing in gave %+v", signed)
	}
	if again := call(4, http.StatusConflict, http.MethodPost, "/points/sign-in", nil); again.code() != points.ErrSigned.Code() {
		t.Errorf("signing in again: %s", again.code())
	}
	var mine miniapi.MyPoints
	call(4, http.StatusOK, http.MethodGet, "/points", nil).into(t, &mine)
	if mine.Available != 500 || !mine.SignedToday || len(mine.Ending) != 1 || mine.Terms.PerYuan != 100 {
		t.Errorf("the buyer has %+v", mine)
	}
	call(1, http.StatusOK, http.MethodGet, "/points/entries", nil)
	line := map[string]any{"lines": []any{map[string]any{"sku_id": s.products[0].SKUs[0].ID, "qty": 1}}, "points": -1}
	var quote miniapi.Quote
	call(4, http.StatusOK, http.MethodPost, "/checkout/quote", line).into(t, &quote)
	if quote.Points == nil || quote.Points.Have != 500 || quote.Points.Used == 0 || quote.DiscountFen == 0 {
		t.Errorf("the quote tells %+v", quote.Points)
	}
	walkMall(t, h, s, call)
}

// walkMall orders something for points and gets a coupon for some: the offer is read instead of
// the terms of points, and costs an order two statements more than points do.
func walkMall(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	couponID, err := h.coupons.Save(t.Context(), s.ID, 0, 0, coupon.Input{
		Kind: coupon.Goods, Title: "积分换券", PerMember: 1, Terms: coupon.Terms{NeedFen: 9_999_900, OffFen: 100, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}, "staff:1")
	if err == nil {
		err = h.coupons.SetStatus(t.Context(), s.ID, couponID, coupon.Live, "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
	sku := s.products[0].SKUs[0].ID
	offer := func(in points.OfferInput) string {
		in.Stock, in.StartsAt = 10, time.Now().Add(-time.Hour)
		id, err := h.points.SaveOffer(t.Context(), s.ID, 0, 0, in, "staff:1")
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(id, 10)
	}
	goods, ticket := offer(points.OfferInput{Title: "尝鲜", SKUID: sku, Points: 200, CashFen: 1}), offer(points.OfferInput{Title: "换券", CouponID: couponID, Points: 100})
	var mall miniapi.Mall
	call(2, http.StatusOK, http.MethodGet, "/mall", nil).into(t, &mall)
	if len(mall.Items) != 2 || mall.Points != 500 || mall.Items[1].State != "open" || mall.Items[1].SKUID != sku || mall.Items[0].Kind != "coupon" {
		t.Errorf("the mall shows %+v", mall)
	}
	call(2, http.StatusOK, http.MethodGet, "/mall/"+goods, nil)
	call(2, http.StatusNotFound, http.MethodGet, "/mall/999", nil)
	id, _ := strconv.Atoi(goods)
	body := map[string]any{"lines": []any{map[string]any{"sku_id": sku, "qty": 2}}, "exchange_id": id}
	var quote miniapi.Quote
	call(4, http.StatusOK, http.MethodPost, "/checkout/quote", body).into(t, &quote)
	if quote.Exchange == nil || quote.Exchange.Points != 400 || quote.Exchange.CashFen != 2 {
		t.Errorf("the quote tells %+v", quote.Exchange)
	}
	if short := call(4, http.StatusConflict, http.MethodPost, "/checkout/quote", map[string]any{"lines": []any{map[string]any{"sku_id": sku, "qty": 3}}, "exchange_id": id}); short.code() != points.ErrShort.Code() {
		t.Errorf("too few points: %s", short.code())
	}
	var given, again miniapi.GivenCoupon
	call(15, http.StatusCreated, http.MethodPost, "/mall/"+ticket+"/exchange", nil, "Idempotency-Key", "mall-1").into(t, &given)
	call(3, http.StatusCreated, http.MethodPost, "/mall/"+ticket+"/exchange", nil, "Idempotency-Key", "mall-1").into(t, &again)
	if given.ID == 0 || again != given {
		t.Errorf("coupons %+v and %+v", given, again)
	}
	call(1, http.StatusOK, http.MethodGet, "/me/exchanges", nil)
}
