package handle

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// tellShipping uploads what was sent. After a try of which nobody knows whether it was taken,
// WeChat is asked first: it takes one correction only, and what it has is not to be one.
func (h *Handlers) tellShipping(ctx context.Context, id tenant.ID, app tenant.AppID, u delivery.Upload, in miniprogram.Shipping) error {
	if u.Attempts > 0 {
		held, err := h.Shippers.ShippingOf(ctx, id, app, u.TransactionID)
		if err != nil || held.Has(in) {
			return err
		}
	}
	err := h.Shippers.UploadShipping(ctx, id, app, in)
	if miniprogram.ShippingSpent(err) {
		if held, lookErr := h.Shippers.ShippingOf(ctx, id, app, u.TransactionID); lookErr == nil && held.Has(in) {
			return nil
		}
	}
	return err
}

// errShippingDiffers keeps an order on the platform's list of work that failed, until what WeChat
// holds of it is what the shop has.
var errShippingDiffers = errors.New("the provider's state of the order differs from the shop's")

// lookDue asks WeChat what it holds of an order that is sent and not received: what it lost is
// uploaded again, what its buyer confirmed there is received here, and what differs is noted.
func (h *Handlers) lookDue(ctx context.Context, ev outbox.Event) error {
	var upload delivery.Upload
	err := h.DB.Read(ctx, ev.TenantID, func(r *tenantdb.Reader) (err error) {
		upload, err = h.Delivery.UploadOf(ctx, r, ev.Key)
		return err
	})
	if errors.Is(err, fault.ErrNotFound) || (err == nil && upload.State != delivery.UploadUploaded) {
		return nil // what is not told yet is looked at when it was
	}
	if err != nil {
		return fmt.Errorf("look at order %s: %w", ev.Key, err)
	}
	app, ok := tenant.ParseAppID(upload.AppID)
	if !ok {
		return fmt.Errorf("order %s has the app id %.40q", ev.Key, upload.AppID)
	}
	held, err := h.Shippers.ShippingOf(ctx, ev.TenantID, app, upload.TransactionID)
	if err != nil {
		return fmt.Errorf("look at order %s: %w", ev.Key, err)
	}
	differs := delivery.MismatchNone
	err = h.DB.InTenant(context.WithoutCancel(ctx), ev.TenantID, func(tx tenantdb.Tx) (err error) {
		differs, err = h.looked(ctx, tx, upload, saidBy(held))
		return err
	})
	if err == nil && differs != delivery.MismatchNone {
		err = fmt.Errorf("order %s, %s: %w", ev.Key, differs, errShippingDiffers)
	}
	return err
}

// saidBy names WeChat's order_state.
func saidBy(held miniprogram.ShippingHeld) delivery.ProviderState {
	return []delivery.ProviderState{
		delivery.ProviderUnknown, delivery.ProviderToShip, delivery.ProviderShipped, delivery.ProviderConfirmed, delivery.ProviderDone, delivery.ProviderRefunded, delivery.ProviderSettling,
	}[held.State]
}

func (h *Handlers) looked(ctx context.Context, tx tenantdb.Tx, u delivery.Upload, said delivery.ProviderState) (delivery.Mismatch, error) {
	note := func(m delivery.Mismatch, again bool) (delivery.Mismatch, error) {
		return m, h.Delivery.NoteLookTx(ctx, tx, u, said, m, again)
	}
	switch {
	case said == delivery.ProviderUnknown || said == delivery.ProviderToShip:
		again, err := h.Delivery.UploadAgainTx(ctx, tx, u, said)
		if err != nil || !again {
			if err == nil {
				return note(delivery.MismatchNotShipped, true)
			}
			return "", err
		}
		return delivery.MismatchNone, h.Outbox.Append(ctx, tx, delivery.TopicUpload, u.OrderNo, map[string]string{"order_no": u.OrderNo})
	case said == delivery.ProviderRefunded:
		status, err := h.Orders.StatusTx(ctx, tx, u.OrderNo)
		if err != nil || status == order.Closed {
			m, noted := note(delivery.MismatchNone, false)
			return m, errors.Join(err, noted)
		}
		return note(delivery.MismatchRefunded, true)
	case said.Received():
		heard, err := h.Orders.ReceivedByProviderTx(ctx, tx, u.OrderNo)
		switch {
		case err != nil:
			return "", err
		case heard == order.HeardDiffers:
			return note(delivery.MismatchReceived, true)
		}
		// Settled money is the last that WeChat has to say of an order.
		return note(delivery.MismatchNone, heard == order.HeardLater || said == delivery.ProviderConfirmed)
	}
	status, err := h.Orders.StatusTx(ctx, tx, u.OrderNo)
	if err != nil {
		return "", err
	}
	return note(delivery.MismatchNone, status == order.Fulfilling)
}
