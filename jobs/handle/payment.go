package handle

import (
	"context"
	"fmt"

	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// paymentSucceeded pays the order. Money that the order cannot use, because it is closed
// or another attempt has paid it, is marked surplus and goes back.
func (h *Handlers) paymentSucceeded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.SucceededV1](ev)
	if err != nil {
		return err
	}
	var outcome order.PaidOutcome
	err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.mark_paid")
		if err != nil || !fresh {
			return err
		}
		outcome, err = h.Orders.MarkPaidTx(ctx, tx, order.PaidInput{
			OrderNo: p.BusinessNo, AmountFen: p.AmountFen, PaidAt: p.PaidAt,
			Channel: string(p.Channel), OutTradeNo: p.OutTradeNo, TransactionID: p.TransactionID,
		})
		if err != nil {
			return err
		}
		if outcome != order.OutcomeLate {
			return nil
		}
		if err := h.Payments.MarkSurplusTx(ctx, tx, p.OutTradeNo); err != nil {
			return err
		}
		_, err = h.Payments.RequestRefundTx(ctx, tx, p.OutTradeNo, payments.LatePayment)
		return err
	})
	if err != nil {
		return fmt.Errorf("pay order %s: %w", p.BusinessNo, err)
	}
	if outcome == order.OutcomeLate {
		h.Log.WarnContext(ctx, "money without an order to use it goes back",
			"tenant_id", ev.TenantID.String(), "order_no", p.BusinessNo, "out_trade_no", p.OutTradeNo)
	}
	return nil
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

// paymentQueryDue asks the provider about a payment whose callback has not come.
func (h *Handlers) paymentQueryDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.QueryV1](ev)
	if err != nil {
		return err
	}
	return h.Payments.Query(ctx, ev.TenantID, p.OutTradeNo)
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
