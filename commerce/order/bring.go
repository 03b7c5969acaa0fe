package order

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/delivery"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// BringInput is who sets out with an order.
type BringInput struct {
	OrderNo string
	Rider   delivery.Rider
	Actor   string // "staff:3"
}

// Bring records that the shop's own people set out with an order: all of it at once, because
// WeChat takes no parts but of couriers. From then on it counts as received by itself, as a parcel does. Of one that is on its
// way it changes who brings it. Opens a transaction. Faults: NOT_FOUND, VALIDATION on
// rider_name and rider_phone, ORDER_STATE, ORDER_REFUNDING.
func (s *Service) Bring(ctx context.Context, id tenant.ID, in BringInput) error {
	if !wellFormed(in.OrderNo) {
		return fault.ErrNotFound
	}
	sealed, err := s.stores.SealRider(ctx, id, in.OrderNo, in.Rider)
	if err != nil {
		return fmt.Errorf("bring: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, in.OrderNo)
		if err != nil {
			return err
		}
		to, err := allow(Status(rows[0].Status), EventBring, Staff, factsOf(rows))
		if err != nil {
			return err
		}
		if err := s.stores.SetRiderTx(ctx, tx, in.OrderNo, sealed); err != nil {
			return err
		}
		if Status(rows[0].Status) == to {
			return s.record(ctx, tx, in.Actor, "order.rider", in.OrderNo, map[string]any{}) // who it is stays out of the log
		}
		if err := s.mayLeave(ctx, tx, rows[0]); err != nil {
			return err
		}
		take, complete, err := takeLines(rows, nil)
		if err != nil {
			return err
		}
		return s.send(ctx, tx, rows, sending{
			parcelNo: newParcelNo(tx.Now()), kind: Local, lines: take, event: EventBring, to: to, complete: complete, actor: in.Actor,
		})
	})
	if err != nil {
		return fmt.Errorf("bring %s: %w", in.OrderNo, err)
	}
	return nil
}

// Arrive is the word of the shop's own people that they have handed an order over. Its buyer
// has the days of a signed parcel to say otherwise; then it counts as received. Repeating it is
// no error. Opens a transaction. Faults: NOT_FOUND, ORDER_STATE.
func (s *Service) Arrive(ctx context.Context, id tenant.ID, orderNo, actor string) error {
	if !wellFormed(orderNo) {
		return fault.ErrNotFound
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if _, err := allow(Status(rows[0].Status), EventArrive, Staff, factsOf(rows)); err != nil {
			return err
		}
		parcelNo, err := s.q.LocalParcel(ctx, tx, rows[0].ID, string(Local))
		if err != nil {
			return err
		}
		p, err := s.lockParcel(ctx, tx, parcelNo)
		if err != nil || !mayMove(ParcelStatus(p.Status), ParcelDelivered, Staff) {
			return err
		}
		detail, err := json.Marshal(map[string]any{"parcel_no": parcelNo})
		if err != nil {
			return err
		}
		if err := s.q.MoveParcel(ctx, tx, orderdb.MoveParcelParams{
			ToStatus: string(ParcelDelivered), At: tx.Now(), ID: p.ID, ToldAt: tx.Now(), Event: string(EventArrive), OrderStatus: p.OrderStatus,
			Actor: actor, Detail: detail,
		}); err != nil {
			return err
		}
		if err := s.hastenReceipt(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.arrive", orderNo, map[string]any{"parcel_no": parcelNo})
	})
	if err != nil {
		return fmt.Errorf("arrive %s: %w", orderNo, err)
	}
	return nil
}

// freeSlot gives the place in its slot back of an order that closes before it was brought.
func (s *Service) freeSlot(ctx context.Context, tx tenantdb.Tx, orderNo, kind, from string) error {
	if ParcelKind(kind) != Local || Status(from) != Paid {
		return nil
	}
	return s.stores.ReleaseTx(ctx, tx, orderNo)
}
