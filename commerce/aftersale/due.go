package aftersale

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// DueTx is what the timer TimerDue means, if the time is over by the database's clock: goods
// that were never sent are given back without the shop's answer, a parcel that was never sent
// closes its case, one that nobody looked at is paid for, a replacement counts as received.
// Whatever else is due stays for a person. Joins the caller's transaction. Faults: NOT_FOUND.
func (s *Service) DueTx(ctx context.Context, tx tenantdb.Tx, caseNo string) error {
	a, err := s.lock(ctx, tx, caseNo, 0)
	if err != nil {
		return fmt.Errorf("case %s is due: %w", caseNo, err)
	}
	if !a.row.Due {
		return nil
	}
	var event Event
	switch Status(a.row.Status) {
	case Requested:
		if !a.row.Unsent || Reason(a.row.Reason) == Lapsed { // that one waits for a person, see VouchersDueTx
			return nil
		}
		event = EventApprove
	case AwaitingReturn:
		event = EventExpire
	case InTransit, Inspecting:
		if Kind(a.row.Kind) != Return {
			return nil
		}
		event = EventPass
	case Reshipped:
		event = EventConfirm
	default:
		return nil
	}
	a.by, a.actor = System, string(System)
	if err := a.set(event); err != nil {
		return fmt.Errorf("case %s is due: %w", caseNo, err)
	}
	if err := a.end(ctx, nil); err != nil {
		return fmt.Errorf("case %s is due: %w", caseNo, err)
	}
	return nil
}

// RefundedTx is word that money of a case is with its buyer: outRefundNo is of the refund
// that its document asked for, or of one that followed it. A case that has ended stays.
// Joins the caller's transaction, which receives the refund's event once. Faults: NOT_FOUND.
func (s *Service) RefundedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string, amountFen money.Fen) error {
	a, err := s.refundOf(ctx, tx, document)
	if err != nil || !Status(a.row.Status).Open() {
		return err
	}
	if a.row.AmountFen != amountFen {
		return fmt.Errorf("case %s: refund %s is of another amount", a.row.CaseNo, outRefundNo) // a defect: payments give back what they were asked for
	}
	a.next.ToStatus, a.next.AmountFen, a.next.OutRefundNo, a.next.RefundAsks = a.row.Status, amountFen, &outRefundNo, a.row.RefundAsks
	return a.refundedNow(ctx)
}

// RefundStoppedTx is word that the last refund of a document ended without money, and that
// none follows it. A document that the case does not wait for any more changes nothing. Joins
// the caller's transaction. Faults: NOT_FOUND.
func (s *Service) RefundStoppedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string) error {
	a, err := s.refundOf(ctx, tx, document)
	if err != nil || Status(a.row.Status) != Refunding || a.current() != document {
		return err
	}
	a.by, a.actor = System, string(System)
	if err := a.set(EventStopped); err != nil {
		return err
	}
	a.next.OutRefundNo = &outRefundNo
	return a.end(ctx, nil)
}

// current is the document whose refund the case waits for.
func (a *acting) current() string { return documentOf(a.row.CaseNo, a.row.RefundAsks) }

// refundOf locks the case of a document that asked for a refund.
func (s *Service) refundOf(ctx context.Context, tx tenantdb.Tx, document string) (*acting, error) {
	a, err := s.lock(ctx, tx, CaseOf(document), 0)
	if err != nil {
		return nil, fmt.Errorf("case of refund of %s: %w", document, err)
	}
	return a, nil
}
