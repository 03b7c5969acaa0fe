package handle

import (
	"context"

	"galleria/commerce/aftersale"
	"galleria/commerce/figures"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Figures counts what is sold; *figures.Service is one.
type Figures interface {
	NoteOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	DueTx(ctx context.Context, q tenantdb.Querier, limit int32) (figures.Due, error)
	CountTx(ctx context.Context, tx tenantdb.Tx, due figures.Due, limit int32) (sold map[int64]int64, more bool, err error)
	CatchUpTx(ctx context.Context, tx tenantdb.Tx, limit int32) (more bool, err error)
}

// countBatch is how many orders are counted in one transaction, which holds them meanwhile.
const countBatch = 100

// figuresDue brings what is counted of a shop's orders to what has become of them: what its
// members have bought, its figures, and how often its products were sold. What is counted is
// marked, so it needs no receipt.
func (h *Handlers) figuresDue(ctx context.Context, ev outbox.Event) error {
	for more := true; more; {
		var due figures.Due
		err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) (err error) {
			tx.Lazy()
			if due, err = h.Figures.DueTx(ctx, tx, countBatch); err != nil {
				return err
			}
			return h.Orders.CountTradesTx(ctx, tx, due.Members)
		})
		if err != nil {
			return err
		}
		// A transaction of its own: members are locked before orders, and orders before products.
		err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) (err error) {
			tx.Lazy()
			var sold map[int64]int64
			if sold, more, err = h.Figures.CountTx(ctx, tx, due, countBatch); err != nil || len(sold) == 0 {
				return err
			}
			return h.Shelf.AddSalesTx(ctx, tx, sold)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// caseCounted has counted what went back of which product, and takes back commission for it.
func (h *Handlers) caseCounted(ctx context.Context, ev outbox.Event) error {
	p, err := payload[aftersale.RefundedEvent](ev)
	if err != nil {
		return err
	}
	if err := h.inRooms(ctx, ev.TenantID, h.followers(p.OrderNo)...); err != nil {
		return err
	}
	return h.once(ctx, ev, "figures.case", func(tx tenantdb.Tx) error { return h.Figures.NoteOrderTx(ctx, tx, p.OrderNo) })
}
