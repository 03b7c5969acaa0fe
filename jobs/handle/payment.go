package handle

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

const markPaidEffect = "order.mark_paid"

// errReceived rolls back a repeat of an effect.
var errReceived = errors.New("the effect was done before")

// paymentSucceeded pays the order. Money that the order cannot use, because it is closed
// or another attempt has paid it, is marked surplus and goes back.
func (h *Handlers) paymentSucceeded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.SucceededV1](ev)
	if err != nil {
		return err
	}
	var outcome order.PaidOutcome
	err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		pipe := tx.Pipeline() // the receipt and the order's lock share a round trip
		pipe.Add(func(tx tenantdb.Tx) error {
			fresh, err := h.Outbox.Receive(ctx, tx, ev, markPaidEffect)
			if err == nil && !fresh {
				err = errReceived
			}
			return err
		})
		pipe.Add(func(tx tenantdb.Tx) (err error) {
			outcome, err = h.payOrder(ctx, tx, p)
			return err
		})
		return pipe.Run(ctx)
	})
	if errors.Is(err, errReceived) { // the effect was done before: only its event is to be ended
		return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			_, err := h.Outbox.Receive(ctx, tx, ev, markPaidEffect)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("pay order %s: %w", p.BusinessNo, err)
	}
	if outcome == order.OutcomeLate {
		h.Log.WarnContext(ctx, "money without an order to use it goes back",
			"tenant_id", ev.TenantID.String(), "order_no", p.BusinessNo, "out_trade_no", p.OutTradeNo)
	}
	return nil
}

func (h *Handlers) payOrder(ctx context.Context, tx tenantdb.Tx, p payments.SucceededV1) (order.PaidOutcome, error) {
	outcome, err := h.Orders.MarkPaidTx(ctx, tx, order.PaidInput{
		OrderNo: p.BusinessNo, AmountFen: p.AmountFen, PaidAt: p.PaidAt,
		Channel: string(p.Channel), OutTradeNo: p.OutTradeNo, TransactionID: p.TransactionID, Repeats: true,
	})
	if err != nil || outcome != order.OutcomeLate {
		return outcome, err
	}
	if err := h.Payments.MarkSurplusTx(ctx, tx, p.OutTradeNo); err != nil {
		return outcome, err
	}
	_, err = h.Payments.RequestRefundTx(ctx, tx, p.OutTradeNo, payments.LatePayment)
	return outcome, err
}

// refundDue executes a refund, or asks what became of it; the number is the same every
// time.
func (h *Handlers) refundDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.RefundV1](ev)
	if err != nil {
		return err
	}
	return h.Payments.ExecuteRefund(ctx, ev.TenantID, p.OutRefundNo)
}

// refunded counts money that went back with its order. Money that the order did not use
// is none of the order's.
func (h *Handlers) refunded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.RefundedV1](ev)
	if err != nil {
		return err
	}
	err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.mark_refunded")
		if err != nil || !fresh {
			return err
		}
		_, err = h.Orders.MarkRefundedTx(ctx, tx, order.RefundedInput{
			OrderNo: p.BusinessNo, AmountFen: p.AmountFen, OutTradeNo: p.OutTradeNo, OutRefundNo: p.OutRefundNo,
		})
		if err != nil {
			return err
		}
		return h.caseRefunded(ctx, tx, p)
	})
	if err != nil {
		return fmt.Errorf("refund %s of order %s: %w", p.OutRefundNo, p.BusinessNo, err)
	}
	return nil
}

// paymentQueryDue asks the provider about a payment whose callback has not come.
func (h *Handlers) paymentQueryDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.QueryV1](ev)
	if err != nil {
		return err
	}
	return h.Payments.Query(ctx, ev.TenantID, p.OutTradeNo)
}

// billsDue looks at an account's bills.
func (h *Handlers) billsDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.BillsV1](ev)
	if err != nil {
		return err
	}
	return h.Bills.Run(ctx, ev.TenantID, p.AccountID)
}

// transferDue sends a payout, or asks what became of it; the number is the same every time.
func (h *Handlers) transferDue(ctx context.Context, ev outbox.Event) error {
	return h.Transfers.Execute(ctx, ev.TenantID, ev.Key)
}

// keyExpiryDue looks at the certificates of an account.
func (h *Handlers) keyExpiryDue(ctx context.Context, ev outbox.Event) error {
	return h.Accounts.CheckExpiry(ctx, ev.TenantID, ev.Key)
}

// keysDestroyDue destroys replaced keys of an account.
func (h *Handlers) keysDestroyDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.KeysV1](ev)
	if err != nil {
		return err
	}
	return h.Accounts.DestroyReplaced(ctx, ev.TenantID, p.AccountID)
}
