package handle

import (
	"context"

	"galleria/commerce/money"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Coupons is the part of coupon.Service that time and payments move.
type Coupons interface {
	// GiftTx gives what a paid order is rewarded with, once.
	GiftTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, paid money.Fen) error
	AgeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
}

// couponsAge writes down which coupons of a shop have begun and which are over, a portion in
// each transaction. It looks at what is there, so it needs no receipt.
func (h *Handlers) couponsAge(ctx context.Context, ev outbox.Event) error {
	return h.portions(ctx, ev.TenantID, h.Coupons.AgeTx)
}
