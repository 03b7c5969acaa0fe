package catalog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/catalog"
	"galleria/commerce/search"
	"galleria/tenant/tenanttest"
)

// stockWords fills a shop with n products of three SKUs, whose titles are words that shops use.
func stockWords(b *testing.B, env *tenanttest.Env, n int) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), env.OwnerURL)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
	if _, err := conn.Exec(b.Context(), "SET search_path = "+env.Tenant.ID.String()+"; INSERT INTO category (name) VALUES ('全部')"); err != nil {
		b.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	common := []rune("云南小粒手冲挂耳深烘浅烘棉麻白瓷原木北欧日式家用便携加厚防水保温透明折叠")
	// A good is one of a hundred for each thousand products, so that a question fits the same
	// number of products whatever the size of the shop.
	goods := []rune("咖啡茶杯壶碗盘毯枕灯香瓶钟伞包鞋袜帽巾衣裤裙镜梳皂膏霜蜡烛画框书笔纸尺刀叉勺筷锅铲盆桶")
	rows := make([][]any, n)
	for i := range rows {
		at := (i * 7) % (len(goods) * n / 1000 * 10)
		title := string(common[dice.IntN(len(common)-4):][:4]) + string([]rune{goods[at%len(goods)], goods[(at/len(goods)+at*3)%len(goods)]}) + fmt.Sprint(" ", at%977)
		rows[i] = []any{int64(1), title, "on_shelf", int32(i % 1000), int64(1000 + i%9000), int64(20000), int64(i % 700), search.Tokens(search.Doc{Title: title}), true}
	}
	columns := []string{"category_id", "title", "status", "sort", "min_price_fen", "max_price_fen", "sales", "tokens", "indexed"}
	if _, err := conn.CopyFrom(b.Context(), pgx.Identifier{env.Tenant.ID.String(), "spu"}, columns, pgx.CopyFromRows(rows)); err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		"INSERT INTO sku (spu_id, spec_values, price_fen) SELECT p.id, ARRAY[v], p.min_price_fen FROM spu p, unnest(ARRAY['S', 'M', 'L']) v",
		"INSERT INTO stock_level (sku_id, on_hand) SELECT id, id % 30 FROM sku", "ANALYZE spu", "ANALYZE sku", "ANALYZE stock_level",
	} {
		if _, err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSearch asks shops of 1,000 and of 100,000 SKUs for goods by two characters, by
// initials and by pinyin. Besides the mean it reports the 95th percentile and how many products
// a page has, so that an empty answer does not pass for a fast one.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{334, 33_334} {
		env := tenanttest.New(b)
		s := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
		stockWords(b, env, n)
		for name, words := range map[string][]string{
			"two characters": {"瓶钟", "毯枕", "碗盘", "灯香", "云南", "白瓷"}, "initials": {"yn", "bc", "xl"}, "pinyin": {"yunnan", "baici", "xiaoli"},
		} {
			b.Run(fmt.Sprintf("skus=%d/%s", 3*n, name), func(b *testing.B) {
				took := make([]time.Duration, 0, b.N)
				items := 0
				for i := range b.N {
					start := time.Now()
					page, err := s.List(b.Context(), env.Tenant.ID, catalog.ListInput{Query: words[i%len(words)]})
					if err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(start))
					items += len(page.Items)
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)*95/100].Seconds()*1e6, "p95-µs")
				b.ReportMetric(float64(items)/float64(b.N), "items/op") //nolint:forbidigo // no money: testing.B takes a metric as a float64 only
			})
		}
	}
}
