package web_test

import (
	"net/http"
	"slices"
	"testing"

	"galleria/commerce/card"
	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// addKind puts a product of a kind on the shelf and returns its SKU; virtual ones have cards.
func (h *house) addKind(t *testing.T, s *shop, kind catalog.Kind) int64 {
	t.Helper()
	p, err := h.catalog.CreateProduct(t.Context(), s.ID, catalog.ProductInput{CategoryID: s.category, Title: string(kind), Kind: kind, SKUs: []catalog.SKUInput{{PriceFen: 1000}}})
	if err != nil {
		t.Fatal(err)
	}
	sku := p.SKUs[0].ID
	if kind == catalog.VirtualCard {
		_, err = h.cards.Add(t.Context(), s.ID, card.AddInput{SKUID: sku, Cards: []card.Card{{Number: "8800123412345678", Secret: "4F7K-22QX"}, {Number: "8800123412345679"}}, Actor: "system"})
	} else {
		err = h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
			return h.stock.ReceiveTx(t.Context(), tx, "opening-"+string(kind), []inventory.Line{{SKUID: sku, Qty: 10}}, "system")
		})
	}
	if err == nil {
		err = h.catalog.SetShelf(t.Context(), s.ID, p.ID, catalog.OnShelf)
	}
	if err != nil {
		t.Fatal(err)
	}
	return sku
}

// TestDeliveryKindOverHTTP: the quote says what is possible and prices the rest; an order in a way
// that the goods cannot be had in is DELIVERY_KIND, and says how to part it.
func TestDeliveryKindOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	box, fetched, code := s.products[0].SKUs[0].ID, h.addKind(t, s, catalog.PickupOnly), h.addKind(t, s, catalog.VirtualCard)
	var address miniapi.Address
	c.must(t, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &address)
	line := func(sku int64) map[string]any { return map[string]any{"sku_id": sku, "qty": 1} }
	all := map[string]any{"lines": []any{line(box), line(fetched), line(code)}, "address_id": address.ID, "delivery": map[string]any{"kind": "express"}}
	var quote miniapi.Quote
	c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", all).into(t, &quote)
	problems := []string{quote.Lines[0].Problem, quote.Lines[1].Problem, quote.Lines[2].Problem}
	if len(quote.Deliveries) != 0 || quote.Delivery != "express" || !slices.Equal(problems, []string{"", "pickup_only", "other_way"}) || quote.GoodsFen == 0 {
		t.Errorf("%+v", quote)
	}
	all["quote_hash"] = quote.QuoteHash
	a := c.call(t, http.MethodPost, "/orders", all, "Idempotency-Key", "all-of-it")
	var refusal struct {
		Data struct {
			Split map[string][]int64 `json:"split"`
		} `json:"data"`
	}
	a.into(t, &refusal)
	if split := refusal.Data.Split; a.status != http.StatusConflict || a.code() != "DELIVERY_KIND" ||
		!slices.Equal(split["express"], []int64{box}) || !slices.Equal(split["pickup"], []int64{fetched}) || !slices.Equal(split["virtual"], []int64{code}) {
		t.Errorf("%d %s", a.status, a.body)
	}
	c.refused(t, http.StatusConflict, "DELIVERY_KIND", http.MethodPost, "/orders", map[string]any{
		"lines": []any{line(fetched)}, "address_id": address.ID, "expected_payable_fen": 1000,
	}, "Idempotency-Key", "sent-to-me")
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/orders", map[string]any{
		"lines": []any{line(box)}, "address_id": address.ID, "expected_payable_fen": 1000, "delivery": map[string]any{"kind": "drone"},
	}, "Idempotency-Key", "by-drone")
	var page miniapi.OrderPage
	c.must(t, http.StatusOK, http.MethodGet, "/orders", nil).into(t, &page)
	if len(page.Items) != 0 {
		t.Errorf("refused orders are there: %+v", page.Items)
	}
}

// TestCardsOverHTTP: an order of codes needs neither address nor a word of how it goes; the codes
// are there once it is paid, for its buyer alone, and no cache keeps them.
func TestCardsOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c, other := h.login(t, s, "o-li"), h.login(t, s, "o-wang")
	lines := map[string]any{"lines": []any{map[string]any{"sku_id": h.addKind(t, s, catalog.VirtualCard), "qty": 2}}}
	var quote miniapi.Quote
	c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", lines).into(t, &quote)
	if quote.Delivery != "virtual" || !slices.Equal(quote.Deliveries, []string{"virtual"}) || !quote.FreightKnown || quote.PayableFen != 2000 {
		t.Fatalf("%+v", quote)
	}
	lines["quote_hash"] = quote.QuoteHash
	var placed miniapi.Placed
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", lines, "Idempotency-Key", "codes").into(t, &placed)
	path := "/orders/" + placed.OrderNo + "/cards"
	var cards miniapi.CardPage
	if c.must(t, http.StatusOK, http.MethodGet, path, nil).into(t, &cards); len(cards.Items) != 0 {
		t.Errorf("before the payment: %+v", cards)
	}
	h.in(t, s, func(tx tenantdb.Tx) error {
		_, err := h.orders.MarkPaidTx(t.Context(), tx, order.PaidInput{OrderNo: placed.OrderNo, AmountFen: 2000, PaidAt: tx.Now(), Channel: "wechat", OutTradeNo: "T1", TransactionID: "42001"})
		return err
	})
	a := c.must(t, http.StatusOK, http.MethodGet, path, nil)
	a.into(t, &cards)
	if len(cards.Items) != 2 || cards.NextCursor != "" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v, %v", cards, a.header)
	}
	for _, got := range cards.Items {
		if got.Number != "8800123412345678" && got.Number != "8800123412345679" {
			t.Errorf("%+v", got)
		}
	}
	var o miniapi.Order
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &o)
	if o.Status != "completed" || o.Delivery != "virtual" || o.Address != (miniapi.OrderAddress{}) {
		t.Errorf("%+v", o)
	}
	other.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, path, nil)
	c.refused(t, http.StatusConflict, "HANDED_OUT", http.MethodPost, "/aftersales", map[string]any{
		"order_no": placed.OrderNo, "kind": "refund", "reason": "other", "lines": []map[string]any{{"line_id": o.Lines[0].LineID, "qty": 1}},
	}, "Idempotency-Key", "give-it-back")
}
