package payments

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Means says how a person gave money back.
type Means string

// The means.
const (
	AtProvider Means = "provider"  // on the provider's own site: it leaves the merchant's balance there
	Elsewhere  Means = "elsewhere" // by transfer or in cash: it leaves the shop's bank
)

// SettleInput ends a refund by hand.
type SettleInput struct {
	OutRefundNo string
	Means       Means
	Evidence    string // what was done and what proves it; 1 to 500 characters
	EvidenceRef string // number or address of a document; at most 200 bytes
	Actor       string // "staff:3"
	// Attach writes the files that prove it, in the same transaction; nil for none.
	Attach func(ctx context.Context, tx tenantdb.Tx) error
}

// SettleRefund ends a refund that the provider could not bring to its end: a person has
// given the money back another way. The provider is asked first what it knows: what it has
// done, or is about to do, is not paid a second time. Opens transactions. Faults:
// VALIDATION, NOT_FOUND, REFUND_STATE, REFUND_UNDER_WAY, PROVIDER_….
func (s *Service) SettleRefund(ctx context.Context, id tenant.ID, in SettleInput) error {
	in.Evidence = strings.TrimSpace(in.Evidence)
	if err := in.check(); err != nil {
		return err
	}
	if err := s.notUnderWay(ctx, id, in.OutRefundNo); err != nil {
		return fmt.Errorf("settle refund %s: %w", in.OutRefundNo, err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		task, err := s.lockRefund(ctx, tx, in.OutRefundNo)
		if err != nil {
			return err
		}
		if task.hold == HoldSpacing { // in a minute it is sent
			return ErrRefundState
		}
		if task.hold == HoldOwed { // whichever way the buyer was paid, it left the balance at the provider
			in.Means = AtProvider
		}
		err = s.endRefund(ctx, tx, task, refundSettled, in.Actor, in.Evidence, int64(task.amountFen), func(from []string, to RefundStatus) (int64, error) {
			return s.q.SettleByHand(ctx, tx, paymentsdb.SettleByHandParams{
				ToStatus: string(to), Actor: in.Actor, Means: string(in.Means), Evidence: in.Evidence, EvidenceRef: in.EvidenceRef, Now: new(tx.Now()),
				OutRefundNo: in.OutRefundNo, FromStatuses: from,
			})
		})
		if err != nil {
			return err
		}
		if err := s.publishRefund(ctx, tx, task, Movement{At: tx.Now(), Elsewhere: in.Means == Elsewhere}); err != nil {
			return err
		}
		if in.Attach != nil {
			if err := in.Attach(ctx, tx); err != nil {
				return err
			}
		}
		return s.recordRefund(ctx, tx, task, in.Actor, "refund.settled", map[string]any{
			"means": string(in.Means), "evidence": in.Evidence, "evidence_ref": in.EvidenceRef,
		})
	})
	if err != nil {
		return fmt.Errorf("settle refund %s: %w", in.OutRefundNo, err)
	}
	return nil
}

func (in SettleInput) check() error {
	if in.Means != AtProvider && in.Means != Elsewhere {
		return errMeans
	}
	if len(in.EvidenceRef) > 200 {
		return errReference
	}
	return checkRemark("evidence", in.Evidence, true)
}

// notUnderWay asks the provider about a refund that it may know. Faults: REFUND_UNDER_WAY
// if it is done or being done; what it said is applied.
func (s *Service) notUnderWay(ctx context.Context, id tenant.ID, outRefundNo string) error {
	task, err := s.refundTask(ctx, id, outRefundNo)
	if err != nil {
		return err
	}
	if _, ok := refundTransitions.Next(task.status, refundSettled); !ok {
		return ErrRefundState
	}
	if task.sentAt.IsZero() || task.hold == HoldOwed { // of what is owed the provider has said its last
		return nil
	}
	ch, acc, err := s.refundSide(ctx, id, task)
	if err != nil {
		return err
	}
	heard, said := listening(ctx)
	result, err := ch.QueryRefund(heard, acc, task.outTradeNo, task.outRefundNo)
	s.keepExchanges(ctx, id, about{acc.ID, task.outTradeNo, outRefundNo, stepRefundQuery}, said, err)
	if errors.Is(err, ErrNoSuchNumber) {
		return nil
	}
	if err != nil {
		return err
	}
	if result.State == RefundAbnormal {
		return nil
	}
	result.OutRefundNo = outRefundNo
	if err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.applyRefund(ctx, tx, result) }); err != nil {
		return err
	}
	return ErrRefundUnderWay
}

// RetryRefund asks the provider again, at once, under the same number. A refund that the
// provider closed is asked for anew, since it takes that number no more: the number
// returned is the one that goes on. One that a case of the buyer's asked for follows by
// FollowRefundTx, in the case's own transaction. Opens a transaction. Faults: NOT_FOUND,
// REFUND_STATE, REFUND_OF_CASE, REFUND_EXCEEDS.
func (s *Service) RetryRefund(ctx context.Context, id tenant.ID, outRefundNo, actor string) (goesOn string, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		task, err := s.lockRefund(ctx, tx, outRefundNo)
		if err != nil {
			return err
		}
		goesOn = outRefundNo
		switch {
		case task.status == RefundFailed && task.reason == AfterSale:
			err = ErrRefundOfCase
		case task.status == RefundFailed:
			goesOn, err = s.successor(ctx, tx, task, actor)
		case task.status.final() || task.status == RefundAwaitingApproval || task.hold == HoldOwed:
			err = ErrRefundState
		default:
			err = s.requested(ctx, tx, outRefundNo)
		}
		if err != nil {
			return err
		}
		if err := s.tellRefund(ctx, tx, outRefundNo, "retried", task.status, actor, ""); err != nil {
			return err
		}
		return s.recordRefund(ctx, tx, task, actor, "refund.retried", map[string]any{"out_refund_no": goesOn})
	})
	if err != nil {
		return "", fmt.Errorf("retry refund %s: %w", outRefundNo, err)
	}
	return goesOn, nil
}
