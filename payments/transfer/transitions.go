package transfer

import (
	"fmt"
	"slices"
	"strings"

	"galleria/payments"
)

// Status is where a transfer stands.
type Status string

// The statuses.
const (
	Created    Status = "created"           // stored; the provider has not heard of it
	Submitted  Status = "submitted"         // sent; the provider may or may not know it
	Accepted   Status = "accepted"          // the provider knows it
	Processing Status = "processing"        // the money is being taken or sent
	Waiting    Status = "wait_user_confirm" // until the receiver confirms
	Cancelling Status = "cancelling"        // to be taken back; no end is known yet
	Succeeded  Status = "succeeded"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// Statuses lists them in the order of an ordinary life.
func Statuses() []Status {
	return []Status{Created, Submitted, Accepted, Processing, Waiting, Cancelling, Succeeded, Failed, Cancelled}
}

// Final says that the ladder is over.
func (s Status) Final() bool { return s == Succeeded || s == Failed || s == Cancelled }

// event is what moves a transfer.
type event string

const (
	eventSubmit    event = "submit"
	eventAccepted  event = "accepted"
	eventLocked    event = "processing"
	eventWaits     event = "waits"
	eventCancel    event = "cancel"
	eventDone      event = "done"
	eventFailed    event = "failed"
	eventCancelled event = "cancelled"
)

type transition struct {
	from  Status
	event event
	to    Status
}

// transitions is the life of a transfer. done is legal from wherever the provider may know
// the number, because money that arrived is a fact.
var transitions = []transition{
	{Created, eventSubmit, Submitted},
	{Created, eventCancel, Cancelled},
	{Submitted, eventAccepted, Accepted},
	{Submitted, eventLocked, Processing},
	{Submitted, eventWaits, Waiting},
	{Submitted, eventCancel, Cancelling},
	{Submitted, eventDone, Succeeded},
	{Submitted, eventFailed, Failed},
	{Submitted, eventCancelled, Cancelled}, // at the provider, by hand
	{Accepted, eventLocked, Processing},
	{Accepted, eventWaits, Waiting},
	{Accepted, eventCancel, Cancelling},
	{Accepted, eventDone, Succeeded},
	{Accepted, eventFailed, Failed},
	{Accepted, eventCancelled, Cancelled},
	{Processing, eventWaits, Waiting},
	{Processing, eventCancel, Cancelling},
	{Processing, eventDone, Succeeded},
	{Processing, eventFailed, Failed},
	{Processing, eventCancelled, Cancelled},
	{Waiting, eventLocked, Processing}, // confirmed: the money is on its way
	{Waiting, eventCancel, Cancelling},
	{Waiting, eventDone, Succeeded},
	{Waiting, eventFailed, Failed},
	{Waiting, eventCancelled, Cancelled},
	{Cancelling, eventDone, Succeeded},
	{Cancelling, eventFailed, Failed},
	{Cancelling, eventCancelled, Cancelled},
	{Failed, eventDone, Succeeded},
	{Cancelled, eventDone, Succeeded},
}

// next is the status after an event; ok is false if the event is not legal there.
func next(from Status, ev event) (to Status, ok bool) {
	for _, t := range transitions {
		if t.from == from && t.event == ev {
			return t.to, true
		}
	}
	return "", false
}

// eventOf is what a provider's state means; "" is nothing new.
func eventOf(s payments.TransferState) event {
	return map[payments.TransferState]event{
		payments.TransferAccepted: eventAccepted, payments.TransferProcessing: eventLocked, payments.TransferWaiting: eventWaits,
		payments.TransferDone: eventDone, payments.TransferFailed: eventFailed, payments.TransferCancelled: eventCancelled,
	}[s]
}

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> created\n")
	for _, t := range transitions {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", t.from, t.to, t.event)
	}
	for _, s := range Statuses() {
		if !slices.ContainsFunc(transitions, func(t transition) bool { return t.from == s }) {
			fmt.Fprintf(&b, "  %s --> [*]\n", s)
		}
	}
	return b.String()
}
