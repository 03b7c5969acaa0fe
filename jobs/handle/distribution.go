package handle

import (
	"context"
	"fmt"

	"galleria/commerce/distribution"
	"galleria/commerce/notice"
	"galleria/jobs"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Distribution is the part of distribution.Service that events move.
type Distribution interface {
	Concerns(ctx context.Context, q tenantdb.Querier, orderNo string) (bool, error)
	FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	Send(ctx context.Context, id tenant.ID, withdrawalNo string) error
	TransferEndedTx(ctx context.Context, tx tenantdb.Tx, withdrawalNo string, arrived bool, reason string) error
}

// following brings commission, points and invoices to where the order of an event stands, and then does the
// event's other effect, if there is one. It looks at what is there, so it needs no receipt.
func (h *Handlers) following(then jobs.Handler) jobs.Handler {
	return func(ctx context.Context, ev outbox.Event) error {
		if err := h.inRooms(ctx, ev.TenantID, h.followers(ev.Key)...); err != nil || then == nil {
			return err
		}
		return then(ctx, ev)
	}
}

// settling is following where growth follows, too: only money that is final counts for it.
func (h *Handlers) settling(then jobs.Handler) jobs.Handler {
	return func(ctx context.Context, ev outbox.Event) error {
		grows := room{h.Levels.Concerns, func(ctx context.Context, tx tenantdb.Tx) error { return h.Levels.FollowOrderTx(ctx, tx, ev.Key) }}
		if err := h.inRooms(ctx, ev.TenantID, append(h.followers(ev.Key), grows)...); err != nil || then == nil {
			return err
		}
		return then(ctx, ev)
	}
}

// room is what a room does about an event, if it concerns it.
type room struct {
	concerns func(ctx context.Context, q tenantdb.Querier) (bool, error)
	do       func(ctx context.Context, tx tenantdb.Tx) error
}

// followers are the rooms that follow every step of an order.
func (h *Handlers) followers(orderNo string) []room {
	return []room{
		{h.Points.Concerns, func(ctx context.Context, tx tenantdb.Tx) error { return h.Points.FollowOrderTx(ctx, tx, orderNo) }},
		{
			func(ctx context.Context, q tenantdb.Querier) (bool, error) {
				return h.Distribution.Concerns(ctx, q, orderNo)
			},
			func(ctx context.Context, tx tenantdb.Tx) error { return h.Distribution.FollowOrderTx(ctx, tx, orderNo) },
		},
		{
			func(ctx context.Context, q tenantdb.Querier) (bool, error) {
				return h.Invoices.Concerns(ctx, q, orderNo)
			},
			func(ctx context.Context, tx tenantdb.Tx) error { return h.Invoices.FollowOrderTx(ctx, tx, orderNo) },
		},
	}
}

// inRooms asks rooms in one round trip whether they are concerned; each that is does its part in a
// transaction of its own.
func (h *Handlers) inRooms(ctx context.Context, id tenant.ID, rooms ...room) error {
	concerned := make([]bool, len(rooms))
	err := h.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		for i, asked := range rooms {
			pipe.AddRead(func(q tenantdb.Querier) (err error) {
				concerned[i], err = asked.concerns(ctx, q)
				return err
			})
		}
		return pipe.Run(ctx)
	})
	for i := 0; i < len(rooms) && err == nil; i++ {
		if concerned[i] {
			err = h.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return rooms[i].do(ctx, tx) })
		}
	}
	return err
}

// withdrawalApproved makes the transfer of a withdrawal.
func (h *Handlers) withdrawalApproved(ctx context.Context, ev outbox.Event) error {
	return h.Distribution.Send(ctx, ev.TenantID, ev.Key)
}

// transferEnded tells the room that a payout was made for what became of it.
func (h *Handlers) transferEnded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[transfer.V1](ev)
	if err != nil {
		return err
	}
	if p.SourceKind != distribution.SourceKind {
		return nil
	}
	err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		return h.Distribution.TransferEndedTx(ctx, tx, p.SourceNo, p.Status == transfer.Succeeded, p.Reason)
	})
	if err != nil {
		return fmt.Errorf("transfer %s ended: %w", p.OutBillNo, err)
	}
	return nil
}

// withdrawalMoved tells the distributor what became of a withdrawal, and the staff of one that
// waits for them.
func (h *Handlers) withdrawalMoved(ctx context.Context, ev outbox.Event) error {
	p, err := payload[distribution.MovedEvent](ev)
	if err != nil {
		return err
	}
	facts := notice.Facts{WithdrawalNo: p.WithdrawalNo, AmountFen: p.AmountFen, Status: string(p.Status), At: ev.CreatedAt}
	const effect = "withdrawal.message"
	if p.Status == distribution.Requested {
		return h.once(ctx, ev, effect, func(tx tenantdb.Tx) error { return h.Notices.BoardTx(ctx, tx, ev.ID, notice.Withdrawal, facts) })
	}
	if p.Status == distribution.Rejected {
		facts.Status = "declined" // a case that was not agreed to is called rejected
	}
	// Who is paid by WeChat has a day to confirm it: an inbox that is in the Mini Program is not enough.
	if p.AppID != "" {
		err = h.tell(ctx, ev, news{event: notice.Withdrawal, effect: effect, orderNo: p.WithdrawalNo, memberID: p.MemberID, appID: p.AppID, facts: facts, alone: true})
		if fault.KindOf(err) != fault.NotFound { // who has become another member since has no log-in of this name
			return err
		}
	}
	return h.once(ctx, ev, effect, func(tx tenantdb.Tx) error {
		return h.Notices.BoxTx(ctx, tx, ev.ID, notice.Withdrawal, p.MemberID, facts)
	})
}
