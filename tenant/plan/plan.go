package plan

import (
	"math"
	"slices"
	"time"

	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// Feature is something that a plan opens.
type Feature string

// The features.
const (
	Coupon       Feature = "coupon"
	Points       Feature = "points"
	Campaign     Feature = "campaign"
	Distribution Feature = "distribution"
	OwnRoles     Feature = "own_roles" // roles beside the templates
	ManyApps     Feature = "many_apps" // more than one Mini Program
	Export       Feature = "export"    // files of orders, products, members and the audit log
)

// Features lists all of them, in the order a page shows them.
func Features() []Feature {
	return []Feature{Coupon, Points, Campaign, Distribution, OwnRoles, ManyApps, Export}
}

// Quota is something that a plan limits.
type Quota string

// The quotas and their units.
const (
	Staff    Quota = "staff"     // people with a role in the shop
	SKUs     Quota = "skus"      // SKUs that exist
	Orders   Quota = "orders"    // orders placed in a month
	APICalls Quota = "api_calls" // requests of Mini Programs in a minute
	Storage  Quota = "storage"   // bytes of uploaded files
	Messages Quota = "messages"  // messages sent in a month
)

// Quotas lists all of them, in the order a page shows them.
func Quotas() []Quota { return []Quota{Staff, SKUs, Orders, APICalls, Storage, Messages} }

// Monthly reports whether the count begins anew each month.
func (q Quota) Monthly() bool { return q == Orders || q == Messages }

// Month is the month of a moment, "2026-11". China has had no summer time since 1991, so a
// fixed zone is exact and needs no zone database.
func Month(at time.Time) string {
	return at.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01")
}

func (q Quota) period(at time.Time) string {
	if q.Monthly() {
		return Month(at)
	}
	return ""
}

// Unlimited is a limit that is none.
const Unlimited = math.MaxInt64

// Limit bounds a quota: from Soft on the shop is warned, beyond Hard it is refused.
type Limit struct {
	Soft, Hard int64
}

// NoLimit warns and refuses nobody.
func NoLimit() Limit { return Limit{Soft: Unlimited, Hard: Unlimited} }

// Plan is what shops can have.
type Plan struct {
	Code     string // a-z, 0-9 and _, 2 to 31, beginning with a letter
	Name     string // zh-CN
	NameEN   string
	PriceFen money.Fen // a month
	Features []Feature
	Limits   map[Quota]Limit // what is missing is unlimited
	Retired  bool            // shops that have it keep it, no other gets it
	Default  bool            // of shops that have chosen none
	Sort     int32
}

// Terms are what holds for one shop: its plan with what was agreed beside it.
type Terms struct {
	Plan   Plan
	Limits map[Quota]Limit
}

// Has reports whether a feature is open.
func (t Terms) Has(f Feature) bool { return slices.Contains(t.Plan.Features, f) }

// Limit is the bound of a quota.
func (t Terms) Limit(q Quota) Limit {
	if l, ok := t.Limits[q]; ok {
		return l
	}
	return NoLimit()
}

// Use is how far a shop has come with a quota.
type Use struct {
	Quota Quota
	Used  int64
	Limit Limit
}

// Warn reports whether the soft limit is reached.
func (u Use) Warn() bool { return u.Limit.Soft != Unlimited && u.Used >= u.Limit.Soft }

// Full reports whether nothing more can be taken.
func (u Use) Full() bool { return u.Limit.Hard != Unlimited && u.Used >= u.Limit.Hard }

// Validate reports every field that cannot be accepted.
func (p Plan) Validate() error {
	var bad []fault.Field
	refuse := func(ok bool, path, format string, args ...any) {
		if !ok {
			bad = append(bad, fault.Invalidf(path, format, args...).Fields()...)
		}
	}
	refuse(codeForm.MatchString(p.Code), "code", "must be a-z, 0-9 and _, beginning with a letter")
	refuse(p.Name != "" && p.NameEN != "", "name", "must be given in both languages")
	refuse(p.PriceFen >= 0, "price_fen", "must not be negative")
	for _, f := range p.Features {
		refuse(slices.Contains(Features(), f), "features", "no such feature as %q", f)
	}
	for q, l := range p.Limits {
		refuse(slices.Contains(Quotas(), q), "limits", "no such quota as %q", q)
		refuse(l.valid(), "limits."+string(q), "must be 0 ≤ soft ≤ hard")
	}
	if bad != nil {
		return fault.ErrValidation.With(bad...)
	}
	return nil
}

// CodeOK reports whether a plan may have this code.
func CodeOK(code string) bool { return codeForm.MatchString(code) }

func (l Limit) valid() bool { return 0 <= l.Soft && l.Soft <= l.Hard }
