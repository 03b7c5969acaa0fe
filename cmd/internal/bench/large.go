package bench

import (
	"context"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/search"
)

// largeProducts makes 100,000 SKUs. As many of them fit each word as in the shop of the other
// works: what is compared is the size of the shop, not of the answer.
const largeProducts = 33_334

// large is a shop of very many products.
type large struct {
	*side
	finds []string // queries with q and cursor whose page is full
}

func openLarge(ctx context.Context, s *stack) (*large, error) {
	const people = 32
	d, err := openSide(ctx, s, "large", "wx0bench0bench0lg", []int64{plenty}, people)
	if err == nil {
		err = d.shelve(ctx, s)
	}
	if err != nil {
		return nil, fmt.Errorf("open the large shop: %w", err)
	}
	return &large{side: d}, nil
}

// shelve copies the products in: making them through the services would take minutes.
func (d *side) shelve(ctx context.Context, s *stack) error {
	rows := make([][]any, largeProducts)
	for n := range rows {
		in := productInput(0, n%products)
		if n >= products {
			in.Title = fmt.Sprintf("Woollen thing %05d", n)
		}
		rows[n] = []any{
			int64(1), in.Title, in.Subtitle, in.Cover, []byte(`[{"name":"size","values":["S","M","L"]}]`), "on_shelf", int32(n), int64(in.SKUs[0].PriceFen), int64(in.SKUs[2].PriceFen),
			search.Tokens(search.Doc{Title: in.Title, More: []string{in.Subtitle}}), true,
		}
	}
	columns := []string{"category_id", "title", "subtitle", "cover", "specs", "status", "sort", "min_price_fen", "max_price_fen", "tokens", "indexed"}
	err := pgx.BeginFunc(ctx, s.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+d.id.String()); err != nil {
			return err
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{d.id.String(), "spu"}, columns, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		for _, sql := range []string{
			"INSERT INTO sku (spu_id, spec_values, price_fen) SELECT p.id, ARRAY[v], p.min_price_fen FROM spu p, unnest(ARRAY['S', 'M', 'L']) v WHERE p.title <> '' AND NOT EXISTS (SELECT FROM sku k WHERE k.spu_id = p.id)",
			"INSERT INTO stock_level (sku_id, on_hand) SELECT k.id, 100 FROM sku k WHERE NOT EXISTS (SELECT FROM stock_level l WHERE l.sku_id = k.id)",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = s.owner.Exec(ctx, "VACUUM ANALYZE")
	return err
}

// search asks for what fits a word.
func (l *large) search() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		who := l.buyers[cl.dice.IntN(len(l.buyers))]
		_, err := cl.do(call{method: http.MethodGet, path: api + "/products" + l.finds[cl.dice.IntN(len(l.finds))], header: l.header(who), want: `"skus":[{`})
		return false, err
	}
}
