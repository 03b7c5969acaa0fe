package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// lockRefund reads a refund and keeps it until the transaction ends. Faults: NOT_FOUND.
func (s *Service) lockRefund(ctx context.Context, tx tenantdb.Tx, outRefundNo string) (refundTask, error) {
	row, err := s.q.LockRefund(ctx, tx, outRefundNo)
	if err != nil {
		return refundTask{}, notFound(err, "lock refund")
	}
	return refundFromRow(paymentsdb.RefundTaskRow(row)), nil
}

// applyRefund applies what the provider says about a refund, once.
func (s *Service) applyRefund(ctx context.Context, tx tenantdb.Tx, result RefundResult) error {
	task, err := s.lockRefund(ctx, tx, result.OutRefundNo)
	if err != nil || task.status.final() {
		return err
	}
	if err := s.toldAccount(ctx, tx, result); err != nil {
		return err
	}
	switch result.State {
	case RefundDone:
		if result.ToMerchant {
			return s.moveRefund(ctx, tx, task, refundMove{event: refundOdd, hold: HoldOwed, refundID: result.RefundID, note: "the provider gave the money to the merchant"})
		}
		return s.finishRefund(ctx, tx, task, result)
	case RefundShut:
		s.d.Log.ErrorContext(ctx, "refund closed by the provider", "tenant_id", tx.TenantID().String(), "out_refund_no", task.outRefundNo,
			"out_trade_no", task.outTradeNo)
		return s.shutRefund(ctx, tx, task, result.RefundID, "closed by the provider")
	case RefundStale:
		return s.renewRefund(ctx, tx, task)
	case RefundAbnormal:
		return s.moveRefund(ctx, tx, task, refundMove{
			event: refundOdd, hold: HoldAbnormal, wait: s.jitter(holdDelay(HoldAbnormal, task.tries)), refundID: result.RefundID,
			note: "ABNORMAL: the money left the merchant and did not arrive",
		})
	case RefundPending:
	}
	return s.moveRefund(ctx, tx, task, refundMove{event: refundAccepted, wait: s.jitter(refundDelay(task.tries)), refundID: result.RefundID})
}

// refundMove is a move that leaves the money reserved.
type refundMove struct {
	event    refundEvent
	hold     RefundHold
	wait     time.Duration // until the provider is asked again; 0 is not at all
	refundID string        // the provider's number, if it said one
	note     string        // why, for people
}

// moveRefund makes a move and sets the timer that it wants. What changes nothing is told
// no one.
func (s *Service) moveRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, m refundMove) error {
	to, ok := refundTransitions.Next(task.status, m.event)
	if !ok {
		return ErrRefundState
	}
	var due *time.Time
	if m.wait > 0 {
		due = new(tx.Now().Add(m.wait))
	}
	n, err := s.q.MoveRefund(ctx, tx, paymentsdb.MoveRefundParams{
		ToStatus: string(to), Hold: string(m.hold), DueAt: due, LastError: clip(m.note), ProviderRefundID: m.refundID,
		OutRefundNo: task.outRefundNo, FromStatuses: []string{string(task.status)},
	})
	if err != nil || n == 0 {
		return fmt.Errorf("move refund %s: %d rows: %w", m.event, n, errors.Join(err, fault.ErrConflict))
	}
	if to != task.status || m.hold != task.hold {
		if err := s.tellRefund(ctx, tx, task.outRefundNo, m.event, to, system, string(m.hold)); err != nil {
			return err
		}
	}
	if due == nil {
		return s.d.Timers.Clear(ctx, tx, TimerRefundQuery, task.outRefundNo)
	}
	return s.d.Timers.Set(ctx, tx, TimerRefundQuery, task.outRefundNo, *due, RefundV1{OutRefundNo: task.outRefundNo})
}

// system is who acts when nobody does.
const system = "system"

// tellRefund writes what happened to a refund into its timeline.
func (s *Service) tellRefund(ctx context.Context, tx tenantdb.Tx, outRefundNo string, ev refundEvent, to RefundStatus, actor, note string) error {
	if err := s.q.InsertRefundEvent(ctx, tx, tx.Now(), string(ev), string(to), actor, clip(note), outRefundNo); err != nil {
		return fmt.Errorf("tell refund: %w", err)
	}
	return nil
}

// renewRefund asks for a refund again under a new number, because the provider never heard
// of this one and would not take it now.
func (s *Service) renewRefund(ctx context.Context, tx tenantdb.Tx, task refundTask) error {
	if err := s.shutRefund(ctx, tx, task, "", "the provider takes this number no more"); err != nil {
		return fmt.Errorf("renew refund: %w", err)
	}
	_, err := s.successor(ctx, tx, task, system)
	return err
}

// successor asks anew for what a refund that failed did not give back. What a second
// person approved need not be approved again.
func (s *Service) successor(ctx context.Context, tx tenantdb.Tx, task refundTask, actor string) (outRefundNo string, err error) {
	a, err := s.lockAttempt(ctx, tx, task.outTradeNo)
	if err != nil {
		return "", err
	}
	if task.reason.automatic() {
		return s.RequestRefundTx(ctx, tx, task.outTradeNo, task.reason)
	}
	if actor == system {
		actor = task.requestedBy
	}
	outRefundNo, err = s.openRefund(ctx, tx, a, newRefund{
		reason: task.reason, amountFen: task.amountFen, status: RefundRequested, sourceKind: SourceRefund, sourceNo: task.outRefundNo,
		note: task.note, actor: actor,
	})
	if err != nil {
		return "", err
	}
	return outRefundNo, s.q.InheritDecision(ctx, tx, outRefundNo, task.outRefundNo)
}

// shutRefund ends a refund of which no money moved.
func (s *Service) shutRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, refundID, why string) error {
	return s.endRefund(ctx, tx, task, refundShut, system, why, 0, func(from []string, to RefundStatus) (int64, error) {
		return s.q.FinishRefund(ctx, tx, string(to), refundID, clip(why), new(tx.Now()), task.outRefundNo, from)
	})
}

// endRefund makes a final move: moved is what left the merchant, all or nothing.
func (s *Service) endRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, ev refundEvent, actor, note string, moved int64, write func(from []string, to RefundStatus) (int64, error)) error {
	to, ok := refundTransitions.Next(task.status, ev)
	if !ok {
		return ErrRefundState
	}
	n, err := write([]string{string(task.status)}, to)
	if err != nil {
		return fmt.Errorf("end refund: %w", err)
	}
	if n == 0 {
		return fault.ErrConflict
	}
	if n, err = s.q.SettleRefund(ctx, tx, int64(task.amountFen), moved, tx.Now(), task.attemptID); err != nil || n == 0 {
		return fmt.Errorf("settle refund of attempt %d: %d rows: %w", task.attemptID, n, errors.Join(err, fault.ErrConflict))
	}
	if err := s.tellRefund(ctx, tx, task.outRefundNo, ev, to, actor, note); err != nil {
		return err
	}
	if moved == 0 {
		if err := s.ended(ctx, tx, task); err != nil {
			return err
		}
	}
	return s.d.Timers.Clear(ctx, tx, TimerRefundQuery, task.outRefundNo)
}

// finishRefund ends a refund whose money is with the buyer.
func (s *Service) finishRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, result RefundResult) error {
	err := s.endRefund(ctx, tx, task, refundDone, "provider:"+string(task.channel), "", int64(task.amountFen), func(from []string, to RefundStatus) (int64, error) {
		return s.q.FinishRefund(ctx, tx, string(to), result.RefundID, "", new(tx.Now()), task.outRefundNo, from)
	})
	if err != nil {
		return err
	}
	at := result.DoneAt
	if at.IsZero() {
		at = tx.Now() // a query's answer may leave the time out
	}
	return s.publishRefund(ctx, tx, task, Movement{At: at})
}

// publishRefund books money that went back and announces it. Of the movement, the caller
// says when and from where.
func (s *Service) publishRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, m Movement) error {
	m.Number, m.Channel, m.AccountID, m.AmountFen = task.outRefundNo, task.channel, task.accountID, task.amountFen
	m.Surplus = sameRefund(task.reason, LatePayment)
	if err := s.d.Books.RefundedTx(ctx, tx, m); err != nil {
		return fmt.Errorf("book refund: %w", err)
	}
	if m.Surplus { // the alarm is over
		if err := s.q.ResolveSurplus(ctx, tx, new(tx.Now()), task.accountID, surplusEvent(task.outTradeNo)); err != nil {
			return fmt.Errorf("end surplus alarm: %w", err)
		}
	}
	return s.d.Outbox.Append(ctx, tx, TopicRefunded, task.outRefundNo, RefundedV1{
		OutRefundNo: task.outRefundNo, OutTradeNo: task.outTradeNo, BusinessNo: task.businessNo,
		AmountFen: task.amountFen, Reason: task.reason, At: m.At.UTC(),
	})
}
