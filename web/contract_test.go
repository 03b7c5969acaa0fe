package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"galleria/commerce/notice"
	"galleria/payments/sandbox"
	"galleria/web/miniapi"
)

// check holds every answer of the API against the committed contract: the operation
// knows the status, the body fits its schema, refusals carry a documented code.
func (h *house) check(t *testing.T, req *http.Request, a answer) {
	t.Helper()
	path, ok := strings.CutPrefix(req.URL.Path, miniapi.Prefix)
	if !ok {
		return
	}
	name, op := h.operation(req.Method, path)
	if op == nil {
		return
	}
	response := op.Responses.Value(strconv.Itoa(a.status))
	if response == nil {
		t.Errorf("%s answered %d, which the contract does not know: %s", name, a.status, a.body)
		return
	}
	if a.status >= 400 && !strings.Contains(*response.Value.Description, "`"+a.code()+"`") {
		t.Errorf("%s answered %d with code %q; the contract knows %s", name, a.status, a.code(), *response.Value.Description)
	}
	media := response.Value.Content.Get("application/json")
	if media == nil {
		if response.Value.Content[a.header.Get("Content-Type")] != nil { // a file, of a type that it says
			h.mu.Lock()
			defer h.mu.Unlock()
			h.answered[name] = true
			return
		}
		if len(a.body) > 0 {
			t.Errorf("%s answered %d with a body, the contract has none: %s", name, a.status, a.body)
		}
		return
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: Content-Type %q", name, got)
	}
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		t.Errorf("%s: %v in %s", name, err, a.body)
		return
	}
	if err := media.Schema.Value.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		t.Errorf("%s: answer %d does not fit the contract: %v\n%s", name, a.status, err, a.body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answered[name] = h.answered[name] || a.status < 300
}

// operation finds the operation of a path by its segments.
func (h *house) operation(method, path string) (string, *openapi3.Operation) {
	segments := strings.Split(path, "/")
	for template, item := range h.contract.Paths.Map() {
		parts := strings.Split(template, "/")
		if len(parts) != len(segments) {
			continue
		}
		same := true
		for i, p := range parts {
			same = same && (p == segments[i] || strings.HasPrefix(p, "{"))
		}
		if op := item.GetOperation(method); same && op != nil {
			return method + " " + template, op
		}
	}
	return "", nil
}

func TestEveryRouteAnswersAsItsContractSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 3)
	h.merchant(t, s, "1900000101")
	const template = "TPL01234567890123456789012345678901234567"
	err := h.notices.PutTemplate(t.Context(), s.ID, notice.Template{
		AppID: s.app.ID.String(), Event: "order.paid", TemplateID: template, Fields: map[string]string{"thing1": "title"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := h.client(s)
	walkSession(t, h, c)
	walkShelf(t, s, c)
	walkCart(t, s, c)
	walkOrders(t, h, s, c)
	walkTaste(t, s, c)
	walkFlash(t, h, s, c)
	walkGroups(t, h, s, c)
	walkPoints(t, h, s, plainly(t, c))
	walkLevels(t, h, s, plainly(t, c))
	c.must(t, http.StatusOK, http.MethodGet, "/subscriptions", nil)
	c.must(t, http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"})
	c.refused(t, http.StatusUnprocessableEntity, "MESSAGE_FORM", http.MethodPost, "/subscriptions/forms", map[string]any{"form_id": "ZjBiNGU1"})
	walkMessages(t, h, s, c)
	c.must(t, http.StatusNoContent, http.MethodPost, "/auth/logout", nil)
	c.refused(t, http.StatusUnauthorized, "AUTH_INVALID", http.MethodGet, "/me", nil)
	for path, item := range h.contract.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Responses.Value("204") == nil && !h.answered[method+" "+path] {
				t.Errorf("no successful answer of %s %s was checked", method, path)
			}
		}
	}
}

func walkSession(t *testing.T, h *house, c *client) {
	t.Helper()
	code, err := h.provider.Login(c.app, "小满")
	if err != nil {
		t.Fatal(err)
	}
	var login struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		IsNew        bool   `json:"is_new"`
	}
	c.must(t, http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code}).into(t, &login)
	if !login.IsNew || login.AccessToken == "" {
		t.Fatalf("login = %+v, want a new member", login)
	}
	c.must(t, http.StatusOK, http.MethodPost, "/auth/refresh", map[string]any{"refresh_token": login.RefreshToken}).into(t, &login)
	c.token = login.AccessToken
	c.must(t, http.StatusOK, http.MethodGet, "/me", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/me/transfers", nil)
	phone, err := h.provider.PhoneCode(c.app, "小满", "13800138000")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.must(t, http.StatusOK, http.MethodPost, "/me/phone", map[string]any{"code": phone}); !strings.Contains(string(got.body), "138****8000") {
		t.Errorf("the phone is answered as %s", got.body)
	}
	c.refused(t, http.StatusConflict, "PHONE_REFUSED", http.MethodPost, "/me/phone", map[string]any{"code": phone})
}

func walkShelf(t *testing.T, s *shop, c *client) {
	t.Helper()
	c.must(t, http.StatusOK, http.MethodGet, "/shop", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/categories", nil)
	var page miniapi.ProductPage
	c.must(t, http.StatusOK, http.MethodGet, "/products?limit=2&sort=price_asc", nil).into(t, &page)
	if len(page.Items) != 2 || page.NextCursor == "" || page.Items[0].StockState != "in_stock" {
		t.Fatalf("first page = %+v", page)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/products?limit=2&sort=price_asc&cursor="+page.NextCursor, nil).into(t, &page)
	if len(page.Items) != 1 || page.NextCursor != "" {
		t.Fatalf("second page = %+v", page)
	}
	c.must(t, http.StatusOK, http.MethodGet, "/products/"+id(s.products[0].ID), nil)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/products/999999", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/brands", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/campaigns", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/time", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/search/facets?q=kafei&min_price_fen=1", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/search/suggest?q=kf", nil)
	c.must(t, http.StatusNoContent, http.MethodPost, "/search/history", map[string]any{"q": "咖啡"})
	var words miniapi.SearchWords
	if c.must(t, http.StatusOK, http.MethodGet, "/search/history", nil).into(t, &words); len(words.Items) != 1 || words.Items[0] != "咖啡" {
		t.Errorf("remembered %q", words.Items)
	}
	c.must(t, http.StatusNoContent, http.MethodDelete, "/search/history?q="+url.QueryEscape("咖啡"), nil)
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/search/history", map[string]any{"q": "%%"})
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/snapshots/"+strings.Repeat("0", 64), nil)
}

func walkCart(t *testing.T, s *shop, c *client) {
	t.Helper()
	one, two := s.products[0].SKUs[0].ID, s.products[1].SKUs[1].ID
	c.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(one), map[string]any{"qty": 2})
	c.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+id(two), map[string]any{"qty": 1, "selected": false})
	var cart miniapi.Cart
	c.must(t, http.StatusOK, http.MethodGet, "/cart", nil).into(t, &cart)
	if len(cart.Lines) != 2 || cart.SelectedQty != 2 || cart.SelectedFen != 2000 {
		t.Errorf("cart = %+v", cart)
	}
	c.must(t, http.StatusOK, http.MethodPost, "/cart/select", map[string]any{"all": true, "selected": true})
	other := s.products[1].SKUs[0].ID
	c.must(t, http.StatusOK, http.MethodPost, "/cart/lines/"+id(two)+"/switch", map[string]any{"to_sku_id": other, "qty": 2})
	c.must(t, http.StatusOK, http.MethodPost, "/cart/lines/"+id(other)+"/switch", map[string]any{"to_sku_id": two})
	c.must(t, http.StatusOK, http.MethodDelete, "/cart/lines/"+id(two), nil)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodDelete, "/cart/lines/"+id(two), nil)
}

// sameQuote holds that an order is refused with the quote that the buyer would get for it.
func sameQuote(t *testing.T, c *client, code string, body map[string]any) {
	t.Helper()
	refused := c.call(t, http.MethodPost, "/orders", body, "Idempotency-Key", code)
	var problem struct {
		Data struct{ Quote map[string]any }
	}
	refused.into(t, &problem)
	ask := maps.Clone(body)
	delete(ask, "expected_payable_fen")
	var want map[string]any
	c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", ask).into(t, &want)
	if refused.status != http.StatusConflict || refused.code() != code || !reflect.DeepEqual(problem.Data.Quote, want) {
		t.Errorf("%s: %d %s, want the quote %v", code, refused.status, refused.body, want)
	}
}

func walkOrders(t *testing.T, h *house, s *shop, c *client) {
	t.Helper()
	var address miniapi.Address
	c.must(t, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &address)
	c.must(t, http.StatusOK, http.MethodGet, "/addresses", nil)
	c.must(t, http.StatusOK, http.MethodPut, "/addresses/"+id(address.ID), someAddress())
	walkCoupons(t, h, s, plainly(t, c))
	var quote miniapi.Quote
	c.must(t, http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"address_id": address.ID}).into(t, &quote)
	if len(quote.Offers) != 2 || quote.DiscountFen != 100 || len(quote.Lines[0].Offs) != 1 {
		t.Errorf("the quote tells of coupons: %+v", quote)
	}
	body := map[string]any{"address_id": address.ID, "quote_hash": quote.QuoteHash, "expected_payable_fen": quote.PayableFen, "remark": "请放门口"}
	c.refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REQUIRED", http.MethodPost, "/orders", body)
	first := c.must(t, http.StatusCreated, http.MethodPost, "/orders", body, "Idempotency-Key", "k-1")
	again := c.must(t, http.StatusCreated, http.MethodPost, "/orders", body, "Idempotency-Key", "k-1")
	if string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("repeat: %s %v, first: %s", again.body, again.header, first.body)
	}
	body["remark"] = "别的"
	c.refused(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_MISMATCH", http.MethodPost, "/orders", body, "Idempotency-Key", "k-1")
	var placed miniapi.Placed
	first.into(t, &placed)
	c.must(t, http.StatusOK, http.MethodGet, "/orders?status=pending_payment", nil)
	var kept miniapi.Order
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &kept)
	c.must(t, http.StatusOK, http.MethodGet, "/snapshots/"+kept.Lines[0].Snapshot, nil)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/payment-methods", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/refunds", nil)
	var elsewhere miniapi.PaymentMethods
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/payment-methods?client=alipay", nil).into(t, &elsewhere)
	if len(elsewhere.Items) != 0 || elsewhere.None == nil || elsewhere.None.Code != "PAYMENT_ELSEWHERE" {
		t.Errorf("inside Alipay, for an order of a Mini Program of WeChat: %+v", elsewhere)
	}
	pay := c.must(t, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/pay", nil)
	var params sandbox.PayInput
	pay.into(t, &params)
	params.AppID = s.app.ID.String()
	if receipt, err := h.provider.Pay(params); err != nil {
		t.Errorf("wx.requestPayment with %s: %+v, %v", pay.body, receipt, err)
	}
	lines := map[string]any{"lines": []any{map[string]any{"sku_id": s.products[2].SKUs[0].ID, "qty": 1}}, "address_id": address.ID, "expected_payable_fen": 1}
	sameQuote(t, c, "PRICE_CHANGED", lines)
	lines["coupon_ids"] = []int64{999}
	sameQuote(t, c, "COUPON_UNAVAILABLE", lines)
	delete(lines, "coupon_ids")
	lines["expected_payable_fen"] = s.products[2].SKUs[0].PriceFen
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", lines, "Idempotency-Key", "k-2").into(t, &placed)
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/cancel", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/pickup-stores", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/local-delivery", nil)
	h.dispatch(t, s, placed.OrderNo)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/parcels", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/cards", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/vouchers", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/vouchers", nil)
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/buy-again", nil)
	c.must(t, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &kept)
	walkAfterSales(t, h, s, placed.OrderNo, kept.Lines[0].LineID, plainly(t, c))
	c.must(t, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/receive", nil)
	walkReviews(t, h, s, placed.OrderNo, plainly(t, c))
	walkInvoices(t, h, s, placed.OrderNo, plainly(t, c))
	walkDistribution(t, h, s, plainly(t, c))
	c.must(t, http.StatusNoContent, http.MethodDelete, "/orders/"+placed.OrderNo, nil)
	c.must(t, http.StatusNoContent, http.MethodDelete, "/addresses/"+id(address.ID), nil)
}

func walkTaste(t *testing.T, s *shop, c *client) {
	t.Helper()
	one := id(s.products[0].ID)
	c.must(t, http.StatusNoContent, http.MethodPut, "/me/favourites/"+one, nil)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodPut, "/me/favourites/999999", nil)
	c.must(t, http.StatusNoContent, http.MethodPost, "/me/footprints", map[string]any{"product_ids": []int64{s.products[0].ID, s.products[1].ID, 999_999}})
	var page miniapi.LikedPage
	for path, want := range map[string]int{"/me/favourites": 1, "/me/footprints": 2} {
		if c.must(t, http.StatusOK, http.MethodGet, path, nil).into(t, &page); len(page.Items) != want || page.NextCursor != "" {
			t.Errorf("%s: %+v", path, page)
		}
		c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodGet, path+"?cursor=x", nil)
	}
	c.must(t, http.StatusNoContent, http.MethodDelete, "/me/favourites/"+one, nil)
	c.must(t, http.StatusNoContent, http.MethodDelete, "/me/footprints", nil)
	c.must(t, http.StatusOK, http.MethodPost, "/me/leave", nil)
	var me miniapi.Member
	if c.must(t, http.StatusOK, http.MethodGet, "/me", nil).into(t, &me); me.LeavingAt == nil {
		t.Error("/me does not say that the account is to be closed")
	}
	c.refused(t, http.StatusConflict, "MEMBER_LEAVING", http.MethodPost, "/orders", map[string]any{
		"lines": []any{map[string]any{"sku_id": s.products[2].SKUs[0].ID, "qty": 1}}, "address_id": 1, "expected_payable_fen": 1,
	}, "Idempotency-Key", "k-leaving")
	c.must(t, http.StatusNoContent, http.MethodDelete, "/me/leave", nil)
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func someAddress() map[string]any {
	return map[string]any{
		"name": "王小明", "phone": "13800138000", "province": "云南省", "city": "昆明市", "district": "五华区", "division_code": "530102", "detail": "翠湖南路 1 号",
	}
}
