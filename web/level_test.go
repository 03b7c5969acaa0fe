package web_test

import (
	"net/http"
	"testing"

	"galleria/commerce/level"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// walkLevels gives the shop a level, has the buyer grow to it, and looks at what it brings.
func walkLevels(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	terms := level.NewTerms()
	terms.Enabled = true
	if err := h.levels.SaveTerms(t.Context(), s.ID, terms, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.levels.Save(t.Context(), s.ID, level.Level{Name: "金卡", Threshold: 100, OffBps: 1_000, FreeShipping: true, PointsBps: 15_000}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	var mine miniapi.MyLevel
	call(4, http.StatusOK, http.MethodGet, "/me/level", nil).into(t, &mine)
	if !mine.Enabled || mine.Level != nil || mine.Next == nil || mine.Missing != 100 || len(mine.Levels) != 1 {
		t.Errorf("the buyer stands at %+v", mine)
	}
	var buyer int64 // who has signed in for points before
	h.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT max(member_id) FROM points_entry WHERE kind = 'sign'").Scan(&buyer)
	})
	if err := h.levels.Adjust(t.Context(), s.ID, level.AdjustInput{MemberID: buyer, Growth: 120, Reason: "线下消费", Key: "k", Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	mine = miniapi.MyLevel{}
	call(4, http.StatusOK, http.MethodGet, "/me/level", nil).into(t, &mine)
	if mine.Level == nil || mine.Level.Name != "金卡" || mine.Growth != 120 || mine.Next != nil || len(mine.History) != 1 {
		t.Errorf("the buyer stands at %+v", mine)
	}
	var prices struct {
		Level string                `json:"level"`
		Items []miniapi.MemberPrice `json:"items"`
	}
	sku := s.products[0].SKUs[0]
	call(1, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID)+"/member-prices", nil).into(t, &prices)
	if prices.Level != "金卡" || len(prices.Items) == 0 || prices.Items[0].SKUID != sku.ID || prices.Items[0].PriceFen != sku.PriceFen*9/10 || prices.Items[0].ListFen != sku.PriceFen {
		t.Errorf("member prices %+v", prices)
	}
	line := map[string]any{"lines": []any{map[string]any{"sku_id": sku.ID, "qty": 2}}}
	var quote miniapi.Quote
	call(5, http.StatusOK, http.MethodPost, "/checkout/quote", line).into(t, &quote)
	if quote.DiscountFen != sku.PriceFen*2/10 || len(quote.Lines[0].Offs) != 1 || quote.Lines[0].Offs[0].Kind != "level" || quote.Lines[0].Offs[0].Title != "金卡" {
		t.Errorf("the quote takes off %+v", quote.Lines[0].Offs)
	}
}
