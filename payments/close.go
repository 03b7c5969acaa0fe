package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// CloseOutcome is what is known after trying to close.
type CloseOutcome string

// The outcomes of CloseAll.
const (
	Closed  CloseOutcome = "closed"  // no money can come any more, or what comes is watched for and goes back
	Paid    CloseOutcome = "paid"    // it was paid; the event is on its way
	Unknown CloseOutcome = "unknown" // ask again later
)

// settleAge is how long a number may be unknown to the provider before that means that
// it never will be: a request of ours may still be on its way.
const settleAge = 5 * time.Minute

// CloseAll closes every open attempt of a bill at its provider. Only on Closed may the
// business close; on Unknown the caller tries again. Safe to repeat. Opens
// transactions; the providers are called outside of them.
func (s *Service) CloseAll(ctx context.Context, id tenant.ID, businessNo string) (CloseOutcome, error) {
	var attempts []Attempt
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		attempts, err = s.relevant(ctx, r, businessNo)
		return err
	})
	if err != nil {
		return Unknown, fmt.Errorf("close payments of %s: %w", businessNo, err)
	}
	total := Closed
	for _, a := range attempts {
		if a.Status == StatusSucceeded {
			total = Paid
			continue
		}
		outcome, cause, err := s.closeAttempt(ctx, id, a)
		if err != nil {
			return Unknown, fmt.Errorf("close payments of %s: %w", businessNo, err)
		}
		if cause != nil {
			s.d.Log.WarnContext(ctx, "payment not closed", "tenant_id", id.String(), "out_trade_no", a.OutTradeNo, "error", cause)
		}
		if outcome == Paid || (outcome == Unknown && total == Closed) {
			total = outcome
		}
	}
	return total, nil
}

// closeAttempt closes one attempt at its provider. cause is the provider's trouble
// behind Unknown; err is our own.
func (s *Service) closeAttempt(ctx context.Context, id tenant.ID, a Attempt) (outcome CloseOutcome, cause, err error) {
	if outcome, err = s.beginClose(ctx, id, a.OutTradeNo); err != nil || outcome != Unknown {
		return outcome, nil, err
	}
	ch, acc, err := s.sideOf(ctx, id, a)
	if err != nil {
		return Unknown, nil, err
	}
	heard, said := listening(ctx)
	cause = ch.Close(heard, acc, a.OutTradeNo)
	s.keepExchanges(ctx, id, about{acc.ID, a.OutTradeNo, "", stepClose}, said, cause)
	switch {
	case cause == nil && noClose(ch, a), errors.Is(cause, ErrNoSuchNumber) && byBuyer(ch, a):
		return s.finishSoftClose(ctx, id, a)
	case cause == nil, errors.Is(cause, ErrProviderClosed):
		return s.finishClose(ctx, id, a.OutTradeNo, "")
	case errors.Is(cause, ErrNoSuchNumber) && s.d.Now().Sub(a.CreatedAt) >= settleAge:
		return s.finishClose(ctx, id, a.OutTradeNo, cause.Error())
	case errors.Is(cause, ErrNoSuchNumber):
		return Unknown, cause, s.noteError(ctx, id, a.OutTradeNo, cause)
	}
	// Paid, or no clear answer: only the query, which is signed, can tell.
	return s.closeByQuery(ctx, id, ch, acc, a, cause)
}

// beginClose takes the attempt out of the buyer's reach before the provider is asked.
// Unknown means that the provider must be asked.
func (s *Service) beginClose(ctx context.Context, id tenant.ID, outTradeNo string) (outcome CloseOutcome, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		moved, err := s.move(ctx, tx, outTradeNo, eventCloseBegun, "")
		if err != nil || moved {
			outcome = Unknown
			return err
		}
		a, err := s.attempt(ctx, tx, outTradeNo)
		outcome = outcomeOf(a.Status)
		return err
	})
	return outcome, err
}

func outcomeOf(status Status) CloseOutcome {
	switch status {
	case StatusSucceeded:
		return Paid
	case StatusClosed, StatusFailed:
		return Closed
	case StatusCreated, StatusPrepaid, StatusClosing:
		return Unknown
	}
	return Unknown
}

func (s *Service) finishClose(ctx context.Context, id tenant.ID, outTradeNo, note string) (outcome CloseOutcome, cause, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		outcome, err = s.closedTx(ctx, tx, outTradeNo, note)
		return err
	})
	return outcome, nil, err
}

// closedTx records that the provider will take no money, unless it has.
func (s *Service) closedTx(ctx context.Context, tx tenantdb.Tx, outTradeNo, note string) (CloseOutcome, error) {
	moved, err := s.move(ctx, tx, outTradeNo, eventProviderClosed, note)
	if err != nil {
		return Unknown, err
	}
	if moved { // asked once more later: its callback may be lost
		due := tx.Now().Add(s.jitter(firstLateLook))
		return Closed, s.d.Timers.Set(ctx, tx, TimerQuery, outTradeNo, due, QueryV1{OutTradeNo: outTradeNo})
	}
	a, err := s.attempt(ctx, tx, outTradeNo)
	return outcomeOf(a.Status), err
}

// noClose says that an attempt's provider cannot close it.
func noClose(ch Channel, a Attempt) bool {
	traits, _ := ch.Traits(a.Scene)
	return traits.NoClose
}

// byBuyer says that an attempt's provider knows it only once a buyer has come: until its
// end, "no such number" says nothing about whether it will be paid.
func byBuyer(ch Channel, a Attempt) bool {
	traits, _ := ch.Traits(a.Scene)
	return traits.NoClose || traits.Unopened
}

// finishSoftClose closes on our side what its provider cannot close, and sets a timer to
// see whether money came all the same.
func (s *Service) finishSoftClose(ctx context.Context, id tenant.ID, a Attempt) (outcome CloseOutcome, cause, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if outcome, err = s.closedTx(ctx, tx, a.OutTradeNo, ""); err != nil || outcome != Closed {
			return err
		}
		due := tx.Now().Add(s.jitter(queryDelay(a.QueryStep + 1)))
		return s.d.Timers.Set(ctx, tx, TimerQuery, a.OutTradeNo, due, QueryV1{OutTradeNo: a.OutTradeNo})
	})
	return outcome, nil, err
}

func (s *Service) closeByQuery(ctx context.Context, id tenant.ID, ch Channel, acc Account, a Attempt, cause error) (CloseOutcome, error, error) {
	heard, said := listening(ctx)
	result, err := ch.Query(heard, acc, a.OutTradeNo)
	s.keepExchanges(ctx, id, about{acc.ID, a.OutTradeNo, "", stepQuery}, said, err)
	if err != nil {
		cause = errors.Join(cause, err)
		return Unknown, cause, s.noteError(ctx, id, a.OutTradeNo, cause)
	}
	switch result.State {
	case PaymentPaid:
		if err := s.settle(ctx, id, acc, result, queryEvidence(result)); err != nil {
			return Unknown, err, nil
		}
		return Paid, nil, nil
	case PaymentClosed:
		return s.finishClose(ctx, id, a.OutTradeNo, "")
	case PaymentUnpaid, PaymentOdd:
	}
	return Unknown, cause, s.noteError(ctx, id, a.OutTradeNo, cause)
}

// sideOf finds the channel and the account of an attempt.
func (s *Service) sideOf(ctx context.Context, id tenant.ID, a Attempt) (Channel, Account, error) {
	ch, err := s.channel(a.Channel)
	if err != nil {
		return nil, Account{}, err
	}
	acc, err := s.d.Accounts.ByID(ctx, id, a.AccountID)
	if err != nil {
		return nil, Account{}, fmt.Errorf("account of %s: %w", a.OutTradeNo, err)
	}
	return ch, acc, nil
}
