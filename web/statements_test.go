package web_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/tenant/tenanttest"
	"galleria/web/miniapi"
)

// counter sees every statement that goes to the database, alone or in a batch.
type counter struct {
	mu   sync.Mutex
	seen []string
}

func (c *counter) add(sql string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, sql)
}

// take returns the statements of the shop's schema since the last call. Routing, BEGIN
// and COMMIT are not counted; LISTEN belongs to nobody's request.
func (c *counter) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, sql := range c.seen {
		text := strings.ToLower(strings.TrimSpace(sql))
		if strings.HasPrefix(text, "begin") || text == "commit" || strings.HasPrefix(text, "select set_config") || strings.HasPrefix(text, "listen") || text == "" {
			continue
		}
		out = append(out, sql)
	}
	c.seen = nil
	return out
}

// TraceQueryStart implements pgx.QueryTracer.
func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	c.add(d.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (*counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (c *counter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	c.add(d.SQL)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (*counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestG14StatementsPerRoute holds every operation of the contract, and the callback, to its
// exact number of statements: BEGIN, COMMIT and routing aside, with what is remembered for
// seconds (session, AppID, keys) remembered.
func TestG14StatementsPerRoute(t *testing.T) {
	t.Parallel()
	count := &counter{}
	h := newHouse(t, func(s *settings) { s.options = append(s.options, tenanttest.WithTracer(count)) })
	h.Clock().Advance(0) // who asks is remembered for seconds, which a slow machine takes to come around
	s := h.open(t, h.Tenant, 3)
	const mchid = "1900000777"
	h.merchant(t, s, mchid)
	const template = "TPL01234567890123456789012345678901234567"
	err := h.notices.PutTemplate(t.Context(), s.ID, notice.Template{AppID: s.app.ID.String(), Event: "order.paid", TemplateID: template, Fields: map[string]string{"thing1": "title"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.quota.Take(t.Context(), s.ID); err != nil { // one in fifty orders fetches places of the plan
		t.Fatal(err)
	}
	header, body := h.genuine(t, s, mchid) // and the keys are remembered
	covered := map[string]bool{}
	exactly := func(want int, what string, do func() answer) answer {
		t.Helper()
		count.take()
		a := do()
		covered[what] = true
		if got := count.take(); len(got) != want {
			t.Errorf("%s: %d statements, want %d:\n%s", what, len(got), want, strings.Join(got, "\n"))
		}
		return a
	}
	h.notice(t, "/notify/wechat/"+s.account, header, []byte("{}")) // refused, but the address is remembered
	exactly(6, "callback", func() answer { return h.notice(t, "/notify/wechat/"+s.account, header, body) })

	c := h.client(s)
	call := func(want, status int, method, path string, body any, header ...string) answer {
		t.Helper()
		template, _, _ := strings.Cut(path, "?")
		operation, _ := h.operation(method, template)
		return exactly(want, operation, func() answer { return c.must(t, status, method, path, body, header...) })
	}
	code := func() map[string]any {
		t.Helper()
		code, err := h.provider.Login(c.app, "数一数")
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"code": code}
	}
	var login miniapi.Login
	call(6, http.StatusOK, http.MethodPost, "/auth/login", code()).into(t, &login) // a new member
	call(4, http.StatusOK, http.MethodPost, "/auth/login", code()).into(t, &login)
	call(2, http.StatusOK, http.MethodPost, "/auth/refresh", map[string]any{"refresh_token": login.RefreshToken}).into(t, &login)
	c.token = login.AccessToken
	call(2, http.StatusOK, http.MethodGet, "/me", nil) // the session is looked up once
	call(1, http.StatusOK, http.MethodGet, "/me", nil)

	phone, err := h.provider.PhoneCode(c.app, "数一数", "13800138000")
	if err != nil {
		t.Fatal(err)
	}
	call(2, http.StatusOK, http.MethodPost, "/me/phone", map[string]any{"code": phone})
	call(1, http.StatusOK, http.MethodGet, "/me/transfers", nil)
	product, sku := "/products/"+id(s.products[0].ID), "/cart/lines/"+id(s.products[0].SKUs[0].ID)
	call(1, http.StatusOK, http.MethodGet, "/shop", nil)
	call(1, http.StatusOK, http.MethodGet, "/categories", nil)
	call(2, http.StatusOK, http.MethodGet, "/products", nil) // and whether campaigns run, which is known from now on
	call(1, http.StatusOK, http.MethodGet, "/products?q=%E5%92%96%E5%95%A1&sort=sales", nil)
	call(1, http.StatusOK, http.MethodGet, product, nil)
	call(2, http.StatusOK, http.MethodGet, "/products?q=%E5%92%96%E5%95%A1%E8%B1%86", nil) // nothing fits: what is near is asked for
	call(1, http.StatusOK, http.MethodGet, "/brands", nil)
	call(1, http.StatusOK, http.MethodGet, "/search/facets?q=kafei", nil)
	call(1, http.StatusOK, http.MethodGet, "/search/suggest?q=kaf", nil)
	call(1, http.StatusNoContent, http.MethodPost, "/search/history", map[string]any{"q": "咖啡"})
	call(1, http.StatusOK, http.MethodGet, "/search/history", nil)
	call(1, http.StatusNoContent, http.MethodDelete, "/search/history", nil)
	call(1, http.StatusOK, http.MethodGet, "/campaigns", nil)
	call(1, http.StatusOK, http.MethodGet, "/flash-sessions", nil)
	call(0, http.StatusOK, http.MethodGet, "/time", nil)
	call(1, http.StatusOK, http.MethodGet, "/me/flash-reminders", nil)
	call(2, http.StatusOK, http.MethodGet, product+"/groups", nil) // what groups are for, and those that are open: one round trip
	call(2, http.StatusNotFound, http.MethodGet, "/groups/GABCDEFGHJKLMNPQ", nil)
	call(1, http.StatusOK, http.MethodGet, "/me/groups", nil)
	call(2, http.StatusConflict, http.MethodPut, "/me/flash-reminders/1/1", nil) // and the end of what came to nothing
	call(1, http.StatusNoContent, http.MethodDelete, "/me/flash-reminders/1/1", nil)
	for _, remembered := range []string{"/shop", "/campaigns", "/flash-sessions", "/categories", "/products", product, "/brands", "/search/facets?q=kafei"} {
		call(0, http.StatusOK, http.MethodGet, remembered, nil)
	}
	call(1, http.StatusOK, http.MethodPut, sku, map[string]any{"qty": 2})
	call(2, http.StatusOK, http.MethodDelete, sku, nil)
	call(1, http.StatusOK, http.MethodPut, sku, map[string]any{"qty": 3})
	call(2, http.StatusOK, http.MethodPost, "/cart/select", map[string]any{"all": true, "selected": true})
	call(2, http.StatusOK, http.MethodPost, sku+"/switch", map[string]any{"to_sku_id": s.products[0].SKUs[1].ID})
	call(2, http.StatusOK, http.MethodPost, "/cart/lines/"+id(s.products[0].SKUs[1].ID)+"/switch", map[string]any{"to_sku_id": s.products[0].SKUs[0].ID})
	call(1, http.StatusOK, http.MethodGet, "/cart", nil)

	var address miniapi.Address
	call(4, http.StatusCreated, http.MethodPost, "/addresses", someAddress()).into(t, &address)
	call(3, http.StatusOK, http.MethodPut, "/addresses/"+id(address.ID), someAddress())
	call(1, http.StatusOK, http.MethodGet, "/addresses", nil)

	walkCoupons(t, h, s, call)
	var quote miniapi.Quote
	call(4, http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"address_id": address.ID}).into(t, &quote)
	var placed miniapi.Placed
	order := map[string]any{"address_id": address.ID, "quote_hash": quote.QuoteHash}
	call(16, http.StatusCreated, http.MethodPost, "/orders", order, "Idempotency-Key", "counted").into(t, &placed)
	call(1, http.StatusOK, http.MethodGet, "/orders", nil)
	var kept miniapi.Order
	call(1, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &kept)
	call(1, http.StatusOK, http.MethodGet, "/snapshots/"+kept.Lines[0].Snapshot, nil)
	call(2, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/payment-methods", nil)
	call(7, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/pay", nil) // the seventh: what was said with the provider
	call(2, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/refunds", nil)
	call(5, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/cancel", nil)
	h.dispatch(t, s, placed.OrderNo)
	call(1, http.StatusOK, http.MethodGet, "/pickup-stores", nil)
	call(2, http.StatusOK, http.MethodGet, "/local-delivery", nil)
	call(2, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/parcels", nil)
	call(1, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/cards", nil)
	call(1, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo+"/vouchers", nil)
	call(1, http.StatusOK, http.MethodGet, "/vouchers", nil)
	call(2, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/buy-again", nil)
	walkAfterSales(t, h, s, placed.OrderNo, kept.Lines[0].LineID, call)
	call(2, http.StatusOK, http.MethodGet, "/orders/"+placed.OrderNo, nil).into(t, &kept)
	if cases := kept.AfterSales; len(cases) != 2 || cases[0].Status != "withdrawn" || cases[1].Kind != "exchange" || cases[1].Status != "closed" {
		t.Errorf("the order names the cases %+v", cases)
	}
	call(7, http.StatusOK, http.MethodPost, "/orders/"+placed.OrderNo+"/receive", nil)
	walkReviews(t, h, s, placed.OrderNo, call)
	walkInvoices(t, h, s, placed.OrderNo, call)
	walkDistribution(t, h, s, call)
	walkPoints(t, h, s, call)
	walkLevels(t, h, s, call)
	call(2, http.StatusNoContent, http.MethodDelete, "/orders/"+placed.OrderNo, nil)
	call(3, http.StatusNoContent, http.MethodDelete, "/addresses/"+id(address.ID), nil)
	call(1, http.StatusOK, http.MethodGet, "/subscriptions", nil)
	call(1, http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"})
	call(2, http.StatusUnprocessableEntity, http.MethodPost, "/subscriptions/forms", map[string]any{"form_id": "ZjBiNGU1"}) // of a WeChat app: a rollback besides
	call(2, http.StatusOK, http.MethodGet, "/me/messages", nil)
	call(1, http.StatusNoContent, http.MethodPost, "/me/messages/read", map[string]any{"until_id": 1})
	favourite := "/me/favourites/" + id(s.products[0].ID)
	call(2, http.StatusNoContent, http.MethodPut, favourite, nil)
	call(1, http.StatusOK, http.MethodGet, "/me/favourites", nil)
	call(1, http.StatusNoContent, http.MethodDelete, favourite, nil)
	call(2, http.StatusNoContent, http.MethodPost, "/me/footprints", map[string]any{"product_ids": []int64{s.products[0].ID}})
	call(1, http.StatusOK, http.MethodGet, "/me/footprints", nil)
	call(1, http.StatusNoContent, http.MethodDelete, "/me/footprints", nil)
	call(4, http.StatusOK, http.MethodPost, "/me/leave", nil)
	call(4, http.StatusNoContent, http.MethodDelete, "/me/leave", nil)
	call(1, http.StatusNoContent, http.MethodPost, "/auth/logout", nil)
	for path, item := range h.contract.Paths.Map() {
		for method := range item.Operations() {
			if !covered[method+" "+path] {
				t.Errorf("%s %s is not counted", method, path)
			}
		}
	}
}

func addressOf(name string) member.AddressInput {
	return member.AddressInput{Name: name, Phone: "13800138000", Province: "云南省", City: "昆明市", Detail: "翠湖南路 1 号"}
}
