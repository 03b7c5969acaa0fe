package handle

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"galleria/commerce/aftersale"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

const (
	// TopicTell asks to tell a buyer of something that another event has done.
	TopicTell outbox.Topic = "notice.tell"
	// TimerQuiet ends the quiet hours for one message.
	TimerQuiet outbox.Topic = "notice.quiet"
)

// TellV1 is the payload of TopicTell and TimerQuiet.
type TellV1 struct {
	EventID  uuid.UUID    `json:"event_id,omitzero"` // under which it is told; zero is that of the event itself
	Event    string       `json:"event"`             // of the catalogue
	OrderNo  string       `json:"order_no"`
	MemberID int64        `json:"member_id"`
	AppID    string       `json:"app_id"` // without it, order and buyer are read
	Facts    notice.Facts `json:"facts"`
	// BuyerOnly keeps it from the staff's board.
	BuyerOnly bool `json:"buyer_only,omitempty"`
}

// news is what a buyer is to be told.
type news struct {
	event    string // of the catalogue
	effect   string // of the receipt
	eventID  uuid.UUID
	orderNo  string
	memberID int64
	appID    string
	facts    notice.Facts
	alone    bool                                            // the staff do not hear of it
	trade    *notice.Trade                                   // what was paid for it through Alipay; nil: nothing
	gift     func(ctx context.Context, tx tenantdb.Tx) error // what the buyer gets for it besides, once; nil: nothing
}

// tell brings an event into the buyer's inbox and onto the staff's board, and sends the
// message that the buyer subscribed to: each once, the last within the plan and not in quiet
// hours.
func (h *Handlers) tell(ctx context.Context, ev outbox.Event, n news) error {
	app, ok := tenant.ParseAppID(n.appID)
	if !ok && n.appID != "" {
		return fmt.Errorf("order %s has the app id %.40q", n.orderNo, n.appID)
	}
	if n.eventID == uuid.Nil {
		n.eventID = ev.ID
	}
	begun, err := h.begin(ctx, ev, n.effect, func(tx tenantdb.Tx) (begun notice.Begun, err error) {
		var openID string
		if n.appID != "" {
			if openID, err = h.Members.OpenID(ctx, tx, n.memberID, n.appID); err != nil {
				return begun, err
			}
		}
		begun, err = h.Notices.BeginTx(ctx, tx, notice.BeginInput{
			EventID: n.eventID, Event: n.event, MemberID: n.memberID, AppID: n.appID, OpenID: openID, Facts: n.facts, Trade: n.trade, BuyerOnly: n.alone,
		})
		if err == nil {
			err = h.smsTimer(ctx, tx, begun.SMS, n)
		}
		if err == nil && begun.Mail {
			err = h.mailTimer(ctx, tx, tx.Now(), notice.MailV1{EventID: n.eventID, Event: n.event, Audience: notice.Buyer, MemberID: n.memberID, Facts: n.facts})
		}
		if err == nil && !begun.Wait.IsZero() {
			later := TellV1{EventID: n.eventID, Event: n.event, OrderNo: n.orderNo, MemberID: n.memberID, AppID: n.appID, Facts: n.facts, BuyerOnly: n.alone}
			err = h.Timers.Set(ctx, tx, TimerQuiet, n.eventID.String(), begun.Wait, later)
		}
		if err == nil && n.gift != nil {
			err = n.gift(ctx, tx) // last: others wait for the row of a coupon
		}
		return begun, err
	})
	if err != nil {
		return fmt.Errorf("begin message about %s: %w", n.orderNo, err)
	}
	if !begun.Ready {
		return nil
	}
	return h.send(ctx, ev, n.effect, app, begun.Message)
}

// tellMember tells a member of something that no order and no Mini Program stands behind: the message
// comes by that of the member's Mini Programs which may send it. The staff do not hear of it.
func (h *Handlers) tellMember(ctx context.Context, ev outbox.Event, n news) error {
	err := h.DB.Read(ctx, ev.TenantID, func(r *tenantdb.Reader) (err error) {
		n.appID, err = h.Notices.AppFor(ctx, r, n.memberID, n.event)
		return err
	})
	if err != nil {
		return err
	}
	n.alone = true
	return h.tell(ctx, ev, n)
}

// begin begins a message within the shop's quota. One that is not to be sent is the end of its
// event.
func (h *Handlers) begin(ctx context.Context, ev outbox.Event, effect string, how func(tx tenantdb.Tx) (notice.Begun, error)) (begun notice.Begun, err error) {
	err = h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) (err error) {
		if begun, err = how(tx); err != nil {
			return err
		}
		if begun.Ready, err = h.withinQuota(ctx, tx, begun.Message, begun.Ready); err != nil || begun.Ready {
			return err
		}
		tx.Lazy() // nothing is sent
		_, err = h.Outbox.Receive(ctx, tx, ev, effect)
		return err
	})
	return begun, err
}

// send sends a message that was begun, and writes down what became of it.
func (h *Handlers) send(ctx context.Context, ev outbox.Event, effect string, app tenant.AppID, m notice.Message) error {
	for {
		msgID, err := h.Messenger.SendSubscribeMessage(ctx, ev.TenantID, app, miniprogram.Message{
			OpenID: m.OpenID, TemplateID: m.TemplateID, FormID: m.FormID, Page: m.Page, Data: m.Data,
		})
		next, again, lost := h.nextForm(ctx, ev, m, err)
		if lost != nil {
			return lost
		}
		if !again {
			return h.finishMessage(ctx, ev, effect, m, msgID, err)
		}
		m = next
	}
}

// nextForm gives a message another of the buyer's numbers where the provider refused the one it
// had. Each is refused once, so that this comes to an end.
func (h *Handlers) nextForm(ctx context.Context, ev outbox.Event, m notice.Message, sendErr error) (next notice.Message, again bool, err error) {
	if ruling, _ := miniprogram.Judge(sendErr); sendErr == nil || m.FormID == "" || ruling != miniprogram.FormWrong {
		return m, false, nil
	}
	err = h.DB.InTenant(context.WithoutCancel(ctx), ev.TenantID, func(tx tenantdb.Tx) (err error) {
		next, again, err = h.Notices.NextFormTx(ctx, tx, m)
		return err
	})
	return next, again, err
}

// testDue sends a test that staff asked for.
func (h *Handlers) testDue(ctx context.Context, ev outbox.Event) error {
	const effect = "notice.test"
	p, err := payload[notice.TestV1](ev)
	if err != nil {
		return err
	}
	app, ok := tenant.ParseAppID(p.AppID)
	if !ok {
		return fmt.Errorf("a test has the app id %.40q", p.AppID)
	}
	begun, err := h.begin(ctx, ev, effect, func(tx tenantdb.Tx) (begun notice.Begun, err error) {
		openID, err := h.Members.OpenID(ctx, tx, p.MemberID, p.AppID)
		if err != nil {
			return begun, err
		}
		return h.Notices.BeginTestTx(ctx, tx, p, openID)
	})
	if err != nil || !begun.Ready {
		return err
	}
	return h.send(ctx, ev, effect, app, begun.Message)
}

// tellDue tells what another event asked for, or what waited for the morning.
func (h *Handlers) tellDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[TellV1](ev)
	if err != nil {
		return err
	}
	n := news{event: p.Event, effect: "notice.told", eventID: p.EventID, orderNo: p.OrderNo, memberID: p.MemberID, appID: p.AppID, facts: p.Facts, alone: p.BuyerOnly}
	if n.appID == "" {
		return h.aboutOrder(ctx, ev, p.OrderNo, n)
	}
	return h.tell(ctx, ev, n)
}

// aboutOrder is news about an order of which the event says no more than the number.
func (h *Handlers) aboutOrder(ctx context.Context, ev outbox.Event, orderNo string, n news) error {
	err := h.DB.Read(ctx, ev.TenantID, func(r *tenantdb.Reader) error {
		buyer, err := h.Orders.Buyer(ctx, r, orderNo)
		n.orderNo, n.memberID, n.appID = orderNo, buyer.MemberID, buyer.AppID
		n.facts.OrderNo, n.facts.Title, n.facts.At = orderNo, buyer.Title, ev.CreatedAt
		return err
	})
	if err != nil {
		return fmt.Errorf("%s of %s: %w", n.event, orderNo, err)
	}
	return h.tell(ctx, ev, n)
}

// paymentSurplus tells the buyer that late or double money goes back.
func (h *Handlers) paymentSurplus(ctx context.Context, ev outbox.Event) error {
	p, err := payload[payments.SurplusV1](ev)
	if err != nil {
		return err
	}
	return h.aboutOrder(ctx, ev, p.BusinessNo, news{
		event: notice.PaymentSurplus, effect: "payments.surplus.message", facts: notice.Facts{AmountFen: p.AmountFen, Reason: string(p.Reason)},
	})
}

// orderClosed has the buyer told who did not close the order.
func (h *Handlers) orderClosed(ctx context.Context, ev outbox.Event) error {
	p, err := payload[order.ClosedEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "order.closed", func(tx tenantdb.Tx) error {
		if err := h.Invoices.FollowOrderTx(ctx, tx, ev.Key); err != nil {
			return err
		}
		if p.Reason != order.ByTimeout && p.Reason != order.ByMerchant && p.Reason != order.ByGroupFailed {
			return nil
		}
		return h.Outbox.Append(ctx, tx, TopicTell, p.OrderNo, TellV1{Event: notice.OrderClosed, OrderNo: p.OrderNo})
	})
}

// caseOpened tells the staff of a new case.
func (h *Handlers) caseOpened(ctx context.Context, ev outbox.Event) error {
	p, err := payload[aftersale.CaseEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "aftersale.opened.message", func(tx tenantdb.Tx) error {
		return h.Notices.BoardTx(ctx, tx, ev.ID, notice.CaseOpened, notice.Facts{OrderNo: p.OrderNo, CaseNo: p.CaseNo, At: ev.CreatedAt})
	})
}

// caseMoved tells the buyer what the shop decided. What the buyer did is no news to the
// buyer, and money that is back is told by its order.
func (h *Handlers) caseMoved(ctx context.Context, ev outbox.Event) error {
	p, err := payload[aftersale.CaseEvent](ev)
	if err != nil {
		return err
	}
	if p.Event == aftersale.EventSendBack {
		return h.caseSentBack(ctx, ev, p.CaseNo)
	}
	own := []aftersale.Event{aftersale.EventApply, aftersale.EventWithdraw, aftersale.EventConfirm}
	if slices.Contains(own, p.Event) || p.Event == aftersale.EventRefunded || p.Event == aftersale.EventRetry {
		return nil
	}
	return h.tell(ctx, ev, news{
		event: notice.CaseMoved, effect: "aftersale.moved.message", orderNo: p.OrderNo, memberID: p.MemberID, appID: p.AppID,
		facts: notice.Facts{OrderNo: p.OrderNo, CaseNo: p.CaseNo, Status: string(p.Status), At: ev.CreatedAt},
	})
}

// surplusDue looks whether late or double money is on its way back.
func (h *Handlers) surplusDue(ctx context.Context, ev outbox.Event) error {
	return h.Payments.CheckSurplus(ctx, ev.TenantID, ev.Key)
}
