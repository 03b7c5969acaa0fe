package order

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ShipInput is a parcel that leaves the shop.
type ShipInput struct {
	OrderNo    string
	Courier    string // code of delivery.Couriers
	TrackingNo string // as typed; spaces are taken out
	// ParcelNo is the packed parcel that leaves; its pieces are known. Empty means a new one, or
	// the only packed one that holds just these pieces.
	ParcelNo string
	// Lines are the pieces in the parcel by line id. Empty means all that is left, or the only
	// parcel that is packed.
	Lines map[int64]int64
	Actor string // "staff:3"
}

// Shipped is the answer to Ship.
type Shipped struct {
	ParcelNo string
	Complete bool // nothing is left to send
	Known    bool // the order had this parcel before; nothing was done
}

// Ship opens a transaction and calls ShipTx.
func (s *Service) Ship(ctx context.Context, id tenant.ID, in ShipInput) (out Shipped, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, err = s.ShipTx(ctx, tx, in)
		return err
	})
	return out, err
}

// ShipTx records a parcel that leaves the shop: the order is on its way with the first,
// and with the last the time begins after which it counts as received. A parcel that the
// order has already is not an error. Faults: NOT_FOUND, VALIDATION on courier and
// tracking_no, ORDER_STATE, ALREADY_SENT, ORDER_REFUNDING, WHICH_PARCEL if several are packed.
func (s *Service) ShipTx(ctx context.Context, tx tenantdb.Tx, in ShipInput) (Shipped, error) {
	courier, number, err := delivery.CheckNumber(in.Courier, in.TrackingNo)
	if err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	rows, err := s.lockWhole(ctx, tx, in.OrderNo)
	if err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	head := rows[0]
	known, err := s.q.ParcelKnown(ctx, tx, head.ID, courier.Code, number)
	if err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	if known {
		return Shipped{Known: true}, nil
	}
	to, err := allow(Status(head.Status), EventShip, Staff, factsOf(rows))
	if err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	what, err := s.whatLeaves(ctx, tx, rows, in)
	if err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	if err := s.mayLeave(ctx, tx, head); err != nil {
		return Shipped{}, fmt.Errorf("ship: %w", err)
	}
	what.kind, what.courier, what.number = Express, courier.Code, number
	what.event, what.to, what.actor = EventShip, to, in.Actor
	out := Shipped{ParcelNo: what.parcelNo, Complete: what.complete}
	err = s.send(ctx, tx, rows, what)
	if err != nil {
		return Shipped{}, fmt.Errorf("ship %s: %w", in.OrderNo, err)
	}
	return out, nil
}

// lockWhole takes the order's row until the transaction ends, with a row for each line.
func (s *Service) lockWhole(ctx context.Context, tx tenantdb.Tx, orderNo string) ([]orderdb.LockWholeRow, error) {
	if !wellFormed(orderNo) {
		return nil, fault.ErrNotFound
	}
	rows, err := s.q.LockWhole(ctx, tx, orderNo)
	if err == nil && len(rows) == 0 {
		err = fault.ErrNotFound
	}
	return rows, err
}

func factsOf(rows []orderdb.LockWholeRow) Facts {
	return Facts{
		Delivery: ParcelKind(rows[0].Delivery), Hidden: rows[0].Hidden, Lost: rows[0].Lost,
		Unsent:   slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool { return r.Sent+r.Dropped < r.Qty }),
		Unpacked: slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool { return r.Sent+r.Dropped+r.Packed < r.Qty }),
		Packed:   anyPacked(rows),
	}
}

// takeLines is what a parcel holds: the pieces asked for, or all that is left in no other.
func takeLines(rows []orderdb.LockWholeRow, asked map[int64]int64) (take map[int64]int64, complete bool, err error) {
	take, complete = map[int64]int64{}, true
	known := 0
	for _, r := range rows {
		left := int64(r.Qty - r.Sent - r.Dropped - r.Packed)
		qty, wanted := asked[r.LineID]
		if wanted {
			known++
		}
		if len(asked) == 0 {
			qty = left
		}
		if qty < 0 || qty > left {
			return nil, false, ErrSent.WithData(map[string]any{"line_id": r.LineID, "left": left})
		}
		if qty > 0 {
			take[r.LineID] = qty
		}
		complete = complete && qty == left && r.Packed == 0
	}
	if known != len(asked) {
		return nil, false, fault.Invalidf("lines", "names a line of another order")
	}
	if len(take) == 0 {
		return nil, false, fault.Invalidf("lines", "nothing is in the parcel")
	}
	return take, complete, nil
}

// sending is all that one statement writes about goods that leave.
type sending struct {
	parcelNo        string
	packed          *int64 // the parcel that was packed before; nil for a new one
	kind            ParcelKind
	courier, number string
	lines           map[int64]int64
	event           Event
	to              Status
	complete        bool
	about           map[string]any // more for the timeline and the audit log; may be nil
	quiet           bool           // not announced
	actor           string
}

// send writes the parcel, moves the order, sets its timers and tells of it.
func (s *Service) send(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, in sending) error {
	head, now := rows[0], tx.Now()
	terms, err := s.q.DeliveryTerms(ctx, tx)
	if err != nil {
		return err
	}
	row := orderdb.ShipParams{
		OrderID: head.ID, ParcelNo: in.parcelNo, PackedID: in.packed, Kind: string(in.kind), Courier: in.courier, TrackingNo: in.number,
		ParcelStatus: string(ParcelShipped), At: now, Actor: in.actor, ToStatus: string(in.to), FromStatus: head.Status,
		Settlement: head.Settlement, Event: string(in.event),
	}
	var pieces int64
	for _, r := range rows {
		if qty := in.lines[r.LineID]; qty > 0 {
			row.LineIds, row.Qtys, pieces = append(row.LineIds, r.LineID), append(row.Qtys, qty), pieces+qty
		}
	}
	detail := map[string]any{"parcel_no": in.parcelNo, "courier": in.courier, "tracking_no": in.number, "pieces": pieces}
	maps.Copy(detail, in.about)
	if row.Detail, err = json.Marshal(detail); err != nil {
		return err
	}
	pipe := tx.Pipeline()
	if in.complete {
		row.AllSentAt = &now
	}
	switch {
	case in.kind == Voucher: // a piece of it is; the order waits for the others
		row.ParcelStatus, row.DeliveredAt = string(ParcelDelivered), &now
	case in.kind == Pickup || in.kind == Virtual: // it is the buyer's at once
		settleBy := now.Add(days(terms.FinishDays))
		next, err := NextSettlement(Settlement(head.Settlement), in.event)
		if err != nil {
			return err
		}
		row.Settlement, row.ParcelStatus = string(next), string(ParcelDelivered)
		row.DeliveredAt, row.HandedAt, row.SettleUntil = &now, &now, &settleBy
		pipe.Add(func(tx tenantdb.Tx) error { return s.setFinish(ctx, tx, head, settleBy) })
		pipe.Add(func(tx tenantdb.Tx) error {
			return s.outbox.Append(ctx, tx, TopicReceived, head.OrderNo, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID})
		})
	case in.complete:
		receiveBy := now.Add(days(terms.ReceiveDays))
		row.ReceiveUntil = &receiveBy
		pipe.Add(func(tx tenantdb.Tx) error {
			return s.timers.Set(ctx, tx, TopicReceive, head.OrderNo, receiveBy, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID})
		})
	}
	pipe.Add(func(tx tenantdb.Tx) error {
		n, err := s.q.Ship(ctx, tx, row)
		if err == nil && n != int64(len(row.LineIds)) {
			return fault.ErrConflict
		}
		return err
	})
	if in.quiet {
		return s.sent(ctx, pipe, head, in)
	}
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicShipped, in.parcelNo, ParcelEvent{
			OrderNo: head.OrderNo, ParcelNo: in.parcelNo, MemberID: head.MemberID, AppID: head.AppID, Kind: in.kind,
			Courier: in.courier, TrackingNo: in.number, Phone: phoneTail(head.Address), Complete: in.complete,
		})
	})
	return s.sent(ctx, pipe, head, in)
}

// sent runs what was written about goods that left, with an entry in the audit log if staff did it.
func (s *Service) sent(ctx context.Context, pipe *tenantdb.Pipeline, head orderdb.LockWholeRow, in sending) error {
	if in.actor == string(System) {
		return pipe.Run(ctx)
	}
	pipe.Add(func(tx tenantdb.Tx) error {
		said := map[string]any{"parcel_no": in.parcelNo, "courier": in.courier, "tracking_no": in.number}
		maps.Copy(said, in.about)
		return s.record(ctx, tx, in.actor, "order."+string(in.event), head.OrderNo, said)
	})
	return pipe.Run(ctx)
}

// record writes what a member of staff did into the audit log.
func (s *Service) record(ctx context.Context, tx tenantdb.Tx, actor, action, orderNo string, detail map[string]any) error {
	return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "order:" + orderNo, Detail: detail})
}

func days(n int64) time.Duration { return time.Duration(n) * 24 * time.Hour }

// newParcelNo is a number nobody can guess, in the form of an order's.
func newParcelNo(now time.Time) string { return "P" + now.UTC().Format("060102") + rand.Text()[:12] }

// RetrackInput corrects a parcel's courier or number.
type RetrackInput struct {
	ParcelNo            string
	Courier, TrackingNo string
	Actor               string
}

// Retrack corrects courier and number of a parcel whose order is on its way. Repeating it
// is no error. Opens a transaction. Faults: NOT_FOUND, VALIDATION, ORDER_STATE, PARCEL_KNOWN.
func (s *Service) Retrack(ctx context.Context, id tenant.ID, in RetrackInput) (orderNo string, err error) {
	courier, number, err := delivery.CheckNumber(in.Courier, in.TrackingNo)
	if err != nil {
		return "", fmt.Errorf("change parcel: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.lockParcel(ctx, tx, in.ParcelNo)
		if err != nil {
			return err
		}
		orderNo = p.OrderNo
		if p.Courier == courier.Code && p.TrackingNo == number {
			return nil
		}
		if err := allowParcel(p, EventRetrack, Facts{Delivery: ParcelKind(p.Kind)}); err != nil {
			return err
		}
		known, err := s.q.ParcelKnown(ctx, tx, p.OrderID, courier.Code, number)
		if err != nil {
			return err
		}
		if known {
			return ErrParcelKnown
		}
		change := map[string]any{
			"parcel_no": in.ParcelNo, "courier": courier.Code, "tracking_no": number, "old_courier": p.Courier, "old_tracking_no": p.TrackingNo,
		}
		detail, err := json.Marshal(change)
		if err != nil {
			return err
		}
		if err := s.q.RetrackParcel(ctx, tx, orderdb.RetrackParcelParams{
			Courier: courier.Code, TrackingNo: number, ID: p.ID, At: tx.Now(), Event: string(EventRetrack),
			Status: p.OrderStatus, Actor: in.Actor, Detail: detail,
		}); err != nil {
			return err
		}
		if err := s.afresh(ctx, tx, p); err != nil {
			return err
		}
		if err := s.outbox.Append(ctx, tx, TopicParcelChanged, in.ParcelNo, ParcelEvent{
			OrderNo: p.OrderNo, ParcelNo: in.ParcelNo, MemberID: p.MemberID, AppID: p.AppID, Kind: ParcelKind(p.Kind),
			Courier: courier.Code, TrackingNo: number, Phone: phoneTail(p.Address),
		}); err != nil {
			return err
		}
		return s.record(ctx, tx, in.Actor, "order.retrack", p.OrderNo, change)
	})
	if err != nil {
		return "", fmt.Errorf("change parcel: %w", err)
	}
	return orderNo, nil
}

func (s *Service) lockParcel(ctx context.Context, tx tenantdb.Tx, parcelNo string) (orderdb.LockParcelRow, error) {
	if !wellFormed(parcelNo) {
		return orderdb.LockParcelRow{}, fault.ErrNotFound
	}
	p, err := s.q.LockParcel(ctx, tx, parcelNo)
	if tenantdb.NoRows(err) {
		err = fault.ErrNotFound
	}
	return p, err
}

// Parcels lists what left the shop for an order, or is packed to, oldest first; memberID 0 asks for any
// member's. One or two statements. Faults: NOT_FOUND.
func (s *Service) Parcels(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (list []Parcel, err error) {
	if !wellFormed(orderNo) {
		return nil, fault.ErrNotFound
	}
	var rows []orderdb.ParcelsRow
	owned := memberID == 0
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err = s.q.Parcels(ctx, q, orderNo, memberID)
			return err
		})
		if memberID != 0 {
			pipe.AddRead(func(q tenantdb.Querier) error {
				owned, err = s.q.Owned(ctx, q, orderNo, memberID)
				return err
			})
		}
		return pipe.Run(ctx)
	})
	if err == nil && !owned {
		err = fault.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("list parcels: %w", err)
	}
	return parcelsFromRows(rows)
}

// ParcelsTx is Parcels for a caller with a transaction, of any member.
func (s *Service) ParcelsTx(ctx context.Context, q tenantdb.Querier, orderNo string) ([]Parcel, error) {
	rows, err := s.q.Parcels(ctx, q, orderNo, 0)
	if err != nil {
		return nil, fmt.Errorf("list parcels: %w", err)
	}
	return parcelsFromRows(rows)
}

func parcelsFromRows(rows []orderdb.ParcelsRow) ([]Parcel, error) {
	list := make([]Parcel, len(rows))
	for i, r := range rows {
		list[i] = Parcel{
			ParcelNo: r.ParcelNo, Kind: ParcelKind(r.Kind), Courier: r.Courier, TrackingNo: r.TrackingNo, Status: ParcelStatus(r.Status),
			PackedAt: r.PackedAt, ShippedAt: r.ShippedAt, DeliveredAt: r.DeliveredAt, LostAt: r.LostAt, Remedy: Remedy(r.Remedy), Resends: r.Resends, Changes: int(r.Changes),
		}
		if err := json.Unmarshal(r.Lines, &list[i].Lines); err != nil {
			return nil, fmt.Errorf("lines of parcel %s: %w", r.ParcelNo, err)
		}
	}
	return list, nil
}

// Goods is how far an order's goods have been sent.
type Goods struct {
	Complete  bool   // nothing is left to send
	PhoneTail string // last four digits of the receiver's phone
}

// GoodsTx tells how far an order's goods have been sent. Faults: NOT_FOUND.
func (s *Service) GoodsTx(ctx context.Context, q tenantdb.Querier, orderNo string) (Goods, error) {
	row, err := s.q.Goods(ctx, q, orderNo)
	if tenantdb.NoRows(err) {
		return Goods{}, fault.ErrNotFound
	}
	if err != nil {
		return Goods{}, fmt.Errorf("read goods of %s: %w", orderNo, err)
	}
	return Goods{Complete: row.Complete, PhoneTail: phoneTail(row.Address)}, nil
}
