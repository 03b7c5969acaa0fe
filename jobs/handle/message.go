package handle

import (
	"context"
	"fmt"
	"strings"

	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// news is what a buyer is to be told about an order.
type news struct {
	event    string // names the template
	effect   string // of the receipt
	orderNo  string
	memberID int64
	appID    string
	values   map[string]string
	gift     func(ctx context.Context, tx tenantdb.Tx) error // what the buyer gets for it besides; nil: nothing
}

// tell sends the buyer a message about an event, if the buyer subscribed: once, within the
// plan.
func (h *Handlers) tell(ctx context.Context, ev outbox.Event, n news) error {
	app, ok := tenant.ParseAppID(n.appID)
	if !ok {
		return fmt.Errorf("order %s has the app id %.40q", n.orderNo, n.appID)
	}
	var message notice.Message
	var ready bool
	err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		openID, err := h.Members.OpenID(ctx, tx, n.memberID, n.appID)
		if err != nil {
			return err
		}
		message, ready, err = h.Notices.BeginTx(ctx, tx, notice.BeginInput{
			EventID: ev.ID, Event: n.event, MemberID: n.memberID, AppID: n.appID, OpenID: openID, Values: n.values,
		})
		if err != nil {
			return err
		}
		if ready, err = h.withinQuota(ctx, tx, message, ready); err != nil || ready {
			return err
		}
		_, err = h.Outbox.Receive(ctx, tx, ev, n.effect)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin message about %s: %w", n.orderNo, err)
	}
	if !ready {
		return nil
	}
	page := strings.ReplaceAll(message.Page, "{order_no}", n.orderNo)
	sendErr := h.Messenger.SendSubscribeMessage(ctx, ev.TenantID, app, miniprogram.Message{
		OpenID: message.OpenID, TemplateID: message.TemplateID, Page: page, Data: message.Data,
	})
	return h.finishMessage(ctx, ev, n.effect, message, sendErr)
}

// paymentSurplus tells the buyer that late or double money goes back.
func (h *Handlers) paymentSurplus(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.SurplusV1](ev)
	if err != nil {
		return err
	}
	var n news
	err = h.DB.Read(ctx, ev.TenantID, func(r *tenantdb.Reader) error {
		buyer, err := h.Orders.Buyer(ctx, r, p.BusinessNo)
		n = news{
			event: string(payments.TopicSurplus), effect: "payments.surplus.message", orderNo: p.BusinessNo, memberID: buyer.MemberID, appID: buyer.AppID,
			values: surplusValues(p.BusinessNo, buyer.Title, p.AmountFen, p.Reason),
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("surplus of %s: %w", p.BusinessNo, err)
	}
	n.values["paid_at"] = timeText(ev.CreatedAt)
	return h.tell(ctx, ev, n)
}

func surplusValues(orderNo, title string, amount money.Fen, reason payments.RefundReason) map[string]string {
	why := "订单已关闭，原路退回"
	if reason == payments.DoublePayment {
		why = "重复付款，原路退回"
	}
	return map[string]string{"order_no": orderNo, "title": shorten(title), "amount": amountText(amount), "reason": why}
}

// surplusDue looks whether late or double money is on its way back.
func (h *Handlers) surplusDue(ctx context.Context, ev outbox.Event) error {
	return h.Payments.CheckSurplus(ctx, ev.TenantID, ev.Key)
}
