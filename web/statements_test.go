package web_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/member"
	"galleria/tenant/tenanttest"
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

func TestG14StatementsPerRoute(t *testing.T) {
	t.Parallel()
	count := &counter{}
	h := newHouse(t, func(s *settings) { s.options = append(s.options, tenanttest.WithTracer(count)) })
	s := h.open(t, h.Tenant, 3)
	c := h.login(t, s, "o-li")
	orderNo, address := c.order(t, s)
	sku := id(s.products[0].SKUs[0].ID)
	c.must(t, http.StatusOK, http.MethodPut, "/cart/lines/"+sku, map[string]any{"qty": 2}) // and the session is remembered
	for _, r := range []struct {
		method, path string
		body         any
		want         int
	}{
		{http.MethodGet, "/shop", nil, 1},
		{http.MethodGet, "/categories", nil, 1},
		{http.MethodGet, "/products", nil, 1},
		{http.MethodGet, "/products?q=%E5%92%96%E5%95%A1&sort=sales", nil, 1},
		{http.MethodGet, "/products/" + id(s.products[0].ID), nil, 1},
		{http.MethodGet, "/products", nil, 0}, // from memory
		{http.MethodGet, "/products/" + id(s.products[0].ID), nil, 0},
		{http.MethodGet, "/me", nil, 1},
		{http.MethodGet, "/cart", nil, 2},
		{http.MethodPut, "/cart/lines/" + sku, map[string]any{"qty": 3}, 2},
		{http.MethodPost, "/cart/select", map[string]any{"all": true, "selected": true}, 3},
		{http.MethodPost, "/checkout/quote", map[string]any{"address_id": address}, 3},
		{http.MethodGet, "/orders", nil, 1},
		{http.MethodGet, "/orders/" + orderNo, nil, 1},
		{http.MethodGet, "/addresses", nil, 1},
	} {
		count.take()
		c.must(t, http.StatusOK, r.method, r.path, r.body)
		if got := count.take(); len(got) != r.want {
			t.Errorf("%s %s: %d statements, want %d:\n%s", r.method, r.path, len(got), r.want, strings.Join(got, "\n"))
		}
	}
	count.take()
	c.must(t, http.StatusCreated, http.MethodPost, "/orders", map[string]any{
		"address_id": address, "expected_payable_fen": 3 * s.products[0].SKUs[0].PriceFen,
	}, "Idempotency-Key", "counted")
	if got := count.take(); len(got) > 14 { // with BEGIN and COMMIT at most 16
		t.Errorf("placing an order: %d statements\n%s", len(got), strings.Join(got, "\n"))
	}
}

func addressOf(name string) member.AddressInput {
	return member.AddressInput{Name: name, Phone: "13800138000", Province: "云南省", City: "昆明市", Detail: "翠湖南路 1 号"}
}
