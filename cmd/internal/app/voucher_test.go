package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// TestEndToEndVouchers buys three cards of three uses through the API, without an address: one is
// used once, and when their time is over the rest is paid back by
// itself, in proportion, and the order is completed.
func TestEndToEndVouchers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("voucher", 10)
	b := w.login(s, "小明")
	category, err := w.Catalog.CreateCategory(t.Context(), s.ID, catalog.CategoryInput{Name: "美发"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Catalog.CreateProduct(t.Context(), s.ID, catalog.ProductInput{
		CategoryID: category, Title: "洗剪吹三次卡", Kind: catalog.Voucher, Voucher: catalog.VoucherTerms{Uses: 3, Days: 90, Refunds: true}, SKUs: []catalog.SKUInput{{PriceFen: 1000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return w.Inventory.ReceiveTx(t.Context(), tx, "RK-voucher", []inventory.Line{{SKUID: p.SKUs[0].ID, Qty: 9}}, "system")
	})
	if err == nil {
		err = w.Catalog.SetShelf(t.Context(), s.ID, p.ID, catalog.OnShelf)
	}
	if err != nil {
		t.Fatal(err)
	}
	var got placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"lines": []map[string]any{{"sku_id": p.SKUs[0].ID, "qty": 3}}, "expected_payable_fen": 3000,
	}, &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	b.pay(got.OrderNo)
	b.waitFor(got.OrderNo, "paid", 10*time.Second)
	type vouchers struct {
		Items []struct {
			Code, State string
			Uses, Used  int64
		}
	}
	var mine vouchers
	b.must(http.StatusOK, http.MethodGet, "/orders/"+got.OrderNo+"/vouchers", nil, &mine)
	if len(mine.Items) != 3 || mine.Items[0].Uses != 3 || mine.Items[0].State != "active" {
		t.Fatalf("vouchers %+v", mine)
	}
	if _, _, err := w.Orders.Redeem(t.Context(), s.ID, order.RedeemInput{
		Code: mine.Items[0].Code, Uses: 1, Actor: "staff:1", Key: idempotency.Key{Scope: "staff:1", Value: "k", Body: []byte("{}")},
	}); err != nil {
		t.Fatal(err)
	}
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
	w.scan(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1", []any{p.SKUs[0].ID}, &onHand)
	if onHand != 8 {
		t.Errorf("%d on hand, want 8: only the one that was used is gone", onHand)
	}
}
