package order

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// lock takes the order's row until the transaction ends.
func (s *Service) lock(ctx context.Context, tx tenantdb.Tx, orderNo string) (orderdb.LockRow, error) {
	if !wellFormed(orderNo) {
		return orderdb.LockRow{}, fault.ErrNotFound
	}
	row, err := s.q.Lock(ctx, tx, orderNo)
	if tenantdb.NoRows(err) {
		return row, fault.ErrNotFound
	}
	return row, err
}

// find leaves who the order goes to sealed, see name.
func (s *Service) find(ctx context.Context, q tenantdb.Querier, memberID int64, orderNo string) (Order, error) {
	if !wellFormed(orderNo) {
		return Order{}, fault.ErrNotFound
	}
	row, err := s.q.Find(ctx, q, memberID, orderNo)
	if tenantdb.NoRows(err) {
		return Order{}, fault.ErrNotFound
	}
	if err != nil {
		return Order{}, err
	}
	return orderFromRow(row)
}

// wellFormed says whether a text can be an order number at all; no other reaches the
// database.
func wellFormed(orderNo string) bool {
	if len(orderNo) < 8 || len(orderNo) > 32 {
		return false
	}
	for _, c := range []byte(orderNo) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// moved turns the count of a compare-and-set into an error if somebody else was faster.
func moved(n int64, err error) error {
	if err == nil && n != 1 {
		return fault.ErrConflict
	}
	return err
}

// momentRow is one entry of the timeline as the query builds it.
type momentRow struct {
	At    time.Time `json:"at"`
	Event Event     `json:"event"`
	From  Status    `json:"from"`
	To    Status    `json:"to"`
	Actor string    `json:"actor"`
}

// textOrNone is a text that may be missing, which is empty then.
func textOrNone(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orderFromRow(row orderdb.FindRow) (Order, error) {
	o := Order{
		OrderNo: row.OrderNo, MemberID: row.MemberID, AppID: row.AppID, Status: Status(row.Status),
		GoodsFen: row.GoodsFen, DiscountFen: row.DiscountFen, FreightFen: row.FreightFen, PayableFen: row.PayableFen, RefundedFen: row.RefundedFen,
		Remark: row.Remark, PlacedAt: row.PlacedAt, ExpiresAt: row.ExpiresAt, PaidAt: row.PaidAt, ClosedAt: row.ClosedAt,
		AdjustFen: row.AdjustFen, Delivery: ParcelKind(row.Delivery), Settlement: Settlement(row.Settlement),
		ShippedAt: row.ShippedAt, ReceivedAt: row.ReceivedAt, SlotFrom: row.SlotFrom, SlotUntil: row.SlotUntil, GroupState: textOrNone(row.GroupState),
		Actions: ActionsOf(Member, Status(row.Status), Facts{Unsent: row.Unsent, Delivery: ParcelKind(row.Delivery), Hidden: row.Hidden}),
	}
	o.receiver = row.Receiver
	if row.StoreID != nil {
		o.StoreID = *row.StoreID
	}
	if o.Status == Paid && row.PickupCode != nil {
		o.PickupCode = *row.PickupCode
	}
	if o.Status == Fulfilling {
		o.ReceiveBy = row.ReceiveBy
	}
	if row.CloseReason != nil {
		o.CloseReason = CloseReason(*row.CloseReason)
	}
	if err := json.Unmarshal(row.Address, &o.Address); err != nil {
		return Order{}, fmt.Errorf("address of order %s: %w", row.OrderNo, err)
	}
	if err := json.Unmarshal(row.Lines, &o.Lines); err != nil {
		return Order{}, fmt.Errorf("lines of order %s: %w", row.OrderNo, err)
	}
	for _, part := range []struct {
		from json.RawMessage
		to   any
	}{{row.Offs, &o.Offs}, {row.Gifts, &o.Gifts}} {
		if part.from == nil {
			continue
		}
		if err := json.Unmarshal(part.from, part.to); err != nil {
			return Order{}, fmt.Errorf("offers of order %s: %w", row.OrderNo, err)
		}
	}
	if row.Timeline == nil {
		return o, nil
	}
	var moments []momentRow
	if err := json.Unmarshal(row.Timeline, &moments); err != nil {
		return Order{}, fmt.Errorf("timeline of order %s: %w", row.OrderNo, err)
	}
	for _, m := range moments {
		if m.Event == EventNote { // among the staff
			continue
		}
		kind, _, _ := strings.Cut(m.Actor, ":") // which of the staff it was is not the buyer's business
		o.Timeline = append(o.Timeline, Moment{At: m.At, Event: m.Event, From: m.From, To: m.To, By: Actor(kind)})
	}
	return o, nil
}
