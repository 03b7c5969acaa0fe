package campaign

import (
	"fmt"
	"slices"
	"strings"
)

// GroupStatus is where a group stands.
type GroupStatus string

// The statuses. GroupNone is a group that does not exist yet.
const (
	GroupNone      GroupStatus = ""
	GroupPending   GroupStatus = "pending"   // placed by who opens it, not paid
	GroupOpen      GroupStatus = "open"      // can be joined until its deadline
	GroupComplete  GroupStatus = "complete"  // all its seats are paid: its goods may leave
	GroupRefunding GroupStatus = "refunding" // it did not fill; the money goes back
	GroupFailed    GroupStatus = "failed"    // and is back
	GroupAbandoned GroupStatus = "abandoned" // never paid by who would have opened it
)

// GroupEvent is what happens to a group.
type GroupEvent string

// The events.
const (
	GroupPlace  GroupEvent = "place"
	GroupPay    GroupEvent = "pay"    // the first seat
	GroupFill   GroupEvent = "fill"   // the last seat is paid
	GroupLeave  GroupEvent = "leave"  // nobody is left
	GroupExpire GroupEvent = "expire" // its time is over
	GroupStop   GroupEvent = "stop"   // the shop ended the campaign
	GroupRepaid GroupEvent = "repaid" // the last fen went back
)

// GroupTransition is one allowed move of a group.
type GroupTransition struct {
	From  GroupStatus
	Event GroupEvent
	To    GroupStatus
}

// GroupTransitions is the whole life of a group, in the order it is told. Nothing moves a group but
// by a row of this table.
func GroupTransitions() []GroupTransition {
	return []GroupTransition{
		{GroupNone, GroupPlace, GroupPending},
		{GroupPending, GroupPay, GroupOpen},
		{GroupPending, GroupLeave, GroupAbandoned},
		{GroupPending, GroupStop, GroupAbandoned},
		{GroupOpen, GroupFill, GroupComplete},
		{GroupOpen, GroupExpire, GroupRefunding},
		{GroupOpen, GroupStop, GroupRefunding},
		{GroupOpen, GroupLeave, GroupFailed},
		{GroupRefunding, GroupRepaid, GroupFailed},
	}
}

// NextGroup returns where an event leads a group; false if it does not happen there.
func NextGroup(from GroupStatus, event GroupEvent) (GroupStatus, bool) {
	for _, t := range GroupTransitions() {
		if t.From == from && t.Event == event {
			return t.To, true
		}
	}
	return from, false
}

// GroupStatuses lists every status of the table, in the order of their appearance.
func GroupStatuses() []GroupStatus {
	var all []GroupStatus
	for _, t := range GroupTransitions() {
		if !slices.Contains(all, t.To) {
			all = append(all, t.To)
		}
	}
	return all
}

// Ended reports whether nothing happens to a group any more.
func (s GroupStatus) Ended() bool {
	return !slices.ContainsFunc(GroupTransitions(), func(t GroupTransition) bool { return t.From == s })
}

// GroupChart draws the table as a Mermaid state chart.
func GroupChart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, t := range GroupTransitions() {
		from := string(t.From)
		if t.From == GroupNone {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, t.To, t.Event)
	}
	for _, s := range GroupStatuses() {
		if s.Ended() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	return b.String()
}
