package readmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

const (
	// A product's stock is that of its enabled SKUs; each has a stock row.
	stockOfProduct = ` CROSS JOIN LATERAL (SELECT count(*) AS skus, coalesce(sum(l.on_hand - l.reserved), 0)::bigint AS available,
        count(*) FILTER (WHERE l.on_hand - l.reserved <= l.low_at) AS low
   FROM sku k JOIN stock_level l ON l.sku_id = k.id WHERE k.spu_id = p.id AND k.enabled) s`
	productColumns = `SELECT p.id, p.title, p.subtitle, p.cover, c.name, p.status, p.min_price_fen, p.max_price_fen, p.sales, s.skus, s.available, s.low
  FROM spu p JOIN category c ON c.id = p.category_id` + stockOfProduct
	// Counted over all products at once: one pass over the stock, not a look-up per product.
	shelfCounts = `SELECT count(*),
       count(*) FILTER (WHERE p.status = 'on_shelf'),
       count(*) FILTER (WHERE p.status IN ('draft', 'off_shelf')),
       count(*) FILTER (WHERE p.status = 'on_shelf' AND s.low > 0 AND s.available > 0),
       count(*) FILTER (WHERE p.status = 'on_shelf' AND coalesce(s.available, 0) = 0),
       (SELECT count(*) FROM spu b WHERE b.status = 'recycled')
  FROM spu p
  LEFT JOIN (SELECT k.spu_id, sum(l.on_hand - l.reserved) AS available, count(*) FILTER (WHERE l.on_hand - l.reserved <= l.low_at) AS low
          FROM sku k JOIN stock_level l ON l.sku_id = k.id WHERE k.enabled GROUP BY k.spu_id) s ON s.spu_id = p.id
 WHERE p.status NOT IN ('recycled', 'purged')`
	productHead = `SELECT p.id, p.title, p.subtitle, p.cover, p.pictures, p.detail, c.name, p.status, p.min_price_fen, p.max_price_fen, p.sales,
       p.created_at, p.updated_at, p.specs, p.category_id, p.version,
       coalesce(p.brand_id, 0), coalesce((SELECT b.name FROM brand b WHERE b.id = p.brand_id), ''), p.tags, p.kind, p.min_qty, p.max_per_order, p.max_lifetime,
       p.on_at, p.off_at, p.recycled_at, coalesce(p.freight_id, 0), p.code, p.voucher_uses::bigint, p.voucher_days::bigint, p.voucher_until, p.voucher_refunds, p.params,
       EXISTS (SELECT FROM product_approval a WHERE a.spu_id = p.id)
  FROM spu p JOIN category c ON c.id = p.category_id WHERE p.id = $1 AND p.status <> 'purged'`
	productSKUs = `SELECT k.id, k.code, k.spec_values, k.price_fen, k.market_price_fen, k.enabled, l.on_hand, l.reserved, l.low_at, k.weight_g::bigint, k.picture,
       k.cost_fen, k.barcode, k.volume_cm3::bigint
  FROM sku k JOIN stock_level l ON l.sku_id = k.id WHERE k.spu_id = $1 ORDER BY k.id LIMIT 500`
	productMoves = `SELECT v.at, k.code, k.spec_values, v.kind, v.on_hand_delta, v.reserved_delta, v.document, v.actor, coalesce(m.nickname, '')
  FROM stock_movement v
  JOIN sku k ON k.id = v.sku_id
  LEFT JOIN member m ON m.id = CASE WHEN v.actor ~ '^member:[0-9]{1,18}$' THEN substr(v.actor, 8)::bigint END
 WHERE k.spu_id = $1 ORDER BY v.id DESC LIMIT 30`
)

// Products returns one page of the shop's products and the counts of its tabs.
func (s *Store) Products(ctx context.Context, shop tenant.ID, in ProductFilter) (page ProductPage, err error) {
	var w filter
	if in.Shelf == ShelfBin {
		w.is("p.status = 'recycled'")
	} else {
		w.is("p.status NOT IN ('recycled', 'purged')")
	}
	switch in.Shelf {
	case ShelfOn:
		w.is("p.status = 'on_shelf'")
	case ShelfOff:
		w.is("p.status IN ('draft', 'off_shelf')")
	case ShelfLowStock:
		w.is("p.status = 'on_shelf' AND s.low > 0 AND s.available > 0")
	case ShelfSoldOut:
		w.is("p.status = 'on_shelf' AND s.available = 0")
	}
	if in.Query != "" {
		w.search(in.Query)
	}
	if in.Before > 0 {
		w.add("p.id < ?", in.Before)
	}
	sql := productColumns + w.where() + newestFirst("p.id", PageSize+1)
	err = s.read(ctx, shop, "products", func(b *pgx.Batch) {
		collect(b, &page.Rows, productRow, sql, w.args...)
		queueShelfCounts(b, &page.Counts)
		b.Queue(approvalCount, CountCap).QueryRow(func(row pgx.Row) error { return row.Scan(&page.NeedsApproval, &page.ToApprove) })
		if in.WithCategories {
			collect(b, &page.Places, categoryRow, allCategories)
		}
	})
	if len(page.Rows) > PageSize {
		page.Rows = page.Rows[:PageSize]
		page.Next = page.Rows[PageSize-1].ID
	}
	return page, err
}

func queueShelfCounts(b *pgx.Batch, into *map[string]int64) {
	b.Queue(shelfCounts).QueryRow(func(row pgx.Row) error {
		var all, on, off, low, out, bin int64
		if err := row.Scan(&all, &on, &off, &low, &out, &bin); err != nil {
			return err
		}
		*into = map[string]int64{
			"": min(CountCap, all), ShelfOn: min(CountCap, on), ShelfOff: min(CountCap, off),
			ShelfLowStock: min(CountCap, low), ShelfSoldOut: min(CountCap, out), ShelfBin: min(CountCap, bin),
		}
		return nil
	})
}

func productRow(row pgx.CollectableRow) (p ProductRow, err error) {
	err = row.Scan(&p.ID, &p.Title, &p.Subtitle, &p.Cover, &p.Category, &p.Status, &p.MinPrice, &p.MaxPrice, &p.Sales, &p.SKUs, &p.Available, &p.LowSKUs)
	return p, err
}

// Product returns one product with its SKUs and their latest movements. Faults:
// NOT_FOUND.
func (s *Store) Product(ctx context.Context, shop tenant.ID, id int64) (p ProductDetail, err error) {
	var actors []string
	err = s.read(ctx, shop, "product", func(b *pgx.Batch) {
		b.Queue(productHead, id).QueryRow(func(row pgx.Row) error { return scanProductHead(row, &p) })
		collect(b, &p.SKUs, skuRow, productSKUs, id)
		actors = nil
		collect(b, &p.Moves, func(row pgx.CollectableRow) (StockMove, error) {
			m, actor, err := stockMove(row)
			actors = append(actors, actor)
			return m, err
		}, productMoves, id)
	})
	if err != nil {
		return ProductDetail{}, err
	}
	people, _, err := s.names(ctx, staffIDs(actors), "")
	if err != nil {
		return ProductDetail{}, err
	}
	for i := range p.Moves {
		kind, rest := actorOf(actors[i])
		p.Moves[i].ActorKind = kind
		p.Moves[i].ActorName = actorName(kind, rest, p.Moves[i].ActorName, people)
	}
	return p, nil
}

func scanProductHead(row pgx.Row, p *ProductDetail) error {
	var specs, params []byte
	if err := row.Scan(&p.ID, &p.Title, &p.Subtitle, &p.Cover, &p.Pictures, &p.Detail, &p.Category, &p.Status, &p.MinPrice, &p.MaxPrice, &p.Sales,
		&p.CreatedAt, &p.UpdatedAt, &specs, &p.CategoryID, &p.Version,
		&p.BrandID, &p.Brand, &p.Tags, &p.Kind, &p.MinQty, &p.MaxPerOrder, &p.MaxLifetime, &p.OnAt, &p.OffAt, &p.RecycledAt, &p.FreightID, &p.Code, &p.VoucherUses, &p.VoucherDays, &p.VoucherUntil, &p.VoucherRefunds, &params, &p.Requested); err != nil {
		return err
	}
	if err := json.Unmarshal(specs, &p.Specs); err != nil {
		return fmt.Errorf("specs of product %d: %w", p.ID, err)
	}
	if err := json.Unmarshal(params, &p.Params); err != nil {
		return fmt.Errorf("sheet of product %d: %w", p.ID, err)
	}
	return nil
}

func skuRow(row pgx.CollectableRow) (k SKU, err error) {
	err = row.Scan(&k.ID, &k.Code, &k.SpecValues, &k.Price, &k.MarketPrice, &k.Enabled, &k.OnHand, &k.Reserved, &k.LowAt, &k.WeightG, &k.Picture, &k.Cost, &k.Barcode, &k.VolumeCM3)
	return k, err
}

func stockMove(row pgx.CollectableRow) (m StockMove, actor string, err error) {
	var code string
	var values []string
	err = row.Scan(&m.At, &code, &values, &m.Kind, &m.OnHandDelta, &m.ReservedDelta, &m.Document, &actor, &m.ActorName)
	m.SKU = strings.Join(values, " / ")
	if m.SKU == "" {
		m.SKU = code
	}
	return m, actor, err
}

// allCategories lists the tree with the names of the parents before each name.
const allCategories = `WITH RECURSIVE tree AS (
  SELECT c.id, c.name, c.params, ARRAY[-c.sort::bigint, c.id] AS place FROM category c WHERE c.parent_id IS NULL
  UNION ALL
  SELECT c.id, t.name || ' / ' || c.name, t.params || c.params, t.place || ARRAY[-c.sort::bigint, c.id] FROM category c JOIN tree t ON c.parent_id = t.id)
SELECT t.id, t.name, t.params FROM tree t ORDER BY t.place LIMIT 1000`

// Category is one that a product may be in. Name is the whole way to it.
type Category struct {
	ID     int64
	Name   string
	Params []string // what its products are asked for, the parents' first
}

// Categories lists where a product may be put.
func (s *Store) Categories(ctx context.Context, shop tenant.ID) (list []Category, err error) {
	err = s.read(ctx, shop, "categories", func(b *pgx.Batch) {
		collect(b, &list, categoryRow, allCategories)
	})
	return list, err
}

func categoryRow(row pgx.CollectableRow) (c Category, err error) {
	err = row.Scan(&c.ID, &c.Name, &c.Params)
	return c, err
}
