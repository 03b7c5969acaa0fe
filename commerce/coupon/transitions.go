package coupon

import (
	"fmt"
	"strings"
)

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
type Transition struct {
	From  GrantStatus
	Event GrantEvent
	To    GrantStatus
}

// Transitions is the whole life of a grant, in the order it is told.
func Transitions() []Transition {
	return []Transition{
		{NoGrant, EventGrant, Granted},
		{NoGrant, EventGrant, Active},
		{Granted, EventActivate, Active},
		{Granted, EventLock, Locked}, // its time has come before the job
		{Active, EventLock, Locked},
		{Locked, EventUse, Used},
		{Locked, EventRelease, Active},
		{Locked, EventRelease, Expired},
		{Used, EventReturn, Active},
		{Used, EventReturn, Expired},
		{Granted, EventExpire, Expired},
		{Active, EventExpire, Expired},
		{Granted, EventRevoke, Revoked},
		{Active, EventRevoke, Revoked},
	}
}

// GrantStatuses lists every status of a grant that exists.
func GrantStatuses() []GrantStatus {
	return []GrantStatus{Granted, Active, Locked, Used, Expired, Revoked}
}

// Chart draws the life of a grant as a Mermaid state diagram.
func Chart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, t := range Transitions() {
		from := string(t.From)
		if t.From == NoGrant {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, t.To, t.Event)
	}
	for _, s := range []GrantStatus{Used, Expired, Revoked} {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	return b.String()
}
