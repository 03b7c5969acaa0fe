package reconcile

import "galleria/tenant/statechart"

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

// transitions is the life of a day.
var transitions = statechart.Table[Status, event]{
	{From: Waiting, Event: eventStaged, To: Staged},
	{From: Malformed, Event: eventStaged, To: Staged},
	{From: Waiting, Event: eventRejected, To: Malformed},
	{From: Malformed, Event: eventRejected, To: Malformed},
	{From: Staged, Event: eventMatched, To: Open},
	{From: Open, Event: eventMatched, To: Open}, // again, after the provider was asked
	{From: Open, Event: eventClosed, To: Closed},
	{From: Staged, Event: eventAgain, To: Waiting},
	{From: Open, Event: eventAgain, To: Waiting},
	{From: Closed, Event: eventAgain, To: Waiting},
	{From: Malformed, Event: eventAgain, To: Waiting},
}

// Statuses lists every status of a day, in the order of an ordinary life.
func Statuses() []Status { return []Status{Waiting, Malformed, Staged, Open, Closed} }

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	return statechart.Draw(append([]statechart.Arrow{{To: string(Waiting)}}, transitions.Arrows()...), string(Closed))
}
