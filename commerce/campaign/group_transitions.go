package campaign

import "galleria/tenant/statechart"

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
type GroupTransition = statechart.Move[GroupStatus, GroupEvent]

// GroupTransitions is the whole life of a group, in the order it is told. Nothing moves a group but
// by a row of this table.
func GroupTransitions() statechart.Table[GroupStatus, GroupEvent] {
	return statechart.Table[GroupStatus, GroupEvent]{
		{From: GroupNone, Event: GroupPlace, To: GroupPending},
		{From: GroupPending, Event: GroupPay, To: GroupOpen},
		{From: GroupPending, Event: GroupLeave, To: GroupAbandoned},
		{From: GroupPending, Event: GroupStop, To: GroupAbandoned},
		{From: GroupOpen, Event: GroupFill, To: GroupComplete},
		{From: GroupOpen, Event: GroupExpire, To: GroupRefunding},
		{From: GroupOpen, Event: GroupStop, To: GroupRefunding},
		{From: GroupOpen, Event: GroupLeave, To: GroupFailed},
		{From: GroupRefunding, Event: GroupRepaid, To: GroupFailed},
	}
}

// NextGroup returns where an event leads a group; false if it does not happen there.
func NextGroup(from GroupStatus, event GroupEvent) (GroupStatus, bool) {
	return GroupTransitions().Next(from, event)
}

// GroupStatuses lists every status of the table, in the order of their appearance.
func GroupStatuses() []GroupStatus { return GroupTransitions().States() }

// Ended reports whether nothing happens to a group any more.
func (s GroupStatus) Ended() bool { return GroupTransitions().Ends(s) }

// GroupChart draws the table as a Mermaid state chart.
func GroupChart() string { return statechart.Draw(GroupTransitions().Arrows()) }
