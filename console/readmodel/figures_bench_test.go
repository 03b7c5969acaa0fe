package readmodel_test

import (
	"fmt"
	"testing"
	"time"

	"galleria/commerce/figures"
	"galleria/console/readmodel"
	"galleria/tenant/tenanttest"
)

// BenchmarkAYearOfFigures reads what the pages of a year show, next to the year before, of a
// shop with 200,000 orders in each, 40,000 members and 500 products: overview and members
// (one read), products. The bar is 300 ms for each.
func BenchmarkAYearOfFigures(b *testing.B) {
	env := tenanttest.New(b)
	first := time.Date(2024, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, sql := range []string{
		`INSERT INTO %[1]s.member (created_at) SELECT timestamptz '2024-11-22' + n * interval '26 minutes' FROM generate_series(1, 40000) AS n`,
		`INSERT INTO %[1]s.orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at)
		 SELECT 'Y' || lpad(n::text, 12, '0'), 1 + (n::bigint * 7919) %% 40000, 'wx', 'paid', 11800, 11800, '{}', x.at, x.at, x.at + interval '1 minute'
		 FROM generate_series(1, 400000) AS n, LATERAL (SELECT timestamptz '2024-11-22 00:00+08' + n * interval '2.6 minutes' AS at) x`,
		`INSERT INTO %[1]s.order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen)
		 SELECT o.id, 1 + (o.id * k * 31) %% 500, k, '茶', 5900, 1, 5900, 5900 FROM %[1]s.orders o, generate_series(1, 2) AS k`,
		`INSERT INTO %[1]s.order_event (order_id, at, event, actor, detail) SELECT o.id, o.paid_at + interval '3 days', 'part_refunded', 'system', '{"amount_fen": 5900}' FROM %[1]s.orders o WHERE o.id %% 20 = 0`,
	} {
		env.Owner(b, fmt.Sprintf(sql, env.Tenant.ID))
	}
	began := time.Now()
	if err := figures.New(env.DB, nil).Recount(b.Context(), env.Tenant.ID); err != nil {
		b.Fatal(err)
	}
	b.Logf("a recount of 400,000 orders took %s", time.Since(began).Round(time.Millisecond))
	env.Owner(b, "ANALYZE")
	store := readmodel.New(readmodel.Deps{DB: env.DB})
	then := readmodel.FigureSpan{From: first, To: first.AddDate(0, 0, 364)}
	now := readmodel.FigureSpan{From: first.AddDate(0, 0, 365), To: first.AddDate(0, 0, 729)}
	b.Run("overview", func(b *testing.B) {
		for b.Loop() {
			list, err := store.Figures(b.Context(), env.Tenant.ID, now, then)
			if err != nil || list[0].Sum.Paid < 190_000 || list[1].Sum.Paid < 190_000 || list[0].People == 0 {
				b.Fatal(err, list[0].Sum)
			}
		}
	})
	b.Run("products", func(b *testing.B) {
		for b.Loop() {
			list, err := store.FigureProducts(b.Context(), env.Tenant.ID, now, 50)
			if err != nil || len(list) != 50 {
				b.Fatal(err, len(list))
			}
		}
	})
}
