package pricing

import (
	"slices"
	"time"

	"galleria/commerce/money"
)

// Kind is what a rule is. The kind gives the stage at which the rule works, and the matrix
// says which kinds may meet in one line.
type Kind string

// The kinds of rules, in the order in which they are tried.
const (
	KindMall           Kind = "mall"            // the price of the points mall, beside points; only for who asks for it
	KindFlash          Kind = "flash"           // the price of a flash sale
	KindGroup          Kind = "group"           // the price for a group
	KindTimed          Kind = "timed"           // a discount for a time
	KindLevel          Kind = "level"           // the price of a member's level
	KindReduction      Kind = "reduction"       // so much off from an amount or a number of pieces
	KindCoupon         Kind = "coupon"          // a coupon on goods
	KindGift           Kind = "gift"            // goods that come with the order
	KindShipping       Kind = "shipping"        // free or cheaper freight
	KindLevelShipping  Kind = "level_shipping"  // freight of a member's level
	KindShippingCoupon Kind = "shipping_coupon" // a coupon on freight
	KindPoints         Kind = "points"          // points paid with
)

// Class is the stage of a kind. Stages follow one another; each sees what the one before left.
type Class string

// The stages.
const (
	ClassItem    Class = "item"    // what one piece costs
	ClassOrder   Class = "order"   // what several lines cost together
	ClassGift    Class = "gift"    // what comes with them
	ClassFreight Class = "freight" // what the delivery costs
	ClassPoints  Class = "points"  // what is paid with points
)

// Kinds returns every kind, in the order in which they are tried.
func Kinds() []Kind {
	return []Kind{KindMall, KindFlash, KindGroup, KindTimed, KindLevel, KindReduction, KindCoupon, KindGift, KindShipping, KindLevelShipping, KindShippingCoupon, KindPoints}
}

// Class returns the stage of a kind, "" of an unknown one.
func (k Kind) Class() Class {
	switch k {
	case KindMall, KindFlash, KindGroup, KindTimed, KindLevel:
		return ClassItem
	case KindReduction, KindCoupon:
		return ClassOrder
	case KindGift:
		return ClassGift
	case KindShipping, KindLevelShipping, KindShippingCoupon:
		return ClassFreight
	case KindPoints:
		return ClassPoints
	}
	return ""
}

// chosen reports whether the buyer decides about the kind; the others come by themselves.
func (k Kind) chosen() bool { return k == KindCoupon || k == KindShippingCoupon }

// Funder is who pays for what a rule takes off.
type Funder string

// Who pays.
const (
	FunderShop     Funder = "shop"
	FunderPlatform Funder = "platform"
)

// Ref names a rule.
type Ref struct {
	Kind Kind
	ID   int64 // of its kind
}

// Scope says which goods a rule is for. The zero Scope is all goods.
type Scope struct {
	SKUs       []int64
	Products   []int64 // SPU ids
	Categories []int64 // an item's categories are its own and those above
	Except     bool    // all goods but these
}

func (s Scope) holds(it Item) bool {
	if len(s.SKUs) == 0 && len(s.Products) == 0 && len(s.Categories) == 0 {
		return true
	}
	named := slices.Contains(s.SKUs, it.SKUID) || slices.Contains(s.Products, it.SPUID) ||
		slices.ContainsFunc(it.Categories, func(c int64) bool { return slices.Contains(s.Categories, c) })
	return named != s.Except
}

// Tier is what a rule gives from an amount or a number of pieces on. Both needs must be met,
// measured over the rule's lines as the stage before left them.
type Tier struct {
	NeedFen money.Fen
	NeedQty int64
	OffFen  money.Fen  // off
	OffBps  money.Rate // or this share off, rounded down to a fen
	CapFen  money.Fen  // the most that OffBps, or an OffFen for each full NeedFen, takes off; 0: no limit
	Each    bool       // OffFen for each full NeedFen
	Free    bool       // the freight, whole
	Gifts   []Gift     // of ClassGift: one of them, the first that can be had
}

// Gift are goods that may come with an order.
type Gift struct {
	SKUID, SPUID int64
	Qty          int64     // pieces
	Left         int64     // pieces that can be had, those of the basket included
	ValueFen     money.Fen // of a piece, regularly
	CostFen      money.Fen // of a piece, to who pays for it
	// For people; they decide nothing.
	Title, Spec, Picture, Snapshot string
}

// PointsTerms is how points pay. Of KindMall only Each and Have count.
type PointsTerms struct {
	Each    int64      // points that a piece costs beside its price
	PerYuan int64      // points that are worth one yuan, at least 1
	Step    int64      // points are paid in multiples of it; 0: of 1
	Least   int64      // fewer are not paid with
	Most    int64      // nor more; 0: no limit
	CapBps  money.Rate // the most of the goods' amount that points pay
	Have    int64      // the buyer has
	Want    int64      // the buyer would pay with, or AllPoints
}

// AllPoints wants as many points used as are allowed.
const AllPoints = -1

// Most is the most pieces of a SKU that a line may have for a price, and why no more.
type Most struct {
	Qty int64
	Why Reason
}

// Rule is something that makes an order cheaper, as it stands for this buyer. Which fields
// count depends on its class: Prices and OffBps for items, Tiers for orders and freight,
// Points for points.
type Rule struct {
	Ref
	Version int64  // of its wording; kept with every amount that it takes off
	Title   string // for people; it decides nothing
	Funder  Funder
	From    time.Time // zero: always
	Until   time.Time // exclusive; zero: for ever
	Scope   Scope
	// Purse is the campaign whose budget pays for what the rule gives, and LeftFen what is left of
	// it. What it cannot pay whole is not given. 0: there is no budget.
	Purse   int64
	LeftFen money.Fen
	// Unfit is why this buyer may not use it at all, known to the room that the rule comes
	// from: a level, a limit, an empty budget. "" if there is no such reason.
	Unfit Reason

	Prices map[int64]money.Fen // what a piece of a SKU costs
	Most   map[int64]Most      // lines of more pieces cost what they cost; a SKU that is not named has no limit
	OffBps money.Rate          // or this share off each piece, rounded down to a fen
	Tiers  []Tier              // the one that takes most off counts; of gifts, the highest that is reached
	Stays  bool                // of gifts: they stay with a buyer who gives back the goods they came with
	Points PointsTerms
}

// Matrix says which kinds of rules may meet in one line, where this differs from the default:
// rules of one class exclude each other, rules of different classes meet. Symmetric; a missing
// pair has the default.
type Matrix map[[2]Kind]bool

// DefaultMatrix keeps prices of campaigns with a stock of their own away from everything else
// that lowers the price.
func DefaultMatrix() Matrix {
	m := Matrix{}
	for _, special := range []Kind{KindMall, KindFlash, KindGroup} {
		for _, other := range []Kind{KindReduction, KindCoupon, KindGift, KindPoints} {
			m[[2]Kind{special, other}] = false
		}
	}
	return m
}

// Meet reports whether rules of the two kinds may meet in a line. Two of one kind never do.
func (m Matrix) Meet(a, b Kind) bool {
	if a == b {
		return false
	}
	if may, said := m[[2]Kind{a, b}]; said {
		return may
	}
	if may, said := m[[2]Kind{b, a}]; said {
		return may
	}
	return a.Class() != b.Class()
}

// Ask is for whom and for what rules are wanted.
type Ask struct {
	MemberID int64
	App      string    // the Mini Program's AppID; "": none is known
	SKUs     []int64   // of the basket; nil: the selected lines of the member's cart
	At       time.Time // now
	Exchange int64     // an offer of the points mall that the order is for; 0: none
	Qty      int64     // pieces of it
	Group    int64     // a campaign of group buying that the order is for; 0: none
	GroupNo  string    // the group of it that it joins; "": it opens one
	Idle     Idle
}

// Idle names the kinds of rules of which there are none for what is asked: nobody need look for
// them. The zero value knows nothing.
type Idle struct {
	Campaigns, Coupons, Levels, Points bool
}

// All is true if there are no rules at all.
func (i Idle) All() bool { return i.Campaigns && i.Coupons && i.Levels && i.Points }

// Choice is what the buyer decided about coupons of one kind.
type Choice struct {
	Best bool  // the one that makes the order cheapest; ID is not looked at
	ID   int64 // this one, if it can be used; 0: none
}
