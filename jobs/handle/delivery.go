package handle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"galleria/commerce/delivery"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// receiveDue lets an order count as received once its buyer had time to say otherwise.
func (h *Handlers) receiveDue(ctx context.Context, ev outbox.Event) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.receive")
		if err != nil || !fresh {
			return err
		}
		return h.Orders.ReceiveDueTx(ctx, tx, ev.Key)
	})
}

// finishDue makes the money of a received order final.
func (h *Handlers) finishDue(ctx context.Context, ev outbox.Event) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "order.finish")
		if err != nil || !fresh {
			return err
		}
		return h.Orders.FinishDueTx(ctx, tx, ev.Key)
	})
}

// parcelShipped follows the parcel, and has WeChat told of it if the order was paid there.
func (h *Handlers) parcelShipped(ctx context.Context, ev outbox.Event) error {
	return h.parcelEvent(ctx, ev, "order.shipped.delivery")
}

// parcelChanged follows the corrected number, and has WeChat told of it.
func (h *Handlers) parcelChanged(ctx context.Context, ev outbox.Event) error {
	return h.parcelEvent(ctx, ev, "order.parcel_changed.delivery")
}

func (h *Handlers) parcelEvent(ctx context.Context, ev outbox.Event, effect string) error {
	p, err := payload[order.ParcelEvent](ev)
	if err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, effect)
		if err != nil || !fresh {
			return err
		}
		if p.Kind == order.Express {
			if err := h.Delivery.BeginTx(ctx, tx, p.ParcelNo, p.Courier, p.TrackingNo, p.Phone); err != nil {
				return err
			}
		}
		if ev.Topic == order.TopicShipped && p.Kind != order.Voucher {
			told := TellV1{Event: notice.OrderShipped, OrderNo: p.OrderNo, Facts: notice.Facts{Courier: p.Courier, TrackingNo: p.TrackingNo}}
			if err := h.Outbox.Append(ctx, tx, TopicTell, p.OrderNo, told); err != nil {
				return err
			}
		}
		a, paid, err := h.Payments.CountedTx(ctx, tx, p.OrderNo)
		if err != nil || !paid || a.Channel != payments.WeChat || a.TransactionID == "" || a.Payer == "" {
			return err // only WeChat wants to know, and only of payments in a Mini Program
		}
		if err := h.Delivery.BeginUploadTx(ctx, tx, delivery.UploadInput{
			OrderNo: p.OrderNo, AppID: a.AppID, OutTradeNo: a.OutTradeNo, TransactionID: a.TransactionID, OpenID: a.Payer, AmountFen: a.AmountFen,
		}); err != nil {
			return err
		}
		return h.Outbox.Append(ctx, tx, delivery.TopicUpload, p.OrderNo, map[string]string{"order_no": p.OrderNo})
	})
}

// earlyTries is how often WeChat may not know a payment before that is for good.
const earlyTries = 30

// uploadDue tells WeChat what was sent. What may be taken later keeps the event alive; what
// was refused for good stays on the order's page.
func (h *Handlers) uploadDue(ctx context.Context, ev outbox.Event) error {
	var upload delivery.Upload
	var parcels []order.Parcel
	var goods order.Goods
	err := h.DB.Read(ctx, ev.TenantID, func(r *tenantdb.Reader) (err error) {
		if upload, err = h.Delivery.UploadOf(ctx, r, ev.Key); err != nil {
			return err
		}
		if parcels, err = h.Orders.ParcelsTx(ctx, r, ev.Key); err != nil {
			return err
		}
		goods, err = h.Orders.GoodsTx(ctx, r, ev.Key)
		return err
	})
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read parcels of %s: %w", ev.Key, err)
	}
	parcels = slices.DeleteFunc(parcels, func(p order.Parcel) bool { return !p.Left() })
	if upload.DoneVersion >= upload.Version || upload.State == delivery.UploadFailed || len(parcels) == 0 {
		return nil
	}
	app, ok := tenant.ParseAppID(upload.AppID)
	if !ok {
		return fmt.Errorf("order %s has the app id %.40q", ev.Key, upload.AppID)
	}
	shipping := shippingOf(upload, parcels, goods, h)
	sendErr := h.tellShipping(ctx, ev.TenantID, app, upload, shipping)
	verdict := miniprogram.ShippingVerdict(sendErr)
	ctx = context.WithoutCancel(ctx) // WeChat was told; noting so must not time out with it
	return errors.Join(keepAlive(verdict, upload, sendErr), h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		switch verdict {
		case miniprogram.ShippingDone:
			return h.uploaded(ctx, tx, upload, shipping.Complete)
		case miniprogram.ShippingNever:
			return h.Delivery.FailUploadTx(ctx, tx, upload, true, sendErr.Error())
		case miniprogram.ShippingEarly:
			return h.Delivery.FailUploadTx(ctx, tx, upload, upload.Attempts >= earlyTries, sendErr.Error())
		case miniprogram.ShippingLater:
		}
		return h.Delivery.FailUploadTx(ctx, tx, upload, false, sendErr.Error())
	}))
}

// uploaded notes that WeChat has a version. Whose buyer has left the shop meanwhile is forgotten
// with the last of it: then nobody needs to know any more who paid.
func (h *Handlers) uploaded(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, complete bool) error {
	if err := h.Delivery.FinishUploadTx(ctx, tx, u, complete); err != nil || !complete {
		return err
	}
	a, paid, err := h.Payments.CountedTx(ctx, tx, u.OrderNo)
	if err != nil || !paid || a.Payer != "" {
		return err
	}
	return h.Delivery.ForgetPayersTx(ctx, tx, []string{u.OrderNo})
}

// keepAlive is the error that has the queue try again, nil if it need not.
func keepAlive(verdict miniprogram.Verdict, u delivery.Upload, sendErr error) error {
	if verdict == miniprogram.ShippingLater || (verdict == miniprogram.ShippingEarly && u.Attempts < earlyTries) {
		return sendErr
	}
	return nil
}

// maxItemDesc is how much WeChat takes of what is in a parcel, characters.
const maxItemDesc = 120

func shippingOf(u delivery.Upload, parcels []order.Parcel, goods order.Goods, h *Handlers) miniprogram.Shipping {
	out := miniprogram.Shipping{TransactionID: u.TransactionID, OpenID: u.OpenID, Complete: goods.Complete, At: h.Now()}
	for _, p := range parcels {
		var words []string
		for _, l := range p.Lines {
			words = append(words, fmt.Sprintf("%s*%d", l.Title, l.Qty))
		}
		desc := []rune(strings.Join(words, ", "))
		courier, _ := delivery.CourierOf(p.Courier)
		parcel := miniprogram.Parcel{TrackingNo: p.TrackingNo, Company: courier.WeChat, ItemDesc: string(desc[:min(len(desc), maxItemDesc)])}
		if courier.NeedsPhone && goods.PhoneTail != "" {
			parcel.Contact = "*******" + goods.PhoneTail
		}
		out.Way = miniprogram.ByCourier
		switch p.Kind {
		case order.Pickup:
			out.Way = miniprogram.ByPickup
		case order.Local:
			out.Way = miniprogram.ByTown
		case order.Virtual:
			out.Way = miniprogram.ByCode
		case order.Voucher: // the codes went all at once, with the payment: WeChat hears it when the first is used
			out.Way, out.Complete, out.Parcels = miniprogram.ByCode, true, []miniprogram.Parcel{parcel}
			return out
		case order.Express:
		}
		out.Parcels = append(out.Parcels, parcel)
	}
	return out
}
