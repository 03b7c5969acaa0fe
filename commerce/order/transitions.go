package order

import (
	"slices"

	"galleria/tenant/statechart"
)

// Status is where an order stands.
type Status string

// The statuses. None is an order that does not exist yet.
const (
	None           Status = ""
	PendingPayment Status = "pending_payment" // placed, its goods held, waiting for money until ExpiresAt
	Closing        Status = "closing"         // to be closed; waiting for the provider's word that no money came
	Paid           Status = "paid"            // paid in full, waiting to be sent
	Fulfilling     Status = "fulfilling"      // sent
	Completed      Status = "completed"       // received
	Closed         Status = "closed"          // ended without goods: never paid, or all of it refunded
)

// Event is what happens to an order.
type Event string

// The events.
const (
	EventPlace    Event = "place"
	EventPay      Event = "pay"
	EventCancel   Event = "cancel"
	EventExpire   Event = "expire"
	EventDisband  Event = "disband" // its group did not fill
	EventClose    Event = "close"
	EventShip     Event = "ship"
	EventReceive  Event = "receive"
	EventBring    Event = "bring"    // on its way with the shop's own people
	EventPickUp   Event = "pick_up"  // fetched in a store, against its code
	EventHandOut  Event = "hand_out" // its codes are the buyer's
	EventUseUp    Event = "use_up"   // none of its vouchers can be used any more
	EventRefunded Event = "refunded" // the last fen has gone back
)

// Actor is who may set an event off.
type Actor string

// The actors, and what precedes the colon in an order's timeline ("member:7").
const (
	Member   Actor = "member"
	Staff    Actor = "staff"
	System   Actor = "system"
	Provider Actor = "provider"
)

// CloseReason says why an order is closing or closed.
type CloseReason string

// The reasons.
const (
	ByBuyer       CloseReason = "buyer"
	ByTimeout     CloseReason = "timeout"
	ByMerchant    CloseReason = "merchant"
	ByAllRefunded CloseReason = "all_refunded"
	ByGroupFailed CloseReason = "group_failed" // unpaid when its group ended
)

// Transition is one allowed move: the actors may set Event off at From, and it leads to To.
type Transition struct {
	From  Status
	Event Event
	To    Status
	By    []Actor
}

// Transitions is the whole life of an order, in the order it is told. Nothing moves an
// order but by a row of this table.
func Transitions() []Transition {
	return []Transition{
		{None, EventPlace, PendingPayment, []Actor{Member}},
		{PendingPayment, EventPay, Paid, []Actor{Member, Provider, System}},
		{PendingPayment, EventCancel, Closing, []Actor{Member, Staff}},
		{PendingPayment, EventExpire, Closing, []Actor{System}},
		{PendingPayment, EventDisband, Closing, []Actor{System}},
		// The buyer was faster than the closing. Not for the buyer to ask for any more.
		{Closing, EventPay, Paid, []Actor{Provider}},
		{Closing, EventClose, Closed, []Actor{System}},
		{Paid, EventShip, Fulfilling, []Actor{Staff}},
		{Paid, EventBring, Fulfilling, []Actor{Staff}},
		{Paid, EventPickUp, Completed, []Actor{Staff}},
		{Paid, EventHandOut, Completed, []Actor{System, Staff}}, // with its payment; by staff if cards were lacking then
		{Paid, EventUseUp, Completed, []Actor{System}},
		{Fulfilling, EventReceive, Completed, []Actor{Member, System, Provider}},
		{Paid, EventRefunded, Closed, []Actor{System}},
		{Fulfilling, EventRefunded, Closed, []Actor{System}},
		{Completed, EventRefunded, Closed, []Actor{System}},
	}
}

// Next returns where event leads from a status if by may set it off there, else ErrState.
func Next(from Status, event Event, by Actor) (Status, error) {
	for _, t := range Transitions() {
		if t.From == from && t.Event == event && slices.Contains(t.By, by) {
			return t.To, nil
		}
	}
	return from, ErrState.WithData(map[string]any{"status": from})
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

// Chart draws the table as a Mermaid state chart.
func Chart() string {
	var arrows []statechart.Arrow
	for _, t := range Transitions() {
		arrows = append(arrows, statechart.Arrow{From: string(t.From), To: string(t.To), Label: string(t.Event) + " (" + statechart.Names(t.By) + ")"})
	}
	return statechart.Draw(arrows)
}
