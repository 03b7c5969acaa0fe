package port

import "slices"

// State is where a job stands.
type State string

// The states.
const (
	Reading   State = "reading"  // an import's file is being read into rows
	Checking  State = "checking" // every row is tried
	Ready     State = "ready"    // waits for somebody to agree
	Running   State = "running"
	Done      State = "done"
	Refused   State = "refused" // no table, or none of this kind
	Cancelled State = "cancelled"
	Expired   State = "expired" // its files and rows are gone
)

// Event is what moves a job.
type Event string

// The events.
const (
	EventRead    Event = "read"
	EventRefuse  Event = "refuse"
	EventCheck   Event = "check"
	EventConfirm Event = "confirm"
	EventFinish  Event = "finish"
	EventCancel  Event = "cancel"
	EventForget  Event = "forget"
)

// Transition is a move that exists.
type Transition struct {
	From  State
	Event Event
	To    State
}

// Transitions is the whole life of a job. An import begins as reading, an export as running.
func Transitions() []Transition {
	return []Transition{
		{Reading, EventRead, Checking},
		{Reading, EventRefuse, Refused},
		{Reading, EventCancel, Cancelled},
		{Checking, EventCheck, Ready},
		{Checking, EventCancel, Cancelled},
		{Ready, EventConfirm, Running},
		{Ready, EventCancel, Cancelled},
		{Ready, EventForget, Expired},
		{Running, EventFinish, Done},
		{Running, EventCancel, Cancelled},
		{Done, EventForget, Expired},
		{Cancelled, EventForget, Expired},
		{Refused, EventForget, Expired},
	}
}

// Next is where an event leads; ok is false where it leads nowhere.
func Next(from State, e Event) (to State, ok bool) {
	i := slices.IndexFunc(Transitions(), func(t Transition) bool { return t.From == from && t.Event == e })
	if i < 0 {
		return from, false
	}
	return Transitions()[i].To, true
}

// Working reports a state in which a worker has something to do.
func (s State) Working() bool { return s == Reading || s == Checking || s == Running }

// Ended reports a state in which nothing more is done.
func (s State) Ended() bool {
	return s == Done || s == Refused || s == Cancelled || s == Expired
}
