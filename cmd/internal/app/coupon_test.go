package app_test

import (
	"net/http"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
)

// giveOut has a shop offer a coupon of one yuan from an amount on, and makes a code for it.
func (w *world) giveOut(s *shop, need money.Fen, perMember int64) (couponID int64, code string) {
	ctx := w.t.Context()
	w.t.Helper()
	couponID, err := w.Coupons.Save(ctx, s.ID, 0, 0, coupon.Input{
		Kind: coupon.Goods, Title: "立减一元 " + s.Handle, Claimable: true, PerMember: perMember,
		Terms: coupon.Terms{NeedFen: need, OffFen: 100, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}, "staff:1")
	if err == nil {
		err = w.Coupons.SetStatus(ctx, s.ID, couponID, coupon.Live, "staff:1")
	}
	if err == nil {
		err = w.Coupons.MakeCodes(ctx, s.ID, couponID, 1, "staff:1")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	codes, err := w.Coupons.Codes(ctx, s.ID, couponID, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return couponID, codes[0].Code
}

// claim takes a coupon of the shop.
func (b *buyer) claim(couponID int64) (grantID int64) {
	b.w.t.Helper()
	var got struct {
		ID int64 `json:"id"`
	}
	b.must(http.StatusCreated, http.MethodPost, "/coupons/"+itoa(couponID)+"/claim", nil, &got, header{"Idempotency-Key": "claim-" + itoa(couponID)})
	return got.ID
}
