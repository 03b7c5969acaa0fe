package web_test

import (
	"net/http"
	"testing"

	"galleria/commerce/coupon"
	"galleria/commerce/pricing"
	"galleria/web/miniapi"
)

// walkCoupons takes a coupon from the hall and one by its code: of 1 yuan, and of 1 yuan from
// 9,999 yuan on.
func walkCoupons(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	in := coupon.Input{
		Kind: coupon.Goods, Title: "立减一元", Claimable: true, PerMember: 1,
		Terms: coupon.Terms{OffFen: 100, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}
	live := func() int64 {
		t.Helper()
		couponID, err := h.coupons.Save(t.Context(), s.ID, 0, 0, in, "staff:1")
		if err == nil {
			err = h.coupons.SetStatus(t.Context(), s.ID, couponID, coupon.Live, "staff:1")
		}
		if err != nil {
			t.Fatal(err)
		}
		return couponID
	}
	hall := live()
	in.Claimable, in.Terms.NeedFen = false, 999_900
	coded := live()
	if err := h.coupons.MakeCodes(t.Context(), s.ID, coded, 1, "staff:1"); err != nil {
		t.Fatal(err)
	}
	codes, err := h.coupons.Codes(t.Context(), s.ID, coded, "")
	if err != nil {
		t.Fatal(err)
	}
	var offers miniapi.CouponOffers
	call(1, http.StatusOK, http.MethodGet, "/coupons", nil).into(t, &offers)
	if len(offers.Items) != 1 || offers.Items[0].State != "claimable" || offers.Items[0].Terms.Words != "无门槛减1" {
		t.Errorf("the hall shows %+v", offers)
	}
	call(1, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID)+"/coupons", nil).into(t, &offers)
	if len(offers.Items) != 1 {
		t.Errorf("the product shows %+v", offers)
	}
	var got, again miniapi.GivenCoupon
	call(3, http.StatusCreated, http.MethodPost, "/coupons/"+id(hall)+"/claim", nil, "Idempotency-Key", "c-1").into(t, &got)
	call(2, http.StatusCreated, http.MethodPost, "/coupons/"+id(hall)+"/claim", nil, "Idempotency-Key", "c-1").into(t, &again)
	if got != again {
		t.Errorf("repeated, it gave %+v instead of %+v", again, got)
	}
	code := codes[0].Code
	call(5, http.StatusCreated, http.MethodPost, "/coupons/redeem", map[string]any{"code": code[:4] + "-" + code[4:8] + " " + code[8:]}).into(t, &got)
	var mine miniapi.MyCoupons
	call(2, http.StatusOK, http.MethodGet, "/me/coupons", nil).into(t, &mine)
	if len(mine.Items) != 2 || mine.Items[0].ID != got.ID || mine.Counts.Usable != 2 || mine.Counts.Used != 0 {
		t.Errorf("the buyer has %+v", mine)
	}
}
