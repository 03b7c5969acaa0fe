package order

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Bill is what is to be paid for an order.
type Bill struct {
	OrderNo   string
	Title     string // of the first line, with "+2" if there are two more; at most 60 characters
	AmountFen money.Fen
	ExpiresAt time.Time
	MemberID  int64
	AppID     string
}

const maxTitle = 60

// Bill returns the bill of an order that can be paid now, and keeps the order from being
// closed until the transaction ends, so that a payment that begins on it is seen by who
// closes it. Faults: NOT_FOUND; ORDER_STATE if it is not waiting for payment or its time
// is over, with the bill all the same: only its owner may be told.
func (s *Service) Bill(ctx context.Context, tx tenantdb.Tx, orderNo string) (Bill, error) {
	if !wellFormed(orderNo) {
		return Bill{}, fmt.Errorf("bill: %w", fault.ErrNotFound)
	}
	row, err := s.q.Bill(ctx, tx, orderNo)
	if tenantdb.NoRows(err) {
		return Bill{}, fmt.Errorf("bill: %w", fault.ErrNotFound)
	}
	if err != nil {
		return Bill{}, fmt.Errorf("bill: %w", err)
	}
	bill := Bill{
		OrderNo: orderNo, Title: billTitle(row.FirstTitle, row.Kinds), AmountFen: row.PayableFen,
		ExpiresAt: row.ExpiresAt, MemberID: row.MemberID, AppID: row.AppID,
	}
	if _, err := Next(Status(row.Status), EventPay, Member); err != nil || row.Due {
		return bill, fmt.Errorf("bill: %w", ErrState.WithData(map[string]any{"status": row.Status}))
	}
	return bill, nil
}

func billTitle(first string, kinds int64) string {
	more := ""
	if kinds > 1 {
		more = fmt.Sprintf(" +%d", kinds-1)
	}
	title := []rune(first)
	if room := maxTitle - len([]rune(more)); len(title) > room {
		title = title[:room]
	}
	return string(title) + more
}

// PaidInput is money that has arrived for an order.
type PaidInput struct {
	OrderNo       string
	AmountFen     money.Fen
	PaidAt        time.Time // as the provider tells it
	Channel       string    // "wechat"; empty if there was nothing to pay
	OutTradeNo    string    // the payment attempt; empty if there was nothing to pay
	TransactionID string    // the provider's number
	Repeats       bool      // the caller's event stays owed until this is on the disk: see tenantdb.Tx.Lazy
}

// PaidOutcome is what a payment meant for its order.
type PaidOutcome string

// The outcomes.
const (
	OutcomePaid        PaidOutcome = "paid"         // this payment has paid the order
	OutcomeAlreadyPaid PaidOutcome = "already_paid" // it had paid it before; nothing is to be done
	OutcomeLate        PaidOutcome = "late"         // the order is closed, or another payment has paid it: give this one back
)

// MarkPaidTx records that an order was paid: its goods leave the stock, what was
// sold is noted to be counted, its expiry is forgotten and TopicPaid is appended. Virtual goods are handed out with it, and
// vouchers are issued.
// Faults: NOT_FOUND. Another amount
// than the order's is an error and changes nothing.
func (s *Service) MarkPaidTx(ctx context.Context, tx tenantdb.Tx, in PaidInput) (PaidOutcome, error) {
	lines, err := s.lockWithLines(ctx, tx, in.OrderNo)
	if err != nil {
		return "", fmt.Errorf("mark order %s paid: %w", in.OrderNo, err)
	}
	order := lines[0]
	if in.OutTradeNo != "" && order.PaidBy != nil && *order.PaidBy == in.OutTradeNo {
		return OutcomeAlreadyPaid, nil
	}
	by := Provider
	if in.OutTradeNo == "" {
		by = System
	}
	to, err := Next(Status(order.Status), EventPay, by)
	if err != nil {
		return OutcomeLate, nil //nolint:nilerr // no such move: the order needs no money any more
	}
	if in.AmountFen != order.PayableFen && order.Repriced {
		return OutcomeLate, nil // money of the price before the shop changed it, through a provider that cannot close
	}
	if in.AmountFen != order.PayableFen {
		return "", fmt.Errorf("mark order %s paid: %w", in.OrderNo, errAmount)
	}
	if err := s.pay(ctx, tx, in, lines, by, to); err != nil {
		return "", fmt.Errorf("mark order %s paid: %w", in.OrderNo, err)
	}
	if err := s.handOver(ctx, tx, in, ParcelKind(order.Delivery)); err != nil {
		return "", fmt.Errorf("mark order %s paid: %w", in.OrderNo, err)
	}
	return OutcomePaid, nil
}

// handOver gives the buyer what needs no parcel. Codes that were seen must not be forgotten;
// what has none may be written again.
func (s *Service) handOver(ctx context.Context, tx tenantdb.Tx, in PaidInput, kind ParcelKind) error {
	switch kind {
	case Virtual:
		return s.handOutPaid(ctx, tx, in.OrderNo)
	case Voucher:
		return s.issue(ctx, tx, in.OrderNo)
	case Express, Pickup, Local:
		if in.Repeats {
			tx.Lazy()
		}
	}
	return nil
}

// lockWithLines takes the order's row until the transaction ends, and gives a row for each
// of its lines.
func (s *Service) lockWithLines(ctx context.Context, tx tenantdb.Tx, orderNo string) ([]orderdb.LockWithLinesRow, error) {
	if !wellFormed(orderNo) {
		return nil, fault.ErrNotFound
	}
	rows, err := s.q.LockWithLines(ctx, tx, orderNo)
	if err == nil && len(rows) == 0 {
		err = fault.ErrNotFound
	}
	return rows, err
}

// pay writes all that a payment means in one round trip, the rows that other buyers wait
// for last.
func (s *Service) pay(ctx context.Context, tx tenantdb.Tx, in PaidInput, lines []orderdb.LockWithLinesRow, by Actor, to Status) error {
	order := lines[0]
	actor, detail, paidBy := string(by), json.RawMessage("{}"), (*string)(nil)
	if in.OutTradeNo != "" {
		actor, paidBy = string(by)+":"+in.Channel, &in.OutTradeNo
		var err error
		detail, err = json.Marshal(map[string]string{"channel": in.Channel, "out_trade_no": in.OutTradeNo, "transaction_id": in.TransactionID})
		if err != nil {
			return err
		}
	}
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error {
		return moved(s.q.ToPaid(ctx, tx, orderdb.ToPaidParams{
			ToStatus: string(to), PaidAt: in.PaidAt, PaidBy: paidBy, ID: order.ID, FromStatus: order.Status,
			At: tx.Now(), Event: string(EventPay), Actor: actor, Detail: detail,
		}))
	})
	pipe.Add(func(tx tenantdb.Tx) error { return s.timers.Clear(ctx, tx, TopicExpire, in.OrderNo) })
	pipe.Add(func(tx tenantdb.Tx) error {
		return s.outbox.Append(ctx, tx, TopicPaid, in.OrderNo, PaidEvent{
			OrderNo: in.OrderNo, MemberID: order.MemberID, AppID: order.AppID, PayableFen: order.PayableFen,
			Title: billTitle(lines[0].Title, int64(len(lines))), Test: order.Test,
			Channel: in.Channel, TransactionID: in.TransactionID, PaidAt: in.PaidAt,
		})
	})
	if order.GroupState != nil {
		pipe.Add(func(tx tenantdb.Tx) error { return s.groups.PaidTx(ctx, tx, in.OrderNo) })
	}
	s.ends(pipe, order.Offered, func(room Offers, tx tenantdb.Tx) error { return room.UseTx(ctx, tx, in.OrderNo, actor) })
	if order.Test { // nothing leaves the shop, and nothing was sold
		pipe.Add(func(tx tenantdb.Tx) error { return s.inventory.ReleaseTx(ctx, tx, in.OrderNo, actor) })
		return pipe.Run(ctx)
	}
	pipe.Add(func(tx tenantdb.Tx) error { return s.figures.SoldOrderTx(ctx, tx, in.OrderNo) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.inventory.CommitTx(ctx, tx, in.OrderNo, actor) })
	return pipe.Run(ctx)
}
