package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// TestVouchersOverHTTP: nobody is asked for an address; after the payment the buyer sees a code for
// each piece, in the order and among all vouchers, and nobody else does.
func TestVouchersOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c, other := h.login(t, s, "o-li"), h.login(t, s, "o-wang")
	lines := map[string]any{"lines": []any{map[string]any{"sku_id": h.addKind(t, s, catalog.Voucher), "qty": 2}}}
	var quote miniapi.Quote
	c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", lines).into(t, &quote)
	if quote.Delivery != "voucher" || !quote.FreightKnown || quote.PayableFen != 2000 {
		t.Fatalf("%+v", quote)
	}
	var product miniapi.Product
	c.must(t, http.StatusOK, http.MethodGet, fmt.Sprintf("/products/%d", quote.Lines[0].SPUID), nil).into(t, &product)
	if v := product.Voucher; v == nil || v.Uses != 1 || v.Days != 365 || !v.Refunds || v.Until != nil {
		t.Errorf("terms %+v", product.Voucher)
	}
	lines["quote_hash"] = quote.QuoteHash
	var placed miniapi.Placed
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", lines, "Idempotency-Key", "vouchers").into(t, &placed)
	path := "/orders/" + placed.OrderNo + "/vouchers"
	var got, mine miniapi.VoucherPage
	if c.must(t, http.StatusOK, http.MethodGet, path, nil).into(t, &got); len(got.Items) != 0 {
		t.Errorf("before the payment: %+v", got)
	}
	h.in(t, s, func(tx tenantdb.Tx) error {
		_, err := h.orders.MarkPaidTx(t.Context(), tx, order.PaidInput{OrderNo: placed.OrderNo, AmountFen: 2000, PaidAt: tx.Now(), Channel: "wechat", OutTradeNo: "T1", TransactionID: "42001"})
		return err
	})
	a := c.must(t, http.StatusOK, http.MethodGet, path, nil)
	a.into(t, &got)
	if len(got.Items) != 2 || got.NextCursor != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%+v, %v", got, a.header)
	}
	if v := got.Items[0]; len(v.Code) != 16 || v.State != "active" || v.Uses != 1 || v.Used != 0 || v.OrderNo != placed.OrderNo || v.Title == "" {
		t.Errorf("%+v", v)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/vouchers?usable=true", nil).into(t, &mine)
	if len(mine.Items) != 2 || mine.Items[0].Code != got.Items[1].Code {
		t.Errorf("mine, newest first: %+v", mine)
	}
	if other.must(t, http.StatusOK, http.MethodGet, "/vouchers", nil).into(t, &mine); len(mine.Items) != 0 {
		t.Errorf("another member sees %+v", mine)
	}
	other.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, path, nil)
	var o miniapi.Order
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &o)
	if o.Status != "paid" || o.Delivery != "voucher" || o.Address != (miniapi.OrderAddress{}) {
		t.Errorf("%+v", o)
	}
	for kind, code := range map[string]string{"return": "VOUCHER_REFUND_ONLY", "exchange": "VOUCHER_REFUND_ONLY"} {
		c.refused(t, http.StatusConflict, code, http.MethodPost, "/aftersales", map[string]any{
			"order_no": placed.OrderNo, "kind": kind, "reason": "other", "lines": []map[string]any{{"line_id": o.Lines[0].LineID, "qty": 1}},
		}, "Idempotency-Key", "back-"+kind)
	}
	c.must(t, http.StatusCreated, http.MethodPost, "/aftersales", map[string]any{
		"order_no": placed.OrderNo, "kind": "refund", "reason": "changed_mind", "lines": []map[string]any{{"line_id": o.Lines[0].LineID, "qty": 1}},
	}, "Idempotency-Key", "give-it-back")
	c.must(t, http.StatusOK, http.MethodGet, path, nil).into(t, &got)
	if got.Items[0].State != "held" || got.Items[1].State != "active" {
		t.Errorf("while a case holds one: %+v", got)
	}
}
