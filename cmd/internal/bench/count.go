package bench

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Count is how many SQL statements one request of a route runs.
type Count struct {
	Route      string
	Statements float64 // without those that only route and frame; whole unless something is wrong
	Framing    float64 // BEGIN, COMMIT, role and path
	Sessions   float64 // looking the session up, which is remembered for seconds
	Platform   float64 // whole purchases: what relay and worker run beside it, framing included
}

// framing recognises statements that do no work of their own.
var framing = regexp.MustCompile(`(?i)^(begin|commit|rollback|set |select set_config\()`)

// countStatements asks pg_stat_statements what each route runs: everything that was run by the
// shop's role or by the login of its lane. nil if the counter is not installed.
func (l *lab) countStatements(ctx context.Context) ([]Count, error) {
	if !l.stack.counting {
		return nil, nil
	}
	const times = 10
	if err := l.stack.quiet(ctx); err != nil {
		return nil, err
	}
	var counts []Count
	for _, r := range l.countedRoutes() {
		bills, err := l.product.bills(ctx, times+1, r.buyers(l.shop))
		if err != nil {
			return nil, err
		}
		if r.prepare != nil {
			if err := r.prepare(ctx, bills); err != nil {
				return nil, fmt.Errorf("count %s: %w", r.name, err)
			}
		}
		if err := l.stack.quiet(ctx); err != nil {
			return nil, err
		}
		if !r.awake {
			if err := l.stack.worker.sleep(); err != nil {
				return nil, err
			}
		}
		c, err := l.count(ctx, r, &queue{bills: bills}, times)
		if err != nil {
			return nil, fmt.Errorf("count %s: %w", r.name, err)
		}
		counts = append(counts, c)
		if err := l.stack.quiet(ctx); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// countedRoute is a route whose statements are counted, and what its requests need.
type countedRoute struct {
	name    string
	op      func(q *queue) operation
	prepare func(ctx context.Context, bills []*bill) error
	awake   bool // whole purchases: the worker's statements count, too
}

func (r countedRoute) buyers(b *shop) []buyer {
	if r.awake {
		return b.purchasing()
	}
	return b.browsing()
}

func (l *lab) countedRoutes() []countedRoute {
	p := l.product
	plain := func(op operation) func(*queue) operation { return func(*queue) operation { return op } }
	read := func(path, want string) func(*queue) operation {
		return plain(p.get(func(*client) string { return path }, want))
	}
	ofOrder := func(path, method, want string) func(q *queue) operation {
		return func(q *queue) operation {
			return func(_ context.Context, cl *client) (bool, error) {
				b, ok := q.take()
				if !ok {
					return true, nil
				}
				_, err := cl.do(call{method: method, path: api + "/orders/" + b.orderNo + path, header: p.header(b.who), want: want})
				return false, err
			}
		}
	}
	fresh := func(op operation) func(*queue) operation { // a miss every time
		return func(*queue) operation {
			return func(ctx context.Context, cl *client) (bool, error) {
				if err := p.forget(ctx); err != nil {
					return false, err
				}
				return op(ctx, cl)
			}
		}
	}
	ready := func(ctx context.Context, bills []*bill) error {
		if err := p.placeAll(ctx, bills); err != nil {
			return err
		}
		return p.prepaidAll(ctx, bills)
	}
	return []countedRoute{
		{name: routeList, op: fresh(p.list(products))},
		{name: routeSearch, op: fresh(p.search())},
		{name: routeDetail, op: fresh(p.detailAnew())},
		{name: "GET /products, cached", op: plain(p.list(1))},
		{name: "GET /categories", op: fresh(p.get(func(*client) string { return "/categories" }, `"name"`))},
		{name: "GET /me", op: read("/me", `"`)},
		{name: "GET /addresses", op: read("/addresses", `"items":[`)},
		{name: "GET /cart", op: read("/cart", `"lines":[`)},
		{name: routeCart, op: plain(p.cartPut())},
		{name: "POST /checkout/quote", op: plain(p.quote())},
		{name: "POST /checkout/quote, 20 coupons at hand", op: plain(p.quoteCoupons())},
		{name: "POST /coupons/{id}/claim", op: plain(p.claim())},
		{name: routeOrder, op: plain(p.placeOrder())},
		{name: "GET /orders", op: read("/orders", `"items":[`)},
		{name: "GET /orders/{order_no}", op: ofOrder("", http.MethodGet, `"timeline":[`), prepare: p.placeAll},
		{name: "POST /orders/{order_no}/cancel", op: ofOrder("/cancel", http.MethodPost, `"closing"`), prepare: p.placeAll},
		{name: "POST /orders/{order_no}/pay", op: p.prepay, prepare: p.placeAll},
		{name: routeCallback, op: p.callback, prepare: ready},
		{name: routePurchase, op: p.purchase, awake: true},
	}
}

// Routes whose counts have a bar.
const (
	routeList     = "GET /products"
	routeSearch   = "GET /products?q="
	routeDetail   = "GET /products/{id}"
	routeCart     = "PUT /cart/lines/{sku_id}"
	routeOrder    = "POST /orders"
	routeCallback = "POST /notify/wechat/{key}"
	routePurchase = "whole purchase with its jobs"
)

// count runs the route once to warm it up and then times times, one after another.
func (l *lab) count(ctx context.Context, r countedRoute, q *queue, times int) (Count, error) {
	cl := newClient(l.stack.serve.addr, 0, 1)
	defer cl.http.CloseIdleConnections()
	op := r.op(q)
	for i := range times + 1 {
		if i == 1 {
			if r.awake {
				if err := l.stack.quiet(ctx); err != nil {
					return Count{}, err
				}
			}
			if _, err := l.stack.owner.Exec(ctx, "SELECT pg_stat_statements_reset()"); err != nil {
				return Count{}, fmt.Errorf("reset the counter: %w", err)
			}
		}
		if _, err := op(ctx, cl); err != nil {
			return Count{}, err
		}
	}
	if r.awake {
		if err := l.stack.quiet(ctx); err != nil {
			return Count{}, err
		}
	}
	return l.readCounter(ctx, r, times)
}

func (l *lab) readCounter(ctx context.Context, r countedRoute, times int) (Count, error) {
	rows, err := l.stack.owner.Query(ctx, `SELECT s.query, s.calls, r.rolname = 'galleria_app' FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
		WHERE r.rolname = $1 OR r.rolname LIKE 'galleria\_gw\_%' OR (r.rolname = 'galleria_app' AND $2)`, l.shop.id.String(), r.awake)
	if err != nil {
		return Count{}, fmt.Errorf("read the counter: %w", err)
	}
	defer rows.Close()
	out := Count{Route: r.name}
	for rows.Next() {
		var query string
		var calls int64
		var platform bool
		if err := rows.Scan(&query, &calls, &platform); err != nil {
			return Count{}, fmt.Errorf("read the counter: %w", err)
		}
		each := float64(calls) / float64(times)
		switch {
		case platform:
			out.Platform += each
		case framing.MatchString(strings.TrimSpace(query)):
			out.Framing += each
		case strings.Contains(query, "FROM member_session"):
			out.Sessions += each
		default:
			out.Statements += each
		}
	}
	return out, rows.Err()
}
