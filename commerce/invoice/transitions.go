package invoice

import (
	"slices"

	"galleria/tenant/statechart"
)

// Status is where a request stands.
type Status string

// The statuses.
const (
	Asked     Status = "asked"
	Issued    Status = "issued"
	Refused   Status = "refused"
	Withdrawn Status = "withdrawn" // by the buyer, or as its order closed
	Voided    Status = "voided"    // by a red-letter invoice
)

// Event is what happens to a request.
type Event string

// The events.
const (
	EventIssue    Event = "issue"
	EventRefuse   Event = "refuse"
	EventWithdraw Event = "withdraw"
	EventVoid     Event = "void"
)

// Actor is who may set an event off.
type Actor string

// The actors.
const (
	Member Actor = "member"
	Staff  Actor = "staff"
	System Actor = "system"
)

// Transition is one allowed move.
type Transition struct {
	From  Status
	Event Event
	To    Status
	By    []Actor
}

// Transitions is the whole life of a request.
func Transitions() []Transition {
	return []Transition{
		{Asked, EventIssue, Issued, []Actor{Staff}},
		{Asked, EventRefuse, Refused, []Actor{Staff}},
		{Asked, EventWithdraw, Withdrawn, []Actor{Member, System}},
		{Issued, EventVoid, Voided, []Actor{Staff}},
	}
}

// Next returns where event leads, else ErrState.
func Next(from Status, event Event, by Actor) (Status, error) {
	for _, t := range Transitions() {
		if t.From == from && t.Event == event && slices.Contains(t.By, by) {
			return t.To, nil
		}
	}
	return from, ErrState.WithData(map[string]any{"status": from})
}

// Statuses lists every status, in the order of their appearance.
func Statuses() []Status {
	all := []Status{Asked}
	for _, t := range Transitions() {
		all = append(all, t.To)
	}
	return all
}

// Chart draws the table as a Mermaid state chart.
func Chart() string {
	arrows := []statechart.Arrow{{To: string(Asked), Label: "ask"}}
	for _, t := range Transitions() {
		arrows = append(arrows, statechart.Arrow{From: string(t.From), To: string(t.To), Label: string(t.Event) + " (" + statechart.Names(t.By) + ")"})
	}
	return statechart.Draw(arrows)
}
