package campaign

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/campaign/internal/campaigndb"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Kind is what a campaign makes cheaper.
type Kind string

// The kinds.
const (
	Timed     Kind = "timed"     // what a piece costs
	Reduction Kind = "reduction" // what an order costs, and its delivery
	Flash     Kind = "flash"     // what a piece costs in sessions, of so many pieces
	Group     Kind = "group"     // what a piece costs who comes with others
)

// Kinds lists the kinds, in the order a form shows them.
func Kinds() []Kind { return []Kind{Timed, Reduction, Flash, Group} }

// Status is what staff decided about a campaign.
type Status string

// The statuses. Only a live one counts; a stopped one never does again.
const (
	Draft   Status = "draft"
	Live    Status = "live"
	Stopped Status = "stopped"
)

// State is where a campaign stands: its status, and what the clock makes of it.
type State string

// The states.
const (
	StateRunning State = "running"
	StateComing  State = "coming"
	StateDraft   State = "draft"
	StateOver    State = "over"
	StateStopped State = "stopped"
)

// States lists the states, in the order of the console's tabs.
func States() []State {
	return []State{StateRunning, StateComing, StateDraft, StateOver, StateStopped}
}

// ScopeOf is by what the goods of a reduction are named.
type ScopeOf string

// The scopes.
const (
	ScopeAll        ScopeOf = "all"
	ScopeCategories ScopeOf = "categories" // and those below them
	ScopeProducts   ScopeOf = "products"
)

// Tier is what a reduction gives from an amount (fen) or a number of pieces on, measured over its
// goods after cheaper prices. Exactly one of NeedFen and NeedQty is set; at least one of OffFen,
// OffBps, Free and a gift, of the first two at most one.
type Tier struct {
	NeedFen money.Fen  `json:"need_fen,omitempty"`
	NeedQty int64      `json:"need_qty,omitempty"`
	OffFen  money.Fen  `json:"off_fen,omitempty"`
	OffBps  money.Rate `json:"off_bps,omitempty"` // share off: 1500 is 8.5 折
	CapFen  money.Fen  `json:"cap_fen,omitempty"` // the most that OffBps, or Each, takes off; 0: no cap
	Each    bool       `json:"each,omitempty"`    // OffFen for each full NeedFen
	Free    bool       `json:"free,omitempty"`    // the freight, whole
	// A gift: so many pieces of a SKU, or as many of the spare one when it is gone; 0: none.
	GiftSKU  int64 `json:"gift_sku,omitempty"`
	GiftQty  int64 `json:"gift_qty,omitempty"`
	SpareSKU int64 `json:"spare_sku,omitempty"`
}

// Price is what a piece of a SKU costs, fen.
type Price struct {
	SKUID    int64     `json:"sku_id"`
	PriceFen money.Fen `json:"price_fen"`
	Units    int64     `json:"units,omitempty"` // of a flash sale: that each session sells
}

// Session is a time in which a flash sale sells.
type Session struct {
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"` // exclusive
}

// Input is a campaign as staff write it.
type Input struct {
	Kind     Kind // never changes
	Title    string
	StartsAt time.Time // of Flash, as EndsAt: from the first of its sessions to the last
	EndsAt   time.Time // exclusive
	Apps     []string  // AppIDs that it is in; none: all

	// BudgetFen is the most that it gives away in all, gifts at cost; 0: no limit. Orders that close
	// unpaid, or with all their money gone back, give theirs back.
	BudgetFen money.Fen

	// Of Timed: a share off for all SKUs of Products, or Prices. Of Flash: Prices.
	OffBps   money.Rate
	Products []int64
	Prices   []Price

	// Of Flash, the limits also of Group.
	Sessions  []Session // one after the other
	PerOrder  int64     // pieces of a SKU; 0: no limit
	PerMember int64     // pieces of a SKU in one session, or of all SKUs in all groups; 0: no limit

	// Of Group.
	Seats     int64 // of one group
	FillHours int64 // from the first payment to the last

	// Of Reduction.
	ScopeOf     ScopeOf
	ScopeIDs    []int64
	ScopeExcept bool // all goods but these
	Tiers       []Tier
	GiftsStay   bool // gifts stay with a buyer who gives back the goods they came with
}

// Campaign is a campaign of the registry.
type Campaign struct {
	Input     // without Products and Prices: SKUs lists those; Sessions and BudgetFen only by Find
	ID        int64
	Version   int64
	Status    Status
	StoppedAt *time.Time
	UpdatedAt time.Time
}

// State is where the campaign stands at a moment.
func (c Campaign) State(now time.Time) State {
	switch {
	case c.Status == Draft:
		return StateDraft
	case c.Status == Stopped:
		return StateStopped
	case !now.Before(c.EndsAt):
		return StateOver
	case !now.Before(c.StartsAt):
		return StateRunning
	}
	return StateComing
}

// Bounds of a campaign.
const (
	MaxSKUs  = 2000
	MaxTiers = 10
	// MaxSessions is of one flash sale, MaxUnits of a SKU in one session.
	MaxSessions = 20
	MaxUnits    = 1_000_000
	// MaxGift is how many pieces of a gift a tier gives.
	MaxGift = 99
	// MaxSeats is of one group, MaxFillHours what it may take to fill.
	MaxSeats     = 100
	MaxFillHours = 720
	maxTitle     = 40
	maxApps      = 50
	maxScope     = 500
	maxDays      = 370
	maxOff       = money.Fen(100_000_000) // a million yuan
)

func (in Input) check() error {
	switch {
	case !slices.Contains(Kinds(), in.Kind):
		return fault.Invalidf("kind", "must be timed, reduction, flash or group")
	case !fits(in.Title):
		return fault.Invalidf("title", "must be 1 to %d characters", maxTitle)
	case in.Kind == Flash && (len(in.Sessions) == 0 || len(in.Sessions) > MaxSessions):
		return fault.Invalidf("sessions", "must be 1 to %d", MaxSessions)
	case in.StartsAt.IsZero():
		return fault.Invalidf("starts_at", "is missing")
	case in.EndsAt.Sub(in.StartsAt) < time.Minute || in.EndsAt.Sub(in.StartsAt) > maxDays*24*time.Hour:
		return fault.Invalidf("ends_at", "must be a minute to %d days after the beginning", maxDays)
	case len(in.Apps) > maxApps || slices.ContainsFunc(in.Apps, func(a string) bool { _, ok := tenant.ParseAppID(a); return !ok }):
		return fault.Invalidf("apps", "must be Mini Programs of the shop")
	case !within(in.BudgetFen, 0, pricing.MaxPayable):
		return fault.Invalidf("budget_fen", "must be above zero")
	case in.Kind == Timed:
		return in.checkTimed()
	case in.Kind == Flash:
		return in.checkFlash()
	case in.Kind == Group:
		return in.checkGroup()
	}
	return in.checkReduction()
}

func fits(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= maxTitle && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

func (in Input) checkTimed() error {
	seen := map[int64]bool{}
	for i, p := range in.Prices {
		if p.PriceFen < 1 || p.PriceFen > maxOff {
			return fault.Invalidf(fmt.Sprintf("price_%d", p.SKUID), "must be 0.01 to 1,000,000 yuan")
		}
		if seen[p.SKUID] {
			return fault.Invalidf(fmt.Sprintf("prices[%d]", i), "is named twice")
		}
		seen[p.SKUID] = true
	}
	switch {
	case in.OffBps < 0 || in.OffBps > 9999 || (in.OffBps == 0) != (len(in.Prices) > 0):
		return fault.Invalidf("off_bps", "must be 1 to 9,999, or prices")
	case in.OffBps > 0 && (len(in.Products) == 0 || len(in.Products) > maxScope):
		return fault.Invalidf("products", "choose 1 to %d", maxScope)
	case len(in.Prices) > MaxSKUs:
		return fault.Invalidf("products", "at most %d variants", MaxSKUs)
	}
	return nil
}

func (in Input) checkReduction() error {
	switch {
	case !slices.Contains([]ScopeOf{ScopeAll, ScopeCategories, ScopeProducts}, in.ScopeOf):
		return fault.Invalidf("scope_of", "must be all, categories or products")
	case (in.ScopeOf == ScopeAll) != (len(in.ScopeIDs) == 0) || len(in.ScopeIDs) > maxScope:
		return fault.Invalidf("scope_ids", "choose 1 to %d", maxScope)
	case len(in.Tiers) == 0 || len(in.Tiers) > MaxTiers:
		return fault.Invalidf("tiers", "must be 1 to %d", MaxTiers)
	}
	for i, t := range in.Tiers {
		if field, text := t.flaw(in.Tiers[:i]); field != "" {
			return fault.Invalidf(fmt.Sprintf("tier_%d_%s", i, field), "%s", text)
		}
	}
	return nil
}

// giftFlaw is what is wrong with a tier's gift, "" if nothing is.
func (t Tier) giftFlaw() (field, text string) {
	switch {
	case t.GiftSKU < 0 || (t.GiftSKU == 0) != (t.GiftQty == 0) || !within(t.GiftQty, 0, MaxGift):
		return "gift", fmt.Sprintf("must be 1 to %d pieces", MaxGift)
	case t.SpareSKU < 0 || (t.SpareSKU > 0 && (t.GiftSKU == 0 || t.SpareSKU == t.GiftSKU)):
		return "spare", "comes in place of another gift"
	}
	return "", ""
}

// flaw is what is wrong with a tier that follows others, "" if nothing is.
func (t Tier) flaw(before []Tier) (field, text string) {
	if field, text := t.giftFlaw(); field != "" {
		return field, text
	}
	switch {
	case !t.needs():
		return "need", "must be an amount or a number of pieces"
	case !t.gives():
		return "off", "must be an amount or a share off, free delivery or a gift"
	case t.NeedFen > 0 && t.OffFen > t.NeedFen:
		return "off", "must not be more than the amount it starts from"
	case !within(t.CapFen, 0, maxOff) || (t.CapFen > 0 && t.OffBps == 0 && !t.Each):
		return "cap", "only a share has a cap"
	case t.Each && (t.NeedFen == 0 || t.OffFen == 0):
		return "need", "only an amount can be met several times"
	case len(before) == 0:
		return "", ""
	}
	return t.flawAfter(before[len(before)-1])
}

func (t Tier) needs() bool {
	return (t.NeedFen == 0) != (t.NeedQty == 0) && within(t.NeedFen, 0, pricing.MaxPayable) && within(t.NeedQty, 0, 100_000)
}

func (t Tier) gives() bool {
	return within(t.OffFen, 0, maxOff) && within(t.OffBps, 0, 10_000) && (t.OffFen == 0 || t.OffBps == 0) && (t.OffFen > 0 || t.OffBps > 0 || t.Free || t.GiftSKU > 0)
}

// flawAfter: a tier needs more than the one before, of the same, and gives more.
func (t Tier) flawAfter(last Tier) (field, text string) {
	sameUnit := (last.NeedFen > 0) == (t.NeedFen > 0)
	if !sameUnit || t.NeedFen < last.NeedFen || t.NeedQty < last.NeedQty || (t.NeedFen == last.NeedFen && t.NeedQty == last.NeedQty) {
		return "need", "must be more than the tier before"
	}
	if (last.OffFen > 0 && t.OffFen <= last.OffFen) || (last.OffBps > 0 && t.OffBps <= last.OffBps) || (last.Free && !t.Free) || (last.GiftSKU > 0 && t.GiftSKU == 0) {
		return "off", "must give more than the tier before"
	}
	return "", ""
}

func within[T ~int64](n, least, most T) bool { return n >= least && n <= most }

func (t Tier) rule() pricing.Tier {
	return pricing.Tier{NeedFen: t.NeedFen, NeedQty: t.NeedQty, OffFen: t.OffFen, OffBps: t.OffBps, CapFen: t.CapFen, Each: t.Each}
}

func campaignsOf[R any](rows []R, of func(R) campaigndb.Campaign) ([]Campaign, error) {
	list := make([]Campaign, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = campaignOf(of(r)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func campaignOf(r campaigndb.Campaign) (Campaign, error) {
	c := Campaign{ID: r.ID, Version: r.Version, Status: Status(r.Status), StoppedAt: r.StoppedAt, UpdatedAt: r.UpdatedAt, Input: Input{
		Kind: Kind(r.Kind), Title: r.Title, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Apps: r.Apps,
		ScopeOf: ScopeOf(r.ScopeOf), ScopeIDs: r.ScopeIds, ScopeExcept: r.ScopeExcept, GiftsStay: r.GiftsStay,
	}}
	if r.OffBps != nil {
		c.OffBps = money.Rate(*r.OffBps)
	}
	if r.PerOrder != nil {
		c.PerOrder = *r.PerOrder
	}
	if r.PerMember != nil {
		c.PerMember = *r.PerMember
	}
	if r.Seats != nil {
		c.Seats, c.FillHours = *r.Seats, *r.FillHours
	}
	err := json.Unmarshal(r.Tiers, &c.Tiers)
	return c, err
}
