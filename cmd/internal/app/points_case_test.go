package app_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/commerce/points"
	"galleria/tenant/tenanttest"
)

// TestPointsComeBackWithACase: orders are paid with points of two lots and with money. A case for
// one of three pieces gives back that share of both, to the same lots; a case for a whole order
// gives back all of it, to the point.
func TestPointsComeBackWithACase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("pointscase", 20)
	b, staff := w.login(s, "小明"), w.signIn(s)
	terms := points.NewTerms()
	terms.Enabled, terms.SignPoints = true, 150
	if err := w.Points.SaveTerms(t.Context(), s.ID, terms, "staff:1"); err != nil {
		t.Fatal(err)
	}
	b.must(http.StatusOK, http.MethodPost, "/points/sign-in", nil, nil)
	var me int64
	w.scan(s, "SELECT member_id FROM points_entry", nil, &me)
	if err := w.Points.Adjust(t.Context(), s.ID, points.AdjustInput{MemberID: me, Points: 500, Reason: "补偿", Key: "k", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	price := int64(s.prices[0])
	paid := func(pieces, pay int64) (orderNo string, line int64) {
		t.Helper()
		body := b.orderBody(pieces)
		body["points"], body["expected_payable_fen"] = pay, pieces*price-pay
		var got placed
		b.must(http.StatusCreated, http.MethodPost, "/orders", body, &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
		b.pay(got.OrderNo)
		b.waitFor(got.OrderNo, "paid", 30*time.Second)
		w.scan(s, "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{got.OrderNo}, &line)
		return got.OrderNo, line
	}
	lots := func(what string, sign, given int64) {
		t.Helper()
		eventually(t, 30*time.Second, what, func() bool {
			var first, second int64
			w.scan(s, "SELECT sum(remaining) FILTER (WHERE source = 'sign'), sum(remaining) FILTER (WHERE source = 'staff') FROM points_lot", nil, &first, &second)
			return first == sign && second == given
		})
	}
	refunded := func(orderNo string, line, pieces, fen int64) {
		t.Helper()
		no := b.apply(orderNo, "refund", line, pieces)
		page := "/console/" + s.Handle + "/aftersales/" + no
		staff.submit(page, page+"/act", url.Values{"event": {"approve"}, "sure": {"1"}})
		b.settles(no, fen)
	}
	three, line := paid(3, 300)
	lots("those that end first are used first", 0, 350)
	refunded(three, line, 1, price-100)
	lots("a third of 300 is back, half of it in each lot", 50, 400)
	one, line := paid(1, 120)
	lots("what came back pays again", 0, 330)
	refunded(one, line, 1, price-120)
	b.waitFor(one, "closed", 30*time.Second)
	lots("all of 120 is back", 50, 400)
	w.inBooks(s, 2*price-220)
}
