package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/oracle"
	"galleria/commerce/aftersale"
	"galleria/commerce/order"
	"galleria/tenant/tenanttest"
)

// claimed is a case as its buyer sees it, with what the tests look at.
type claimed struct {
	CaseNo    string `json:"case_no"`
	Status    string `json:"status"`
	AmountFen int64  `json:"amount_fen"`
	Messages  []struct {
		Pictures []string `json:"pictures"`
	} `json:"messages"`
}

// submit sends a form of the page that the path is of, which has to be accepted.
func (d *desk) submit(page, path string, values url.Values) {
	d.w.t.Helper()
	if status, body := d.press(page, path, values); status != http.StatusOK {
		d.w.t.Fatalf("post %s: %d %.2000s", path, status, body)
	}
}

// paid is an order of qty pieces that was paid, with the id of its line.
func (b *buyer) paid(qty int64) (orderNo string, line int64) {
	b.w.t.Helper()
	no := b.order(qty).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 30*time.Second)
	b.w.scan(b.shop, "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{no}, &line)
	return no, line
}

func (b *buyer) sent(orderNo string, line, qty int64) {
	b.w.t.Helper()
	_, err := b.w.Orders.Ship(b.w.t.Context(), b.shop.ID, order.ShipInput{OrderNo: orderNo, Courier: "sf", TrackingNo: "SF1234567890123", Lines: map[int64]int64{line: qty}, Actor: "staff:1"})
	if err != nil {
		b.w.t.Fatal(err)
	}
}

func (b *buyer) apply(orderNo, kind string, line, qty int64, pictures ...string) (caseNo string) {
	b.w.t.Helper()
	var opened claimed
	b.must(http.StatusCreated, http.MethodPost, "/aftersales", map[string]any{
		"order_no": orderNo, "kind": kind, "reason": "quality", "body": "漏气了", "pictures": append([]string{}, pictures...), "lines": []any{map[string]any{"line_id": line, "qty": qty}},
	}, &opened, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	return opened.CaseNo
}

func (b *buyer) upload() string {
	b.w.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "photo.jpg")
	if err == nil {
		_, err = part.Write(photo(b.w.t))
	}
	if err != nil || w.Close() != nil {
		b.w.t.Fatal(err)
	}
	var got struct{ URL string }
	b.must(http.StatusCreated, http.MethodPost, "/pictures", form.Bytes(), &got, header{"Content-Type": w.FormDataContentType()})
	return got.URL
}

func (b *buyer) ofCase(no string) (c claimed) {
	b.w.t.Helper()
	b.must(http.StatusOK, http.MethodGet, "/aftersales/"+no, nil, &c)
	return c
}

// settles waits until a case is where the money is with its buyer.
func (b *buyer) settles(no string, fen int64) {
	b.w.t.Helper()
	eventually(b.w.t, 60*time.Second, "case "+no+" refunded", func() bool {
		b.w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND due_at > now()", []any{b.shop.ID.String()})
		return b.ofCase(no).Status == "refunded"
	})
	if got := b.ofCase(no).AmountFen; got != fen {
		b.w.t.Errorf("case %s gave back %d, want %d", no, got, fen)
	}
}

func (w *world) onHand(s *shop) int {
	w.t.Helper()
	return w.count(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1", s.skus[0])
}

// inBooks is whether provider, orders and every invariant of the shop agree.
func (w *world) inBooks(s *shop, refundedFen int64) {
	w.t.Helper()
	var provider int64
	for _, r := range w.sandbox.Books().Refunds {
		provider += int64(r.RefundFen)
	}
	if provider != refundedFen {
		w.t.Errorf("the provider gave back %d, want %d", provider, refundedFen)
	}
	if n := w.count(s, "SELECT coalesce(sum(refunded_fen), 0)::bigint FROM orders"); int64(n) != refundedFen {
		w.t.Errorf("orders know of %d given back, want %d", n, refundedFen)
	}
	var found []oracle.Finding
	for range 30 {
		var err error
		if found, err = oracle.CheckShop(w.t.Context(), w.DB, s.ID, oracle.Input{Rest: time.Now().Add(-time.Second)}); err != nil {
			w.t.Fatal(err)
		}
		if len(found) == 0 {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	for _, f := range found {
		w.t.Errorf("%s %s: %d, such as %s", f.ID, f.Meaning, f.Count, f.Sample)
	}
}

// TestAfterSalesWithRealMoney goes over HTTP from the buyer's application to the provider's
// notice: a return of which half is sellable, a refund of what was not sent, an exchange.
func TestAfterSalesWithRealMoney(t *testing.T) {
	t.Parallel()
	media := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = media })
	s := w.openShop("aftersale", 20)
	b, staff := w.login(s, "小明"), w.signIn(s)
	pages := "/console/" + s.Handle
	staff.submit(pages+"/aftersale-settings", pages+"/aftersale-settings/addresses", url.Values{"name": {"仓库"}, "phone": {"13800000000"}, "address": {"昆明市五华区"}})
	act := func(no, event string, values url.Values) {
		t.Helper()
		values.Set("event", event)
		values.Set("sure", "1")
		values.Set("address_id", "1")
		staff.submit(pages+"/aftersales/"+no, pages+"/aftersales/"+no+"/act", values)
	}
	price := int64(s.prices[0])

	// Two of three pieces come back, one of them damaged.
	orderNo, line := b.paid(3)
	b.sent(orderNo, line, 3)
	picture := b.upload()
	no := b.apply(orderNo, "return", line, 2, picture)
	if page := staff.get(pages + "/aftersales/" + no); !strings.Contains(page, picture) || !strings.Contains(page, "漏气了") {
		t.Error("the desk does not show what the buyer says")
	}
	act(no, "approve", url.Values{})
	b.must(http.StatusOK, http.MethodPost, "/aftersales/"+no+"/send-back", map[string]any{"courier": "sf", "tracking_no": "SF1234567890124"}, nil)
	act(no, "arrive", url.Values{})
	act(no, "inspect", url.Values{"sellable-" + itoa(line): {"1"}, "damaged-" + itoa(line): {"1"}, "missing-" + itoa(line): {"0"}})
	b.settles(no, 2*price)
	if n := w.onHand(s); n != 18 {
		t.Errorf("%d on hand, want 18: three sold, one back on the shelf", n)
	}
	if got := b.status(orderNo); got != "fulfilling" {
		t.Errorf("the order of which one piece stays sold is %s", got)
	}

	// Nothing of this order was sent: money and goods go back whole.
	unsent, line := b.paid(2)
	no = b.apply(unsent, "refund", line, 2)
	act(no, "approve", url.Values{})
	b.settles(no, 2*price)
	b.waitFor(unsent, "closed", 30*time.Second)
	if n := w.onHand(s); n != 18 {
		t.Errorf("%d on hand, want 18: the two that were not sent are back", n)
	}

	// An exchange moves goods and no money.
	swapped, line := b.paid(1)
	b.sent(swapped, line, 1)
	no = b.apply(swapped, "exchange", line, 1)
	act(no, "approve", url.Values{})
	b.must(http.StatusOK, http.MethodPost, "/aftersales/"+no+"/send-back", map[string]any{"courier": "sf", "tracking_no": "SF1234567890125"}, nil)
	act(no, "arrive", url.Values{})
	act(no, "inspect", url.Values{"sellable-" + itoa(line): {"0"}, "damaged-" + itoa(line): {"1"}, "missing-" + itoa(line): {"0"}})
	act(no, "reship", url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890126"}})
	b.must(http.StatusOK, http.MethodPost, "/aftersales/"+no+"/confirm", nil, nil)
	if got := b.ofCase(no); got.Status != string(aftersale.Closed) {
		t.Errorf("the exchange is %s", got.Status)
	}
	if n := w.onHand(s); n != 16 {
		t.Errorf("%d on hand, want 16: one sold, one sent again", n)
	}
	w.inBooks(s, 4*price)
}
