package readmodel_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/port"
	"galleria/console/readmodel"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// lastExport remembers the last statement that read orders for an export.
type lastExport struct {
	mu   sync.Mutex
	sql  string
	args []any
}

func (*lastExport) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (*lastExport) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (*lastExport) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (*lastExport) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (l *lastExport) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.Contains(d.SQL, "row_number() OVER (PARTITION BY o.id") {
		l.sql, l.args = d.SQL, d.Args
	}
}

// TestManyOrdersAreExported walks through 30,000 orders: each of their lines comes once, in order,
// and the last page reads no more of the tables than the first.
func TestManyOrdersAreExported(t *testing.T) {
	t.Parallel()
	traced := &lastExport{}
	env := tenanttest.New(t, tenanttest.WithTracer(traced))
	const orders, page = 30_000, 1000
	for _, sql := range []string{
		`INSERT INTO %[1]s.member (created_at) VALUES (now())`,
		`INSERT INTO %[1]s.orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at)
		 SELECT 'X' || lpad(n::text, 12, '0'), 1, 'wx', 'paid', 200, 200, '{"name":"李雷"}', now(), now(), now() FROM generate_series(1, ` + fmt.Sprint(orders) + `) AS n`,
		`INSERT INTO %[1]s.order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen)
		 SELECT o.id, 1, k, '茶', 100, 1, 100, 100 FROM %[1]s.orders o, generate_series(1, 2) AS k`,
	} {
		env.Owner(t, fmt.Sprintf(sql, env.Tenant.ID))
	}
	env.Owner(t, "ANALYZE")
	store := readmodel.New(readmodel.Deps{DB: env.DB})
	seen, before, pages := map[string]int{}, int64(0), 0
	for {
		list, last, err := store.ExportOrders(t.Context(), env.Tenant.ID, port.OrderFilter{Status: "paid"}, before, page)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for i, l := range list {
			if seen[l.OrderNo]++; l.First != (i%2 == 0) || l.Receiver != "李雷" {
				t.Fatalf("line %d of a page: %+v", i, l)
			}
		}
		before, pages = last, pages+1
	}
	if len(seen) != orders || pages != orders/page {
		t.Errorf("%d orders in %d pages", len(seen), pages)
	}
	for no, n := range seen {
		if n != 2 {
			t.Errorf("%s came with %d lines", no, n)
		}
	}
	// The last statement asked below the last order; the page before it is the deepest with rows.
	traced.args[len(traced.args)-1] = int64(page + 1)
	var plan strings.Builder
	env.InTenant(t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(t.Context(), "EXPLAIN ANALYZE "+traced.sql, traced.args...)
		if err != nil {
			return err
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		plan.WriteString(strings.Join(lines, "\n"))
		return err
	})
	if text := plan.String(); !strings.Contains(text, "Index Scan Backward using orders_pkey on orders") || strings.Contains(text, "Seq Scan on orders") || strings.Contains(text, "Seq Scan on order_line") {
		t.Errorf("the deepest page reads a whole table:\n%s", text)
	}
}
