package payments

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// RefundLimits are what a provider allows of giving back. Zero is no limit.
type RefundLimits struct {
	Within  time.Duration // after the payment
	Count   int           // refunds of one payment
	Spacing time.Duration // between two refunds of one payment
}

// exceeded says which limit a refund of a payment meets that no waiting mends.
func (l RefundLimits) exceeded(paidAt, now time.Time, earlier int) RefundHold {
	switch {
	case l.Within > 0 && now.Sub(paidAt) > l.Within:
		return HoldAge
	case l.Count > 0 && earlier >= l.Count:
		return HoldCount
	}
	return NotHeld
}

// holdDelay is the wait before a refund that is kept back is asked for again by itself; 0
// is never: no time mends it.
func holdDelay(hold RefundHold, tries int) time.Duration {
	switch hold {
	case HoldBalance:
		if tries < 24 {
			return time.Hour
		}
		return 6 * time.Hour
	case HoldRefused, HoldAbnormal:
		return 6 * time.Hour
	case NotHeld, HoldSpacing, HoldCount, HoldAge, HoldOwed:
	}
	return 0
}

// mayAsk decides, with the payment locked, whether the provider is asked now, and counts
// the try. What the provider would refuse is kept back instead: for a moment, or for a
// person.
func (s *Service) mayAsk(ctx context.Context, id tenant.ID, outRefundNo string, limits RefundLimits) (task refundTask, ask bool, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		ask = false
		if task, err = s.lockRefund(ctx, tx, outRefundNo); err != nil || task.status.final() || task.status == RefundAwaitingApproval {
			return err
		}
		now := tx.Now()
		if task.sentAt.IsZero() { // else it is known there, or its place was counted
			if _, err := s.lockAttempt(ctx, tx, task.outTradeNo); err != nil {
				return err
			}
			past, err := s.q.RefundHistory(ctx, tx, task.attemptID, task.id)
			if err != nil {
				return fmt.Errorf("read refunds: %w", err)
			}
			if hold := limits.exceeded(task.paidAt, now, int(past.Refunds)); hold != NotHeld {
				return s.holdRefund(ctx, tx, task, hold, 0, "")
			}
			if wait := past.LastSentAt.Add(limits.Spacing).Sub(now); limits.Spacing > 0 && wait > 0 {
				return s.holdRefund(ctx, tx, task, HoldSpacing, wait, "")
			}
		}
		n, err := s.q.CountRefundTry(ctx, tx, &now, outRefundNo, sendable())
		ask = n == 1
		return err
	})
	return task, ask, err
}

// holdRefund keeps a refund back, until after wait or, with 0, until somebody acts.
func (s *Service) holdRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, hold RefundHold, wait time.Duration, cause string) error {
	return s.moveRefund(ctx, tx, task, refundMove{event: refundHeld, hold: hold, wait: wait, note: cause})
}
