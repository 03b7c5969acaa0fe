package order_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/cart"
	"galleria/commerce/order"
	"galleria/tenant/tenanttest"
)

// meter counts statements and round trips. Preparing a statement, which happens once per
// connection, is not counted.
type meter struct {
	mu         sync.Mutex
	statements []string
	trips      int
}

func (m *meter) add(trips int, sql string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trips += trips
	if sql != "" {
		m.statements = append(m.statements, sql)
	}
}

func (m *meter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	m.add(1, d.SQL)
	return ctx
}
func (m *meter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (m *meter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	m.add(1, "")
	return ctx
}

func (m *meter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	m.add(0, d.SQL)
}
func (m *meter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestStatementCounts is bar G14, exactly: a statement more is a decision, not an accident.
// BEGIN, COMMIT and the routing behind BEGIN count as one each, and so does the routing of a
// read. Rooms that have nothing for the buyer are not asked; each that has costs a statement, and
// all of them together a round trip.
func TestStatementCounts(t *testing.T) {
	t.Parallel()
	m := &meter{}
	s := newShop(t, tenanttest.WithTracer(m))
	b, skus := s.buyer(), s.product(1000, 100, 200)
	lines := []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[1], Qty: 1}}
	inCart := func() {
		for _, sku := range skus {
			if _, err := s.carts.Put(t.Context(), s.Tenant.ID, b.id, cart.PutInput{SKUID: sku, Qty: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	rich := s.buyer() // whose coupon is not for so little
	held := sync.OnceFunc(func() { s.given(rich, off(10_000, 100)) })
	for range 11 { // past the first, small block: after it one in fifty orders fetches places
		if err := s.places.Take(t.Context(), s.Tenant.ID); err != nil {
			t.Fatal(err)
		}
	}
	var placed order.Placed
	for _, c := range []struct {
		name              string
		prepare           func()
		call              func() error
		statements, trips int
	}{
		{"quote", nil, func() error {
			_, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{Lines: lines, AddressID: &b.address})
			return err
		}, 4, 1},
		{"quote of the cart", inCart, func() error {
			_, err := s.orders.Quote(t.Context(), s.Tenant.ID, b.id, order.QuoteInput{AddressID: &b.address})
			return err
		}, 4, 1},
		{"place", nil, func() (err error) {
			placed, _, err = s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 300, lines...))
			return err
		}, 14, 3},
		{"place from the cart", inCart, func() error {
			_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(b, 300))
			return err
		}, 15, 3},
		{"quote, with a coupon at hand", held, func() error {
			_, err := s.orders.Quote(t.Context(), s.Tenant.ID, rich.id, order.QuoteInput{Lines: lines, AddressID: &rich.address})
			return err
		}, 6, 2},
		{"place, with a coupon at hand", held, func() error {
			_, _, err := s.orders.Place(t.Context(), s.Tenant.ID, s.input(rich, 300, lines...))
			return err
		}, 15, 4},
		{"list", nil, func() error {
			_, err := s.orders.List(t.Context(), s.Tenant.ID, b.id, order.ListInput{})
			return err
		}, 2, 1},
		{"get", nil, func() error {
			_, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, placed.OrderNo)
			return err
		}, 2, 1},
		{"paid", nil, func() error {
			_, err := s.pay(placed.OrderNo, "T1", 300)
			return err
		}, 9, 3},
	} {
		for range 5 { // warm, so that every connection of the lane knows the statements
			if c.prepare != nil {
				c.prepare()
			}
			m.mu.Lock()
			m.statements, m.trips = nil, 0
			m.mu.Unlock()
			if err := c.call(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if c.name == "paid" {
				break
			}
		}
		if len(m.statements) != c.statements || m.trips != c.trips {
			t.Errorf("%s: %d statements in %d round trips, want %d in %d:\n%q", c.name, len(m.statements), m.trips, c.statements, c.trips, m.statements)
		}
	}
}
