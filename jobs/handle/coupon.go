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
	TellTx(ctx context.Context, tx tenantdb.Tx, ev coupon.AgeEvent) (more bool, err error)
	Standing(ctx context.Context, q tenantdb.Querier, couponID int64) (coupon.Standing, error)
}

// couponsAge tells whose coupons of a shop end soon, or writes down which have begun and which are
// over, a portion in each transaction. It looks at what is there, so it needs no receipt.
func (h *Handlers) couponsAge(ctx context.Context, ev outbox.Event) error {
	p, err := payload[coupon.AgeEvent](ev)
	if err != nil {
		return err
	}
	if p.Days == 0 {
		return h.portions(ctx, ev.TenantID, h.Coupons.AgeTx)
	}
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) { return h.Coupons.TellTx(ctx, tx, p) })
}

// couponsExpiring tells a member of coupons that end soon.
func (h *Handlers) couponsExpiring(ctx context.Context, ev outbox.Event) error {
	p, err := payload[coupon.ExpiringEvent](ev)
	if err != nil {
		return err
	}
	return h.tellMember(ctx, ev, news{
		event: notice.CouponExpiring, effect: "coupon.expiring.message", memberID: p.MemberID, facts: notice.Facts{Title: p.Title, Count: p.Coupons, At: p.At},
	})
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
