package handle

import (
	"context"
	"fmt"

	"galleria/commerce/distribution"
	"galleria/commerce/notice"
	"galleria/jobs"
	"galleria/payments/transfer"
	"galleria/tenant"
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

// following brings commission and points to where the order of an event stands, and then does the
// event's other effect, if there is one. It looks at what is there, so it needs no receipt.
func (h *Handlers) following(then jobs.Handler) jobs.Handler {
	return func(ctx context.Context, ev outbox.Event) error {
		if err := h.follow(ctx, ev.TenantID, ev.Key); err != nil || then == nil {
			return err
		}
		return then(ctx, ev)
	}
}

// follow costs one round trip where there is nothing to do.
func (h *Handlers) follow(ctx context.Context, id tenant.ID, orderNo string) error {
	var points, commission bool
	err := h.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			points, err = h.Points.Concerns(ctx, q)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			commission, err = h.Distribution.Concerns(ctx, q, orderNo)
			return err
		})
		return pipe.Run(ctx)
	})
	if err == nil && points {
		err = h.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return h.Points.FollowOrderTx(ctx, tx, orderNo) })
	}
	if err == nil && commission {
		err = h.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return h.Distribution.FollowOrderTx(ctx, tx, orderNo) })
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
	return h.once(ctx, ev, "withdrawal.message", func(tx tenantdb.Tx) error {
		if p.Status == distribution.Requested {
			return h.Notices.BoardTx(ctx, tx, ev.ID, notice.Withdrawal, facts)
		}
		if p.Status == distribution.Rejected {
			facts.Status = "declined" // a case that was not agreed to is called rejected
		}
		return h.Notices.BoxTx(ctx, tx, ev.ID, notice.Withdrawal, p.MemberID, facts)
	})
}
