package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type vouchers struct {
	Items []struct {
		Code, State string
		Uses, Used  int64
	}
}

// sellsVouchers puts a card of three uses on the shelf, whose unused uses are refunded, and returns
// its SKU.
func (w *world) sellsVouchers(s *shop, title string, price money.Fen, stock int64) (sku int64) {
	w.t.Helper()
	ctx := w.t.Context()
	category, err := w.Catalog.CreateCategory(ctx, s.ID, catalog.CategoryInput{Name: "美发"})
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.Catalog.CreateProduct(ctx, s.ID, catalog.ProductInput{
		CategoryID: category, Title: title, Kind: catalog.Voucher, Voucher: catalog.VoucherTerms{Uses: 3, Days: 90, Refunds: true}, SKUs: []catalog.SKUInput{{PriceFen: price}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.DB.InTenant(ctx, s.ID, func(tx tenantdb.Tx) error {
		return w.Inventory.ReceiveTx(ctx, tx, "RK-voucher", []inventory.Line{{SKUID: p.SKUs[0].ID, Qty: stock}}, "system")
	})
	if err == nil {
		err = w.Catalog.SetShelf(ctx, s.ID, p.ID, catalog.OnShelf)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return p.SKUs[0].ID
}

// redeems uses a voucher in the shop.
func (w *world) redeems(s *shop, code string, uses int64) {
	w.t.Helper()
	_, _, err := w.Orders.Redeem(w.t.Context(), s.ID, order.RedeemInput{
		Code: code, Uses: uses, Actor: "staff:1", Key: idempotency.Key{Scope: "staff:1", Value: tenanttest.RandomHex(8), Body: []byte("{}")},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestEndToEndVouchers buys three cards of three uses through the API, without an address: one is
// used once, and when their time is over the rest is paid back by
// itself, in proportion, and the order is completed.
func TestEndToEndVouchers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("voucher", 10)
	b := w.login(s, "小明")
	sku := w.sellsVouchers(s, "洗剪吹三次卡", 1000, 9)
	var got placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"lines": []map[string]any{{"sku_id": sku, "qty": 3}}, "expected_payable_fen": 3000,
	}, &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	b.pay(got.OrderNo)
	b.waitFor(got.OrderNo, "paid", 10*time.Second)
	var mine vouchers
	b.must(http.StatusOK, http.MethodGet, "/orders/"+got.OrderNo+"/vouchers", nil, &mine)
	if len(mine.Items) != 3 || mine.Items[0].Uses != 3 || mine.Items[0].State != "active" {
		t.Fatalf("vouchers %+v", mine)
	}
	w.redeems(s, mine.Items[0].Code, 1)
	eventually(t, 15*time.Second, "WeChat to know", func() bool {
		return w.count(s, "SELECT count(*) FROM shipping_upload WHERE order_no = '"+got.OrderNo+"' AND state = 'uploaded'") == 1
	})
	refunded := func() (fen int64) {
		w.scan(s, "SELECT refunded_fen FROM orders WHERE order_no = $1", []any{got.OrderNo}, &fen)
		return fen
	}
	w.owner("UPDATE "+s.ID.String()+".voucher SET valid_until = now() - interval '1 second'", nil)
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'order.voucher_end'", []any{s.ID.String()})
	eventually(t, 40*time.Second, "what is unused to go back", func() bool {
		return refunded() == 666+1000+1000
	})
	b.waitFor(got.OrderNo, "completed", 10*time.Second)
	b.must(http.StatusOK, http.MethodGet, "/vouchers", nil, &mine)
	for _, v := range mine.Items {
		if v.State != "refunded" {
			t.Errorf("voucher %+v", v)
		}
	}
	var onHand int64
	w.scan(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1", []any{sku}, &onHand)
	if onHand != 8 {
		t.Errorf("%d on hand, want 8: only the one that was used is gone", onHand)
	}
}

// TestVouchersAreRefundedInTwoParts: of an order of three cards, one of them used once, first one
// that nobody used goes back and at once the rest. The provider wants a minute between the two: the
// second waits for it, is refused as too early all the same, since the provider's minute began
// later, and goes through by itself when it is over.
func TestVouchersAreRefundedInTwoParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("voucher-parts", 10)
	b, staff := w.login(s, "小明"), w.signIn(s)
	sku := w.sellsVouchers(s, "手冲三杯卡", 1001, 9)
	var got placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"lines": []map[string]any{{"sku_id": sku, "qty": 3}}, "expected_payable_fen": 3003,
	}, &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	b.pay(got.OrderNo)
	b.waitFor(got.OrderNo, "paid", 10*time.Second)
	var mine vouchers
	b.must(http.StatusOK, http.MethodGet, "/orders/"+got.OrderNo+"/vouchers", nil, &mine)
	w.redeems(s, mine.Items[0].Code, 1)
	var line int64
	w.scan(s, "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{got.OrderNo}, &line)
	goesBack := func(qty int64) (caseNo, refundNo string) {
		caseNo = b.apply(got.OrderNo, "refund", line, qty)
		page := "/console/" + s.Handle + "/aftersales/" + caseNo
		staff.submit(page, page+"/act", map[string][]string{"event": {"approve"}, "sure": {"1"}})
		w.scan(s, "SELECT out_refund_no FROM aftersale_case WHERE case_no = $1", []any{caseNo}, &refundNo)
		return caseNo, refundNo
	}
	state := func(refundNo string) (status, hold string, tries int) {
		w.scan(s, "SELECT status, hold, tries FROM refund WHERE out_refund_no = $1", []any{refundNo}, &status, &hold, &tries)
		return status, hold, tries
	}
	const unused, rest = 1001, 1001 + 667 // of the used one two thirds, rounded down
	firstCase, first := goesBack(1)
	eventually(t, 30*time.Second, "the first part to be with the buyer", func() bool { return b.ofCase(firstCase).Status == "refunded" })
	secondCase, second := goesBack(2)
	eventually(t, 30*time.Second, "the second part to wait for the minute", func() bool {
		status, hold, _ := state(second)
		return status == "waiting" && hold == "spacing"
	})
	if at := b.ofCase(secondCase).Status; at != "refunding" {
		t.Errorf("the second case is %s while its refund waits", at)
	}
	// Our minute is over, the provider's is not.
	w.owner("UPDATE "+s.ID.String()+".refund SET sent_at = sent_at - interval '61 seconds' WHERE out_refund_no = $1", []any{first})
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND key = $2", []any{s.ID.String(), second})
	eventually(t, 30*time.Second, "the provider to refuse it as too early", func() bool {
		_, _, tries := state(second)
		return tries > 0
	})
	if n := len(w.sandbox.Books().Refunds); n != 1 {
		t.Fatalf("%d refunds at the provider within the minute, want one", n)
	}
	var paidAs string
	w.scan(s, "SELECT out_trade_no FROM payment_attempt WHERE business_no = $1 AND status = 'succeeded'", []any{got.OrderNo}, &paidAs)
	if !w.sandbox.Backdate(s.mchID, paidAs, time.Now().Add(-time.Minute)) {
		t.Fatal("the provider does not know the payment")
	}
	eventually(t, 60*time.Second, "the second part to go back by itself", func() bool { return b.ofCase(secondCase).Status == "refunded" })
	for no, want := range map[string]int64{first: unused, second: rest} {
		found := int64(0)
		for _, r := range w.sandbox.Books().Refunds {
			if r.OutRefundNo == no && r.Status == "SUCCESS" {
				found += int64(r.RefundFen)
			}
		}
		if status, _, _ := state(no); status != "succeeded" || found != want {
			t.Errorf("refund %s is %s, and %d fen at the provider, want %d", no, status, found, want)
		}
	}
	b.waitFor(got.OrderNo, "completed", 10*time.Second)
	var after vouchers
	b.must(http.StatusOK, http.MethodGet, "/orders/"+got.OrderNo+"/vouchers", nil, &after)
	for _, v := range after.Items {
		if v.State != "refunded" {
			t.Errorf("voucher %+v", v)
		}
	}
	var onHand int64
	w.scan(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1", []any{sku}, &onHand)
	if onHand != 8 {
		t.Errorf("%d on hand, want 8: only the one that was used is gone", onHand)
	}
	w.inBooks(s, unused+rest)
}
