package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// RefundReason is why money goes back.
type RefundReason string

// The reasons of a refund.
const (
	LatePayment    RefundReason = "late_payment"   // the order was closed when the money came
	DoublePayment  RefundReason = "double_payment" // the order was paid before
	OrderCancelled RefundReason = "order_cancelled"
	ByStaff        RefundReason = "staff"     // somebody of the shop decided so
	AfterSale      RefundReason = "aftersale" // a case of the buyer's ended so
)

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
	return s.openRefund(ctx, tx, a, newRefund{reason: reason, amountFen: a.AmountFen - a.ReservedFen - a.RefundedFen, status: RefundRequested, actor: "system"})
}

// sameRefund: late and double are two views of one surplus.
func sameRefund(a, b RefundReason) bool {
	surplus := func(r RefundReason) bool { return r == LatePayment || r == DoublePayment }
	return a == b || (surplus(a) && surplus(b))
}

// ExecuteRefund brings a refund one step further: it asks the provider, or asks about
// what was asked before, always under the same number, and waits where the provider's
// limits or an empty balance want it. It serves TopicRefundRequested and TimerRefundQuery.
// Safe to repeat; nil means settled, that a timer is set, or that a person has to act.
// Opens transactions; the provider is called outside of them. Faults: NOT_FOUND,
// PROVIDER_… (the caller repeats later).
func (s *Service) ExecuteRefund(ctx context.Context, id tenant.ID, outRefundNo string) error {
	if err := s.executeRefund(ctx, id, outRefundNo); err != nil {
		return fmt.Errorf("refund %s: %w", outRefundNo, err)
	}
	return nil
}

func (s *Service) executeRefund(ctx context.Context, id tenant.ID, outRefundNo string) error {
	task, err := s.refundTask(ctx, id, outRefundNo)
	if err != nil || task.status.final() || task.status == RefundAwaitingApproval {
		return err
	}
	ch, acc, err := s.refundSide(ctx, id, task)
	if err != nil {
		return err
	}
	traits, _ := ch.Traits(task.scene)
	task, ask, err := s.mayAsk(ctx, id, outRefundNo, traits.Refunds)
	if err != nil || !ask {
		return err
	}
	heard, said := listening(ctx)
	result, err := s.askRefund(heard, ch, acc, task)
	s.keepExchanges(ctx, id, about{acc.ID, task.outTradeNo, outRefundNo, stepRefund}, said, err)
	switch {
	case errors.Is(err, ErrNotEnough):
		return s.keepBack(ctx, id, outRefundNo, HoldBalance, err)
	case errors.Is(err, ErrRefused), errors.Is(err, ErrNumberUsed):
		return s.keepBack(ctx, id, outRefundNo, HoldRefused, err)
	case err != nil:
		note := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
			return s.q.SetRefundError(ctx, tx, clip(err.Error()), outRefundNo)
		})
		return errors.Join(err, note)
	}
	result.OutRefundNo = outRefundNo
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		now, err := s.lockRefund(ctx, tx, outRefundNo)
		if err != nil || (result.State == RefundPending && now.status != task.status) {
			return err // a callback overtook the answer: "under way" is older than what it said
		}
		return s.applyRefund(ctx, tx, result)
	})
}

// keepBack makes an unsigned no a task for a person. The amount stays reserved: only what
// the provider signs can free it.
func (s *Service) keepBack(ctx context.Context, id tenant.ID, outRefundNo string, hold RefundHold, cause error) error {
	s.d.Log.WarnContext(ctx, "refund kept back", "tenant_id", id.String(), "out_refund_no", outRefundNo, "hold", string(hold), "error", cause)
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		task, err := s.lockRefund(ctx, tx, outRefundNo)
		if err != nil || task.status.final() {
			return err
		}
		return s.holdRefund(ctx, tx, task, hold, s.jitter(holdDelay(hold, task.tries)), cause.Error())
	})
}

// refundSide is the channel and the account of a refund.
func (s *Service) refundSide(ctx context.Context, id tenant.ID, task refundTask) (Channel, Account, error) {
	ch, err := s.channel(task.channel)
	if err != nil {
		return nil, Account{}, err
	}
	acc, err := s.d.Accounts.ByID(ctx, id, task.accountID)
	return ch, acc, err
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
		OutTradeNo: task.outTradeNo, TransactionID: task.transactionID, OutRefundNo: task.outRefundNo, Reason: task.text(),
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
