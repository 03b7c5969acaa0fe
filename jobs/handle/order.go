package handle

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// orderExpired begins to close an order whose time to pay is over.
func (h *Handlers) orderExpired(ctx context.Context, ev outbox.Event) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.expire")
		if err != nil || !fresh {
			return err
		}
		return h.Orders.ExpireTx(ctx, tx, ev.Key)
	})
}

// errUndecided keeps a closing order's event alive: the provider could not yet say
// whether its payment can still succeed.
var errUndecided = errors.New("the provider has not decided yet")

// orderClosing closes the order's payments at their providers, then the order. An order
// that turns out to be paid stays: its payment's event pays it.
func (h *Handlers) orderClosing(ctx context.Context, ev outbox.Event) error {
	outcome, err := h.Payments.CloseAll(ctx, ev.TenantID, ev.Key)
	if err != nil {
		return fmt.Errorf("close payments of %s: %w", ev.Key, err)
	}
	switch outcome {
	case payments.Paid:
		return nil
	case payments.Closed:
		return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.close")
			if err != nil || !fresh {
				return err
			}
			_, err = h.Orders.FinishClosingTx(ctx, tx, ev.Key)
			return err
		})
	case payments.Unknown:
	}
	return fmt.Errorf("order %s: %w", ev.Key, errUndecided)
}

// orderPaid tells the buyer, if the buyer subscribed, and gives what a payment is rewarded with.
func (h *Handlers) orderPaid(ctx context.Context, ev outbox.Event) error {
	p, err := payload[order.PaidEvent](ev)
	if err != nil {
		return err
	}
	var gift func(ctx context.Context, tx tenantdb.Tx) error
	if !p.Test {
		gift = func(ctx context.Context, tx tenantdb.Tx) error {
			return h.Coupons.GiftTx(ctx, tx, p.OrderNo, p.MemberID, p.PayableFen)
		}
	}
	var trade *notice.Trade
	if p.Channel == string(payments.Alipay) && p.TransactionID != "" {
		trade = &notice.Trade{No: p.TransactionID, PaidAt: p.PaidAt}
	}
	return h.tell(ctx, ev, news{
		gift: gift, trade: trade, event: notice.OrderPaid, effect: "order.paid.message", orderNo: p.OrderNo, memberID: p.MemberID, appID: p.AppID,
		facts: notice.Facts{OrderNo: p.OrderNo, AmountFen: p.PayableFen, Title: p.Title, At: ev.CreatedAt},
	})
}

// orderRefunded tells the buyer that money came back, if the buyer subscribed.
func (h *Handlers) orderRefunded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[order.RefundedEvent](ev)
	if err != nil {
		return err
	}
	return h.tell(ctx, ev, news{
		event: notice.OrderRefunded, effect: "order.refunded.message", orderNo: p.OrderNo, memberID: p.MemberID, appID: p.AppID,
		facts: notice.Facts{OrderNo: p.OrderNo, AmountFen: p.AmountFen, Title: p.Title, At: ev.CreatedAt},
	})
}
