package order

import (
	"context"
	"fmt"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Cancel ends an order that its buyer does not want any more. The order is closing until
// the provider has said that no money came; an order that is closing or closed already is
// returned as it is. Faults: NOT_FOUND, ORDER_STATE once it is paid.
func (s *Service) Cancel(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (Order, error) {
	var result Order
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.lock(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if row.MemberID != memberID {
			return fault.ErrNotFound
		}
		if status := Status(row.Status); status != Closing && status != Closed {
			if err := s.startClosing(ctx, tx, orderNo, row, EventCancel, Member, actorOf(Member, row.MemberID), ByBuyer); err != nil {
				return err
			}
		}
		result, err = s.find(ctx, tx, memberID, orderNo)
		return err
	})
	if err == nil {
		err = s.name(ctx, id, &result)
	}
	if err != nil {
		return Order{}, fmt.Errorf("cancel order: %w", err)
	}
	return result, nil
}

// ExpireTx is what the timer TopicExpire means: an order that still waits for payment, and
// whose time is over by the database's clock, is closing. Any other order stays as it is.
// Faults: NOT_FOUND.
func (s *Service) ExpireTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	row, err := s.lock(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("expire order %s: %w", orderNo, err)
	}
	if Status(row.Status) != PendingPayment || !row.Due {
		return nil
	}
	if err := s.startClosing(ctx, tx, orderNo, row, EventExpire, System, string(System), ByTimeout); err != nil {
		return fmt.Errorf("expire order %s: %w", orderNo, err)
	}
	return nil
}

func (s *Service) startClosing(ctx context.Context, tx tenantdb.Tx, orderNo string, row orderdb.LockRow, event Event, by Actor, actor string, reason CloseReason) error {
	to, err := Next(Status(row.Status), event, by)
	if err != nil {
		return err
	}
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		return moved(s.q.ToClosing(ctx, tx, orderdb.ToClosingParams{
			ToStatus: string(to), CloseReason: string(reason), ID: row.ID, FromStatus: row.Status,
			At: tx.Now(), Event: string(event), Actor: actor,
		}))
	})
	pipe.Add(func(tx tenantdb.Tx) error { return s.timers.Clear(ctx, tx, TopicExpire, orderNo) })
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicClosing, orderNo, ClosingEvent{OrderNo: orderNo})
	})
	return pipe.Run(ctx)
}

// FinishClosingTx closes an order that is closing, once it is certain that no money will
// come: its goods are given back and TopicClosed is appended. closed is false if the order
// was not closing (any more): it was paid meanwhile, or closed before. Faults: NOT_FOUND.
func (s *Service) FinishClosingTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (closed bool, err error) {
	row, err := s.lock(ctx, tx, orderNo)
	if err != nil {
		return false, fmt.Errorf("close order %s: %w", orderNo, err)
	}
	if Status(row.Status) != Closing {
		return false, nil
	}
	to, err := Next(Closing, EventClose, System)
	if err != nil {
		return false, err
	}
	var reason CloseReason
	if row.CloseReason != nil {
		reason = CloseReason(*row.CloseReason)
	}
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		return moved(s.q.ToClosed(ctx, tx, string(to), tx.Now(), row.ID, row.Status, string(EventClose), string(System)))
	})
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicClosed, orderNo, ClosedEvent{OrderNo: orderNo, MemberID: row.MemberID, Reason: reason})
	})
	pipe.Add(func(tx tenantdb.Tx) error { return s.figures.NoteOrderTx(ctx, tx, orderNo) })
	if row.GroupState != nil {
		pipe.Add(func(tx tenantdb.Tx) error { return s.groups.LeaveTx(ctx, tx, orderNo) })
	}
	s.ends(pipe, row.Offered, func(room Offers, tx tenantdb.Tx) error { return room.ReleaseTx(ctx, tx, orderNo, string(System)) })
	if ParcelKind(row.Delivery) == Local {
		pipe.Add(func(tx tenantdb.Tx) error { return s.stores.ReleaseTx(ctx, tx, orderNo) })
	}
	pipe.Add(func(tx tenantdb.Tx) error { return s.inventory.ReleaseTx(ctx, tx, orderNo, string(System)) })
	if err := pipe.Run(ctx); err != nil {
		return false, fmt.Errorf("close order %s: %w", orderNo, err)
	}
	return true, nil
}
