package app_test

import (
	"net/http"
	"time"

	"galleria/commerce/points"
	"galleria/payments"
	"galleria/tenant/tenanttest"
)

// mall gives a SKU and a coupon for points.
func (w *world) mall(m *market) (ofSKU, ofCoupon int64) {
	w.t.Helper()
	var ids []int64
	for _, in := range []points.OfferInput{
		{Title: "积分换购", SKUID: m.skus[0], Points: 300, CashFen: 99, Stock: 500, PerMember: 10},
		{Title: "积分换券", CouponID: m.coupon, Points: 50, Stock: 500},
	} {
		in.StartsAt = time.Now().Add(-time.Hour)
		id, err := w.Points.SaveOffer(w.t.Context(), m.ID, 0, 0, in, "staff:1")
		if err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids[0], ids[1]
}

// exchanges are the fates of what is ordered and got for points.
func exchanges() map[string]func(*shopper) {
	return map[string]func(*shopper){
		"exchanged":           func(s *shopper) { s.payFor(s.exchanged(), payments.WeChat) },
		"exchange left":       func(s *shopper) { s.exchanged() },
		"exchange cancelled":  func(s *shopper) { s.cancel(s.exchanged()) },
		"exchange refunded":   func(s *shopper) { s.refund(s.payFor(s.exchanged(), payments.WeChat), 1) },
		"exchange given back": func(s *shopper) { s.refund(s.payFor(s.exchanged(), payments.Alipay), 2) },
		"coupon exchanged": func(s *shopper) {
			key := header{"Idempotency-Key": tenanttest.RandomHex(8)}
			for range 2 {
				s.must(http.StatusCreated, http.MethodPost, "/mall/"+itoa(s.market.ofCoupon)+"/exchange", nil, nil, key)
			}
		},
	}
}

// exchanged orders one or two pieces for points.
func (s *shopper) exchanged() string {
	s.w.t.Helper()
	body := map[string]any{"lines": []any{line(s.market.skus[0], 1+s.dice.Int64N(2))}, "address_id": s.address, "exchange_id": s.market.ofSKU}
	var quote struct {
		Hash       string `json:"quote_hash"`
		PayableFen int64  `json:"payable_fen"`
	}
	s.must(http.StatusOK, http.MethodPost, "/checkout/quote", body, &quote)
	body["quote_hash"], body["expected_payable_fen"] = quote.Hash, quote.PayableFen
	got := s.place(tenanttest.RandomHex(8), body)
	if got.orderNo() == "" {
		s.w.t.Fatalf("exchange: %d %s", got.status, got.body)
	}
	return got.orderNo()
}
