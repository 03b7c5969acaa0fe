package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/commerce/delivery"
	"galleria/commerce/inventory"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxLostReason is how long the reason may be, in characters.
const MaxLostReason = 200

// LoseInput is the word of staff that a parcel is lost.
type LoseInput struct {
	ParcelNo string
	Reason   string // 1 to MaxLostReason characters
	Actor    string // "staff:3"
}

// Lose records that a parcel on its way is lost: its order does not count as received by itself
// until its goods were paid back (ClaimInput.Lost), sent again (Resend) or turned up. Opens a
// transaction. Faults: NOT_FOUND, VALIDATION on reason, ORDER_STATE, PARCEL_STATE.
func (s *Service) Lose(ctx context.Context, id tenant.ID, in LoseInput) (orderNo string, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if n := utf8.RuneCountInString(in.Reason); n < 1 || n > MaxLostReason || !utf8.ValidString(in.Reason) || strings.ContainsRune(in.Reason, 0) {
		return "", fmt.Errorf("lose parcel: %w", fault.Invalidf("reason", "must have 1 to %d characters", MaxLostReason))
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.lockParcel(ctx, tx, in.ParcelNo)
		if err != nil {
			return err
		}
		orderNo = p.OrderNo
		if err := allowParcel(p, EventLose, Facts{Delivery: ParcelKind(p.Kind)}); err != nil {
			return err
		}
		said := map[string]any{"parcel_no": in.ParcelNo, "courier": p.Courier, "tracking_no": p.TrackingNo, "text": in.Reason}
		detail, err := json.Marshal(said)
		if err != nil {
			return err
		}
		if err := s.q.Lose(ctx, tx, orderdb.LoseParams{
			At: tx.Now(), Event: string(EventLose), OrderStatus: p.OrderStatus, Actor: in.Actor, Detail: detail, ToStatus: string(ParcelLost), Reason: in.Reason, ID: p.ID,
		}); err != nil {
			return err
		}
		return s.record(ctx, tx, in.Actor, "order.lose", p.OrderNo, said)
	})
	if err != nil {
		return "", fmt.Errorf("lose parcel: %w", err)
	}
	return orderNo, nil
}

// Found records that a lost parcel reached its buyer after all. Opens a transaction. Faults:
// NOT_FOUND, ORDER_STATE, PARCEL_STATE, PARCEL_MADE_UP if its goods were paid back or sent again.
func (s *Service) Found(ctx context.Context, id tenant.ID, parcelNo, actor string) (orderNo string, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.lockParcel(ctx, tx, parcelNo)
		if err != nil {
			return err
		}
		orderNo = p.OrderNo
		if err := allowParcel(p, EventFound, Facts{Delivery: ParcelKind(p.Kind), Lost: true}); err != nil {
			return err
		}
		if _, err := s.owed(ctx, tx, p); err != nil {
			return err
		}
		said := map[string]any{"parcel_no": parcelNo}
		detail, err := json.Marshal(said)
		if err != nil {
			return err
		}
		if err := s.q.MoveParcel(ctx, tx, orderdb.MoveParcelParams{
			ToStatus: string(ParcelDelivered), At: tx.Now(), ID: p.ID, ToldAt: tx.Now(), Event: string(EventFound), OrderStatus: p.OrderStatus,
			Actor: actor, Detail: detail,
		}); err != nil {
			return err
		}
		if err := s.hastenReceipt(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "order.found", p.OrderNo, said)
	})
	if err != nil {
		return "", fmt.Errorf("found parcel: %w", err)
	}
	return orderNo, nil
}

// owed are the pieces of a lost parcel that its buyer still has to get. Faults: PARCEL_MADE_UP if
// money was asked for some of them.
func (s *Service) owed(ctx context.Context, tx tenantdb.Tx, p orderdb.LockParcelRow) ([]orderdb.LostLinesRow, error) {
	if Remedy(p.Remedy) != RemedyNone {
		return nil, ErrMadeUp
	}
	lines, err := s.q.LostLines(ctx, tx, p.ID)
	if err == nil && slices.ContainsFunc(lines, func(l orderdb.LostLinesRow) bool { return !l.Free }) {
		err = ErrMadeUp
	}
	return lines, err
}

// ResendInput sends the goods of a lost parcel once more.
type ResendInput struct {
	ParcelNo   string // the lost one
	Courier    string // code of delivery.Couriers
	TrackingNo string // as typed; spaces are taken out
	Actor      string // "staff:3"
}

// Resend sends the pieces of a lost parcel again, in a parcel of their own: they leave the shelf
// once more, and the buyer has the days of a parcel that was just sent. Opens a transaction.
// Faults: NOT_FOUND, VALIDATION on courier and tracking_no, ORDER_STATE, PARCEL_STATE,
// PARCEL_KNOWN, PARCEL_MADE_UP, ORDER_REFUNDING, OUT_OF_STOCK.
func (s *Service) Resend(ctx context.Context, id tenant.ID, in ResendInput) (orderNo string, err error) {
	courier, number, err := delivery.CheckNumber(in.Courier, in.TrackingNo)
	if err != nil {
		return "", fmt.Errorf("send again: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.lockParcel(ctx, tx, in.ParcelNo)
		if err != nil {
			return err
		}
		orderNo = p.OrderNo
		rows, err := s.lockWhole(ctx, tx, p.OrderNo)
		if err != nil {
			return err
		}
		if err := allowParcel(p, EventResend, Facts{Delivery: ParcelKind(p.Kind), Lost: true}); err != nil {
			return err
		}
		known, err := s.q.ParcelKnown(ctx, tx, p.OrderID, courier.Code, number)
		if err != nil {
			return err
		}
		if known {
			return ErrParcelKnown
		}
		lines, err := s.owed(ctx, tx, p)
		if err != nil {
			return err
		}
		if err := s.mayLeave(ctx, tx, rows[0]); err != nil {
			return err
		}
		return s.resend(ctx, tx, rows, p, lines, in.Actor, courier.Code, number)
	})
	if err != nil {
		return "", fmt.Errorf("send again: %w", err)
	}
	return orderNo, nil
}

func (s *Service) resend(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, lost orderdb.LockParcelRow, lines []orderdb.LostLinesRow, actor, courier, number string) error {
	head, now, parcelNo := rows[0], tx.Now(), newParcelNo(tx.Now())
	terms, err := s.q.DeliveryTerms(ctx, tx)
	if err != nil {
		return err
	}
	var pieces int64
	for _, l := range lines {
		pieces += int64(l.Qty)
	}
	said := map[string]any{"parcel_no": parcelNo, "instead_of": lost.TrackingNo, "courier": courier, "tracking_no": number, "pieces": pieces}
	detail, err := json.Marshal(said)
	if err != nil {
		return err
	}
	receiveBy := now.Add(days(terms.ReceiveDays))
	if err := moved(s.q.Resend(ctx, tx, orderdb.ResendParams{
		LostID: lost.ID, ParcelNo: parcelNo, Kind: string(Express), Courier: courier, TrackingNo: number, ParcelStatus: string(ParcelShipped), At: now, Actor: actor,
		ReceiveUntil: receiveBy, Event: string(EventResend), OrderStatus: head.Status, Detail: detail,
	})); err != nil {
		return err
	}
	complete := !factsOf(rows).Unsent
	if complete {
		if err := s.timers.Set(ctx, tx, TopicReceive, head.OrderNo, receiveBy, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID}); err != nil {
			return err
		}
	}
	if err := s.outbox.Append(ctx, tx, TopicShipped, parcelNo, ParcelEvent{
		OrderNo: head.OrderNo, ParcelNo: parcelNo, MemberID: head.MemberID, AppID: head.AppID, Kind: Express,
		Courier: courier, TrackingNo: number, Phone: phoneTail(head.Address), Complete: complete,
	}); err != nil {
		return err
	}
	if err := s.record(ctx, tx, actor, "order.resend", head.OrderNo, said); err != nil {
		return err
	}
	if head.Test {
		return nil
	}
	return s.inventory.ResendTx(ctx, tx, parcelNo, stockOf(lines), actor) // last: other buyers queue for these rows
}

// stockOf sums the pieces of lines by SKU: a gift may be of the SKU of another line.
func stockOf(lines []orderdb.LostLinesRow) []inventory.Line {
	var out []inventory.Line
	for _, l := range lines {
		i := slices.IndexFunc(out, func(o inventory.Line) bool { return o.SKUID == l.SkuID })
		if i < 0 {
			i, out = len(out), append(out, inventory.Line{SKUID: l.SkuID})
		}
		out[i].Qty += int64(l.Qty)
	}
	return out
}

// paidFor are the lost parcels that a claim pays for: the one it names, or each whose pieces it
// takes whole without asking for goods.
func (s *Service) paidFor(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, in ClaimInput, claim Claim) ([]int64, error) {
	if !rows[0].Lost || (in.SentOnly && in.Lost == "") {
		if in.Lost != "" {
			return nil, ErrMadeUp
		}
		return nil, nil
	}
	lost, err := s.q.LostOf(ctx, tx, rows[0].ID)
	if err != nil {
		return nil, err
	}
	free := map[int64]int64{}
	for _, l := range claim.Lines {
		free[l.LineID] = l.Qty - l.Dropped
	}
	var ids []int64
	for len(lost) > 0 {
		n := slices.IndexFunc(lost, func(r orderdb.LostOfRow) bool { return r.ID != lost[0].ID })
		if n < 0 {
			n = len(lost)
		}
		parcel := lost[:n]
		lost = lost[n:]
		if in.Lost != "" && parcel[0].ParcelNo != in.Lost || slices.ContainsFunc(parcel, func(r orderdb.LostOfRow) bool { return free[r.LineID] < int64(r.Qty) }) {
			continue
		}
		for _, r := range parcel {
			free[r.LineID] -= int64(r.Qty)
		}
		ids = append(ids, parcel[0].ID)
	}
	if in.Lost != "" && len(ids) == 0 {
		return nil, ErrMadeUp
	}
	return ids, nil
}
