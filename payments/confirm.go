package payments

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Confirm asks the provider about a payment in whatever state it stands here, and applies it
// as a callback's word if the provider says that it was paid and we do not. It is for a bill
// that tells of a payment that we do not know to be paid, and the other way round. Safe to
// repeat. Opens transactions; the provider is called outside of them. Faults: NOT_FOUND,
// PAYMENT_ANOMALY, PROVIDER_….
func (s *Service) Confirm(ctx context.Context, id tenant.ID, outTradeNo string) (PaymentState, error) {
	var a Attempt
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		a, err = s.attempt(ctx, r, outTradeNo)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("confirm %s: %w", outTradeNo, err)
	}
	ch, acc, err := s.sideOf(ctx, id, a)
	if err != nil {
		return "", fmt.Errorf("confirm %s: %w", outTradeNo, err)
	}
	heard, said := listening(ctx)
	result, err := ch.Query(heard, acc, outTradeNo)
	s.keepExchanges(ctx, id, about{acc.ID, outTradeNo, "", stepQuery}, said, err)
	if err != nil {
		return "", fmt.Errorf("confirm %s: %w", outTradeNo, err)
	}
	if result.State == PaymentPaid {
		// Also of what is paid here already: another transaction or amount is an anomaly.
		err = s.settle(ctx, id, acc, result, queryEvidence(result))
	}
	return result.State, err
}

// ConfirmRefund asks the provider about a refund in whatever state it stands here, and
// brings it to its end if it had none. Safe to repeat. Opens transactions. Faults:
// NOT_FOUND, PROVIDER_….
func (s *Service) ConfirmRefund(ctx context.Context, id tenant.ID, outRefundNo string) (RefundState, error) {
	task, err := s.refundTask(ctx, id, outRefundNo)
	if err != nil {
		return "", fmt.Errorf("confirm refund %s: %w", outRefundNo, err)
	}
	if !task.status.final() {
		if err := s.ExecuteRefund(ctx, id, outRefundNo); err != nil {
			return "", err
		}
	}
	ch, err := s.channel(task.channel)
	if err != nil {
		return "", err
	}
	acc, err := s.d.Accounts.ByID(ctx, id, task.accountID)
	if err != nil {
		return "", fmt.Errorf("confirm refund %s: %w", outRefundNo, err)
	}
	result, err := ch.QueryRefund(ctx, acc, task.outTradeNo, outRefundNo)
	if err != nil {
		return "", fmt.Errorf("confirm refund %s: %w", outRefundNo, err)
	}
	return result.State, nil
}
