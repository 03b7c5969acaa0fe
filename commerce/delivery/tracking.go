package delivery

import (
	"context"

	"galleria/tenant/vault"
)

// Tracker is a service that tells where parcels are; kuaidi100.Client is one. It is the
// network: nothing of it is called inside a transaction.
type Tracker interface {
	// Provider is what its accounts are stored under.
	Provider() string
	// Subscribe has the service tell callbackURL of a number until it was signed for. A number
	// that is subscribed already is no error. Faults: TRACKING_KEY, TRACKING_NUMBER,
	// TRACKING_BUSY.
	Subscribe(ctx context.Context, key TrackerKey, n Number, callbackURL string) error
	// Query asks where a number is, oldest word first. Faults: TRACKING_KEY, TRACKING_NUMBER,
	// TRACKING_NONE, TRACKING_BUSY.
	Query(ctx context.Context, key TrackerKey, n Number) ([]Event, error)
	// Read takes what the service sent to a callback address for what it says, once it is
	// signed with the salt. Faults: TRACKING_SIGNATURE, TRACKING_NEWS.
	Read(salt vault.Secret, body []byte) (News, error)
	// Answer is what the service hears for what it sent; err nil has it not come again.
	Answer(err error) (contentType string, body []byte)
}

// TrackerKey is a shop's key at a tracking service.
type TrackerKey struct {
	Base      string // where it is served; empty for the service itself
	Customer  string
	Key, Salt vault.Secret
}

// Number is what a courier knows a parcel by.
type Number struct {
	Courier    Courier
	TrackingNo string
	PhoneTail  string // last four digits of the receiver's phone
}

// News is what a tracking service told of a number.
type News struct {
	Courier    string // our code
	TrackingNo string
	Events     []Event // oldest first
	// Ended says that no more follows; Problem, then, why nothing came of it.
	Ended   bool
	Problem string
}
