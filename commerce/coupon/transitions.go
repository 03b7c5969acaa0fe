package coupon

import "galleria/tenant/statechart"

// GrantStatus is where a coupon in a member's hands stands.
type GrantStatus string

// The statuses of a grant. NoGrant is one that does not exist yet.
const (
	NoGrant GrantStatus = ""
	Granted GrantStatus = "granted" // valid later
	Active  GrantStatus = "active"
	Locked  GrantStatus = "locked" // held by an order that is not paid
	Used    GrantStatus = "used"
	Expired GrantStatus = "expired"
	Revoked GrantStatus = "revoked" // taken back by staff, or its member has left
)

// GrantEvent is what happens to a grant.
type GrantEvent string

// The events of a grant.
const (
	EventGrant    GrantEvent = "grant"
	EventActivate GrantEvent = "activate"
	EventLock     GrantEvent = "lock"
	EventUse      GrantEvent = "use"
	EventRelease  GrantEvent = "release" // its order was closed unpaid
	EventReturn   GrantEvent = "return"  // its order was refunded whole
	EventExpire   GrantEvent = "expire"
	EventRevoke   GrantEvent = "revoke"
)

// Transition is one allowed move of a grant.
type Transition = statechart.Move[GrantStatus, GrantEvent]

// Transitions is the whole life of a grant, in the order it is told.
func Transitions() statechart.Table[GrantStatus, GrantEvent] {
	return statechart.Table[GrantStatus, GrantEvent]{
		{From: NoGrant, Event: EventGrant, To: Granted},
		{From: NoGrant, Event: EventGrant, To: Active},
		{From: Granted, Event: EventActivate, To: Active},
		{From: Granted, Event: EventLock, To: Locked}, // its time has come before the job
		{From: Active, Event: EventLock, To: Locked},
		{From: Locked, Event: EventUse, To: Used},
		{From: Locked, Event: EventRelease, To: Active},
		{From: Locked, Event: EventRelease, To: Expired},
		{From: Used, Event: EventReturn, To: Active},
		{From: Used, Event: EventReturn, To: Expired},
		{From: Granted, Event: EventExpire, To: Expired},
		{From: Active, Event: EventExpire, To: Expired},
		{From: Granted, Event: EventRevoke, To: Revoked},
		{From: Active, Event: EventRevoke, To: Revoked},
	}
}

// GrantStatuses lists every status of a grant that exists.
func GrantStatuses() []GrantStatus {
	return []GrantStatus{Granted, Active, Locked, Used, Expired, Revoked}
}

// Chart draws the life of a grant as a Mermaid state diagram.
func Chart() string { return statechart.Draw(Transitions().Arrows(), string(Used)) }
