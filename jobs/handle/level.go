package handle

import (
	"context"

	"galleria/commerce/level"
	"galleria/commerce/notice"
	"galleria/commerce/review"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Levels is the part of level.Service that events and time move.
type Levels interface {
	Concerns(ctx context.Context, q tenantdb.Querier) (bool, error)
	FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	ReviewedTx(ctx context.Context, tx tenantdb.Tx, reviewID, memberID int64) error
	ReviewTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
	ArrangeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
}

// reviewGrew counts a review that a buyer wrote and others see. It counts once, so it needs no
// receipt.
func (h *Handlers) reviewGrew(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.PublishedEvent](ev)
	if err != nil || p.Auto || p.Part != review.First {
		return err
	}
	return h.inRooms(ctx, ev.TenantID, room{h.Levels.Concerns, func(ctx context.Context, tx tenantdb.Tx) error {
		return h.Levels.ReviewedTx(ctx, tx, p.ReviewID, p.MemberID)
	}})
}

// levelsReviewed reviews the levels of a shop whose days are over, a portion in each transaction.
// The last one sets the next day's time. A review moves its own time, so it needs no receipt.
func (h *Handlers) levelsReviewed(ctx context.Context, ev outbox.Event) error {
	return h.portions(ctx, ev.TenantID, h.Levels.ReviewTx)
}

// levelsArranged moves members to where changed levels want them, a portion in each transaction.
func (h *Handlers) levelsArranged(ctx context.Context, ev outbox.Event) error {
	return h.portions(ctx, ev.TenantID, h.Levels.ArrangeTx)
}

// levelChanged tells a member of another level.
func (h *Handlers) levelChanged(ctx context.Context, ev outbox.Event) error {
	p, err := payload[level.ChangedEvent](ev)
	if err != nil {
		return err
	}
	return h.tellMember(ctx, ev, news{
		event: notice.LevelChanged, effect: "level.changed.message", memberID: p.MemberID,
		facts: notice.Facts{Level: p.Level, Reason: "level_" + string(p.Reason), At: ev.CreatedAt},
	})
}
