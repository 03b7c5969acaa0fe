package coupon

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
)

// Status is where a coupon stands as an offer of the shop.
type Status string

// The statuses of a coupon. Only a live one is given; what was given stays valid until staff
// take it back.
const (
	Draft  Status = "draft"
	Live   Status = "live"
	Paused Status = "paused"
	Ended  Status = "ended"
)

// Kind is what a coupon makes cheaper.
type Kind string

// The kinds.
const (
	Goods    Kind = "goods"
	Shipping Kind = "shipping"
)

func (k Kind) rule() pricing.Kind {
	if k == Shipping {
		return pricing.KindShippingCoupon
	}
	return pricing.KindCoupon
}

// ScopeOf is by what a coupon's goods are named.
type ScopeOf string

// The scopes.
const (
	ScopeAll        ScopeOf = "all"
	ScopeCategories ScopeOf = "categories" // and those below them
	ScopeProducts   ScopeOf = "products"
)

// OnRefund is what becomes of a used coupon when its order is refunded whole.
type OnRefund string

// What becomes of it. A coupon of an order that was never paid always comes back.
const (
	Restore OnRefund = "restore" // comes back, for at least Terms.AgainDays
	Forfeit OnRefund = "forfeit"
)

// Terms is the wording of a coupon. Exactly one of OffFen, OffBps and Free is set; exactly one
// of ValidUntil and ValidDays.
type Terms struct {
	NeedFen     money.Fen // of its goods, after cheaper prices; 0: any
	NeedQty     int64     // pieces of its goods; 0: any
	OffFen      money.Fen
	OffBps      money.Rate // share off: 1500 is 8.5 折
	CapFen      money.Fen  // the most that OffBps takes off; 0: no cap
	Free        bool       // the freight, whole; only of Shipping
	ScopeOf     ScopeOf
	ScopeIDs    []int64
	ScopeExcept bool // all goods but these
	ValidFrom   *time.Time
	ValidUntil  *time.Time // exclusive
	ValidDays   int64      // days of 24 hours from the grant on
	NextDay     bool       // they begin at the next midnight of Beijing
	OnRefund    OnRefund
	AgainDays   int64
	Funder      pricing.Funder
}

// Input is a coupon as staff write it.
type Input struct {
	Kind        Kind // never changes
	Title       string
	Terms       Terms
	Claimable   bool       // buyers may take it
	ClaimFrom   *time.Time // nil: at once
	ClaimUntil  *time.Time // nil: without end
	Newcomers   bool       // only members who have never paid
	LevelID     int64      // only members of this level or above; 0: all
	GiftFromFen *money.Fen // given for a paid order of this amount; nil: not given
	Total       *int64     // nil: without end
	PerMember   int64
	PerDay      *int64
	BudgetFen   *money.Fen // the most that all its discounts may cost; nil: no limit
}

// Coupon is a coupon with its present terms.
type Coupon struct {
	Input
	ID        int64
	Version   int64
	Status    Status
	LevelName string // "" for all, or of a level that has ended: then nobody may
	Issued    int64
	Used      int64
	SpentFen  money.Fen // what its coupons take off orders that live
	UpdatedAt time.Time
}

const (
	maxTitle = 40
	maxScope = 500
	maxOff   = money.Fen(100_000_000) // a million yuan
	maxTotal = 10_000_000
)

// flaw is a field that cannot be accepted.
type flaw struct {
	is   bool
	path string
	text string
}

func (in Input) check() error {
	for _, f := range slices.Concat(in.flaws(), in.Terms.flaws(in.Kind), in.Terms.scopeFlaws(), in.Terms.timeFlaws()) {
		if f.is {
			return fault.Invalidf(f.path, "%s", f.text)
		}
	}
	return nil
}

func (in Input) flaws() []flaw {
	return []flaw{
		{in.Kind != Goods && in.Kind != Shipping, "kind", "must be goods or shipping"},
		{!fits(in.Title, maxTitle), "title", "must be 1 to 40 characters"},
		{in.ClaimFrom != nil && in.ClaimUntil != nil && in.ClaimUntil.Sub(*in.ClaimFrom) < time.Second, "claim_until", "must be after the beginning"},
		{in.GiftFromFen != nil && *in.GiftFromFen < 0, "gift_from_fen", "must not be negative"},
		{in.Total != nil && !within(*in.Total, 1, maxTotal), "total", "must be 1 to 10,000,000"},
		{!within(in.PerMember, 1, 1000), "per_member", "must be 1 to 1,000"},
		{in.PerDay != nil && !within(*in.PerDay, 1, 1000), "per_day", "must be 1 to 1,000"},
		{in.BudgetFen != nil && !within(*in.BudgetFen, 1, pricing.MaxPayable), "budget_fen", "must be above zero"},
	}
}

func (t Terms) flaws(of Kind) []flaw {
	return []flaw{
		{ways(t.OffFen != 0, t.OffBps != 0, t.Free) != 1, "off_fen", "exactly one of an amount, a share and free delivery"},
		{!within(t.OffFen, 0, maxOff), "off_fen", "must be 0.01 to 1,000,000 yuan"},
		{!within(t.OffBps, 0, 10_000), "off_bps", "must be 1 to 10,000"},
		{t.Free && of != Shipping, "free", "only a coupon on freight can make it free"},
		{!within(t.CapFen, 0, maxOff) || (t.CapFen > 0 && t.OffBps == 0), "cap_fen", "only a share has a cap, of at most 1,000,000 yuan"},
		{!within(t.NeedFen, 0, pricing.MaxPayable), "need_fen", "must not be negative"},
		{!within(t.NeedQty, 0, 100_000), "need_qty", "must be 0 to 100,000"},
		{of == Goods && t.NeedFen > 0 && t.NeedFen < t.OffFen, "need_fen", "must not be below the discount"},
		{t.OnRefund != Restore && t.OnRefund != Forfeit, "on_refund", "must be restore or forfeit"},
		{!within(t.AgainDays, 0, 365), "again_days", "must be 0 to 365"},
		{t.Funder != pricing.FunderShop && t.Funder != pricing.FunderPlatform, "funder", "must be shop or platform"},
	}
}

func (t Terms) scopeFlaws() []flaw {
	return []flaw{
		{!slices.Contains([]ScopeOf{ScopeAll, ScopeCategories, ScopeProducts}, t.ScopeOf), "scope_of", "must be all, categories or products"},
		{(t.ScopeOf == ScopeAll) != (len(t.ScopeIDs) == 0) || len(t.ScopeIDs) > maxScope, "scope_ids", "choose 1 to 500"},
	}
}

func (t Terms) timeFlaws() []flaw {
	return []flaw{
		{(t.ValidDays == 0) == (t.ValidUntil == nil), "valid_days", "either days or a period"},
		{!within(t.ValidDays, 0, 3650), "valid_days", "must be 1 to 3,650"},
		{(t.ValidUntil == nil) != (t.ValidFrom == nil), "valid_from", "a period has a beginning and an end"},
		{t.ValidUntil != nil && t.ValidFrom != nil && t.ValidUntil.Sub(*t.ValidFrom) < time.Second, "valid_until", "must be after the beginning"},
		{t.NextDay && t.ValidDays == 0, "next_day", "only days begin on the next one"},
	}
}

func within[T ~int64](n, least, most T) bool { return n >= least && n <= most }

func fits(text string, most int) bool {
	return text != "" && utf8.RuneCountInString(text) <= most && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

func ways(set ...bool) (n int) {
	for _, s := range set {
		if s {
			n++
		}
	}
	return n
}

func (t Terms) scope() pricing.Scope {
	s := pricing.Scope{Except: t.ScopeExcept}
	switch t.ScopeOf {
	case ScopeCategories:
		s.Categories = t.ScopeIDs
	case ScopeProducts:
		s.Products = t.ScopeIDs
	case ScopeAll:
	}
	return s
}

func (t Terms) tier() pricing.Tier {
	return pricing.Tier{NeedFen: t.NeedFen, NeedQty: t.NeedQty, OffFen: t.OffFen, OffBps: t.OffBps, CapFen: t.CapFen, Free: t.Free}
}

func termsOf(r coupondb.CouponTerm) Terms {
	return Terms{
		NeedFen: r.NeedFen, NeedQty: r.NeedQty, OffFen: r.OffFen, OffBps: money.Rate(r.OffBps), CapFen: r.CapFen, Free: r.Free,
		ScopeOf: ScopeOf(r.ScopeOf), ScopeIDs: r.ScopeIds, ScopeExcept: r.ScopeExcept, ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil,
		ValidDays: or(r.ValidDays), NextDay: r.NextDay, OnRefund: OnRefund(r.OnRefund), AgainDays: r.AgainDays, Funder: pricing.Funder(r.Funder),
	}
}

func couponOf(c coupondb.Coupon, t coupondb.CouponTerm, used int64, level string) Coupon {
	return Coupon{
		Input: Input{
			Kind: Kind(c.Kind), Title: c.Title, Terms: termsOf(t), Claimable: c.Claimable, ClaimFrom: c.ClaimFrom, ClaimUntil: c.ClaimUntil, Newcomers: c.Newcomers, LevelID: or(c.LevelID),
			GiftFromFen: as[money.Fen](c.GiftFromFen), Total: c.Total, PerMember: c.PerMember, PerDay: c.PerDay, BudgetFen: as[money.Fen](c.BudgetFen),
		},
		ID: c.ID, Version: c.Version, Status: Status(c.Status), LevelName: level, Issued: c.Issued, Used: used, SpentFen: c.SpentFen, UpdatedAt: c.UpdatedAt,
	}
}

// orNil is a number that may be missing: 0.
func orNil(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func or(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// as converts a number that may be missing.
func as[To, From ~int64](n *From) *To {
	if n == nil {
		return nil
	}
	v := To(*n)
	return &v
}
