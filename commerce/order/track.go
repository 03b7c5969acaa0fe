package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant/tenantdb"
)

// MoveInput is what a courier says of a parcel.
type MoveInput struct {
	ParcelNo            string
	Courier, TrackingNo string
	To                  ParcelStatus
	At                  time.Time
}

// MoveParcelTx records what the courier says of a parcel: it was delivered, or comes back.
// What the table of parcels does not allow, such as a repeat, changes nothing. The order
// itself is received by its buyer or by its timer, not by a courier's word; the last parcel
// that is signed for lets the timer come earlier. Word of a number that the parcel no longer
// bears says nothing of it. Faults: NOT_FOUND.
func (s *Service) MoveParcelTx(ctx context.Context, tx tenantdb.Tx, in MoveInput) error {
	p, err := s.lockParcel(ctx, tx, in.ParcelNo)
	if err != nil {
		return fmt.Errorf("move parcel: %w", err)
	}
	if p.Courier != in.Courier || p.TrackingNo != in.TrackingNo || !mayMove(ParcelStatus(p.Status), in.To, System) {
		return nil
	}
	if _, err := allow(Status(p.OrderStatus), EventDeliver, System, Facts{}); err != nil {
		return nil //nolint:nilerr // the order is closed: where its box is matters no more
	}
	if ParcelStatus(p.Status) == ParcelLost {
		if _, err := s.owed(ctx, tx, p); errors.Is(err, ErrMadeUp) {
			return nil // somebody has made up for it: it is the courier's and the shop's affair now
		} else if err != nil {
			return fmt.Errorf("move parcel: %w", err)
		}
	}
	detail, err := json.Marshal(map[string]any{"parcel_no": in.ParcelNo, "reason": string(in.To)})
	if err != nil {
		return fmt.Errorf("move parcel: %w", err)
	}
	err = s.q.MoveParcel(ctx, tx, orderdb.MoveParcelParams{
		ToStatus: string(in.To), At: in.At, ID: p.ID, ToldAt: tx.Now(), Event: string(EventDeliver), OrderStatus: p.OrderStatus,
		Actor: string(System), Detail: detail,
	})
	if err == nil && in.To == ParcelDelivered {
		err = s.hastenReceipt(ctx, tx, p)
	}
	if err != nil {
		return fmt.Errorf("move parcel: %w", err)
	}
	return nil
}

// leastNotice is how long a buyer has at least, from the moment we hear that all was signed
// for, to say that it was not.
const leastNotice = 24 * time.Hour

// hastenReceipt lets an order count as received some days after the last of its parcels was
// signed for, if that is earlier than what was set when it was sent. An order that waits for
// a case, or of which something is still on its way, stays as it is.
func (s *Service) hastenReceipt(ctx context.Context, tx tenantdb.Tx, p orderdb.LockParcelRow) error {
	by, err := s.q.HastenReceipt(ctx, tx, p.OrderID, string(Fulfilling), tx.Now().Add(leastNotice), string(ParcelDelivered))
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.timers.Set(ctx, tx, TopicReceive, p.OrderNo, by, ReceivedEvent{OrderNo: p.OrderNo, MemberID: p.MemberID})
}

// afresh sets the timer of receipt anew when a number is corrected: what was signed for was
// another parcel.
func (s *Service) afresh(ctx context.Context, tx tenantdb.Tx, p orderdb.LockParcelRow) error {
	by, err := s.q.AfreshReceipt(ctx, tx, tx.Now().Add(leastNotice), p.OrderID, string(Fulfilling))
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.timers.Set(ctx, tx, TopicReceive, p.OrderNo, by, ReceivedEvent{OrderNo: p.OrderNo, MemberID: p.MemberID})
}

// astray reports that a parcel of the order is on its way back, or lost without a remedy: nothing
// was received then, until its buyer says so, or staff correct the number, send it again or give
// the money back.
func (s *Service) astray(ctx context.Context, tx tenantdb.Tx, orderID int64) (bool, error) {
	return s.q.Astray(ctx, tx, orderID, string(ParcelReturned), string(ParcelLost))
}
