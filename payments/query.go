package payments

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// queryMargin is how long after an attempt's end the ladder goes on before it closes
// the attempt itself: by then the business should have.
const queryMargin = 10 * time.Minute

// watchMargin is how long after its end an attempt that cannot be closed may still turn
// out paid: clocks differ.
const watchMargin = 2 * time.Minute

// A closed attempt is asked about twice more: what was paid in the moment of the close and
// whose callbacks are all lost is found all the same.
const (
	firstLateLook = 10 * time.Minute
	lastLateLook  = 24 * time.Hour
	// lateStep is the rung of an attempt that waits for its last look.
	lateStep = 1000
)

// queryDelay is the wait before the next rung: 10 s, 30 s, 1, 3, 10 min, then every 30.
func queryDelay(step int) time.Duration {
	switch step {
	case 0:
		return firstQuery
	case 1:
		return 30 * time.Second
	case 2:
		return time.Minute
	case 3:
		return 3 * time.Minute
	case 4:
		return 10 * time.Minute
	default:
		return 30 * time.Minute
	}
}

// jitter lengthens a wait by up to a tenth, so that what failed together does not come
// back together.
func (s *Service) jitter(d time.Duration) time.Duration {
	var b [1]byte
	if _, err := io.ReadFull(s.d.Rand, b[:]); err != nil {
		return d // a wait without jitter is still a wait
	}
	return d + d/10*time.Duration(b[0])/256
}

// Query is one rung of the ladder: it asks the provider about an attempt that is open,
// applies the answer, and sets the timer of the next rung if one is needed. An attempt
// that is long past its end is closed at the provider. Trouble of the provider is kept
// with the attempt and is no error: the next rung is set. Safe to repeat. Opens
// transactions; the provider is called outside of them. Faults: NOT_FOUND.
func (s *Service) Query(ctx context.Context, id tenant.ID, outTradeNo string) error {
	var a Attempt
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		a, err = s.attempt(ctx, r, outTradeNo)
		return err
	})
	if err != nil {
		return fmt.Errorf("query %s: %w", outTradeNo, err)
	}
	if a.Status == StatusClosed {
		return s.watch(ctx, id, a)
	}
	if !a.Status.open() {
		return nil
	}
	if s.d.Now().After(a.ExpiresAt.Add(queryMargin)) {
		outcome, cause, err := s.closeAttempt(ctx, id, a)
		if errors.Is(err, vault.ErrSealed) {
			return s.rearm(ctx, id, a, err)
		}
		if err != nil || outcome != Unknown {
			return err
		}
		return s.rearm(ctx, id, a, cause)
	}
	ch, acc, err := s.sideOf(ctx, id, a)
	if errors.Is(err, vault.ErrSealed) {
		return s.rearm(ctx, id, a, err) // until the merchant has stored the keys again
	}
	if err != nil {
		return err
	}
	heard, said := listening(ctx)
	result, cause := ch.Query(heard, acc, outTradeNo)
	s.keepExchanges(ctx, id, about{acc.ID, outTradeNo, "", stepQuery}, said, cause)
	if cause != nil {
		return s.queryFailed(ctx, id, ch, a, cause)
	}
	return s.queryAnswered(ctx, id, acc, a, result)
}

// watch asks about an attempt that is closed: twice, or where it was closed on our side
// only, until the provider takes no money for it any more. What a buyer has opened since is
// closed at the provider.
func (s *Service) watch(ctx context.Context, id tenant.ID, a Attempt) error {
	ch, acc, err := s.sideOf(ctx, id, a)
	if errors.Is(err, vault.ErrSealed) {
		return s.rearm(ctx, id, a, err)
	}
	if err != nil {
		return err
	}
	heard, said := listening(ctx)
	result, cause := ch.Query(heard, acc, a.OutTradeNo)
	s.keepExchanges(ctx, id, about{acc.ID, a.OutTradeNo, "", stepQuery}, said, cause)
	if cause == nil && result.State == PaymentPaid {
		return s.queryAnswered(ctx, id, acc, a, result)
	}
	if cause == nil && result.State == PaymentUnpaid && !noClose(ch, a) {
		heard, said := listening(ctx)
		if cause = ch.Close(heard, acc, a.OutTradeNo); cause == nil {
			result.State = PaymentClosed
		}
		s.keepExchanges(ctx, id, about{acc.ID, a.OutTradeNo, "", stepClose}, said, cause)
	}
	return s.watchOn(ctx, id, ch, a, result, cause)
}

// watchOn sets the next look at an attempt that is closed and was not paid.
func (s *Service) watchOn(ctx context.Context, id tenant.ID, ch Channel, a Attempt, result PaymentResult, cause error) error {
	unknown, closed := errors.Is(cause, ErrNoSuchNumber), cause == nil && result.State == PaymentClosed
	mayCome := byBuyer(ch, a) && s.d.Now().Before(a.ExpiresAt.Add(watchMargin)) && (unknown || noClose(ch, a))
	if !mayCome && (unknown || closed) {
		return s.lookLast(ctx, id, a)
	}
	return s.rearm(ctx, id, a, cause)
}

// lookLast sets the last look at a closed attempt, once.
func (s *Service) lookLast(ctx context.Context, id tenant.ID, a Attempt) error {
	if a.QueryStep >= lateStep {
		return nil
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.SetQueryStep(ctx, tx, lateStep, tx.Now(), a.OutTradeNo); err != nil {
			return fmt.Errorf("look at a closed payment: %w", err)
		}
		due := tx.Now().Add(s.jitter(lastLateLook - firstLateLook))
		return s.d.Timers.Set(ctx, tx, TimerQuery, a.OutTradeNo, due, QueryV1{OutTradeNo: a.OutTradeNo})
	})
}

// queryFailed: a number that the provider does not know may be one it will know in a
// moment; only an old one is closed by that, and where a buyer makes it known, only one
// that cannot be paid any more.
func (s *Service) queryFailed(ctx context.Context, id tenant.ID, ch Channel, a Attempt, cause error) error {
	if errors.Is(cause, ErrNoSuchNumber) && s.d.Now().Sub(a.CreatedAt) >= settleAge && !byBuyer(ch, a) {
		_, _, err := s.finishClose(ctx, id, a.OutTradeNo, cause.Error())
		return err
	}
	return s.rearm(ctx, id, a, cause)
}

func (s *Service) queryAnswered(ctx context.Context, id tenant.ID, acc Account, a Attempt, result PaymentResult) error {
	switch result.State {
	case PaymentPaid:
		err := s.settle(ctx, id, acc, result, queryEvidence(result))
		if errors.Is(err, ErrAnomaly) {
			return s.rearm(ctx, id, a, err) // kept for a person; the provider may still come to its senses
		}
		return err
	case PaymentClosed:
		_, _, err := s.finishClose(ctx, id, a.OutTradeNo, "")
		return err
	case PaymentUnpaid:
		return s.rearm(ctx, id, a, nil)
	case PaymentOdd:
	}
	return s.rearm(ctx, id, a, fmt.Errorf("provider state %q", result.ProviderState))
}

// rearm climbs one rung, and waits longer if the provider asked for it.
func (s *Service) rearm(ctx context.Context, id tenant.ID, a Attempt, cause error) error {
	step := a.QueryStep + 1
	wait := s.jitter(max(queryDelay(step), fault.RetryAfterOf(cause)))
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.SetQueryStep(ctx, tx, int32(step), tx.Now(), a.OutTradeNo); err != nil {
			return fmt.Errorf("climb query ladder: %w", err)
		}
		if cause != nil {
			if err := s.q.SetError(ctx, tx, clip(cause.Error()), tx.Now(), a.OutTradeNo); err != nil {
				return fmt.Errorf("climb query ladder: %w", err)
			}
		}
		return s.d.Timers.Set(ctx, tx, TimerQuery, a.OutTradeNo, tx.Now().Add(wait), QueryV1{OutTradeNo: a.OutTradeNo})
	})
}

// queryEvidence stands for a notification where the fact came from a query: the same
// answer again is the same evidence.
func queryEvidence(p PaymentResult) evidence {
	return evidence{
		eventID: "query:" + p.OutTradeNo, eventType: "query", outTradeNo: p.OutTradeNo, sealed: nil,
		hash: sha256.Sum256(fmt.Appendf(nil, "%+v", p)), shopClosed: false,
	}
}
