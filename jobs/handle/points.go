package handle

import (
	"context"

	"galleria/commerce/notice"
	"galleria/commerce/points"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Points is the part of points.Service that orders and time move.
type Points interface {
	Concerns(ctx context.Context, q tenantdb.Querier) (bool, error)
	FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	AgeTx(ctx context.Context, tx tenantdb.Tx, ev points.AgeEvent) (more bool, err error)
}

// pointsAge tells whose points of a shop end soon, and writes down whose are over, a portion in
// each transaction. Lots remember what was told, so it needs no receipt.
func (h *Handlers) pointsAge(ctx context.Context, ev outbox.Event) error {
	p, err := payload[points.AgeEvent](ev)
	if err != nil {
		return err
	}
	return h.portions(ctx, ev.TenantID, func(ctx context.Context, tx tenantdb.Tx) (bool, error) { return h.Points.AgeTx(ctx, tx, p) })
}

// pointsExpiring tells a member of points that end soon.
func (h *Handlers) pointsExpiring(ctx context.Context, ev outbox.Event) error {
	p, err := payload[points.ExpiringEvent](ev)
	if err != nil {
		return err
	}
	return h.tellMember(ctx, ev, news{
		event: notice.PointsExpiring, effect: "points.expiring.message", memberID: p.MemberID, facts: notice.Facts{Points: p.Points, At: p.At},
	})
}

// pointsExpired tells a member of points that have ended.
func (h *Handlers) pointsExpired(ctx context.Context, ev outbox.Event) error {
	p, err := payload[points.ExpiredEvent](ev)
	if err != nil {
		return err
	}
	return h.tellMember(ctx, ev, news{
		event: notice.PointsExpired, effect: "points.expired.message", memberID: p.MemberID, facts: notice.Facts{Points: p.Points, At: p.At},
	})
}
