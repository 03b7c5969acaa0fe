package registry

import (
	"slices"

	"galleria/tenant"
	"galleria/tenant/statechart"
)

// Event is what happens to a shop.
type Event string

// The events.
const (
	EventApply   Event = "apply"   // the terms are accepted, the handle is held
	EventApprove Event = "approve" // by platform staff, or at once where sign-up is open
	EventReject  Event = "reject"
	EventClaim   Event = "claim" // opened by platform staff, without an application
	EventReady   Event = "ready" // every step of provisioning of an application is done
	EventOpen    Event = "open"  // for business
	EventSuspend Event = "suspend"
	EventResume  Event = "resume"
	EventClose   Event = "close"
	EventFinish  Event = "finish"
)

// Guard is what must hold for a move besides the status it starts from.
type Guard string

// The guards.
const (
	GuardReason   Guard = "with a reason"  // people of the shop read it
	GuardWasOpen  Guard = "was open"       // the shop has been active before
	GuardNeverWas Guard = "was never open" // it has not
)

// Transition is one allowed move: Event at From, if Guard holds, leads to To.
type Transition struct {
	From  tenant.Status
	Event Event
	Guard Guard
	To    tenant.Status
}

// Transitions is the whole life of a shop, in the order it is told. Nothing moves a shop
// but by a row of this table. The first four are moves of an application (tenant/signup)
// or of a spare (tenant/provision); the rest are Service.Move's.
func Transitions() []Transition {
	return []Transition{
		{tenant.None, EventApply, "", tenant.Applied},
		{tenant.Applied, EventApprove, "", tenant.Provisioning},
		{tenant.Applied, EventReject, GuardReason, tenant.Rejected},
		{tenant.None, EventClaim, "", tenant.Provisioning},
		{tenant.Provisioning, EventReady, "", tenant.Onboarding},
		{tenant.Provisioning, EventOpen, "", tenant.Active},
		{tenant.Onboarding, EventOpen, "", tenant.Active},
		{tenant.Onboarding, EventSuspend, GuardReason, tenant.Suspended},
		{tenant.Active, EventSuspend, GuardReason, tenant.Suspended},
		{tenant.Suspended, EventResume, GuardWasOpen, tenant.Active},
		{tenant.Suspended, EventResume, GuardNeverWas, tenant.Onboarding},
		{tenant.Onboarding, EventClose, GuardReason, tenant.Closing},
		{tenant.Active, EventClose, GuardReason, tenant.Closing},
		{tenant.Suspended, EventClose, GuardReason, tenant.Closing},
		{tenant.Closing, EventFinish, "", tenant.Closed},
	}
}

// InDirectory lists the statuses that a row of the directory may have as a shop; the
// others are statuses of an application.
func InDirectory() []tenant.Status {
	return []tenant.Status{tenant.Provisioning, tenant.Onboarding, tenant.Active, tenant.Suspended, tenant.Closing, tenant.Closed}
}

// Next returns where an event leads from a status, for rows without a guard on the shop's
// past.
func Next(from tenant.Status, event Event) (to tenant.Status, ok bool) {
	for _, t := range Transitions() {
		if t.From == from && t.Event == event {
			return t.To, true
		}
	}
	return "", false
}

// CanMove reports whether one event leads a shop from a status to the other.
func CanMove(from, to tenant.Status) bool {
	return slices.ContainsFunc(Transitions(), func(t Transition) bool { return t.From == from && t.To == to })
}

// needsReason reports whether every way of an event asks for a reason.
func needsReason(event Event) bool {
	return slices.ContainsFunc(Transitions(), func(t Transition) bool { return t.Event == event && t.Guard == GuardReason })
}

// moves lists, for the statement that makes the move, the ways of an event between rows of
// the directory: from, to, and what must be true of the shop's past.
func moves(event Event) (from, to, past []string) {
	for _, t := range Transitions() {
		if t.Event != event || !slices.Contains(InDirectory(), t.From) {
			continue
		}
		was := "any"
		switch t.Guard {
		case GuardWasOpen:
			was = "open"
		case GuardNeverWas:
			was = "never"
		case GuardReason, "":
		}
		from, to, past = append(from, string(t.From)), append(to, string(t.To)), append(past, was)
	}
	return from, to, past
}

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	var arrows []statechart.Arrow
	for _, t := range Transitions() {
		label := string(t.Event)
		if t.Guard != "" {
			label += " (" + string(t.Guard) + ")"
		}
		arrows = append(arrows, statechart.Arrow{From: string(t.From), To: string(t.To), Label: label})
	}
	return statechart.Draw(arrows)
}
