package aftersale

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"galleria/commerce/aftersale/internal/aftersaledb"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// acting is one event of a case: its order and its row are locked, and what the event
// changes of the row is written in next.
type acting struct {
	*Service
	tx    tenantdb.Tx
	row   aftersaledb.LockRow
	lines []aftersaledb.LinesRow
	by    Actor
	actor string
	event Event
	next  aftersaledb.MoveParams
}

// begin locks a case and finds out where an event leads it. memberID is whose case it must
// be; 0 for everybody else. Faults: NOT_FOUND, AFTERSALE_STATE.
func (s *Service) begin(ctx context.Context, tx tenantdb.Tx, caseNo string, memberID int64, by Actor, actor string, event Event) (*acting, error) {
	a, err := s.lock(ctx, tx, caseNo, memberID)
	if err != nil {
		return nil, err
	}
	a.by, a.actor = by, actor
	return a, a.set(event)
}

func (s *Service) lock(ctx context.Context, tx tenantdb.Tx, caseNo string, memberID int64) (*acting, error) {
	if !wellFormed(caseNo) {
		return nil, fault.ErrNotFound
	}
	orderNo, err := s.q.OrderOf(ctx, tx, caseNo)
	if tenantdb.NoRows(err) {
		return nil, fault.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if err := s.d.Orders.LockTx(ctx, tx, orderNo); err != nil {
		return nil, err
	}
	a := &acting{Service: s, tx: tx}
	if a.row, err = s.q.Lock(ctx, tx, caseNo); err != nil {
		return nil, err
	}
	if memberID != 0 && a.row.MemberID != memberID {
		return nil, fault.ErrNotFound
	}
	if a.lines, err = s.q.Lines(ctx, tx, a.row.ID); err != nil {
		return nil, err
	}
	return a, nil
}

// set prepares the move of an event.
func (a *acting) set(event Event) error {
	to, err := Next(Kind(a.row.Kind), Status(a.row.Status), event, a.by)
	if err != nil {
		return err
	}
	r := a.row
	a.event = event
	a.next = aftersaledb.MoveParams{
		ToStatus: string(to), AmountFen: r.AmountFen, ReturnTo: r.ReturnTo, BackCourier: r.BackCourier, BackNumber: r.BackNumber, OutCourier: r.OutCourier,
		OutNumber: r.OutNumber, OutRefundNo: r.OutRefundNo, RefundAsks: r.RefundAsks, ID: r.ID, FromStatus: r.Status, At: a.tx.Now(), Actor: a.actor,
		Event: string(event), Pictures: []string{},
	}
	return nil
}

// end writes the move with its timer, its event and, for staff, its entry in the audit log,
// and gives what the case held back to its order if it ended without money.
func (a *acting) end(ctx context.Context, detail map[string]any) error {
	to, now := Status(a.next.ToStatus), a.tx.Now()
	if to == Refunding {
		if err := a.askRefund(ctx); err != nil {
			return err
		}
	}
	terms, err := a.terms(ctx, a.tx)
	if err != nil {
		return err
	}
	a.next.DueAt = terms.due(to, now)
	if from := Status(a.next.FromStatus); from == InTransit && to == Inspecting {
		a.next.DueAt = a.row.DueAt // the days count from when it was sent
	}
	if !to.Open() {
		a.next.ClosedAt = &now
	}
	if err := a.write(ctx); err != nil {
		return err
	}
	if err := a.tell(ctx, to); err != nil {
		return err
	}
	if !to.Open() {
		if err := a.release(ctx, to); err != nil {
			return err
		}
	}
	if err := a.record(ctx, a.tx, a.by, a.actor, a.event, a.row.CaseNo, detail); err != nil {
		return err
	}
	if to == Refunding && a.next.AmountFen == 0 { // nothing to wait for
		return a.refundedNow(ctx)
	}
	return nil
}

// write makes the move. Somebody else's move in between is a conflict.
func (a *acting) write(ctx context.Context) error {
	n, err := a.q.Move(ctx, a.tx, a.next)
	if err == nil && n != 1 {
		return fault.ErrConflict
	}
	return err
}

// tell sets the timer of the status that a move leads to and announces the move.
func (a *acting) tell(ctx context.Context, to Status) (err error) {
	ev := CaseEvent{CaseNo: a.row.CaseNo, OrderNo: a.row.OrderNo, MemberID: a.row.MemberID, AppID: a.row.AppID, Event: a.event, Status: to}
	if a.next.DueAt == nil {
		err = a.d.Timers.Clear(ctx, a.tx, TimerDue, a.row.CaseNo)
	} else {
		err = a.d.Timers.Set(ctx, a.tx, TimerDue, a.row.CaseNo, *a.next.DueAt, ev)
	}
	if err != nil {
		return err
	}
	return a.d.Outbox.Append(ctx, a.tx, TopicMoved, a.row.CaseNo, ev)
}

// askRefund asks for the case's money in the same transaction.
func (a *acting) askRefund(ctx context.Context) error {
	if a.next.AmountFen == 0 {
		return nil
	}
	in := RefundAsk{OrderNo: a.row.OrderNo, AmountFen: a.next.AmountFen, Document: documentOf(a.row.CaseNo, a.next.RefundAsks+1), Actor: a.actor}
	if a.row.OutRefundNo != nil {
		in.After = *a.row.OutRefundNo
	}
	asked, err := a.d.Refunder.AskTx(ctx, a.tx, in)
	if err != nil {
		return err
	}
	if !asked.Follows {
		a.next.RefundAsks++
	}
	a.next.OutRefundNo = &asked.OutRefundNo
	return nil
}

// release ends the case's hold of its order: what ended with money stays claimed.
func (a *acting) release(ctx context.Context, to Status) error {
	in := order.UnclaimInput{OrderNo: a.row.OrderNo, Holder: a.row.CaseNo, Lapse: Reason(a.row.Reason) == Lapsed}
	if to != Refunded {
		in.FreightFen = a.row.FreightFen
		for _, l := range a.lines {
			in.Back = append(in.Back, order.ClaimedLine{LineID: l.LineID, Qty: int64(l.Qty), Dropped: int64(l.Dropped), ShareFen: l.ShareFen})
		}
	}
	return a.d.Orders.UnclaimTx(ctx, a.tx, in)
}

// refundedNow is the end of a case whose money is with its buyer.
func (a *acting) refundedNow(ctx context.Context) error {
	a.row.Status, a.row.AmountFen, a.row.OutRefundNo, a.row.RefundAsks = a.next.ToStatus, a.next.AmountFen, a.next.OutRefundNo, a.next.RefundAsks
	a.by, a.actor = System, string(System)
	if err := a.set(EventRefunded); err != nil {
		return err
	}
	parts, freight, err := a.divide()
	if err != nil {
		return err
	}
	out := RefundedEvent{
		CaseNo: a.row.CaseNo, OrderNo: a.row.OrderNo, MemberID: a.row.MemberID, AppID: a.row.AppID, Kind: Kind(a.row.Kind), Test: a.row.Test,
		AmountFen: a.row.AmountFen, FreightFen: freight,
	}
	var ids, refunds []int64
	for i, l := range a.lines {
		ids, refunds = append(ids, l.LineID), append(refunds, int64(parts[i]))
		out.Lines = append(out.Lines, RefundedLine{LineID: l.LineID, SKUID: l.SkuID, Qty: int64(l.Qty), ShareFen: l.ShareFen, RefundFen: parts[i]})
	}
	if err := a.q.Refunded(ctx, a.tx, a.row.ID, ids, refunds); err != nil {
		return err
	}
	if err := a.unsentBack(ctx); err != nil {
		return err
	}
	if err := a.d.Outbox.Append(ctx, a.tx, TopicRefunded, a.row.CaseNo, out); err != nil {
		return err
	}
	return a.end(ctx, nil)
}

// divide spreads the case's amount over its lines by their shares; what is above them is of
// the freight.
func (a *acting) divide() (parts []money.Fen, freight money.Fen, err error) {
	goods := min(a.row.AmountFen, a.row.ShareFen)
	weights := make([]int64, len(a.lines))
	for i, l := range a.lines {
		weights[i] = int64(l.ShareFen)
	}
	if a.row.ShareFen == 0 {
		return make([]money.Fen, len(a.lines)), a.row.AmountFen, nil
	}
	parts, err = money.Split(goods, weights)
	return parts, a.row.AmountFen - goods, err
}

// unsentBack puts pieces that never left the shop back on the shelf, once.
func (a *acting) unsentBack(ctx context.Context) error {
	return a.receive(ctx, "-unsent", func(l aftersaledb.LinesRow) int64 { return int64(l.Dropped) })
}

// receive books pieces of the case's lines as stock that came in.
func (a *acting) receive(ctx context.Context, suffix string, pieces func(aftersaledb.LinesRow) int64) error {
	stock := a.stock(pieces)
	if a.row.Test || len(stock) == 0 { // a test order gave its goods back when it was paid
		return nil
	}
	return a.d.Inventory.ReceiveTx(ctx, a.tx, a.row.CaseNo+suffix, stock, a.actor)
}

func (a *acting) stock(pieces func(aftersaledb.LinesRow) int64) []inventory.Line {
	var out []inventory.Line
	for _, l := range a.lines {
		out = added(out, l.SkuID, pieces(l))
	}
	return out
}

// record writes what a member of staff did into the audit log; others stand in the thread.
func (s *Service) record(ctx context.Context, tx tenantdb.Tx, by Actor, actor string, event Event, caseNo string, detail map[string]any) error {
	if by != Staff {
		return nil
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "aftersale." + string(event), Object: "aftersale:" + caseNo, Detail: detail})
}

// do runs one event of a case in a transaction of its own and returns the case after it.
func (s *Service) do(ctx context.Context, id tenant.ID, caseNo string, memberID int64, act func(tx tenantdb.Tx) error) (out Case, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := act(tx); err != nil {
			return err
		}
		out, err = s.find(ctx, tx, memberID, caseNo)
		return err
	})
	if err != nil {
		return Case{}, fmt.Errorf("after-sales case %s: %w", caseNo, err)
	}
	return out, nil
}

func addressOf(raw json.RawMessage) (*Address, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // a case need not have one
	}
	var a Address
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("return address: %w", err)
	}
	return &a, nil
}

// wellFormed says whether a text can be a case number at all.
func wellFormed(no string) bool {
	return len(no) >= 12 && len(no) <= 32 && no[0] == 'S' && !slices.ContainsFunc([]byte(no), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z')
	})
}
