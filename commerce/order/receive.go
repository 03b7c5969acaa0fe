package order

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Receive is the buyer's word that everything arrived: the order is completed and the time
// begins after which its money is final. An order that is completed is returned as it is.
// Opens a transaction. Faults: NOT_FOUND, ORDER_STATE before all of it was sent.
func (s *Service) Receive(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (Order, error) {
	var result Order
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		if rows[0].MemberID != memberID {
			return fault.ErrNotFound
		}
		if Status(rows[0].Status) != Completed {
			if err := s.receive(ctx, tx, rows, Member, actorOf(Member, memberID)); err != nil {
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
		return Order{}, fmt.Errorf("receive order: %w", err)
	}
	return result, nil
}

// ReceiveDueTx is what the timer TopicReceive means: an order that is on its way as a
// whole, and whose time is over by the database's clock, counts as received. While money of
// it goes back the timer is set anew; any other order stays as it is, and so does one with an
// open after-sales case. A parcel that comes back, or is lost without a remedy, lets it wait, too. Faults: NOT_FOUND.
func (s *Service) ReceiveDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("receive order %s: %w", orderNo, err)
	}
	if Status(rows[0].Status) != Fulfilling || !rows[0].ReceiveDue || factsOf(rows).Unsent || rows[0].OpenCases > 0 {
		return nil
	}
	later, err := s.postponed(ctx, tx, rows[0], func(at time.Time) error {
		return s.timers.Set(ctx, tx, TopicReceive, orderNo, at, ReceivedEvent{OrderNo: orderNo, MemberID: rows[0].MemberID})
	})
	if err != nil || later {
		return err
	}
	if back, err := s.astray(ctx, tx, rows[0].ID); err != nil || back {
		if err == nil { // somebody will see to it; the clock looks again
			err = s.timers.Set(ctx, tx, TopicReceive, orderNo, tx.Now().Add(leastNotice), ReceivedEvent{OrderNo: orderNo, MemberID: rows[0].MemberID})
		}
		return err
	}
	if err := s.receive(ctx, tx, rows, System, string(System)); err != nil {
		return fmt.Errorf("receive order %s: %w", orderNo, err)
	}
	return nil
}

// Heard is what became of a provider's word that an order was received.
type Heard string

// What becomes of it.
const (
	HeardReceived Heard = "received" // it is, now or before, or ended otherwise
	HeardLater    Heard = "later"    // a case is open, or money goes back: ask again
	HeardDiffers  Heard = "differs"  // something of it is not sent, comes back or is lost
)

// ReceivedByProviderTx is the provider's word that an order was received there, by its buyer or
// by time. It completes the order as its own timer would, and never one that waits for the shop.
// Repeating it is no error. Faults: NOT_FOUND.
func (s *Service) ReceivedByProviderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (Heard, error) {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return "", fmt.Errorf("receive order %s: %w", orderNo, err)
	}
	switch Status(rows[0].Status) {
	case Completed, Closed:
		return HeardReceived, nil
	case Fulfilling:
	default:
		return HeardDiffers, nil
	}
	if factsOf(rows).Unsent {
		return HeardDiffers, nil
	}
	if rows[0].OpenCases > 0 {
		return HeardLater, nil
	}
	if astray, err := s.astray(ctx, tx, rows[0].ID); err != nil || astray {
		return HeardDiffers, err
	}
	if s.refunds != nil {
		if underWay, _, err := s.refunds.GoingBackTx(ctx, tx, orderNo); err != nil || underWay > 0 {
			return HeardLater, err
		}
	}
	if err := s.receive(ctx, tx, rows, Provider, string(Provider)+":wechat"); err != nil {
		return "", fmt.Errorf("receive order %s: %w", orderNo, err)
	}
	return HeardReceived, nil
}

func (s *Service) receive(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, by Actor, actor string) error {
	return s.arrived(ctx, tx, rows[0], EventReceive, factsOf(rows), by, actor)
}

// arrived completes an order by an event after which its buyer has got all there is.
func (s *Service) arrived(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow, event Event, facts Facts, by Actor, actor string) error {
	now := tx.Now()
	to, err := allow(Status(head.Status), event, by, facts)
	if err != nil {
		return err
	}
	settlement, err := NextSettlement(Settlement(head.Settlement), event)
	if err != nil {
		return err
	}
	terms, err := s.q.DeliveryTerms(ctx, tx)
	if err != nil {
		return err
	}
	settleBy := now.Add(days(terms.FinishDays))
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		return moved(s.q.Receive(ctx, tx, orderdb.ReceiveParams{
			ToStatus: string(to), Settlement: string(settlement), At: now, SettleBy: settleBy, ID: head.ID, FromStatus: head.Status,
			Event: string(event), Actor: actor,
		}))
	})
	pipe.Add(func(tx tenantdb.Tx) error { return s.timers.Clear(ctx, tx, TopicReceive, head.OrderNo) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.setFinish(ctx, tx, head, settleBy) })
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicReceived, head.OrderNo, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID})
	})
	return pipe.Run(ctx)
}

func (s *Service) setFinish(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow, at time.Time) error {
	return s.timers.Set(ctx, tx, TopicFinish, head.OrderNo, at, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID})
}

// FinishDueTx is what the timer TopicFinish means: the money of a completed order whose
// time to complain is over by the database's clock is final, and TopicFinished is appended.
// While money of it goes back the timer is set anew. Any other order stays as it is, and so
// does one with an open after-sales case; one that was refunded whole is never settled.
// Faults: NOT_FOUND.
func (s *Service) FinishDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("finish order %s: %w", orderNo, err)
	}
	head := rows[0]
	to, err := NextSettlement(Settlement(head.Settlement), EventFinish)
	if err != nil || !head.SettleDue || head.OpenCases > 0 {
		return nil //nolint:nilerr // settled before, not received, or a case is open
	}
	if _, err := allow(Status(head.Status), EventFinish, System, Facts{}); err != nil {
		return nil //nolint:nilerr // closed meanwhile
	}
	if later, err := s.postponed(ctx, tx, head, func(at time.Time) error { return s.setFinish(ctx, tx, head, at) }); err != nil || later {
		return err
	}
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		return moved(s.q.Settle(ctx, tx, orderdb.SettleParams{
			ToSettlement: string(to), At: tx.Now(), ID: head.ID, FromSettlement: head.Settlement, Status: head.Status,
			Event: string(EventFinish), Actor: string(System),
		}))
	})
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicFinished, orderNo, ReceivedEvent{OrderNo: orderNo, MemberID: head.MemberID})
	})
	if err := pipe.Run(ctx); err != nil {
		return fmt.Errorf("finish order %s: %w", orderNo, err)
	}
	return nil
}

// StatusTx is where an order stands. Faults: NOT_FOUND.
func (s *Service) StatusTx(ctx context.Context, q tenantdb.Querier, orderNo string) (Status, error) {
	status, err := s.q.StatusOf(ctx, q, orderNo)
	if tenantdb.NoRows(err) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("status of order %s: %w", orderNo, err)
	}
	return Status(status), nil
}
