package payments

import (
	"fmt"
	"slices"
	"strings"
)

// event is what moves an attempt.
type event string

const (
	eventPrepaid        event = "prepaid"         // the provider gave a prepay id
	eventRefused        event = "refused"         // the provider refused to begin, definitely
	eventCloseBegun     event = "close_begun"     // the bill is to be closed or replaced
	eventProviderClosed event = "provider_closed" // closed at the provider, or never known to it
	eventPaid           event = "paid"            // the provider says that it was paid
)

// transition is one legal move of an attempt.
type transition struct {
	from  Status
	event event
	to    Status
}

// transitions is the life of an attempt. paid is legal from everywhere, because money
// that arrived is a fact.
var transitions = []transition{
	{StatusCreated, eventPrepaid, StatusPrepaid},
	{StatusPrepaid, eventPrepaid, StatusPrepaid}, // a fresh prepay id after the old one's life
	{StatusCreated, eventRefused, StatusFailed},
	{StatusCreated, eventCloseBegun, StatusClosing},
	{StatusPrepaid, eventCloseBegun, StatusClosing},
	{StatusCreated, eventProviderClosed, StatusClosed},
	{StatusPrepaid, eventProviderClosed, StatusClosed},
	{StatusClosing, eventProviderClosed, StatusClosed},
	{StatusCreated, eventPaid, StatusSucceeded},
	{StatusPrepaid, eventPaid, StatusSucceeded},
	{StatusClosing, eventPaid, StatusSucceeded},
	{StatusClosed, eventPaid, StatusSucceeded},
	{StatusFailed, eventPaid, StatusSucceeded},
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

// sources lists the statuses from which an event is legal, as the UPDATE compares them.
func sources(ev event) []string {
	var from []string
	for _, t := range transitions {
		if t.event == ev {
			from = append(from, string(t.from))
		}
	}
	return from
}

// Statuses lists every status of an attempt, in the order of an ordinary life.
func Statuses() []Status {
	return []Status{StatusCreated, StatusPrepaid, StatusClosing, StatusSucceeded, StatusClosed, StatusFailed}
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
