package app_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/payments"
)

var refundAddress = regexp.MustCompile(`/refunds/([0-9A-Za-z]{8,32})\?done=(refund_[a-z]+)`)

// post sends a form of a page and returns where it ended up: status, address, page.
func (d *desk) post(path string, form url.Values) (status int, at, page string) {
	d.w.t.Helper()
	token := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(d.get("/console/account"))
	if token == nil {
		d.w.t.Fatal("no form token")
	}
	form.Set("csrf", token[1])
	req, err := http.NewRequestWithContext(d.w.t.Context(), http.MethodPost, d.w.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		d.w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", d.w.base)
	client := *d.client
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		at = r.URL.String()
		return nil
	}
	status, body := do(d.w.t, &client, req)
	return status, at, string(body)
}

// giveBack fills in the refund form of an order and returns the refund's number and what the
// page says was done.
func (d *desk) giveBack(s *shop, orderNo string, amount money.Fen) (outRefundNo, done string) {
	d.w.t.Helper()
	path := "/console/" + s.Handle + "/orders/" + orderNo + "/refund"
	key := regexp.MustCompile(`name="form" value="([0-9a-f]+)"`).FindStringSubmatch(d.get(path))
	if key == nil {
		d.w.t.Fatal("the page has no form")
	}
	status, at, page := d.post(path, url.Values{"form": {key[1]}, "amount": {amount.Yuan()}, "note": {"缺货"}, "sure": {"1"}})
	found := refundAddress.FindStringSubmatch(at)
	if found == nil {
		d.w.t.Fatalf("give back %s of %s: %d at %q %.400s", amount.Yuan(), orderNo, status, at, page)
	}
	return found[1], found[2]
}

// Staff give money back of orders that were paid through Alipay and UnionPay: a part at once,
// the rest, above the shop's limit, after a second person. It arrives at the provider, the
// order and the books say the same, and nobody approves alone.
func TestStaffGiveBackThroughAlipayAndUnionPay(t *testing.T) { //nolint:tparallel // one shop
	t.Parallel()
	w := newWorld(t)
	m := w.openMarket(7)
	if err := w.Payments.SetRefundApproval(t.Context(), m.ID, 2000, "staff:1"); err != nil {
		t.Fatal(err)
	}
	colleague := staff.AddInput{Login: "second@market.test", Name: "李会计", Password: "correct horse battery staple"}
	person, err := w.Staff.Add(t.Context(), colleague)
	if err == nil {
		err = w.Staff.Grant(t.Context(), m.ID, person.ID, authz.Finance)
	}
	if err != nil {
		t.Fatal(err)
	}
	other := *m.shop
	other.owner = colleague
	first, second := w.signIn(m.shop), w.signIn(&other)

	b := w.login(m.shop, "giveback")
	s := &shopper{buyer: b, market: m, dice: rand.New(rand.NewPCG(7, 7)), address: b.address()}
	for _, channel := range []payments.Code{payments.Alipay, payments.UnionPay} {
		t.Run(string(channel), func(t *testing.T) {
			no := s.paid(channel)
			var payable money.Fen
			w.scan(m.shop, "SELECT payable_fen FROM orders WHERE order_no = $1", []any{no}, &payable)

			part, done := first.giveBack(m.shop, no, 1000)
			if done != "refund_asked" {
				t.Fatalf("a part below the limit: %s", done)
			}
			w.arrives(t, s, no, part, "paid", 1000)

			rest, done := first.giveBack(m.shop, no, payable-1000)
			if done != "refund_awaits" {
				t.Fatalf("the rest above the limit: %s", done)
			}
			decide := fmt.Sprintf("/console/%s/refunds/%s/decide", m.Handle, rest)
			if status, _, _ := first.post(decide, url.Values{"decision": {"approve"}}); status != http.StatusForbidden {
				t.Errorf("own approval: %d, want 403", status)
			}
			if status, at, _ := second.post(decide, url.Values{"decision": {"approve"}, "note": {"已核对"}}); status != http.StatusOK || !strings.Contains(at, "refund_approved") {
				t.Errorf("the second person: %d at %s", status, at)
			}
			w.arrives(t, s, no, rest, "closed", payable)
			if page := first.get("/console/" + m.Handle + "/refunds/" + rest); !strings.Contains(page, "李会计") || !strings.Contains(page, "已退到买家账户") {
				t.Error("the page does not say who approved, or that it arrived")
			}
		})
	}
	if w.comesToRest(m) == nil {
		t.Error("the shop and its providers do not agree")
	}
}

// arrives waits until a refund has reached the buyer and compares order, payment, books and
// provider.
func (w *world) arrives(t testing.TB, s *shopper, no, outRefundNo, status string, gone money.Fen) {
	t.Helper()
	eventually(t, 60*time.Second, "refund "+outRefundNo+" has arrived", func() bool {
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic LIKE 'payments.refund%' AND due_at > now()", []any{s.market.ID.String()})
		return w.count(s.market.shop, "SELECT count(*) FROM refund WHERE out_refund_no = $1 AND status = 'succeeded'", outRefundNo) == 1 &&
			w.count(s.market.shop, "SELECT count(*) FROM orders WHERE order_no = $1 AND refunded_fen = $2", no, gone) == 1 && s.status(no) == status
	})
	if n := w.count(s.market.shop, "SELECT count(*) FROM payment_attempt WHERE business_no = $1 AND refunded_fen = $2 AND refund_reserved_fen = 0", no, gone); n != 1 {
		t.Error("the payment does not say what went back of it")
	}
	if n := w.count(s.market.shop, "SELECT count(*) FROM ledger_journal WHERE kind = 'refund' AND ref = $1", outRefundNo); n != 1 {
		t.Errorf("the refund is posted %d times, want once", n)
	}
	if n := w.count(s.market.shop, "SELECT count(*) FROM payment_exchange WHERE out_refund_no = $1 AND step = 'refund'", outRefundNo); n == 0 {
		t.Error("what was said with the provider is not kept")
	}
}
