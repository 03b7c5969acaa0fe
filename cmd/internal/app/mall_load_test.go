package app_test

import (
	"fmt"
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
		"exchanged":               func(s *shopper) { s.payFor(s.exchanged(), payments.WeChat) },
		"exchange left":           func(s *shopper) { s.exchanged() },
		"exchange cancelled":      func(s *shopper) { s.cancel(s.exchanged()) },
		"exchange refunded":       func(s *shopper) { s.refund(s.payFor(s.exchanged(), payments.WeChat), 1) },
		"exchange given back":     func(s *shopper) { s.refund(s.payFor(s.exchanged(), payments.Alipay), 2) },
		"points and a coupon end": (*shopper).ends,
		"coupon exchanged": func(s *shopper) {
			key := header{"Idempotency-Key": tenanttest.RandomHex(8)}
			for range 2 {
				s.must(http.StatusCreated, http.MethodPost, "/mall/"+itoa(s.market.ofCoupon)+"/exchange", nil, nil, key)
			}
		},
	}
}

// ends lets points of the shopper and a coupon end before they were used.
func (s *shopper) ends() {
	s.w.t.Helper()
	me, schema := s.buyerID(), s.market.ID.String()
	err := s.w.Points.Adjust(s.w.t.Context(), s.market.ID, points.AdjustInput{MemberID: me, Points: 77, Reason: "补偿", Key: fmt.Sprint("end", me), Actor: "staff:1"})
	if err != nil {
		s.w.t.Fatal(err)
	}
	grant := s.claim(s.market.coupon)
	s.w.owner("UPDATE "+schema+".points_lot SET expires_at = now() - interval '1 second' WHERE member_id = $1 AND source = 'staff'", []any{me})
	s.w.owner("UPDATE "+schema+".coupon_grant SET valid_from = now() - interval '2 seconds', valid_until = now() - interval '1 second' WHERE id = $1", []any{grant})
	for topic, payload := range map[string]string{"points.age": `{"at":"2026-01-01T00:00:00Z","days":0}`, "coupon.age": `{"day":"2026-01-01"}`} {
		s.w.owner("INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload) VALUES ($1, $2, $3, now(), $4)", []any{schema, topic, fmt.Sprint("end", me), payload})
	}
	eventually(s.w.t, 30*time.Second, "points and a coupon end", func() bool {
		return s.w.count(s.market.shop, "SELECT count(*) FROM points_entry WHERE member_id = $1 AND kind = 'expire'", me) > 0 &&
			s.w.count(s.market.shop, "SELECT count(*) FROM coupon_grant WHERE id = $1 AND status = 'expired'", grant) == 1
	})
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
