package order

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/commerce/voucher"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ClaimInput are pieces of an order that an after-sales case is about.
type ClaimInput struct {
	OrderNo  string
	MemberID int64           // whose order it must be; 0 for staff
	Lines    map[int64]int64 // pieces by line id, each above zero
	// SentOnly claims only pieces that left the shop: what is to come back was sent.
	SentOnly bool
	// Lost is the lost parcel that the case pays for: only pieces that left the shop. Empty: a
	// case that asks for no goods pays for the lost parcels all of whose pieces it claims.
	Lost   string
	Holder string // the case; what it holds of vouchers is known by it
	Swap   bool   // for the same goods once more: no gift goes back with them
	// FreightFen of the freight, for staff; nil takes the rule's: all of it if nothing was
	// sent and the last pieces are claimed, else none.
	FreightFen *money.Fen
}

// ClaimedLine is what was claimed of a line. ShareFen is what was paid for these pieces.
type ClaimedLine struct {
	LineID, SKUID        int64
	Title, Spec, Picture string
	Qty                  int64
	Dropped              int64 // of Qty: pieces that had not been sent, and will not be
	ShareFen             money.Fen
}

// Claim is what a case holds of an order.
type Claim struct {
	OrderID, MemberID int64
	AppID             string
	Status            Status
	Test              bool
	FreightFen        money.Fen
	Lines             []ClaimedLine
	PayableFen        money.Fen
}

// ShareFen is what was paid for the claimed pieces.
func (c Claim) ShareFen() (sum money.Fen) {
	for _, l := range c.Lines {
		sum += l.ShareFen
	}
	return sum
}

// Unsent reports whether none of the pieces had left the shop.
func (c Claim) Unsent() bool {
	return !slices.ContainsFunc(c.Lines, func(l ClaimedLine) bool { return l.Dropped < l.Qty })
}

// ClaimTx takes pieces for a case: they are not sent any more, belong to no other case, and
// while a case is open the order neither counts as received by itself nor settles. With
// dry set nothing is written. Joins the caller's transaction and locks the order. Faults:
// NOT_FOUND, PARCEL_MADE_UP, ORDER_STATE for an order that is not paid or whose money is final, CLAIMED, HANDED_OUT for codes that a buyer has seen: money
// for them is the shop's to give; VOUCHER_REFUND_ONLY. Vouchers are claimed for what is unused of
// them, and cannot be used meanwhile. Gifts whose goods go back go with them: see Gift.
func (s *Service) ClaimTx(ctx context.Context, tx tenantdb.Tx, in ClaimInput, dry bool) (Claim, error) {
	rows, err := s.lockWhole(ctx, tx, in.OrderNo)
	if err != nil {
		return Claim{}, fmt.Errorf("claim of order %s: %w", in.OrderNo, err)
	}
	head := rows[0]
	if in.MemberID != 0 && head.MemberID != in.MemberID {
		return Claim{}, fault.ErrNotFound
	}
	if !slices.Contains([]Status{Paid, Fulfilling, Completed}, Status(head.Status)) || Settlement(head.Settlement) == SettlementSettled {
		return Claim{}, ErrState.WithData(map[string]any{"status": head.Status, "settlement": head.Settlement})
	}
	if in.ofSeenCodes(rows) {
		return Claim{}, ErrHandedOut
	}
	if in, err = s.withGifts(ctx, tx, in, rows); err != nil {
		return Claim{}, fmt.Errorf("claim of order %s: %w", in.OrderNo, err)
	}
	held, err := s.holdVouchers(ctx, tx, in, head, dry)
	if err != nil {
		return Claim{}, fmt.Errorf("claim of order %s: %w", in.OrderNo, err)
	}
	claim, err := in.of(rows, held)
	if err != nil || dry {
		return claim, err
	}
	lost, err := s.paidFor(ctx, tx, rows, in, claim)
	if err == nil {
		err = s.makeRoom(ctx, tx, rows, claim)
	}
	if err != nil {
		return Claim{}, fmt.Errorf("claim of order %s: %w", in.OrderNo, err)
	}
	ids, qtys, shares, dropped := claim.columns()
	err = s.q.Claim(ctx, tx, orderdb.ClaimParams{
		LineIds: ids, Qtys: qtys, SharesFen: shares, Dropped: dropped, ID: head.ID, FreightFen: int64(claim.FreightFen), At: tx.Now(),
		Holder: in.Holder, LostIds: lost,
	})
	if err != nil {
		return Claim{}, fmt.Errorf("claim of order %s: %w", in.OrderNo, err)
	}
	return claim, nil
}

// ofSeenCodes reports a claim of codes that somebody has seen, other than by staff for money alone.
func (in ClaimInput) ofSeenCodes(rows []orderdb.LockWholeRow) bool {
	handed := slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool { return r.Sent > 0 })
	return ParcelKind(rows[0].Delivery) == Virtual && (in.SentOnly || (in.MemberID != 0 && handed))
}

// of is what the claim takes of the locked lines; held is what it took of vouchers, nil for other
// goods.
func (in ClaimInput) of(rows []orderdb.LockWholeRow, held map[int64]voucher.Hold) (Claim, error) {
	head := rows[0]
	out := Claim{
		OrderID: head.ID, MemberID: head.MemberID, AppID: head.AppID, Status: Status(head.Status), Test: head.Test, PayableFen: head.PayableFen,
	}
	whole, sent := true, false
	for _, r := range rows {
		qty, wanted := in.Lines[r.LineID]
		free, unsent := in.left(r, held)
		sent = sent || r.Sent > 0
		whole = whole && qty == int64(r.Qty-r.Claimed)
		if !wanted {
			continue
		}
		if qty <= 0 || qty > free {
			return Claim{}, ErrClaimed.WithData(map[string]any{"line_id": r.LineID, "free": max(free, 0)})
		}
		line := ClaimedLine{
			LineID: r.LineID, SKUID: r.SkuID, Title: r.Title, Spec: r.Spec, Picture: r.Picture, Qty: qty, Dropped: min(qty, unsent), ShareFen: shareOf(r, qty),
		}
		if held != nil {
			line.ShareFen = held[r.LineID].ShareFen
		}
		out.Lines = append(out.Lines, line)
	}
	if len(out.Lines) != len(in.Lines) || len(out.Lines) == 0 {
		return Claim{}, fault.Invalidf("lines", "must name lines of the order")
	}
	rest := head.FreightFen - head.ClaimedFreightFen
	switch {
	case in.FreightFen != nil:
		if *in.FreightFen < 0 || *in.FreightFen > rest {
			return Claim{}, ErrClaimed.WithData(map[string]any{"freight_fen": int64(rest)})
		}
		out.FreightFen = *in.FreightFen
	case whole && !sent:
		out.FreightFen = rest
	}
	return out, nil
}

// left is how many pieces of a line can be claimed, and how many of it the shop still has.
func (in ClaimInput) left(r orderdb.LockWholeRow, held map[int64]voucher.Hold) (free, unsent int64) {
	switch {
	case held != nil:
		return held[r.LineID].Free, held[r.LineID].Untouched
	case in.SentOnly || in.Lost != "":
		return int64(r.Sent - (r.Claimed - r.Dropped)), 0
	}
	return int64(r.Qty - r.Claimed), int64(r.Qty - r.Sent - r.Dropped)
}

// shareOf is what was paid for so many pieces of a line: rounded down, and the rest for
// the last pieces, so that whatever way a line is divided, the parts are what was paid.
func shareOf(r orderdb.LockWholeRow, qty int64) money.Fen {
	if qty == int64(r.Qty-r.Claimed) {
		return r.LinePayableFen - r.ClaimedFen
	}
	hi, lo := bits.Mul64(uint64(r.LinePayableFen), uint64(qty))
	share, _ := bits.Div64(hi, lo, uint64(r.Qty))
	return money.Fen(share)
}

func (c Claim) columns() (ids, qtys, shares, dropped []int64) {
	for _, l := range c.Lines {
		ids, qtys = append(ids, l.LineID), append(qtys, l.Qty)
		shares, dropped = append(shares, int64(l.ShareFen)), append(dropped, l.Dropped)
	}
	return ids, qtys, shares, dropped
}

// UnclaimInput ends a case's hold of an order.
type UnclaimInput struct {
	OrderNo string
	// Back are the pieces and the money that the case gives back to the order: all that it
	// claimed, or none of it if it ended with money.
	Back       []ClaimedLine
	FreightFen money.Fen
	Holder     string // the case, as in ClaimInput
	Lapse      bool   // vouchers that are over meanwhile end without money
}

// UnclaimTx ends a case: with the last open one the order's clocks run on, later by as long
// as they stood still. An order of which nothing is left to send is on its way as a whole
// from now; one that cost nothing, and every piece of which was given up or came back, closes.
// Joins the caller's transaction and locks the order. Faults: NOT_FOUND.
func (s *Service) UnclaimTx(ctx context.Context, tx tenantdb.Tx, in UnclaimInput) error {
	rows, err := s.lockWhole(ctx, tx, in.OrderNo)
	if err != nil {
		return fmt.Errorf("unclaim order %s: %w", in.OrderNo, err)
	}
	head, now := rows[0], tx.Now()
	back := Claim{Lines: in.Back}
	ids, qtys, shares, dropped := back.columns()
	row := orderdb.UnclaimParams{
		LineIds: ids, Qtys: qtys, SharesFen: shares, Dropped: dropped, FreightFen: int64(in.FreightFen), ID: head.ID, Holder: in.Holder,
		PausedAt: head.PausedAt, ReceiveBy: head.ReceiveBy, SettleBy: head.SettleBy, ShippedAt: head.ShippedAt,
	}
	if len(in.Back) == 0 && Status(head.Status) == Fulfilling && head.ShippedAt == nil && !factsOf(rows).Unsent {
		terms, err := s.q.DeliveryTerms(ctx, tx)
		if err != nil {
			return fmt.Errorf("unclaim order %s: %w", in.OrderNo, err)
		}
		row.ShippedAt, row.ReceiveBy = &now, new(now.Add(days(terms.ReceiveDays)))
	}
	runs := head.OpenCases == 1
	if runs {
		row.ReceiveBy = later(row.ReceiveBy, now, head.PausedAt, row.ShippedAt)
		row.SettleBy = later(row.SettleBy, now, head.PausedAt, head.ReceivedAt)
		row.PausedAt = nil
	}
	if err := s.q.Unclaim(ctx, tx, row); err != nil {
		return fmt.Errorf("unclaim order %s: %w", in.OrderNo, err)
	}
	if runs {
		if err := s.runOn(ctx, tx, head, row); err != nil {
			return fmt.Errorf("unclaim order %s: %w", in.OrderNo, err)
		}
	}
	if err := s.unholdVouchers(ctx, tx, ParcelKind(head.Delivery), in); err != nil {
		return fmt.Errorf("unclaim order %s: %w", in.OrderNo, err)
	}
	if runs && emptied(rows, in) {
		return s.closeEmpty(ctx, tx, head)
	}
	return nil
}

// emptied reports an order that cost nothing and of which a case that ended has left nothing.
func emptied(rows []orderdb.LockWholeRow, in UnclaimInput) bool {
	return len(in.Back) == 0 && rows[0].PayableFen == 0 && allClaimed(rows)
}

// later moves a due time by how long its clock stood still: since the pause, or since the
// clock began if that was later.
func later(due *time.Time, now time.Time, paused, began *time.Time) *time.Time {
	if due == nil || paused == nil {
		return due
	}
	since := *paused
	if began != nil && began.After(since) {
		since = *began
	}
	return new(due.Add(max(0, now.Sub(since))))
}

// runOn sets the timers of an order that waits no longer for a case.
func (s *Service) runOn(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow, row orderdb.UnclaimParams) error {
	switch {
	case Status(head.Status) == Fulfilling && row.ReceiveBy != nil:
		return s.timers.Set(ctx, tx, TopicReceive, head.OrderNo, *row.ReceiveBy, ReceivedEvent{OrderNo: head.OrderNo, MemberID: head.MemberID})
	case Status(head.Status) == Completed && row.SettleBy != nil:
		return s.setFinish(ctx, tx, head, *row.SettleBy)
	}
	return nil
}

// allClaimed reports that every piece is one of a case: not sent because of it, or back.
func allClaimed(rows []orderdb.LockWholeRow) bool {
	return !slices.ContainsFunc(rows, func(r orderdb.LockWholeRow) bool { return r.Claimed < r.Qty })
}

// closeEmpty closes an order that cost nothing and whose every piece was given up or came
// back, by cases that have all ended: no money will come back to close it.
func (s *Service) closeEmpty(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow) error {
	to, err := Next(Status(head.Status), EventRefunded, System)
	if err != nil {
		return fmt.Errorf("close order %s: %w", head.OrderNo, err)
	}
	if err := moved(s.q.ToRefunded(ctx, tx, string(to), tx.Now(), head.ID, head.Status)); err != nil {
		return fmt.Errorf("close order %s: %w", head.OrderNo, err)
	}
	if err := s.giveBack(ctx, tx, head.OrderNo, true); err != nil { // it cost nothing: something has made it so, or its prices did
		return fmt.Errorf("close order %s: %w", head.OrderNo, err)
	}
	if err := s.freeSlot(ctx, tx, head.OrderNo, head.Delivery, head.Status); err != nil {
		return fmt.Errorf("close order %s: %w", head.OrderNo, err)
	}
	return s.q.TellRefund(ctx, tx, orderdb.TellRefundParams{
		OrderID: head.ID, At: tx.Now(), Event: string(EventRefunded), FromStatus: &head.Status, ToStatus: new(string(to)), Actor: string(System), Detail: []byte("{}"),
	})
}

// LockTx takes the order's row until the transaction ends. Whoever changes an after-sales
// case comes here first, so that no two of them wait for each other. Faults: NOT_FOUND.
func (s *Service) LockTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	_, err := s.lock(ctx, tx, orderNo)
	return err
}
