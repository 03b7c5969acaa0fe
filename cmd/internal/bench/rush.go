package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/tenant/tenantdb"
)

// Rush is many buyers wanting the last pieces of one SKU at once.
type Rush struct {
	Buyers, Pieces   int
	Sold, Refused    int   // answers: placed, and OUT_OF_STOCK
	Reserved, OnHand int64 // of the SKU afterwards
	Orders           int   // lines in the table
	WithoutEvent     int   // orders without their order.placed
}

// Exact reports whether exactly what was there was sold, and nothing is missing or double.
func (r Rush) Exact() bool {
	return r.Sold == min(r.Pieces, r.Buyers) && r.Refused == r.Buyers-r.Sold && r.Orders == r.Sold &&
		r.Reserved == int64(r.Sold) && r.OnHand == int64(r.Pieces) && r.WithoutEvent == 0
}

const rushPieces = 20

// rushes lets 16 to 64 buyers, and then 512 through 64 connections, want 20 pieces.
func (l *lab) rushes(ctx context.Context) ([]Rush, error) {
	var out []Rush
	for _, many := range []int{16, 32, 64, crowd} {
		r, err := l.rush(ctx, many)
		if err != nil {
			return nil, fmt.Errorf("rush of %d: %w", many, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func (l *lab) rush(ctx context.Context, many int) (Rush, error) {
	sku, err := l.lastPieces(ctx, many)
	if err != nil {
		return Rush{}, err
	}
	r := Rush{Buyers: many, Pieces: rushPieces}
	var sold, refused, next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, min(many, 64))
	for i := range errs {
		wg.Go(func() {
			cl := newClient(l.stack.serve.addr, i, uint64(many))
			defer cl.http.CloseIdleConnections()
			for n := next.Add(1) - 1; n < int64(many) && errs[i] == nil; n = next.Add(1) - 1 {
				errs[i] = l.want(cl, l.shop.browsing()[n], sku, &sold, &refused)
			}
		})
	}
	wg.Wait()
	if err := firstOf(errs...); err != nil {
		return Rush{}, err
	}
	r.Sold, r.Refused = int(sold.Load()), int(refused.Load())
	return r, l.audit(ctx, sku, &r)
}

// lastPieces puts a new product on the shelf with few pieces.
func (l *lab) lastPieces(ctx context.Context, many int) (sku int64, err error) {
	in := productInput(l.shop.category, 0)
	in.Title, in.Specs, in.SKUs = fmt.Sprintf("Rush %d", many), nil, in.SKUs[:1]
	in.SKUs[0].SpecValues, in.SKUs[0].PriceFen = nil, l.shop.prices[0]
	p, err := l.stack.services.Catalog.CreateProduct(ctx, l.shop.id, in)
	if err != nil {
		return 0, err
	}
	if err := l.stack.services.Catalog.SetShelf(ctx, l.shop.id, p.ID, catalog.OnShelf); err != nil {
		return 0, err
	}
	sku = p.SKUs[0].ID
	return sku, l.stack.services.DB.InTenant(ctx, l.shop.id, func(tx tenantdb.Tx) error {
		return l.stack.services.Inventory.ReceiveTx(ctx, tx, fmt.Sprintf("rush-%d", many), []inventory.Line{{SKUID: sku, Qty: rushPieces}}, "system")
	})
}

// want orders one piece and counts the answer; any other answer is an error.
func (l *lab) want(cl *client, who buyer, sku int64, sold, refused *atomic.Int64) error {
	body := fmt.Appendf(nil, `{"lines":[{"sku_id":%d,"qty":1}],"address_id":%d,"expected_payable_fen":%d}`, sku, who.address, l.shop.prices[0])
	header := append(l.product.header(who), "Idempotency-Key", l.product.unique("r"))
	_, err := cl.do(call{method: http.MethodPost, path: api + "/orders", header: header, body: body, status: http.StatusCreated, want: `"order_no"`})
	if err == nil {
		sold.Add(1)
		return nil
	}
	if cl.answered(http.StatusConflict, `"OUT_OF_STOCK"`) {
		refused.Add(1)
		return nil
	}
	return err
}

// audit reads from the tables what the answers claimed.
func (l *lab) audit(ctx context.Context, sku int64, r *Rush) error {
	err := l.product.desk.QueryRow(ctx, `SELECT v.reserved, v.on_hand,
		(SELECT count(*) FROM order_line n WHERE n.sku_id = v.sku_id),
		(SELECT count(*) FROM order_line n JOIN orders o ON o.id = n.order_id WHERE n.sku_id = v.sku_id
		   AND NOT EXISTS (SELECT FROM platform.outbox e WHERE e.tenant_id = $2 AND e.topic = 'order.placed' AND e.key = o.order_no))
		FROM stock_level v WHERE v.sku_id = $1`, sku, l.shop.id.String()).Scan(&r.Reserved, &r.OnHand, &r.Orders, &r.WithoutEvent)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
