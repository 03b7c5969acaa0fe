package reconcile

import (
	"context"
	"errors"
	"fmt"

	"galleria/payments"
	"galleria/payments/reconcile/internal/reconciledb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// mostAsked bounds how many numbers a run asks a provider about.
const mostAsked = 20

// What a provider's word about a number can be, besides a state.
const (
	answerUnknown = "unknown" // a number that is none of ours
	answerDenied  = "no_such" // the provider does not know our number
	answerAnomaly = "anomaly" // it says something else than we do
	answerNoWord  = "no_word" // it could not be asked
	answerDone    = "done"    // a refund
	answerPaid    = "paid"    // a payment
	answerSealed  = "no_keys" // the keys do not open
)

// leftover is what a run of asking left.
type leftover int

const (
	allAsked leftover = iota
	moreToAsk
	nobodyAnswers
)

// heal asks the provider about what only one side has, and compares again if it answered. A success that we had not heard of
// is applied as a callback's; what only we have and the provider confirms may stand in the
// next day's bill, and is carried there.
func (s *Service) heal(ctx context.Context, acc account, d day) (left leftover, err error) {
	answered := 0
	var list []reconciledb.ToAskRow
	err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) (err error) {
		list, err = s.q.ToAsk(ctx, tx, d.id, mostAsked)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("list what to ask: %w", err)
	}
	for _, row := range list {
		answer, err := s.ask(ctx, acc, row)
		if err != nil {
			return 0, err
		}
		err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
			at := new(tx.Now())
			if answer == answerNoWord {
				at, left = nil, nobodyAnswers
			}
			if err := s.q.SetAnswer(ctx, tx, at, answer, row.ID); err != nil {
				return err
			}
			if row.Kind != "only_ours" || (answer != answerPaid && answer != answerDone) {
				return nil
			}
			if err := s.q.OpenDays(ctx, tx, acc.ID, days(d.date.AddDate(0, 0, 1)), days(acc.due(d.date.AddDate(0, 0, 1)))); err != nil {
				return err
			}
			_, err := s.q.Carry(ctx, tx, row.ID, d.date.AddDate(0, 0, 1))
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("keep answer: %w", err)
		}
		if left == nobodyAnswers {
			break // it is no use asking on
		}
		answered++
	}
	if answered == 0 {
		return left, nil
	}
	if answered == mostAsked {
		left = moreToAsk
	}
	return left, s.match(ctx, acc, d)
}

// ask asks about one number and says what the provider said, in a word.
func (s *Service) ask(ctx context.Context, acc account, row reconciledb.ToAskRow) (answer string, err error) {
	if row.Subject == "refund" {
		var state payments.RefundState
		state, err = s.d.Payments.ConfirmRefund(ctx, acc.TenantID, row.OwnNo)
		answer = string(state)
	} else {
		var state payments.PaymentState
		state, err = s.d.Payments.Confirm(ctx, acc.TenantID, row.OwnNo)
		answer = string(state)
	}
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, fault.ErrNotFound):
		return answerUnknown, nil
	case errors.Is(err, payments.ErrNoSuchNumber):
		return answerDenied, nil
	case errors.Is(err, payments.ErrAnomaly):
		return answerAnomaly, nil
	case errors.Is(err, vault.ErrSealed):
		return answerSealed, nil
	case errors.Is(err, payments.ErrProviderBusy) || fault.KindOf(err) == fault.Upstream || fault.KindOf(err) == fault.UpstreamTimeout:
		return answerNoWord, nil
	}
	return "", err
}
