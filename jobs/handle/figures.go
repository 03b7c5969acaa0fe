package handle

import (
	"context"

	"galleria/commerce/aftersale"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Figures counts what is sold; *figures.Service is one.
type Figures interface {
	NoteOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	CountDueTx(ctx context.Context, tx tenantdb.Tx, limit int32) (more bool, err error)
	CatchUpTx(ctx context.Context, tx tenantdb.Tx, limit int32) (more bool, err error)
}

// countBatch is how many orders are counted in one transaction, which holds them meanwhile.
const countBatch = 100

// figuresDue brings a shop's figures to what has become of its orders. What is counted is
// marked, so it needs no receipt.
func (h *Handlers) figuresDue(ctx context.Context, ev outbox.Event) error {
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) {
		return h.Figures.CountDueTx(ctx, tx, countBatch)
	})
}

// orderCounted has an order counted in the shop's figures.
func (h *Handlers) orderCounted(ctx context.Context, ev outbox.Event) error {
	return h.once(ctx, ev, "figures.order", func(tx tenantdb.Tx) error { return h.Figures.NoteOrderTx(ctx, tx, ev.Key) })
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
