package tenant

// Storefront is what a shop's Mini Programs may do.
type Storefront uint8

// The states of the storefront. The zero value is the most closed.
const (
	StorefrontAbsent    Storefront = iota // as if there were no such Mini Program
	StorefrontStarting                    // not yet; try again
	StorefrontSuspended                   // refused, and told why
	StorefrontWinding                     // what was ordered goes on; nothing new is ordered
	StorefrontTrial                       // open, but only play money is taken
	StorefrontOpen
)

// ConsoleAccess is what a shop's staff may do in the console.
type ConsoleAccess uint8

// The states of the console.
const (
	ConsoleAbsent ConsoleAccess = iota // not listed, answered like a shop that does not exist
	ConsoleNotice                      // one page for the owner: what became of the shop
	ConsoleRead                        // looking only
	ConsoleFull
)

// Jobs is which background work is done for a shop.
type Jobs uint8

// The states of background work. What does not run waits in the outbox; nothing is dropped.
const (
	JobsMoney Jobs = iota // only what finds out about money and gives it back
	JobsAll
)

// Callbacks is what becomes of a provider's word that a buyer has paid. Word of refunds
// is taken in every state.
type Callbacks uint8

// The states of callbacks.
const (
	CallbacksRecorded Callbacks = iota // kept as an anomaly for a person, and not acknowledged
	CallbacksTaken
)

// Policy is what one state of a shop means at each of its doors.
type Policy struct {
	Storefront Storefront
	Console    ConsoleAccess
	Jobs       Jobs
	Callbacks  Callbacks
}

// Policy returns what the doors do in this state. A state that is not known is closed
// everywhere.
//
// A suspended shop takes callbacks and gives late money back, because the money has moved
// whatever we think of the shop; its events wait and are sent when it resumes. A closed
// shop has no order that money could pay and may have no keys to refund with, so a payment
// is shown to a person and never acknowledged: the provider's repeats keep it visible.
func (s Status) Policy() Policy {
	switch s {
	case None, Applied, Rejected: // has no schema
		return Policy{StorefrontAbsent, ConsoleAbsent, JobsMoney, CallbacksRecorded}
	case Provisioning:
		return Policy{StorefrontStarting, ConsoleAbsent, JobsAll, CallbacksTaken}
	case Onboarding:
		return Policy{StorefrontTrial, ConsoleFull, JobsAll, CallbacksTaken}
	case Active:
		return Policy{StorefrontOpen, ConsoleFull, JobsAll, CallbacksTaken}
	case Suspended:
		return Policy{StorefrontSuspended, ConsoleRead, JobsMoney, CallbacksTaken}
	case Closing:
		return Policy{StorefrontWinding, ConsoleFull, JobsAll, CallbacksTaken}
	case Closed:
		return Policy{StorefrontAbsent, ConsoleNotice, JobsMoney, CallbacksRecorded}
	}
	return Policy{}
}
