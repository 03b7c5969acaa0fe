package transfer

import (
	"galleria/payments"
	"galleria/tenant/statechart"
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

// transitions is the life of a transfer. done is legal from wherever the provider may know
// the number, because money that arrived is a fact.
var transitions = statechart.Table[Status, event]{
	{From: Created, Event: eventSubmit, To: Submitted},
	{From: Created, Event: eventCancel, To: Cancelled},
	{From: Submitted, Event: eventAccepted, To: Accepted},
	{From: Submitted, Event: eventLocked, To: Processing},
	{From: Submitted, Event: eventWaits, To: Waiting},
	{From: Submitted, Event: eventCancel, To: Cancelling},
	{From: Submitted, Event: eventDone, To: Succeeded},
	{From: Submitted, Event: eventFailed, To: Failed},
	{From: Submitted, Event: eventCancelled, To: Cancelled}, // at the provider, by hand
	{From: Accepted, Event: eventLocked, To: Processing},
	{From: Accepted, Event: eventWaits, To: Waiting},
	{From: Accepted, Event: eventCancel, To: Cancelling},
	{From: Accepted, Event: eventDone, To: Succeeded},
	{From: Accepted, Event: eventFailed, To: Failed},
	{From: Accepted, Event: eventCancelled, To: Cancelled},
	{From: Processing, Event: eventWaits, To: Waiting},
	{From: Processing, Event: eventCancel, To: Cancelling},
	{From: Processing, Event: eventDone, To: Succeeded},
	{From: Processing, Event: eventFailed, To: Failed},
	{From: Processing, Event: eventCancelled, To: Cancelled},
	{From: Waiting, Event: eventLocked, To: Processing}, // confirmed: the money is on its way
	{From: Waiting, Event: eventCancel, To: Cancelling},
	{From: Waiting, Event: eventDone, To: Succeeded},
	{From: Waiting, Event: eventFailed, To: Failed},
	{From: Waiting, Event: eventCancelled, To: Cancelled},
	{From: Cancelling, Event: eventDone, To: Succeeded},
	{From: Cancelling, Event: eventFailed, To: Failed},
	{From: Cancelling, Event: eventCancelled, To: Cancelled},
	{From: Failed, Event: eventDone, To: Succeeded},
	{From: Cancelled, Event: eventDone, To: Succeeded},
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
	return statechart.Draw(append([]statechart.Arrow{{To: string(Created)}}, transitions.Arrows()...))
}
