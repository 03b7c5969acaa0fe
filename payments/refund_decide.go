package payments

import (
	"context"
	"fmt"
	"unicode/utf8"

	"galleria/commerce/money"
	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// mostRemark is the longest remark of a person, in characters.
const mostRemark = 500

// DecideInput is a second person's word about a refund above the shop's limit.
type DecideInput struct {
	OutRefundNo string
	Approve     bool
	Note        string // at most 500 characters; a refusal needs one
	Actor       string // "staff:4": another person than asked
}

// DecideRefund approves or refuses a refund that waits for a second person. Of several
// who decide at once, one counts. Opens a transaction. Faults: VALIDATION, NOT_FOUND,
// REFUND_OWN for the person who asked, REFUND_STATE.
func (s *Service) DecideRefund(ctx context.Context, id tenant.ID, in DecideInput) error {
	if err := checkRemark("note", in.Note, !in.Approve); err != nil {
		return err
	}
	ev, action := refundRefused, "refund.refused"
	if in.Approve {
		ev, action = refundApproved, "refund.approved"
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		task, err := s.lockRefund(ctx, tx, in.OutRefundNo)
		if err != nil {
			return err
		}
		if task.requestedBy == in.Actor {
			return ErrRefundOwn
		}
		decide := func(from []string, to RefundStatus) (int64, error) {
			return s.q.DecideRefund(ctx, tx, paymentsdb.DecideRefundParams{
				ToStatus: string(to), Actor: in.Actor, Now: tx.Now(), Note: in.Note, Over: !in.Approve, OutRefundNo: in.OutRefundNo, FromStatuses: from,
			})
		}
		if in.Approve {
			err = s.approve(ctx, tx, task, in, decide)
		} else {
			err = s.endRefund(ctx, tx, task, ev, in.Actor, in.Note, 0, decide)
		}
		if err != nil {
			return err
		}
		return s.recordRefund(ctx, tx, task, in.Actor, action, map[string]any{"note": in.Note})
	})
	if err != nil {
		return fmt.Errorf("decide refund %s: %w", in.OutRefundNo, err)
	}
	return nil
}

func (s *Service) approve(ctx context.Context, tx tenantdb.Tx, task refundTask, in DecideInput, decide func(from []string, to RefundStatus) (int64, error)) error {
	to, ok := refundTransitions.Next(task.status, refundApproved)
	if !ok {
		return ErrRefundState
	}
	n, err := decide([]string{string(task.status)}, to)
	if err != nil {
		return fmt.Errorf("approve: %w", err)
	}
	if n == 0 {
		return fault.ErrConflict
	}
	if err := s.tellRefund(ctx, tx, task.outRefundNo, refundApproved, to, in.Actor, in.Note); err != nil {
		return err
	}
	return s.requested(ctx, tx, task.outRefundNo)
}

// WithdrawRefund takes back a refund of which the provider has not heard. Opens a
// transaction. Faults: NOT_FOUND, REFUND_STATE.
func (s *Service) WithdrawRefund(ctx context.Context, id tenant.ID, outRefundNo, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		task, err := s.lockRefund(ctx, tx, outRefundNo)
		if err != nil {
			return err
		}
		if task.tries > 0 { // it may be on its way
			return ErrRefundState
		}
		err = s.endRefund(ctx, tx, task, refundWithdrawn, actor, "", 0, func(from []string, to RefundStatus) (int64, error) {
			return s.q.FinishRefund(ctx, tx, string(to), "", "", new(tx.Now()), outRefundNo, from)
		})
		if err != nil {
			return err
		}
		return s.recordRefund(ctx, tx, task, actor, "refund.withdrawn", nil)
	})
	if err != nil {
		return fmt.Errorf("withdraw refund %s: %w", outRefundNo, err)
	}
	return nil
}

// recordRefund writes an act on a refund into the audit log; call it last.
func (s *Service) recordRefund(ctx context.Context, tx tenantdb.Tx, task refundTask, actor, action string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["order_no"], detail["amount_fen"] = task.businessNo, int64(task.amountFen)
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "refund:" + task.outRefundNo, Detail: detail})
}

func checkRemark(field, text string, needed bool) error {
	if n := utf8.RuneCountInString(text); n > mostRemark || (needed && n == 0) || !utf8.ValidString(text) {
		return fault.Invalidf(field, "must have 1 to %d characters", mostRemark)
	}
	return nil
}

// NoApproval says that no refund needs a second person.
const NoApproval money.Fen = -1

// RefundApproval returns the amount above which a refund of the shop needs a second
// person, or NoApproval. In fen.
func (s *Service) RefundApproval(ctx context.Context, id tenant.ID) (limit money.Fen, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		fen, err := s.q.RefundApproval(ctx, r)
		limit = money.Fen(fen)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read approval limit: %w", err)
	}
	return limit, nil
}

// SetRefundApproval sets that amount; refunds asked for before keep their way. Opens a
// transaction. Faults: VALIDATION.
func (s *Service) SetRefundApproval(ctx context.Context, id tenant.ID, limit money.Fen, actor string) error {
	if limit < NoApproval {
		return fault.Invalidf("refund_approval_fen", "must not be negative")
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		old, err := s.q.RefundApproval(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.q.SetRefundApproval(ctx, tx, int64(limit), actor, tx.Now()); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "refund.limit_set", Object: "shop",
			Before: map[string]any{"refund_approval_fen": old}, After: map[string]any{"refund_approval_fen": int64(limit)},
		})
	})
	if err != nil {
		return fmt.Errorf("set approval limit: %w", err)
	}
	return nil
}
