package distribution

import (
	"fmt"
	"slices"
	"strings"
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
type EntryMove struct {
	From  EntryStatus
	Event EntryEvent
	To    EntryStatus
}

// EntryMoves is the whole life of a commission, in the order it is told.
func EntryMoves() []EntryMove {
	return []EntryMove{
		{Estimated, EventPay, Confirmed},
		{Estimated, EventClose, Void},
		{Confirmed, EventReceive, Pending},
		{Confirmed, EventRefund, Reversed},
		{Pending, EventSettle, Available},
		{Pending, EventRefund, Reversed},
		{Available, EventWithdraw, Withdrawn},
		{Available, EventRefund, Reversed},
		{Withdrawn, EventRefund, Reversed},
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
type WithdrawalMove struct {
	From  WithdrawalStatus
	Event WithdrawalEvent
	To    WithdrawalStatus
}

// WithdrawalMoves is the whole life of a withdrawal, in the order it is told. Money that
// arrived is a fact, also of a transfer that had counted as failed.
func WithdrawalMoves() []WithdrawalMove {
	return []WithdrawalMove{
		{Requested, EventApprove, Approved},
		{Requested, EventReject, Rejected},
		{Requested, EventCancel, Cancelled},
		{Approved, EventSend, Sending},
		{Approved, EventReject, Rejected}, // by hand, and it cannot be paid
		{Approved, EventArrive, Succeeded},
		{Approved, EventFail, Failed},
		{Sending, EventArrive, Succeeded},
		{Sending, EventFail, Failed},
		{Failed, EventArrive, Succeeded},
	}
}

func nextWithdrawal(from WithdrawalStatus, event WithdrawalEvent) (WithdrawalStatus, error) {
	i := slices.IndexFunc(WithdrawalMoves(), func(m WithdrawalMove) bool { return m.From == from && m.Event == event })
	if i < 0 {
		return from, ErrState.WithData(map[string]any{"status": from})
	}
	return WithdrawalMoves()[i].To, nil
}

// CommissionChart draws the life of a commission as a Mermaid state diagram.
func CommissionChart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> estimated: place\n")
	for _, m := range EntryMoves() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Event)
	}
	b.WriteString("    void --> [*]\n    reversed --> [*]\n")
	return b.String()
}

// WithdrawalChart draws the life of a withdrawal as a Mermaid state diagram.
func WithdrawalChart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> requested: ask\n    [*] --> approved: ask, without review\n")
	for _, m := range WithdrawalMoves() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Event)
	}
	b.WriteString("    succeeded --> [*]\n    rejected --> [*]\n    cancelled --> [*]\n")
	return b.String()
}
