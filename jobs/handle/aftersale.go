package handle

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Cases is the part of aftersale.Service that events move.
type Cases interface {
	DueTx(ctx context.Context, tx tenantdb.Tx, caseNo string) error
	RefundedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string, amountFen money.Fen) error
	RefundStoppedTx(ctx context.Context, tx tenantdb.Tx, document, outRefundNo string) error
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
