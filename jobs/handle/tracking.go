package handle

import (
	"context"

	"galleria/commerce/aftersale"
	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Tracking is the part of delivery.Service that follows parcels.
type Tracking interface {
	Follow(ctx context.Context, id tenant.ID, parcelNo string) error
	FollowAllTx(ctx context.Context, tx tenantdb.Tx, after string) error
	AskDue(ctx context.Context, id tenant.ID, parcelNo string) error
}

// parcelFollow subscribes a parcel at the tracking service.
func (h *Handlers) parcelFollow(ctx context.Context, ev outbox.Event) error {
	return h.Delivery.Follow(ctx, ev.TenantID, ev.Key)
}

// parcelsFollow follows what is under way of a shop that has begun to use its key.
func (h *Handlers) parcelsFollow(ctx context.Context, ev outbox.Event) error {
	in, err := payload[delivery.FollowAllEvent](ev)
	if err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "delivery.follow_all")
		if err != nil || !fresh {
			return err
		}
		return h.Delivery.FollowAllTx(ctx, tx, in.After)
	})
}

// parcelAsk asks about a parcel of which nothing was told lately.
func (h *Handlers) parcelAsk(ctx context.Context, ev outbox.Event) error {
	return h.Delivery.AskDue(ctx, ev.TenantID, ev.Key)
}

// parcelTracked moves a parcel that was signed for, or comes back; of one that a buyer sends back
// the staff are told.
func (h *Handlers) parcelTracked(ctx context.Context, ev outbox.Event) error {
	in, err := payload[delivery.TrackedEvent](ev)
	if err != nil {
		return err
	}
	if aftersale.IsCase(in.ParcelNo) {
		if in.State != delivery.Delivered {
			return nil
		}
		return h.caseArrived(ctx, ev, in.At)
	}
	to := order.ParcelDelivered
	if in.State == delivery.Returned {
		to = order.ParcelReturned
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := h.Outbox.Receive(ctx, tx, ev, "delivery.tracked")
		if err != nil || !fresh {
			return err
		}
		return h.Orders.MoveParcelTx(ctx, tx, order.MoveInput{ParcelNo: in.ParcelNo, Courier: in.Courier, TrackingNo: in.TrackingNo, To: to, At: in.At})
	})
}
