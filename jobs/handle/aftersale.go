package handle

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/aftersale"
	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Cases is the part of aftersale.Service that events move.
type Cases interface {
	Get(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	DueTx(ctx context.Context, tx tenantdb.Tx, caseNo string) error
	VouchersDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	RefundedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string, amountFen money.Fen) error
	RefundStoppedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string) error
}

// caseSentBack has the parcel followed in which a case's goods come back. Couriers that ask for
// the end of a phone take that of whom it goes to.
func (h *Handlers) caseSentBack(ctx context.Context, ev outbox.Event, caseNo string) error {
	c, err := h.Cases.Get(ctx, ev.TenantID, 0, caseNo)
	if err != nil {
		return fmt.Errorf("follow what comes back: %w", err)
	}
	if c.BackNumber == "" { // its buyer has left meanwhile
		return nil
	}
	tail := ""
	if c.ReturnTo != nil {
		tail = c.ReturnTo.Phone[max(0, len(c.ReturnTo.Phone)-4):]
	}
	return h.once(ctx, ev, "aftersale.back.followed", func(tx tenantdb.Tx) error {
		return h.Delivery.BeginTx(ctx, tx, c.CaseNo, c.BackCourier, c.BackNumber, tail)
	})
}

// caseArrived tells the staff that what a buyer sends back is there to be looked at.
func (h *Handlers) caseArrived(ctx context.Context, ev outbox.Event, at time.Time) error {
	c, err := h.Cases.Get(ctx, ev.TenantID, 0, ev.Key)
	if err != nil {
		return fmt.Errorf("what came back: %w", err)
	}
	if c.Status != aftersale.InTransit {
		return nil
	}
	return h.once(ctx, ev, "aftersale.back.arrived", func(tx tenantdb.Tx) error {
		return h.Notices.BoardTx(ctx, tx, ev.ID, notice.CaseArrived, notice.Facts{OrderNo: c.OrderNo, CaseNo: c.CaseNo, At: at})
	})
}

// vouchersDue ends vouchers whose time is over.
func (h *Handlers) vouchersDue(ctx context.Context, ev outbox.Event) error {
	return h.once(ctx, ev, "order.voucher_end", func(tx tenantdb.Tx) error { return h.Cases.VouchersDueTx(ctx, tx, ev.Key) })
}

// caseDue does what happens to a case by itself.
func (h *Handlers) caseDue(ctx context.Context, ev outbox.Event) error {
	return h.once(ctx, ev, "aftersale.due", func(tx tenantdb.Tx) error { return h.Cases.DueTx(ctx, tx, ev.Key) })
}

// caseRefunded ends the case whose money went back; money that no case asked for is none of
// its business.
func (h *Handlers) caseRefunded(ctx context.Context, tx tenantdb.Tx, p payments.RefundedV1) error {
	if p.Reason != payments.AfterSale {
		return nil
	}
	source, err := h.Payments.RefundSourceTx(ctx, tx, p.OutRefundNo)
	if err != nil || source.Kind != payments.SourceAfterSale {
		return err
	}
	return h.Cases.RefundedTx(ctx, tx, source.No, p.OutRefundNo, p.AmountFen)
}

// refundEnded tells a case that its refund ended without money, unless another follows it.
func (h *Handlers) refundEnded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.RefundV1](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "aftersale.refund_stopped", func(tx tenantdb.Tx) error {
		source, err := h.Payments.RefundSourceTx(ctx, tx, p.OutRefundNo)
		if err != nil || source.Followed || source.Kind != payments.SourceAfterSale {
			return err
		}
		return h.Cases.RefundStoppedTx(ctx, tx, source.No, p.OutRefundNo)
	})
}

// once does an effect in the transaction that receives its event.
func (h *Handlers) once(ctx context.Context, ev outbox.Event, effect string, do func(tx tenantdb.Tx) error) error {
	err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, effect)
		if err != nil || !fresh {
			return err
		}
		return do(tx)
	})
	if err != nil {
		return fmt.Errorf("%s of %s: %w", effect, ev.Key, err)
	}
	return nil
}
