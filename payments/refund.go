package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// RefundReason is why money goes back.
type RefundReason string

// The reasons of a refund.
const (
	LatePayment    RefundReason = "late_payment"   // the order was closed when the money came
	DoublePayment  RefundReason = "double_payment" // the order was paid before
	OrderCancelled RefundReason = "order_cancelled"
)

// RefundStatus is where a refund stands.
type RefundStatus string

// The statuses of a refund.
const (
	RefundRequested  RefundStatus = "requested"  // reserved; the provider may or may not know it
	RefundProcessing RefundStatus = "processing" // the provider accepted it
	RefundSucceeded  RefundStatus = "succeeded"  // the money is with the buyer
	RefundFailed     RefundStatus = "failed"     // closed by the provider; no money moved
)

func (s RefundStatus) final() bool { return s == RefundSucceeded || s == RefundFailed }

// MarkSurplusTx marks a paid attempt whose money its bill cannot use. Safe to repeat.
// Joins the caller's transaction. Faults: NOT_FOUND, PAYMENT_STATE.
func (s *Service) MarkSurplusTx(ctx context.Context, tx tenantdb.Tx, outTradeNo string) error {
	a, err := s.lockAttempt(ctx, tx, outTradeNo)
	if err != nil {
		return fmt.Errorf("mark surplus: %w", err)
	}
	if a.Status != StatusSucceeded {
		return ErrState
	}
	if a.Surplus {
		return nil // and so it was booked
	}
	if _, err := s.q.SetSurplus(ctx, tx, tx.Now(), outTradeNo); err != nil {
		return fmt.Errorf("mark surplus: %w", err)
	}
	if err := s.surplusTx(ctx, tx, a, LatePayment); err != nil {
		return err
	}
	return s.d.Books.SurplusTx(ctx, tx, Movement{
		Number: a.OutTradeNo, Channel: a.Channel, AccountID: a.AccountID, AmountFen: a.AmountFen, At: tx.Now(), Surplus: true,
	})
}

// RequestRefundTx reserves all that is left of a payment for a refund, gives it its
// number and appends TopicRefundRequested. A repeat with the same reason returns the
// number given before; surplus money has one refund, be it late or double. After a
// refund that the provider closed without money moving, a new one may be requested and
// gets a new number, as the provider demands. Joins the
// caller's transaction. Faults: NOT_FOUND, PAYMENT_STATE, NOTHING_TO_REFUND.
func (s *Service) RequestRefundTx(ctx context.Context, tx tenantdb.Tx, outTradeNo string, reason RefundReason) (outRefundNo string, err error) {
	a, err := s.lockAttempt(ctx, tx, outTradeNo)
	if err != nil {
		return "", fmt.Errorf("request refund: %w", err)
	}
	existing, err := s.q.RefundsOf(ctx, tx, a.ID)
	if err != nil {
		return "", fmt.Errorf("request refund: %w", err)
	}
	for _, r := range existing {
		if RefundStatus(r.Status) != RefundFailed && sameRefund(RefundReason(r.Reason), reason) {
			return r.OutRefundNo, nil
		}
	}
	if a.Status != StatusSucceeded {
		return "", ErrState
	}
	rest := a.AmountFen - a.ReservedFen - a.RefundedFen
	if rest <= 0 {
		return "", ErrNothingToRefund
	}
	n, err := s.q.ReserveRefund(ctx, tx, int64(rest), tx.Now(), a.ID)
	if err != nil {
		return "", fmt.Errorf("reserve refund: %w", err)
	}
	if n == 0 {
		return "", ErrNothingToRefund
	}
	if outRefundNo, err = newNumber(tx.Now(), s.d.Rand); err != nil {
		return "", err
	}
	if err := s.q.InsertRefund(ctx, tx, outRefundNo, a.ID, a.BusinessNo, string(reason), rest, tx.Now()); err != nil {
		return "", fmt.Errorf("insert refund: %w", err)
	}
	return outRefundNo, s.d.Outbox.Append(ctx, tx, TopicRefundRequested, outRefundNo, RefundV1{OutRefundNo: outRefundNo})
}

// sameRefund: late and double are two views of one surplus.
func sameRefund(a, b RefundReason) bool {
	surplus := func(r RefundReason) bool { return r == LatePayment || r == DoublePayment }
	return a == b || (surplus(a) && surplus(b))
}

// ExecuteRefund brings a refund one step further: it asks the provider, or asks about
// what was asked before, always under the same number. It serves TopicRefundRequested
// and TimerRefundQuery. Safe to repeat; nil means settled or that a timer is set. Opens
// transactions; the provider is called outside of them. Faults: NOT_FOUND, PROVIDER_…
// (the caller repeats later).
func (s *Service) ExecuteRefund(ctx context.Context, id tenant.ID, outRefundNo string) error {
	task, err := s.refundTask(ctx, id, outRefundNo)
	if err != nil {
		return fmt.Errorf("refund %s: %w", outRefundNo, err)
	}
	if task.status.final() {
		return nil
	}
	ch, err := s.channel(task.channel)
	if err != nil {
		return err
	}
	acc, err := s.d.Accounts.ByID(ctx, id, task.accountID)
	if err != nil {
		return fmt.Errorf("refund %s: %w", outRefundNo, err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := s.q.CountRefundTry(ctx, tx, outRefundNo)
		return err
	})
	if err != nil {
		return fmt.Errorf("refund %s: %w", outRefundNo, err)
	}
	result, err := s.askRefund(ctx, ch, acc, task)
	if err != nil {
		note := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			return s.q.SetRefundError(ctx, tx, clip(err.Error()), outRefundNo)
		})
		return errors.Join(fmt.Errorf("refund %s: %w", outRefundNo, err), note)
	}
	result.OutRefundNo = outRefundNo
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.applyRefund(ctx, tx, result) })
}

func (s *Service) refundTask(ctx context.Context, id tenant.ID, outRefundNo string) (task refundTask, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.RefundTask(ctx, r, outRefundNo)
		if err != nil {
			return notFound(err, "read refund")
		}
		task = refundFromRow(row)
		return nil
	})
	return task, err
}

// askRefund asks about a refund that may have been asked for before, and asks for it if
// the provider does not know it. An error answer is not signed and therefore settles
// nothing.
func (s *Service) askRefund(ctx context.Context, ch Channel, acc Account, task refundTask) (RefundResult, error) {
	if task.tries > 0 {
		result, err := ch.QueryRefund(ctx, acc, task.outTradeNo, task.outRefundNo)
		if !errors.Is(err, ErrNoSuchNumber) {
			return result, err
		}
	}
	return ch.Refund(ctx, acc, RefundRequest{
		OutTradeNo: task.outTradeNo, TransactionID: task.transactionID, OutRefundNo: task.outRefundNo, Reason: task.reason.text(),
		RefundFen: task.amountFen, TotalFen: task.totalFen, NotifyURL: s.notifyURL(acc),
	})
}

// refundDelay is the wait before the provider is asked about a refund again.
func refundDelay(tries int) time.Duration {
	switch {
	case tries <= 1:
		return 10 * time.Second
	case tries == 2:
		return time.Minute
	case tries == 3:
		return 10 * time.Minute
	case tries < 20:
		return time.Hour
	default:
		return 6 * time.Hour
	}
}

// applyRefund applies what the provider says about a refund, once.
func (s *Service) applyRefund(ctx context.Context, tx tenantdb.Tx, result RefundResult) error {
	row, err := s.q.LockRefund(ctx, tx, result.OutRefundNo)
	if err != nil {
		return notFound(err, "lock refund")
	}
	task := refundFromRow(paymentsdb.RefundTaskRow(row))
	if task.status.final() {
		return nil
	}
	switch result.State {
	case RefundDone:
		return s.finishRefund(ctx, tx, task, result, RefundSucceeded, int64(task.amountFen))
	case RefundShut:
		return s.finishRefund(ctx, tx, task, result, RefundFailed, 0)
	case RefundStale:
		return s.renewRefund(ctx, tx, task)
	case RefundPending, RefundAbnormal:
	}
	note := ""
	if result.State == RefundAbnormal {
		note = "ABNORMAL: the money left the merchant and did not arrive; finish it at the provider"
	}
	if _, err := s.q.SetRefundProcessing(ctx, tx, result.RefundID, note, task.outRefundNo); err != nil {
		return fmt.Errorf("store refund: %w", err)
	}
	due := tx.Now().Add(s.jitter(refundDelay(task.tries)))
	return s.d.Timers.Set(ctx, tx, TimerRefundQuery, task.outRefundNo, due, RefundV1{OutRefundNo: task.outRefundNo})
}

// renewRefund asks for a refund again under a new number, because the provider never heard
// of this one and would not take it now.
func (s *Service) renewRefund(ctx context.Context, tx tenantdb.Tx, task refundTask) error {
	now := tx.Now()
	n, err := s.q.FinishRefund(ctx, tx, string(RefundFailed), "", "the provider takes this number no more", &now, task.outRefundNo)
	if err == nil && n == 1 {
		n, err = s.q.SettleRefund(ctx, tx, int64(task.amountFen), 0, now, task.attemptID)
	}
	if err != nil || n == 0 {
		return fmt.Errorf("renew refund of attempt %d: %d rows: %w", task.attemptID, n, errors.Join(err, fault.ErrConflict))
	}
	if err := s.d.Timers.Clear(ctx, tx, TimerRefundQuery, task.outRefundNo); err != nil {
		return fmt.Errorf("renew refund: %w", err)
	}
	_, err = s.RequestRefundTx(ctx, tx, task.outTradeNo, task.reason)
	return err
}

// finishRefund ends a refund; moved is what left the merchant, all or nothing.
func (s *Service) finishRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, result RefundResult, to RefundStatus, moved int64) error {
	now := tx.Now()
	n, err := s.q.FinishRefund(ctx, tx, string(to), result.RefundID, "", &now, task.outRefundNo)
	if err != nil {
		return fmt.Errorf("finish refund: %w", err)
	}
	if n == 0 {
		return fault.ErrConflict
	}
	if n, err = s.q.SettleRefund(ctx, tx, int64(task.amountFen), moved, now, task.attemptID); err != nil || n == 0 {
		return fmt.Errorf("settle refund of attempt %d: %d rows: %w", task.attemptID, n, errors.Join(err, fault.ErrConflict))
	}
	if err := s.d.Timers.Clear(ctx, tx, TimerRefundQuery, task.outRefundNo); err != nil {
		return fmt.Errorf("finish refund: %w", err)
	}
	if to != RefundSucceeded {
		s.d.Log.ErrorContext(ctx, "refund closed by the provider", "tenant_id", tx.TenantID().String(), "out_refund_no", task.outRefundNo,
			"out_trade_no", task.outTradeNo)
		return nil
	}
	at := result.DoneAt
	if at.IsZero() {
		at = now // a query's answer may leave the time out
	}
	err = s.d.Books.RefundedTx(ctx, tx, Movement{
		Number: task.outRefundNo, Channel: task.channel, AccountID: task.accountID, AmountFen: task.amountFen, At: at,
		Surplus: sameRefund(task.reason, LatePayment),
	})
	if err != nil {
		return fmt.Errorf("finish refund: %w", err)
	}
	if sameRefund(task.reason, LatePayment) { // the alarm is over
		if err := s.q.ResolveSurplus(ctx, tx, &now, task.accountID, surplusEvent(task.outTradeNo)); err != nil {
			return fmt.Errorf("finish refund: %w", err)
		}
	}
	return s.d.Outbox.Append(ctx, tx, TopicRefunded, task.outRefundNo, RefundedV1{
		OutRefundNo: task.outRefundNo, OutTradeNo: task.outTradeNo, BusinessNo: task.businessNo,
		AmountFen: task.amountFen, Reason: task.reason,
	})
}
