package port

import "galleria/tenant/statechart"

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
type Transition = statechart.Move[State, Event]

// Transitions is the whole life of a job. An import begins as reading, an export as running.
func Transitions() statechart.Table[State, Event] {
	return statechart.Table[State, Event]{
		{From: Reading, Event: EventRead, To: Checking},
		{From: Reading, Event: EventRefuse, To: Refused},
		{From: Reading, Event: EventCancel, To: Cancelled},
		{From: Checking, Event: EventCheck, To: Ready},
		{From: Checking, Event: EventCancel, To: Cancelled},
		{From: Ready, Event: EventConfirm, To: Running},
		{From: Ready, Event: EventCancel, To: Cancelled},
		{From: Ready, Event: EventForget, To: Expired},
		{From: Running, Event: EventFinish, To: Done},
		{From: Running, Event: EventCancel, To: Cancelled},
		{From: Done, Event: EventForget, To: Expired},
		{From: Cancelled, Event: EventForget, To: Expired},
		{From: Refused, Event: EventForget, To: Expired},
	}
}

// Next is where an event leads; ok is false where it leads nowhere.
func Next(from State, e Event) (to State, ok bool) { return Transitions().Next(from, e) }

// Working reports a state in which a worker has something to do.
func (s State) Working() bool { return s == Reading || s == Checking || s == Running }

// Ended reports a state in which nothing more is done.
func (s State) Ended() bool {
	return s == Done || s == Refused || s == Cancelled || s == Expired
}

// Chart draws the life of a job as a Mermaid state chart.
func Chart() string {
	begin := []statechart.Arrow{{To: string(Reading), Label: "import"}, {To: string(Running), Label: "export"}}
	return statechart.Draw(append(begin, Transitions().Arrows()...))
}
