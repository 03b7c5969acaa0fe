package tenant

import "time"

// Status is where a shop stands in its life. What each status means at the doors is
// Status.Policy; how one follows another is registry.Transitions.
type Status string

// The statuses. Applied and Rejected are applications (platform.signup), which have no
// schema; from Provisioning on a shop has a name, a handle and a schema.
const (
	None         Status = ""
	Applied      Status = "applied"      // asked for, waiting to be approved
	Rejected     Status = "rejected"     // asked for and refused
	Provisioning Status = "provisioning" // claimed, being filled with its first rows
	Onboarding   Status = "onboarding"   // the owner sets it up; the storefront takes play money only
	Active       Status = "active"
	Suspended    Status = "suspended" // storefront closed, console to look at only; callbacks and refunds go on
	Closing      Status = "closing"   // nothing new is ordered, what was ordered is finished
	Closed       Status = "closed"
)

// Tenant is one shop of the installation.
type Tenant struct {
	ID            ID
	Handle        string // short name in console addresses, unique, a-z 0-9 -
	Name          string // what people call the shop
	Status        Status
	StatusReason  string
	SchemaVersion int64 // number of the last migration applied to its schema
	CreatedAt     time.Time
}

// Provider is a maker of Mini Programs.
type Provider string

// The providers.
const (
	WeChat Provider = "wechat"
	Alipay Provider = "alipay"
)

// App is one Mini Program of a tenant.
type App struct {
	ID       AppID
	Provider Provider
	TenantID ID
	Name     string
	Enabled  bool
}

// AppID is the public id a provider gave a Mini Program, such as
// "wx8888888888888888". It is case-sensitive. The zero AppID is no app.
type AppID struct{ v string }

// ParseAppID reads an AppID: 8 to 32 ASCII letters and digits. ok is false for
// anything else, look-alikes in other scripts included.
func ParseAppID(s string) (id AppID, ok bool) {
	if len(s) < 8 || len(s) > 32 {
		return AppID{}, false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return AppID{}, false
		}
	}
	return AppID{s}, true
}

// String returns the AppID's text.
func (a AppID) String() string { return a.v }
