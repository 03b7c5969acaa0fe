package distribution

import (
	"slices"

	"galleria/tenant/statechart"
)

// EntryStatus is how far a commission is.
type EntryStatus string

// The statuses of a commission.
const (
	Estimated EntryStatus = "estimated" // the order is not paid
	Confirmed EntryStatus = "confirmed" // paid
	Pending   EntryStatus = "pending"   // received; the buyer may still complain
	Available EntryStatus = "available" // the order's money is final: it may be drawn
	Withdrawn EntryStatus = "withdrawn" // what was paid out covers it
	Reversed  EntryStatus = "reversed"  // all that it was for went back
	Void      EntryStatus = "void"      // the order was never paid
)

// EntryStatuses lists every status of a commission.
func EntryStatuses() []EntryStatus {
	return []EntryStatus{Estimated, Confirmed, Pending, Available, Withdrawn, Reversed, Void}
}

// counted reports whether a commission is part of its distributor's account.
func (s EntryStatus) counted() bool { return s == Available || s == Withdrawn }

// EntryEvent is what happens to a commission, or to its order.
type EntryEvent string

// The events of a commission.
const (
	EventPay      EntryEvent = "pay"
	EventReceive  EntryEvent = "receive"
	EventSettle   EntryEvent = "settle"
	EventWithdraw EntryEvent = "withdraw"
	EventRefund   EntryEvent = "refund" // the last fen of it
	EventClose    EntryEvent = "close"
)

// EntryMove is one allowed move of a commission.
type EntryMove = statechart.Move[EntryStatus, EntryEvent]

// EntryMoves is the whole life of a commission, in the order it is told.
func EntryMoves() statechart.Table[EntryStatus, EntryEvent] {
	return statechart.Table[EntryStatus, EntryEvent]{
		{From: Estimated, Event: EventPay, To: Confirmed},
		{From: Estimated, Event: EventClose, To: Void},
		{From: Confirmed, Event: EventReceive, To: Pending},
		{From: Confirmed, Event: EventRefund, To: Reversed},
		{From: Pending, Event: EventSettle, To: Available},
		{From: Pending, Event: EventRefund, To: Reversed},
		{From: Available, Event: EventWithdraw, To: Withdrawn},
		{From: Available, Event: EventRefund, To: Reversed},
		{From: Withdrawn, Event: EventRefund, To: Reversed},
	}
}

// leads reports whether a commission gets from one status to another by allowed moves: an
// order may have moved on by several before anybody looks.
func leads(from, to EntryStatus) bool {
	return from == to || slices.ContainsFunc(EntryMoves(), func(m EntryMove) bool { return m.From == from && leads(m.To, to) })
}

// WithdrawalStatus is how far a withdrawal is.
type WithdrawalStatus string

// The statuses of a withdrawal.
const (
	Requested WithdrawalStatus = "requested" // locked; staff look at it
	Approved  WithdrawalStatus = "approved"  // about to be sent, or to be paid by hand
	Sending   WithdrawalStatus = "sending"   // a transfer is on its way, or waits for the receiver's word
	Succeeded WithdrawalStatus = "succeeded"
	Failed    WithdrawalStatus = "failed"    // unlocked
	Rejected  WithdrawalStatus = "rejected"  // by staff; unlocked
	Cancelled WithdrawalStatus = "cancelled" // by the distributor; unlocked
)

// WithdrawalStatuses lists every status of a withdrawal.
func WithdrawalStatuses() []WithdrawalStatus {
	return []WithdrawalStatus{Requested, Approved, Sending, Succeeded, Failed, Rejected, Cancelled}
}

// Final reports whether a withdrawal is over.
func (s WithdrawalStatus) Final() bool {
	return s == Succeeded || s == Failed || s == Rejected || s == Cancelled
}

// WithdrawalEvent is what happens to a withdrawal.
type WithdrawalEvent string

// The events of a withdrawal.
const (
	EventApprove WithdrawalEvent = "approve"
	EventReject  WithdrawalEvent = "reject"
	EventCancel  WithdrawalEvent = "cancel"
	EventSend    WithdrawalEvent = "send"
	EventArrive  WithdrawalEvent = "arrive"
	EventFail    WithdrawalEvent = "fail"
)

// WithdrawalMove is one allowed move of a withdrawal.
type WithdrawalMove = statechart.Move[WithdrawalStatus, WithdrawalEvent]

// WithdrawalMoves is the whole life of a withdrawal, in the order it is told. Money that
// arrived is a fact, also of a transfer that had counted as failed.
func WithdrawalMoves() statechart.Table[WithdrawalStatus, WithdrawalEvent] {
	return statechart.Table[WithdrawalStatus, WithdrawalEvent]{
		{From: Requested, Event: EventApprove, To: Approved},
		{From: Requested, Event: EventReject, To: Rejected},
		{From: Requested, Event: EventCancel, To: Cancelled},
		{From: Approved, Event: EventSend, To: Sending},
		{From: Approved, Event: EventReject, To: Rejected}, // by hand, and it cannot be paid
		{From: Approved, Event: EventArrive, To: Succeeded},
		{From: Approved, Event: EventFail, To: Failed},
		{From: Sending, Event: EventArrive, To: Succeeded},
		{From: Sending, Event: EventFail, To: Failed},
		{From: Failed, Event: EventArrive, To: Succeeded},
	}
}

func nextWithdrawal(from WithdrawalStatus, event WithdrawalEvent) (WithdrawalStatus, error) {
	to, ok := WithdrawalMoves().Next(from, event)
	if !ok {
		return from, ErrState.WithData(map[string]any{"status": from})
	}
	return to, nil
}

// CommissionChart draws the life of a commission as a Mermaid state diagram.
func CommissionChart() string {
	return statechart.Draw(append([]statechart.Arrow{{To: string(Estimated), Label: "place"}}, EntryMoves().Arrows()...))
}

// WithdrawalChart draws the life of a withdrawal as a Mermaid state diagram.
func WithdrawalChart() string {
	asked := []statechart.Arrow{{To: string(Requested), Label: "ask"}, {To: string(Approved), Label: "ask, without review"}}
	return statechart.Draw(append(asked, WithdrawalMoves().Arrows()...))
}
