package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/payments/sandbox"
)

// TestCouponAfterAPayment: who pays enough is given a coupon, once however often the payment is
// told, and the next order is cheaper by it; who pays a fen too little is not.
func TestCouponAfterAPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("gift", 20)
	from := money.Fen(int64(s.prices[0]) * 2)
	id, err := w.Coupons.Save(t.Context(), s.ID, 0, 0, coupon.Input{
		Kind: coupon.Goods, Title: "下单返券", GiftFromFen: &from, PerMember: 5,
		Terms: coupon.Terms{OffFen: 150, ScopeOf: coupon.ScopeAll, ValidDays: 7, OnRefund: coupon.Restore, Funder: pricing.FunderShop},
	}, "staff:1")
	if err == nil {
		err = w.Coupons.SetStatus(t.Context(), s.ID, id, coupon.Live, "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
	b, less := w.login(s, "小明"), w.login(s, "小红")
	paid := func(b *buyer, pieces int64) string {
		t.Helper()
		no := b.order(pieces).OrderNo
		b.pay(no)
		b.waitFor(no, "paid", 30*time.Second)
		return no
	}
	given := func(b *buyer) (n int) {
		t.Helper()
		var mine struct {
			Items []struct {
				Title string `json:"title"`
			} `json:"items"`
		}
		b.must(http.StatusOK, http.MethodGet, "/me/coupons", nil, &mine)
		for _, c := range mine.Items {
			if c.Title == "下单返券" {
				n++
			}
		}
		return n
	}
	paid(less, 1) // before the other, so that its gifts have been thought of when that one's are there
	no := paid(b, 2)
	eventually(t, 30*time.Second, "a coupon is given", func() bool { return given(b) == 1 })
	if _, err := w.sandbox.Resend(t.Context(), sandbox.ResendInput{OutTradeNo: w.attempt(s, no), Copies: 3, Parallel: true}); err != nil {
		t.Fatal(err)
	}
	var quote struct {
		DiscountFen int64 `json:"discount_fen"`
	}
	b.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"lines": []any{line(s.skus[0], 1)}}, &quote)
	if quote.DiscountFen != 150 {
		t.Errorf("the next order is %d fen cheaper, want 150", quote.DiscountFen)
	}
	second := paid(less, 2) // its gift comes after whatever the repeated callbacks do
	eventually(t, 30*time.Second, "and one for who pays enough later", func() bool { return given(less) == 1 })
	if n := given(b); n != 1 {
		t.Errorf("%d coupons for %s, told four times, want 1", n, no)
	}
	var keys int64
	w.scan(s, "SELECT count(*) FROM coupon_grant WHERE source = 'gift' AND source_key IN ('order/' || $1, 'order/' || $2)", []any{no, second}, &keys)
	if keys != 2 {
		t.Errorf("%d coupons are for the two orders, want 2", keys)
	}
}
