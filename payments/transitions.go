package payments

import "galleria/tenant/statechart"

// event is what moves an attempt.
type event string

const (
	eventPrepaid        event = "prepaid"         // the provider gave a prepay id
	eventRefused        event = "refused"         // the provider refused to begin, definitely
	eventCloseBegun     event = "close_begun"     // the bill is to be closed or replaced
	eventProviderClosed event = "provider_closed" // closed at the provider, or never known to it
	eventPaid           event = "paid"            // the provider says that it was paid
)

// transitions is the life of an attempt. paid is legal from everywhere, because money
// that arrived is a fact.
var transitions = statechart.Table[Status, event]{
	{From: StatusCreated, Event: eventPrepaid, To: StatusPrepaid},
	{From: StatusPrepaid, Event: eventPrepaid, To: StatusPrepaid}, // a fresh prepay id after the old one's life
	{From: StatusCreated, Event: eventRefused, To: StatusFailed},
	{From: StatusCreated, Event: eventCloseBegun, To: StatusClosing},
	{From: StatusPrepaid, Event: eventCloseBegun, To: StatusClosing},
	{From: StatusCreated, Event: eventProviderClosed, To: StatusClosed},
	{From: StatusPrepaid, Event: eventProviderClosed, To: StatusClosed},
	{From: StatusClosing, Event: eventProviderClosed, To: StatusClosed},
	{From: StatusCreated, Event: eventPaid, To: StatusSucceeded},
	{From: StatusPrepaid, Event: eventPaid, To: StatusSucceeded},
	{From: StatusClosing, Event: eventPaid, To: StatusSucceeded},
	{From: StatusClosed, Event: eventPaid, To: StatusSucceeded},
	{From: StatusFailed, Event: eventPaid, To: StatusSucceeded},
}

// Statuses lists every status of an attempt, in the order of an ordinary life.
func Statuses() []Status {
	return []Status{StatusCreated, StatusPrepaid, StatusClosing, StatusSucceeded, StatusClosed, StatusFailed}
}

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	return statechart.Draw(append([]statechart.Arrow{{To: string(StatusCreated)}}, transitions.Arrows()...))
}
