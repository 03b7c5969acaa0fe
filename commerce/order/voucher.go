package order

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/commerce/voucher"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// Vouchers keeps what orders of vouchers consist of; *voucher.Service is one. All of it happens
// under the order's lock.
type Vouchers interface {
	IssueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (firstEnd time.Time, err error)
	FindTx(ctx context.Context, q tenantdb.Querier, typed string) (voucher.Voucher, error)
	UseTx(ctx context.Context, tx tenantdb.Tx, in voucher.UseInput) (voucher.Voucher, error)
	HoldTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string, want map[int64]int64, dry bool) (map[int64]voucher.Hold, error)
	PayBackTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string) error
	ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string, lapse bool) error
	VoidTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	ExpireTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (voucher.Over, error)
	OutlookTx(ctx context.Context, q tenantdb.Querier, orderNo string) (active int64, next *time.Time, err error)
}

// issue is what becomes of vouchers with their payment, in its transaction.
func (s *Service) issue(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	end, err := s.vouchers.IssueTx(ctx, tx, orderNo)
	if err != nil {
		return err
	}
	return s.timers.Set(ctx, tx, TopicVoucherEnd, orderNo, end, ClosingEvent{OrderNo: orderNo})
}

// RedeemInput is a voucher that a buyer shows in the shop.
type RedeemInput struct {
	Code    string // as typed or scanned
	Uses    int64  // at least 1
	StoreID int64  // where; 0 if the shop does not say
	Actor   string // "staff:3"
	Key     idempotency.Key
}

// Redeemed is the answer to Redeem, kept with its idempotency key.
type Redeemed struct {
	OrderNo string `json:"order_no"`
	Uses    int64  `json:"uses"`
	Left    int64  `json:"left"` // of the same voucher
}

// Redeem uses a voucher. A piece has left the shop with its first use; the order is completed as
// soon as none of its vouchers can be used any more. A repeat with the same key returns the first
// answer. Opens a transaction. Faults: VALIDATION, VOUCHER_CODE, VOUCHER_STATE, VOUCHER_USES,
// ORDER_STATE, ORDER_REFUNDING, GROUP_WAITS, IDEMPOTENCY_….
func (s *Service) Redeem(ctx context.Context, id tenant.ID, in RedeemInput) (out Redeemed, replayed bool, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, replayed, err = idempotency.Do(ctx, tx, in.Key, func() (Redeemed, error) { return s.redeemTx(ctx, tx, in) })
		return err
	})
	if err != nil {
		return Redeemed{}, false, fmt.Errorf("redeem: %w", err)
	}
	return out, replayed, nil
}

func (s *Service) redeemTx(ctx context.Context, tx tenantdb.Tx, in RedeemInput) (Redeemed, error) {
	found, err := s.vouchers.FindTx(ctx, tx, in.Code)
	if err != nil {
		return Redeemed{}, err
	}
	rows, err := s.lockWhole(ctx, tx, found.OrderNo)
	if err != nil {
		return Redeemed{}, err
	}
	if found, err = s.vouchers.FindTx(ctx, tx, in.Code); err != nil { // as it is under the lock
		return Redeemed{}, err
	}
	if !found.Usable() { // says more than the order's state
		return Redeemed{}, voucher.ErrState.WithData(map[string]any{"state": found.State})
	}
	to, err := allow(Status(rows[0].Status), EventRedeem, Staff, factsOf(rows))
	if err != nil {
		return Redeemed{}, err
	}
	if err := s.mayLeave(ctx, tx, rows[0]); err != nil {
		return Redeemed{}, err
	}
	v, err := s.vouchers.UseTx(ctx, tx, voucher.UseInput{Code: in.Code, Uses: in.Uses, StoreID: in.StoreID, Actor: in.Actor})
	if err != nil {
		return Redeemed{}, err
	}
	about := map[string]any{"voucher": v.Code[len(v.Code)-4:], "uses": in.Uses, "left": v.Left()}
	if found.Used == 0 {
		err = s.sendVouchers(ctx, tx, rows, map[int64]int64{v.LineID: 1}, EventRedeem, to, in.Actor, about)
	} else {
		err = s.tellUse(ctx, tx, rows[0], in.Actor, about)
	}
	if err == nil && v.Left() == 0 {
		err = s.settleVouchers(ctx, tx, found.OrderNo, in.Actor)
	}
	return Redeemed{OrderNo: found.OrderNo, Uses: in.Uses, Left: v.Left()}, err
}

// sendVouchers counts pieces as gone: those that were first used, or that lapsed.
func (s *Service) sendVouchers(ctx context.Context, tx tenantdb.Tx, rows []orderdb.LockWholeRow, lines map[int64]int64, event Event, to Status, actor string, about map[string]any) error {
	take, complete, err := takeLines(rows, lines)
	if err != nil {
		return err
	}
	first := true
	for _, r := range rows {
		first = first && r.Sent == 0
	}
	return s.send(ctx, tx, rows, sending{
		parcelNo: newParcelNo(tx.Now()), kind: Voucher, lines: take, event: event, to: to, complete: complete, actor: actor, about: about, quiet: !first,
	})
}

// tellUse writes a further use of a piece into the timeline and the audit log.
func (s *Service) tellUse(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow, actor string, about map[string]any) error {
	detail, err := json.Marshal(about)
	if err != nil {
		return err
	}
	if err := s.q.TellRefund(ctx, tx, orderdb.TellRefundParams{OrderID: head.ID, At: tx.Now(), Event: string(EventRedeem), FromStatus: &head.Status, ToStatus: &head.Status, Actor: actor, Detail: detail}); err != nil {
		return err
	}
	return s.record(ctx, tx, actor, "order."+string(EventRedeem), head.OrderNo, about)
}

// settleVouchers completes an order none of whose vouchers can be used any more: what was neither
// used nor paid back has lapsed. One of which nothing was used and all is paid back closes with
// its money. While there are others, the clock is set to the end of the next.
func (s *Service) settleVouchers(ctx context.Context, tx tenantdb.Tx, orderNo, actor string) error {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return err
	}
	if head := rows[0]; ParcelKind(head.Delivery) != Voucher || Status(head.Status) != Paid {
		return nil
	}
	active, next, err := s.vouchers.OutlookTx(ctx, tx, orderNo)
	if err != nil {
		return err
	}
	if next != nil {
		return s.timers.Set(ctx, tx, TopicVoucherEnd, orderNo, *next, ClosingEvent{OrderNo: orderNo})
	}
	if active > 0 { // after-sales cases hold them, and come here when they end
		return nil
	}
	sent, lapsed := false, false
	for _, r := range rows {
		sent, lapsed = sent || r.Sent > 0, lapsed || r.Sent+r.Dropped < r.Qty
	}
	if !sent && !lapsed {
		return nil
	}
	if lapsed {
		to, err := allow(Paid, EventLapse, System, factsOf(rows))
		if err == nil {
			err = s.sendVouchers(ctx, tx, rows, nil, EventLapse, to, string(System), nil)
		}
		if err != nil {
			return err
		}
	}
	return s.arrived(ctx, tx, rows[0], EventUseUp, Facts{Delivery: Voucher}, System, actor)
}

// VouchersOver is what of an order's vouchers is over and has to be paid back.
type VouchersOver struct {
	Lines    map[int64]int64 // pieces by line id; empty if there is nothing
	Covered  bool            // what is left of the order's money is enough for it
	WorthFen money.Fen
}

// VouchersDueTx is what the timer TopicVoucherEnd means: vouchers that are over by the database's
// clock end. Those that give money back stay until the caller has claimed them. While money of
// the order goes back the timer is set anew. Joins the caller's transaction. Faults: NOT_FOUND.
func (s *Service) VouchersDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (VouchersOver, error) {
	rows, err := s.lockWhole(ctx, tx, orderNo)
	if err != nil {
		return VouchersOver{}, fmt.Errorf("vouchers of %s are due: %w", orderNo, err)
	}
	head := rows[0]
	if ParcelKind(head.Delivery) != Voucher || Status(head.Status) != Paid {
		return VouchersOver{}, nil
	}
	later, err := s.postponed(ctx, tx, head, func(at time.Time) error {
		return s.timers.Set(ctx, tx, TopicVoucherEnd, orderNo, at, ClosingEvent{OrderNo: orderNo})
	})
	if err != nil || later {
		return VouchersOver{}, err
	}
	over, err := s.vouchers.ExpireTx(ctx, tx, orderNo)
	if err == nil && len(over.Pieces) == 0 {
		err = s.settleVouchers(ctx, tx, orderNo, string(System))
	}
	if err != nil {
		return VouchersOver{}, fmt.Errorf("vouchers of %s are due: %w", orderNo, err)
	}
	return VouchersOver{Lines: over.Pieces, WorthFen: over.WorthFen, Covered: head.RefundedFen+over.WorthFen <= head.PayableFen}, nil
}

// holdVouchers is what a claim takes of an order of vouchers, by line; nil for any other order.
func (s *Service) holdVouchers(ctx context.Context, tx tenantdb.Tx, in ClaimInput, head orderdb.LockWholeRow, dry bool) (map[int64]voucher.Hold, error) {
	if ParcelKind(head.Delivery) != Voucher {
		return nil, nil //nolint:nilnil // there is nothing to hold
	}
	if in.SentOnly {
		return nil, ErrVoucherKind
	}
	for _, qty := range in.Lines {
		if qty <= 0 {
			return nil, fault.Invalidf("lines", "must be pieces")
		}
	}
	return s.vouchers.HoldTx(ctx, tx, in.OrderNo, in.Holder, in.Lines, dry)
}

// unholdVouchers ends the hold of a case on vouchers: with its money, or they can be used again.
func (s *Service) unholdVouchers(ctx context.Context, tx tenantdb.Tx, kind ParcelKind, in UnclaimInput) error {
	if kind != Voucher {
		return nil
	}
	var err error
	if len(in.Back) == 0 {
		err = s.vouchers.PayBackTx(ctx, tx, in.OrderNo, in.Holder)
	} else {
		err = s.vouchers.ReleaseTx(ctx, tx, in.OrderNo, in.Holder, in.Lapse)
	}
	if err != nil {
		return err
	}
	return s.settleVouchers(ctx, tx, in.OrderNo, string(System))
}
