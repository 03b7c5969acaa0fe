package web_test

import (
	"net/http"
	"testing"

	"galleria/commerce/points"
	"galleria/web/miniapi"
)

// walkPoints opens the shop's points, signs in and looks at what there is, after the buyer has
// ordered: nothing of it touches orders that were placed before.
func walkPoints(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	terms := points.NewTerms()
	terms.Enabled, terms.SignPoints = true, 500
	if err := h.points.SaveTerms(t.Context(), s.ID, terms, "staff:1"); err != nil {
		t.Fatal(err)
	}
	var signed miniapi.SignedIn
	call(7, http.StatusOK, http.MethodPost, "/points/sign-in", nil).into(t, &signed)
	if signed != (miniapi.SignedIn{Points: 500, Streak: 1, Balance: 500}) {
		t.Errorf("signing in gave %+v", signed)
	}
	if again := call(4, http.StatusConflict, http.MethodPost, "/points/sign-in", nil); again.code() != points.ErrSigned.Code() {
		t.Errorf("signing in again: %s", again.code())
	}
	var mine miniapi.MyPoints
	call(4, http.StatusOK, http.MethodGet, "/points", nil).into(t, &mine)
	if mine.Available != 500 || !mine.SignedToday || len(mine.Ending) != 1 || mine.Terms.PerYuan != 100 {
		t.Errorf("the buyer has %+v", mine)
	}
	call(1, http.StatusOK, http.MethodGet, "/points/entries", nil)
	line := map[string]any{"lines": []any{map[string]any{"sku_id": s.products[0].SKUs[0].ID, "qty": 1}}, "points": -1}
	var quote miniapi.Quote
	call(5, http.StatusOK, http.MethodPost, "/checkout/quote", line).into(t, &quote)
	if quote.Points == nil || quote.Points.Have != 500 || quote.Points.Used == 0 || quote.DiscountFen == 0 {
		t.Errorf("the quote tells %+v", quote.Points)
	}
}
