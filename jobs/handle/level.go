package handle

import (
	"context"

	"galleria/commerce/level"
	"galleria/commerce/notice"
	"galleria/commerce/review"
	"galleria/jobs"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Levels is the part of level.Service that events and time move.
type Levels interface {
	Concerns(ctx context.Context, id tenant.ID) (bool, error)
	FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	ReviewedTx(ctx context.Context, tx tenantdb.Tx, reviewID, memberID int64) error
	ReviewTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
	ArrangeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error)
}

// growing brings the growth by the order of an event to where the order stands, and then does the
// event's other effect. It looks at what is there, so it needs no receipt.
func (h *Handlers) growing(then jobs.Handler) jobs.Handler {
	return func(ctx context.Context, ev outbox.Event) error {
		err := h.grow(ctx, ev.TenantID, func(tx tenantdb.Tx) error { return h.Levels.FollowOrderTx(ctx, tx, ev.Key) })
		if err != nil {
			return err
		}
		return then(ctx, ev)
	}
}

// grow costs one statement in a shop that has never had levels.
func (h *Handlers) grow(ctx context.Context, id tenant.ID, do func(tx tenantdb.Tx) error) error {
	concerns, err := h.Levels.Concerns(ctx, id)
	if err != nil || !concerns {
		return err
	}
	return h.DB.InTenant(ctx, id, do)
}

// reviewGrew counts a review that a buyer wrote and others see. It counts once, so it needs no
// receipt.
func (h *Handlers) reviewGrew(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.PublishedEvent](ev)
	if err != nil || p.Auto || p.Part != review.First {
		return err
	}
	return h.grow(ctx, ev.TenantID, func(tx tenantdb.Tx) error { return h.Levels.ReviewedTx(ctx, tx, p.ReviewID, p.MemberID) })
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

// portions does something until no more is left of it.
func (h *Handlers) portions(ctx context.Context, id tenant.ID, portion func(ctx context.Context, tx tenantdb.Tx) (more bool, err error)) error {
	for more := true; more; {
		err := h.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			more, err = portion(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// levelChanged tells a member of another level.
func (h *Handlers) levelChanged(ctx context.Context, ev outbox.Event) error {
	p, err := payload[level.ChangedEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "level.changed.message", func(tx tenantdb.Tx) error {
		return h.Notices.BoxTx(ctx, tx, ev.ID, notice.LevelChanged, p.MemberID, notice.Facts{Level: p.Level, At: ev.CreatedAt})
	})
}
