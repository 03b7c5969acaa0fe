package handle

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Coupons is the part of coupon.Service that time and payments move.
type Coupons interface {
	// GiftTx gives what a paid order is rewarded with, once.
	GiftTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, paid money.Fen) error
	AgeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
	Standing(ctx context.Context, q tenantdb.Querier, couponID int64) (coupon.Standing, error)
}

// couponsAge writes down which coupons of a shop have begun and which are over, a portion in
// each transaction. It looks at what is there, so it needs no receipt.
func (h *Handlers) couponsAge(ctx context.Context, ev outbox.Event) error {
	return h.portions(ctx, ev.TenantID, h.Coupons.AgeTx)
}

// couponMarked tells the staff of a coupon that comes to its end by itself, and still does: of each
// mark once a day, however often orders close and make room again.
func (h *Handlers) couponMarked(ctx context.Context, ev outbox.Event) error {
	p, err := payload[coupon.BudgetEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "coupon.budget.notice", func(tx tenantdb.Tx) error {
		c, err := h.Coupons.Standing(ctx, tx, p.CouponID)
		if err != nil || c.Mark == coupon.MarkNone {
			return err
		}
		day := ev.CreatedAt.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format(time.DateOnly)
		about := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "coupon/%d/%s/%d/%d/%s", p.CouponID, c.Mark, c.BudgetFen, c.Total, day))
		return h.Notices.BoardTx(ctx, tx, about, notice.CouponBudget, notice.Facts{Title: c.Title, Reason: string(c.Mark), CouponID: p.CouponID, At: ev.CreatedAt})
	})
}
