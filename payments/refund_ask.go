package payments

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/commerce/money"
	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// SourceKind says what sort of document asks for a refund.
type SourceKind string

// The kinds.
const (
	SourceStaff     SourceKind = "staff"     // a form that was sent; its number is the form's own
	SourceAfterSale SourceKind = "aftersale" // a case of the buyer's
	SourceRefund    SourceKind = "refund"    // a refund that the provider closed
)

// mostNote is the longest reason, in characters: what the providers show the buyer.
const mostNote = 80

// AskInput asks for a refund of a bill's payment.
type AskInput struct {
	BusinessNo string
	AmountFen  money.Fen // above zero; at most what is left
	Reason     RefundReason
	Note       string // shown to the buyer; 1 to 80 characters
	SourceKind SourceKind
	SourceNo   string // the document gets one refund, however often it asks; 1 to 64 bytes
	Actor      string // who asks: "staff:3"
	// Still, if it is set, says with the payment locked whether what the asking side saw
	// still holds; its fault refuses a refund that was not asked for before. It only reads.
	Still func(ctx context.Context, tx tenantdb.Tx) error
}

// Refund is a refund as whoever asked for it is told.
type Refund struct {
	OutRefundNo string
	AmountFen   money.Fen
	Status      RefundStatus
}

// automatic refunds are the system's own: of all that is left, once for a reason.
func (r RefundReason) automatic() bool {
	return r == LatePayment || r == DoublePayment || r == OrderCancelled
}

// AskRefund asks for a refund in a transaction of its own, with its entry in the audit
// log. Safe to repeat: a document gets one refund. Faults: those of AskRefundTx.
func (s *Service) AskRefund(ctx context.Context, id tenant.ID, in AskInput) (out Refund, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		var fresh bool
		if out, fresh, err = s.askTx(ctx, tx, in); err != nil || !fresh {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "refund.asked", Object: "refund:" + out.OutRefundNo,
			Detail: map[string]any{"order_no": in.BusinessNo, "amount_fen": int64(in.AmountFen), "reason": in.Note, "status": string(out.Status)},
		})
	})
	if err != nil {
		return Refund{}, fmt.Errorf("ask for a refund of %s: %w", in.BusinessNo, err)
	}
	return out, nil
}

// AskRefundTx reserves an amount of the payment that paid a bill and gives the refund its
// number, which stays the same however often the provider is asked. Above the shop's limit
// it waits for a second person; else TopicRefundRequested is appended. A repeat of the same
// document returns its refund. Joins the caller's transaction. Faults: VALIDATION,
// NOT_FOUND for a bill that nobody paid, REFUND_EXCEEDS, REFUND_TOO_OLD, REFUND_TOO_MANY,
// REFUND_SOURCE_USED, and those of in.Still.
func (s *Service) AskRefundTx(ctx context.Context, tx tenantdb.Tx, in AskInput) (Refund, error) {
	out, _, err := s.askTx(ctx, tx, in)
	return out, err
}

func (s *Service) askTx(ctx context.Context, tx tenantdb.Tx, in AskInput) (out Refund, fresh bool, err error) {
	in.Note = strings.TrimSpace(in.Note)
	if err := in.check(); err != nil {
		return Refund{}, false, err
	}
	outTradeNo, err := s.q.PaidAttempt(ctx, tx, in.BusinessNo)
	if err != nil {
		return Refund{}, false, notFound(err, "find payment")
	}
	a, err := s.lockAttempt(ctx, tx, outTradeNo)
	if err != nil {
		return Refund{}, false, err
	}
	// With the payment locked, a repeat finds what the first one made.
	old, err := s.q.RefundOfSource(ctx, tx, string(in.SourceKind), in.SourceNo)
	switch {
	case err == nil && (old.OutTradeNo != a.OutTradeNo || old.AmountFen != in.AmountFen):
		return Refund{}, false, ErrRefundSourceUsed
	case err == nil:
		return Refund{old.OutRefundNo, old.AmountFen, RefundStatus(old.Status)}, false, nil
	case !tenantdb.NoRows(err):
		return Refund{}, false, fmt.Errorf("find refund: %w", err)
	}
	if in.Still != nil {
		if err := in.Still(ctx, tx); err != nil {
			return Refund{}, false, err
		}
	}
	if err := s.withinLimits(ctx, tx, a); err != nil {
		return Refund{}, false, err
	}
	limit, err := s.q.RefundApproval(ctx, tx)
	if err != nil {
		return Refund{}, false, fmt.Errorf("read approval limit: %w", err)
	}
	out = Refund{AmountFen: in.AmountFen, Status: RefundRequested}
	if limit >= 0 && int64(in.AmountFen) > limit {
		out.Status = RefundAwaitingApproval
	}
	out.OutRefundNo, err = s.openRefund(ctx, tx, a, newRefund{
		reason: in.Reason, amountFen: in.AmountFen, status: out.Status, sourceKind: in.SourceKind, sourceNo: in.SourceNo, note: in.Note, actor: in.Actor,
	})
	return out, true, err
}

func (in AskInput) check() error {
	switch n := utf8.RuneCountInString(in.Note); {
	case in.AmountFen <= 0:
		return fault.Invalidf("amount_fen", "must be above zero")
	case n == 0 || n > mostNote || !utf8.ValidString(in.Note) || strings.ContainsRune(in.Note, 0):
		return fault.Invalidf("note", "must have 1 to %d characters", mostNote)
	case in.SourceKind == "" || in.SourceNo == "" || len(in.SourceNo) > 64:
		return fault.Invalidf("source_no", "must have 1 to 64 bytes")
	case in.Reason.automatic():
		return fault.Invalidf("reason", "is the system's own")
	}
	return nil
}

// withinLimits refuses at once what the provider would refuse for good.
func (s *Service) withinLimits(ctx context.Context, tx tenantdb.Tx, a Attempt) error {
	ch, err := s.channel(a.Channel)
	if err != nil {
		return err
	}
	past, err := s.q.RefundHistory(ctx, tx, a.ID, 0)
	if err != nil {
		return fmt.Errorf("read refunds: %w", err)
	}
	traits, _ := ch.Traits(a.Scene)
	switch traits.Refunds.exceeded(a.PaidAt, tx.Now(), int(past.Refunds)) { //nolint:exhaustive // waiting mends the others
	case HoldAge:
		return ErrRefundTooOld
	case HoldCount:
		return ErrRefundTooMany.WithData(map[string]any{"most": traits.Refunds.Count})
	}
	return nil
}

// newRefund is a refund that is about to be written.
type newRefund struct {
	reason     RefundReason
	amountFen  money.Fen
	status     RefundStatus
	sourceKind SourceKind
	sourceNo   string
	note       string
	actor      string
}

// openRefund reserves the amount by a conditional update and writes the refund.
func (s *Service) openRefund(ctx context.Context, tx tenantdb.Tx, a Attempt, in newRefund) (outRefundNo string, err error) {
	rest := a.AmountFen - a.ReservedFen - a.RefundedFen
	switch {
	case rest <= 0:
		return "", ErrNothingToRefund
	case in.amountFen > rest:
		return "", ErrRefundExceeds.WithData(map[string]any{"rest_fen": int64(rest)})
	}
	n, err := s.q.ReserveRefund(ctx, tx, int64(in.amountFen), tx.Now(), a.ID)
	if err != nil {
		return "", fmt.Errorf("reserve refund: %w", err)
	}
	if n == 0 {
		return "", ErrRefundExceeds
	}
	if outRefundNo, err = newNumber(tx.Now(), s.d.Rand); err != nil {
		return "", err
	}
	_, err = s.q.InsertRefund(ctx, tx, paymentsdb.InsertRefundParams{
		OutRefundNo: outRefundNo, AttemptID: a.ID, BusinessNo: a.BusinessNo, Reason: string(in.reason), AmountFen: in.amountFen, Status: string(in.status),
		SourceKind: string(in.sourceKind), SourceNo: in.sourceNo, Note: in.note, RequestedBy: in.actor, Now: tx.Now(),
	})
	if tenantdb.NoRows(err) { // the document asked twice, for two payments
		return "", ErrRefundSourceUsed
	}
	if err != nil {
		return "", fmt.Errorf("insert refund: %w", err)
	}
	if err := s.tellRefund(ctx, tx, outRefundNo, "asked", in.status, in.actor, in.note); err != nil {
		return "", err
	}
	if in.status == RefundAwaitingApproval {
		return outRefundNo, nil
	}
	return outRefundNo, s.requested(ctx, tx, outRefundNo)
}

// requested lets a refund be executed.
func (s *Service) requested(ctx context.Context, tx tenantdb.Tx, outRefundNo string) error {
	return s.d.Outbox.Append(ctx, tx, TopicRefundRequested, outRefundNo, RefundV1{OutRefundNo: outRefundNo})
}
