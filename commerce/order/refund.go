package order

import (
	"context"
	"encoding/json"
	"fmt"

	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicRefunded announces that money of an order went back. Payload RefundedEvent; key:
// the order number.
const TopicRefunded outbox.Topic = "order.refunded"

// eventPartRefunded stands in the timeline for a part that went back: it moves nothing.
const eventPartRefunded Event = "part_refunded"

// RefundedEvent is the payload of TopicRefunded.
type RefundedEvent struct {
	OrderNo     string    `json:"order_no"`
	MemberID    int64     `json:"member_id"`
	AppID       string    `json:"app_id"`
	AmountFen   money.Fen `json:"amount_fen"`   // this time
	RefundedFen money.Fen `json:"refunded_fen"` // in all
	PayableFen  money.Fen `json:"payable_fen"`
	Title       string    `json:"title"`
}

// RefundedInput is money that went back.
type RefundedInput struct {
	OrderNo     string
	AmountFen   money.Fen
	OutTradeNo  string // the payment it is of
	OutRefundNo string
}

// MarkRefundedTx counts money of the order's payment that went back, tells it in the
// timeline and appends TopicRefunded. With the last fen the order closes, and what was not
// sent of it is back on the shelf, once; a part leaves it where it is. Money of another payment than the one that paid the order is none of its
// business: counted is false. Joins the caller's transaction, which receives the refund's
// event once. Faults: NOT_FOUND, CONFLICT for an order that does not know yet that it is
// paid.
func (s *Service) MarkRefundedTx(ctx context.Context, tx tenantdb.Tx, in RefundedInput) (counted bool, err error) {
	o, err := s.lock(ctx, tx, in.OrderNo)
	if err != nil {
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
	}
	switch at := Status(o.Status); {
	case o.PaidBy == nil && (at == PendingPayment || at == Closing):
		// Its payment's event is still on the way: this one comes again.
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, fault.ErrConflict)
	case o.PaidBy == nil || *o.PaidBy != in.OutTradeNo:
		return false, nil
	}
	refunded, err := s.q.AddRefunded(ctx, tx, int64(in.AmountFen), o.ID)
	if err != nil {
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
	}
	event, to := eventPartRefunded, (*string)(nil)
	var unsent []orderdb.UnsentRow
	if refunded == o.PayableFen {
		var next Status
		if next, unsent, err = s.allRefunded(ctx, tx, o, in.OrderNo); err != nil {
			return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
		}
		event, to = EventRefunded, new(string(next))
	}
	if err := s.tellRefund(ctx, tx, o, in, telling{event, to, unsent}); err != nil {
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
	}
	facts, err := s.q.Facts(ctx, tx, o.ID)
	if err != nil {
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
	}
	err = s.outbox.Append(ctx, tx, TopicRefunded, in.OrderNo, RefundedEvent{
		OrderNo: in.OrderNo, MemberID: o.MemberID, AppID: o.AppID, AmountFen: in.AmountFen, RefundedFen: refunded, PayableFen: o.PayableFen,
		Title: billTitle(facts.FirstTitle, facts.Kinds),
	})
	if err == nil {
		err = s.figures.NoteOrderTx(ctx, tx, in.OrderNo)
	}
	if err != nil {
		return false, fmt.Errorf("refund order %s: %w", in.OrderNo, err)
	}
	return true, s.putBack(ctx, tx, in.OrderNo, unsent) // last: other buyers queue for these rows
}

// allRefunded closes an order whose last fen went back, and returns what it had not sent.
func (s *Service) allRefunded(ctx context.Context, tx tenantdb.Tx, o orderdb.LockRow, orderNo string) (Status, []orderdb.UnsentRow, error) {
	next, err := Next(Status(o.Status), EventRefunded, System)
	if err != nil {
		return "", nil, err
	}
	if err := moved(s.q.ToRefunded(ctx, tx, string(next), tx.Now(), o.ID, o.Status)); err != nil {
		return "", nil, err
	}
	if o.GroupState != nil {
		if err := s.groups.LeaveTx(ctx, tx, orderNo); err != nil {
			return "", nil, err
		}
	}
	if err := s.giveBack(ctx, tx, orderNo, o.Offered); err != nil {
		return "", nil, err
	}
	if err := s.freeSlot(ctx, tx, orderNo, o.Delivery, o.Status); err != nil {
		return "", nil, err
	}
	if ParcelKind(o.Delivery) == Voucher {
		if err := s.vouchers.VoidTx(ctx, tx, orderNo); err != nil {
			return "", nil, err
		}
	}
	unsent, err := s.q.Unsent(ctx, tx, o.ID)
	return next, unsent, err
}

// telling is what a refund's row in the timeline says.
type telling struct {
	event Event
	to    *string
	back  []orderdb.UnsentRow // what went back to the shelf
}

func (s *Service) tellRefund(ctx context.Context, tx tenantdb.Tx, o orderdb.LockRow, in RefundedInput, t telling) error {
	said := map[string]any{"amount_fen": int64(in.AmountFen), "out_refund_no": in.OutRefundNo}
	if len(t.back) > 0 {
		pieces := int64(0)
		for _, r := range t.back {
			pieces += r.Left
		}
		said["put_back"] = pieces
	}
	detail, err := json.Marshal(said)
	if err != nil {
		return err
	}
	var from *string
	if t.to != nil {
		from = &o.Status
	}
	return s.q.TellRefund(ctx, tx, orderdb.TellRefundParams{
		OrderID: o.ID, At: tx.Now(), Event: string(t.event), FromStatus: from, ToStatus: t.to, Actor: string(System), Detail: detail,
	})
}
