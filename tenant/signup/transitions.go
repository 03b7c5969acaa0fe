package signup

import (
	"galleria/tenant"
	"galleria/tenant/registry"
	"galleria/tenant/statechart"
)

// Status is where an application stands.
type Status string

// The statuses. Those that a shop's life has, too (tenant.Applied, tenant.Rejected,
// tenant.Provisioning), are the same words.
const (
	Draft        Status = "draft" // name and handle are chosen, the handle is held
	Applied             = Status(tenant.Applied)
	Provisioning        = Status(tenant.Provisioning) // the job works on it
	Opened       Status = "opened"                    // the shop stands; the directory knows the rest
	Rejected            = Status(tenant.Rejected)
	Expired      Status = "expired" // an abandoned draft
)

// eventExpire is the one move that is not a shop's.
const eventExpire registry.Event = "expire"

// transitions is the life of an application. Where both ends are a shop's statuses, the
// row is registry.Transitions'; a test compares them.
func transitions() statechart.Table[Status, registry.Event] {
	return statechart.Table[Status, registry.Event]{
		{From: Draft, Event: registry.EventApply, To: Applied},
		{From: Draft, Event: eventExpire, To: Expired},
		{From: Applied, Event: registry.EventApprove, To: Provisioning},
		{From: Applied, Event: registry.EventReject, To: Rejected},
		{From: Provisioning, Event: registry.EventReady, To: Opened},
	}
}

// way returns the ends of an event's move.
func way(event registry.Event) (from, to string) {
	sources, target := transitions().Sources(event)
	return sources[0], string(target)
}

// Statuses lists all of them.
func Statuses() []Status { return []Status{Draft, Applied, Provisioning, Opened, Rejected, Expired} }

// Step is what the job does next.
type Step string

// The steps, in their order. Done is none.
const (
	StepClaim    Step = "claim"    // a schema
	StepCheck    Step = "check"    // its version
	StepSettings Step = "settings" // the shop's own row
	StepRoles    Step = "roles"    // the preset roles, and what else rooms fill in
	StepOwner    Step = "owner"    // the applicant becomes the owner
	StepReady    Step = "ready"    // the doors learn of the shop
	StepDone     Step = "done"
)

// Steps lists what the job does, in its order.
func Steps() []Step {
	return []Step{StepClaim, StepCheck, StepSettings, StepRoles, StepOwner, StepReady}
}

// after is the step that follows.
func after(s Step) Step {
	steps := append(Steps(), StepDone)
	for i, step := range steps[:len(steps)-1] {
		if step == s {
			return steps[i+1]
		}
	}
	return StepDone
}
