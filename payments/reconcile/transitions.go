package reconcile

import (
	"fmt"
	"slices"
	"strings"
)

// Status is where a day stands.
type Status string

// The statuses of a day.
const (
	Waiting   Status = "waiting"   // its bills have not been had
	Malformed Status = "malformed" // a file was had that cannot be believed
	Staged    Status = "staged"    // its lines lie ready
	Open      Status = "open"      // compared; something is left to explain, to ask or to book
	Closed    Status = "closed"    // not a fen is unexplained
)

// event is what moves a day.
type event string

const (
	eventStaged   event = "staged"   // every file was read
	eventRejected event = "rejected" // a file cannot be believed
	eventMatched  event = "matched"  // every line was compared
	eventClosed   event = "closed"   // nothing is open, everything is booked
	eventAgain    event = "again"    // somebody wants it fetched again
)

type transition struct {
	from  Status
	event event
	to    Status
}

// transitions is the life of a day.
var transitions = []transition{
	{Waiting, eventStaged, Staged},
	{Malformed, eventStaged, Staged},
	{Waiting, eventRejected, Malformed},
	{Malformed, eventRejected, Malformed},
	{Staged, eventMatched, Open},
	{Open, eventMatched, Open}, // again, after the provider was asked
	{Open, eventClosed, Closed},
	{Staged, eventAgain, Waiting},
	{Open, eventAgain, Waiting},
	{Closed, eventAgain, Waiting},
	{Malformed, eventAgain, Waiting},
}

// step is where an event leads and from where, as an UPDATE compares it.
func step(ev event) (to Status, from []string) {
	for _, t := range transitions {
		if t.event == ev {
			to, from = t.to, append(from, string(t.from))
		}
	}
	return to, from
}

// Statuses lists every status of a day, in the order of an ordinary life.
func Statuses() []Status { return []Status{Waiting, Malformed, Staged, Open, Closed} }

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> waiting\n")
	for _, t := range transitions {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", t.from, t.to, t.event)
	}
	for _, s := range Statuses() {
		if !slices.ContainsFunc(transitions, func(t transition) bool { return t.from == s }) || s == Closed {
			fmt.Fprintf(&b, "  %s --> [*]\n", s)
		}
	}
	return b.String()
}
