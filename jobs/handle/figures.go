package handle

import (
	"context"

	"galleria/commerce/aftersale"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Figures counts what is sold; *figures.Service is one.
type Figures interface {
	CountOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	CatchUpTx(ctx context.Context, tx tenantdb.Tx, limit int32) (more bool, err error)
}

// orderCounted brings a shop's figures to what has become of an order.
func (h *Handlers) orderCounted(ctx context.Context, ev outbox.Event) error {
	return h.once(ctx, ev, "figures.order", func(tx tenantdb.Tx) error { return h.Figures.CountOrderTx(ctx, tx, ev.Key) })
}

// caseCounted counts what went back of which product, and takes back commission for it.
func (h *Handlers) caseCounted(ctx context.Context, ev outbox.Event) error {
	p, err := payload[aftersale.RefundedEvent](ev)
	if err != nil {
		return err
	}
	if err := h.follow(ctx, ev.TenantID, p.OrderNo); err != nil {
		return err
	}
	return h.once(ctx, ev, "figures.case", func(tx tenantdb.Tx) error { return h.Figures.CountOrderTx(ctx, tx, p.OrderNo) })
}
