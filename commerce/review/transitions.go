package review

import (
	"slices"

	"galleria/tenant/statechart"
)

// Status is where a review, or its follow-up, stands.
type Status string

// The statuses.
const (
	Open      Status = "open"      // may be written
	Waiting   Status = "waiting"   // for the content check
	Flagged   Status = "flagged"   // for a person
	Published Status = "published" // others see it
	Hidden    Status = "hidden"    // by staff
	Deleted   Status = "deleted"   // by its author
)

// Event is what happens to a text.
type Event string

// The events.
const (
	EventWrite   Event = "write"
	EventPublish Event = "publish" // written where nothing is checked, or by nobody
	EventPass    Event = "pass"
	EventDoubt   Event = "doubt"
	EventApprove Event = "approve"
	EventHide    Event = "hide"
	EventShow    Event = "show"
	EventDelete  Event = "delete"
	EventReport  Event = "report" // by too many
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
	By    Actor
}

// Transitions is the whole life of a text, in the order it is told. Nothing moves one but by a
// row of this table.
func Transitions() []Transition {
	return []Transition{
		{Open, EventWrite, Waiting, Member},
		{Open, EventPublish, Published, System},
		{Waiting, EventPass, Published, System},
		{Waiting, EventDoubt, Flagged, System},
		{Waiting, EventApprove, Published, Staff},
		{Waiting, EventHide, Hidden, Staff},
		{Flagged, EventApprove, Published, Staff},
		{Flagged, EventHide, Hidden, Staff},
		{Published, EventHide, Hidden, Staff},
		{Published, EventReport, Flagged, Member},
		{Hidden, EventShow, Published, Staff},
		{Waiting, EventDelete, Deleted, Member},
		{Flagged, EventDelete, Deleted, Member},
		{Published, EventDelete, Deleted, Member},
		{Hidden, EventDelete, Deleted, Member},
	}
}

// Next returns where event leads, else ErrState.
func Next(from Status, event Event) (Status, error) {
	for _, t := range Transitions() {
		if t.From == from && t.Event == event {
			return t.To, nil
		}
	}
	return from, ErrState.WithData(map[string]any{"status": from})
}

// StaffActions are the events that staff may set off at a status, for the console's buttons.
func StaffActions(at Status) []Event {
	var out []Event
	for _, t := range Transitions() {
		if t.From == at && t.By == Staff {
			out = append(out, t.Event)
		}
	}
	return out
}

// Statuses lists every status, in the order of their appearance.
func Statuses() []Status {
	all := []Status{Open}
	for _, t := range Transitions() {
		if !slices.Contains(all, t.To) {
			all = append(all, t.To)
		}
	}
	return all
}

// Chart draws the table as a Mermaid state chart.
func Chart() string {
	arrows := []statechart.Arrow{{To: string(Open), Label: "received"}}
	for _, t := range Transitions() {
		arrows = append(arrows, statechart.Arrow{From: string(t.From), To: string(t.To), Label: string(t.Event) + " (" + string(t.By) + ")"})
	}
	return statechart.Draw(arrows)
}
