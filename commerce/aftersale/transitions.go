package aftersale

import (
	"slices"

	"galleria/tenant/statechart"
)

// Kind is what a buyer wants.
type Kind string

// The kinds.
const (
	RefundOnly Kind = "refund"   // the money, and nothing comes back
	Return     Kind = "return"   // the money, for goods that come back
	Exchange   Kind = "exchange" // the same once more, for goods that come back
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{RefundOnly, Return, Exchange} }

// Status is where a case stands.
type Status string

// The statuses. None is a case that does not exist yet.
const (
	None           Status = ""
	Requested      Status = "requested"           // waits for the shop's answer
	AwaitingReturn Status = "awaiting_return"     // the buyer is to send the goods back
	InTransit      Status = "returned_in_transit" // on their way back
	Inspecting     Status = "inspecting"          // back, to be looked at
	Refunding      Status = "refunding"           // the money is on its way
	RefundStopped  Status = "refund_stopped"      // its refund ended without money: a person decides
	Refunded       Status = "refunded"
	Reshipping     Status = "reshipping" // the replacement is put aside, and to be sent
	Reshipped      Status = "reshipped"  // the replacement is on its way
	Closed         Status = "closed"     // exchanged
	Rejected       Status = "rejected"
	Withdrawn      Status = "withdrawn"
	ReceiptRefused Status = "receipt_refused" // what came back is not what was to come back
	TimeoutClosed  Status = "timeout_closed"  // nothing was sent back in time
)

// Event is what happens to a case.
type Event string

// The events.
const (
	EventApply      Event = "apply"
	EventApprove    Event = "approve"
	EventReject     Event = "reject"
	EventWithdraw   Event = "withdraw"
	EventSendBack   Event = "send_back"
	EventArrive     Event = "arrive"
	EventInspect    Event = "inspect"
	EventPass       Event = "pass" // nobody looked in time
	EventRefuse     Event = "refuse_receipt"
	EventReship     Event = "reship"
	EventPayInstead Event = "pay_instead" // the replacement cannot be had: money instead
	EventConfirm    Event = "confirm"     // the replacement is there
	EventRefunded   Event = "refunded"
	EventStopped    Event = "refund_stopped"
	EventRetry      Event = "retry_refund"
	EventExpire     Event = "expire"
	EventSay        Event = "say" // moves nothing
)

// Actor is who may set an event off.
type Actor string

// The actors.
const (
	Member Actor = "member"
	Staff  Actor = "staff"
	System Actor = "system"
)

// Transition is one allowed move of a case of these kinds.
type Transition struct {
	From  Status
	Event Event
	To    Status
	By    []Actor
	Of    []Kind
}

// Transitions is the whole life of a case, in the order it is told. Nothing moves a case but
// by a row of this table.
func Transitions() []Transition {
	all, back := Kinds(), []Kind{Return, Exchange}
	staff, system, member := []Actor{Staff}, []Actor{System}, []Actor{Member}
	return []Transition{
		{None, EventApply, Requested, []Actor{Member, Staff, System}, all},
		{Requested, EventApprove, Refunding, []Actor{Staff, System}, []Kind{RefundOnly}},
		{Requested, EventApprove, AwaitingReturn, staff, back},
		{Requested, EventReject, Rejected, staff, all},
		{Requested, EventWithdraw, Withdrawn, member, all},
		{AwaitingReturn, EventSendBack, InTransit, []Actor{Member, Staff}, back},
		{AwaitingReturn, EventWithdraw, Withdrawn, member, back},
		{AwaitingReturn, EventExpire, TimeoutClosed, system, back},
		{InTransit, EventArrive, Inspecting, staff, back},
		{InTransit, EventPass, Refunding, system, []Kind{Return}},
		{Inspecting, EventInspect, Refunding, staff, []Kind{Return}},
		{Inspecting, EventPass, Refunding, system, []Kind{Return}},
		{Inspecting, EventInspect, Reshipping, staff, []Kind{Exchange}},
		{Inspecting, EventRefuse, ReceiptRefused, staff, back},
		{Inspecting, EventPayInstead, Refunding, staff, []Kind{Exchange}},
		{Reshipping, EventReship, Reshipped, staff, []Kind{Exchange}},
		{Reshipping, EventPayInstead, Refunding, staff, []Kind{Exchange}},
		{Reshipped, EventConfirm, Closed, []Actor{Member, System}, []Kind{Exchange}},
		{Refunding, EventRefunded, Refunded, system, all},
		{Refunding, EventStopped, RefundStopped, system, all},
		{RefundStopped, EventRefunded, Refunded, system, all}, // it was asked for anew among the refunds
		{RefundStopped, EventRetry, Refunding, staff, all},
		{RefundStopped, EventReject, Rejected, staff, all},
	}
}

// Next returns where event leads a case of a kind if by may set it off there, else ErrState.
func Next(kind Kind, from Status, event Event, by Actor) (Status, error) {
	for _, t := range Transitions() {
		if t.From == from && t.Event == event && slices.Contains(t.By, by) && slices.Contains(t.Of, kind) {
			return t.To, nil
		}
	}
	return from, ErrState.WithData(map[string]any{"status": from})
}

// ActionsOf are the events that by may set off, for the buttons of Mini Program and console,
// in the order of the table. It is never nil.
func ActionsOf(by Actor, kind Kind, at Status) []Event {
	actions := []Event{}
	for _, t := range Transitions() {
		if t.From == at && slices.Contains(t.By, by) && slices.Contains(t.Of, kind) {
			actions = append(actions, t.Event)
		}
	}
	if at.Open() && by != System {
		actions = append(actions, EventSay)
	}
	return actions
}

// Statuses lists every status of the table, in the order of their appearance.
func Statuses() []Status {
	var all []Status
	for _, t := range Transitions() {
		if !slices.Contains(all, t.To) {
			all = append(all, t.To)
		}
	}
	return all
}

// Open reports whether a case at this status still goes on.
func (s Status) Open() bool {
	return slices.ContainsFunc(Transitions(), func(t Transition) bool { return s != None && t.From == s })
}

// Chart draws the table as a Mermaid state chart.
func Chart() string {
	var arrows []statechart.Arrow
	for _, t := range Transitions() {
		label := string(t.Event)
		if len(t.Of) < len(Kinds()) {
			label += " of " + statechart.Names(t.Of)
		}
		arrows = append(arrows, statechart.Arrow{From: string(t.From), To: string(t.To), Label: label + " (" + statechart.Names(t.By) + ")"})
	}
	return statechart.Draw(arrows)
}
