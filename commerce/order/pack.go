package order

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// PackInput is a parcel that is made ready before it has a number.
type PackInput struct {
	OrderNo string
	// Lines are the pieces in the parcel by line id. Empty means all that is in no other.
	Lines map[int64]int64
	Actor string // "staff:3"
}

// Pack puts pieces of a paid order into a parcel that waits for its number: they go into no
// other, and for the buyer the order is still to be sent. Opens a transaction. Faults: NOT_FOUND,
// VALIDATION on lines, ORDER_STATE, ALREADY_SENT, ORDER_REFUNDING, GROUP_WAITS.
func (s *Service) Pack(ctx context.Context, id tenant.ID, in PackInput) (parcelNo string, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.lockWhole(ctx, tx, in.OrderNo)
		if err != nil {
			return err
		}
		head := rows[0]
		if _, err := allow(Status(head.Status), EventPack, Staff, factsOf(rows)); err != nil {
			return err
		}
		take, _, err := takeLines(rows, in.Lines)
		if err != nil {
			return err
		}
		if err := s.mayLeave(ctx, tx, head); err != nil {
			return err
		}
		parcelNo = newParcelNo(tx.Now())
		row := orderdb.PackParams{
			OrderID: head.ID, ParcelNo: parcelNo, Kind: string(Express), ParcelStatus: string(ParcelPacked), At: tx.Now(), Actor: in.Actor,
			Event: string(EventPack), Status: head.Status,
		}
		var pieces int64
		for _, line := range slices.Sorted(maps.Keys(take)) {
			row.LineIds, row.Qtys, pieces = append(row.LineIds, line), append(row.Qtys, take[line]), pieces+take[line]
		}
		said := map[string]any{"parcel_no": parcelNo, "pieces": pieces}
		if row.Detail, err = json.Marshal(said); err != nil {
			return err
		}
		if _, err := s.q.Pack(ctx, tx, row); err != nil {
			return err
		}
		return s.record(ctx, tx, in.Actor, "order.pack", in.OrderNo, said)
	})
	if err != nil {
		return "", fmt.Errorf("pack %s: %w", in.OrderNo, err)
	}
	return parcelNo, nil
}

// Unpack takes a packed parcel apart: its pieces can be packed anew. Repeating it is no error.
// Opens a transaction. Faults: NOT_FOUND, ORDER_STATE, PARCEL_STATE once it has left.
func (s *Service) Unpack(ctx context.Context, id tenant.ID, parcelNo, actor string) (orderNo string, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.lockParcel(ctx, tx, parcelNo)
		if err != nil {
			return err
		}
		orderNo = p.OrderNo
		if ParcelStatus(p.Status) == ParcelCancelled {
			return nil
		}
		if err := allowParcel(p, EventUnpack, Facts{Delivery: ParcelKind(p.Kind), Packed: true}); err != nil {
			return err
		}
		in, err := s.q.PackedOf(ctx, tx, p.OrderID)
		if err != nil {
			return err
		}
		in = slices.DeleteFunc(in, func(r orderdb.PackedOfRow) bool { return r.ID != p.ID })
		said, err := s.takeOut(ctx, tx, p.OrderID, p.OrderStatus, taking{out: in, ended: []int64{p.ID}, whole: true, parcels: []string{parcelNo}, actor: actor})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.unpack", p.OrderNo, said)
	})
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", parcelNo, err)
	}
	return orderNo, nil
}

// taking is what is taken out of packed parcels.
type taking struct {
	out     []orderdb.PackedOfRow // with the pieces taken
	ended   []int64               // parcels of which nothing is left
	parcels []string
	whole   bool // parcels are taken apart as they are; what was in them stays written
	actor   string
}

func (s *Service) takeOut(ctx context.Context, tx tenantdb.Tx, orderID int64, status string, in taking) (map[string]any, error) {
	row := orderdb.TakeOutParams{
		OrderID: orderID, At: tx.Now(), Event: string(EventUnpack), Status: status, Actor: in.actor, Whole: in.whole, Cancelled: string(ParcelCancelled), EndedIds: in.ended,
	}
	var pieces int64
	for _, r := range in.out {
		row.ParcelIds, row.LineIds, row.Qtys = append(row.ParcelIds, r.ID), append(row.LineIds, r.LineID), append(row.Qtys, int64(r.Qty))
		pieces += int64(r.Qty)
	}
	said := map[string]any{"parcel_no": in.parcels[0], "pieces": pieces}
	if len(in.parcels) > 1 {
		said["parcels"] = in.parcels
	}
	var err error
	if row.Detail, err = json.Marshal(said); err != nil {
		return nil, err
	}
	return said, s.q.TakeOut(ctx, tx, row)
}

func anyPacked(rows []orderdb.LockWholeRow) bool {
	return slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool { return r.Packed > 0 })
}

// makeRoom takes pieces that a case claims, and that lie in packed parcels, out of these, the
// newest first: nothing that is paid back may leave. Pieces that no parcel holds go before them.
func (s *Service) makeRoom(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, claim Claim) error {
	if !anyPacked(rows) {
		return nil
	}
	lacking := map[int64]int32{}
	for _, l := range claim.Lines {
		i := slices.IndexFunc(rows, func(r orderdb.LockWholeRow) bool { return r.LineID == l.LineID })
		if r := rows[i]; int64(r.Qty-r.Sent-r.Dropped-r.Packed) < l.Dropped {
			lacking[l.LineID] = int32(l.Dropped) - (r.Qty - r.Sent - r.Dropped - r.Packed)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	packed, err := s.q.PackedOf(ctx, tx, rows[0].ID)
	if err != nil {
		return err
	}
	out := taking{actor: string(System)}
	left := map[int64]int32{}
	for _, r := range slices.Backward(packed) {
		n := min(r.Qty, lacking[r.LineID])
		left[r.ID] += r.Qty - n
		if n == 0 {
			continue
		}
		lacking[r.LineID] -= n
		if !slices.Contains(out.parcels, r.ParcelNo) {
			out.parcels = append(out.parcels, r.ParcelNo)
		}
		r.Qty = n
		out.out = append(out.out, r)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		if left[id] == 0 {
			out.ended = append(out.ended, id)
		}
	}
	_, err = s.takeOut(ctx, tx, rows[0].ID, rows[0].Status, out)
	return err
}

// whatLeaves is the parcel that a tracking number is for: the one that is named; the only packed
// one, if it holds just what is asked for; else a new one of pieces that no other holds.
func (s *Service) whatLeaves(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, in ShipInput) (sending, error) {
	fresh := func() (sending, error) {
		take, complete, err := takeLines(rows, in.Lines)
		return sending{parcelNo: newParcelNo(tx.Now()), lines: take, complete: complete}, err
	}
	if in.ParcelNo == "" && (!anyPacked(rows) || (len(in.Lines) > 0 && unpackedHolds(rows, in.Lines))) {
		return fresh()
	}
	packed, err := s.q.PackedOf(ctx, tx, rows[0].ID)
	if err != nil {
		return sending{}, err
	}
	fits := slices.DeleteFunc(parcelsOf(packed), func(p sending) bool { return !in.fits(p) })
	switch {
	case len(fits) > 1:
		return sending{}, ErrWhichParcel
	case len(fits) == 0 && in.ParcelNo != "":
		return sending{}, ErrParcelState
	case len(fits) == 0:
		return fresh() // which says how much is left
	}
	out := fits[0]
	out.complete = !slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool {
		return int64(r.Qty-r.Sent-r.Dropped) > out.lines[r.LineID]
	})
	return out, nil
}

// fits reports whether the number is for a packed parcel: it is named, or holds just what is asked
// for.
func (in ShipInput) fits(p sending) bool {
	if in.ParcelNo != "" {
		return p.parcelNo == in.ParcelNo
	}
	return len(in.Lines) == 0 || maps.Equal(p.lines, in.Lines)
}

// parcelsOf gathers packed parcels from their lines.
func parcelsOf(packed []orderdb.PackedOfRow) (list []sending) {
	for _, r := range packed {
		if n := len(list); n == 0 || list[n-1].parcelNo != r.ParcelNo {
			list = append(list, sending{parcelNo: r.ParcelNo, packed: &r.ID, lines: map[int64]int64{}})
		}
		list[len(list)-1].lines[r.LineID] = int64(r.Qty)
	}
	return list
}

// unpackedHolds reports whether what is asked for lies in no parcel.
func unpackedHolds(rows []orderdb.LockWholeRow, lines map[int64]int64) bool {
	for id, qty := range lines {
		i := slices.IndexFunc(rows, func(r orderdb.LockWholeRow) bool { return r.LineID == id })
		if i < 0 || int64(rows[i].Qty-rows[i].Sent-rows[i].Dropped-rows[i].Packed) < qty {
			return false
		}
	}
	return true
}

// allowParcel refuses an event that the tables do not let staff set off with this parcel.
func allowParcel(p orderdb.LockParcelRow, event Event, facts Facts) error {
	if _, err := allow(Status(p.OrderStatus), event, Staff, facts); err != nil {
		return err
	}
	if Remedy(p.Remedy) != RemedyNone {
		return ErrMadeUp
	}
	if !slices.Contains(ParcelActionsOf(Staff, Status(p.OrderStatus), facts, ParcelFacts{ParcelKind(p.Kind), ParcelStatus(p.Status), Remedy(p.Remedy)}), event) {
		return ErrParcelState.WithData(map[string]any{"status": p.Status})
	}
	return nil
}
