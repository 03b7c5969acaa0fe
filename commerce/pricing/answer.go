package pricing

import (
	"slices"

	"galleria/commerce/money"
)

// Reason says why a rule was not applied. Rooms that rules come from have reasons of their
// own; those here are found while pricing.
type Reason string

// The reasons.
const (
	ReasonNotYet     Reason = "not_yet"     // it starts later
	ReasonOver       Reason = "over"        // it has ended
	ReasonNoGoods    Reason = "no_goods"    // it is for none of these goods
	ReasonBelow      Reason = "below"       // NeedFen or NeedQty are missing
	ReasonNotWith    Reason = "not_with"    // it may not meet By
	ReasonLess       Reason = "less"        // By takes more off
	ReasonNotChosen  Reason = "not_chosen"  // the buyer did not choose it, or it would not be cheaper; WouldFen less to pay with it
	ReasonNoFreight  Reason = "no_freight"  // nothing is charged for delivery
	ReasonNothing    Reason = "nothing"     // it would take nothing off
	ReasonNoPoints   Reason = "no_points"   // the buyer has too few
	ReasonPointsFull Reason = "points_full" // more points than the goods allow; By is not set
	ReasonBudget     Reason = "budget"      // the shop's budget for it does not hold what it would give
	ReasonGiftGone   Reason = "gift_gone"   // the goods that would come with it cannot be had any more
)

// Answer is what became of one rule.
type Answer struct {
	Ref
	Version    int64
	Applied    bool
	OffFen     money.Fen // what it took off; 0 if not applied
	Purse      int64     // of the rule: whose budget paid
	CostFen    money.Fen // what it gave away: OffFen, and what a gift costs
	Points     int64     // that pay for it, of ClassPoints and KindMall
	Pieces     []Pieces  // that it is the price of, of ClassItem
	MostPoints int64     // that could pay for a part, of ClassPoints
	MostFen    money.Fen // and what they would take off
	Reason     Reason    // "" if applied
	By         Ref       // of ReasonNotWith and ReasonLess
	NeedFen    money.Fen // what is missing, of ReasonBelow; of an applied rule, to its next tier
	NeedQty    int64     // pieces that are missing, likewise
	WouldFen   money.Fen // of ReasonNotChosen: less to pay than now if it were chosen; may be negative
}

// Pieces are so many of a SKU.
type Pieces struct{ SKUID, Qty int64 }

// Qty is how many pieces, of whatever SKU, have their price by the rule.
func (a Answer) Qty() (n int64) {
	for _, p := range a.Pieces {
		n += p.Qty
	}
	return n
}

// Adjustment is what one rule took off one line, or off the freight.
type Adjustment struct {
	Ref
	Version int64
	Funder  Funder
	Line    int // index of the line, or OfFreight
	OffFen  money.Fen
}

// OfFreight is the line of an adjustment of the freight.
const OfFreight = -1

// course is what the stages went through, for the answers.
type course struct {
	items, goods, sent, final state             // after the items, after the order's stage, after the freight's, at the end
	coupons, freight          map[Ref]money.Fen // what would be paid with a rule that could be used
}

// answers says of each rule what became of it, in the order in which the rules came.
func (e *engine) answers(c course) []Answer {
	out := make([]Answer, len(e.b.Rules))
	for n, r := range e.b.Rules {
		a := Answer{Ref: r.Ref, Version: r.Version}
		if r.Kind.Class() == ClassPoints && e.live(r) {
			a.MostPoints, a.MostFen = e.mostPoints(n, c.sent)
		}
		switch reason := e.unfit(r); {
		case c.final.uses(r.Ref):
			e.applied(&a, r, c.final)
			e.nextTier(&a, n, c)
		case reason != "":
			a.Reason = reason
		case len(e.fits[n]) == 0:
			a.Reason = ReasonNoGoods
		case e.broke[r.Ref]:
			a.Reason = ReasonBudget
		case r.Kind.Class() == ClassItem:
			e.whyNotItem(&a, n, c.items)
		case r.Kind.Class() == ClassOrder:
			e.whyNotOrder(&a, n, c)
		case r.Kind.Class() == ClassGift:
			e.whyNotGift(&a, n, c)
		case r.Kind.Class() == ClassFreight:
			e.whyNotFreight(&a, n, c)
		default:
			e.whyNotPoints(&a, n, c.final)
		}
		out[n] = a
	}
	return out
}

// applied says what a rule that was applied did.
func (e *engine) applied(a *Answer, r Rule, s state) {
	a.Applied, a.Purse = true, r.Purse
	for _, g := range s.gifts {
		if g.Ref == r.Ref {
			a.CostFen += g.cost()
		}
	}
	for _, adj := range s.adjustments {
		if adj.Ref != r.Ref {
			continue
		}
		a.OffFen, a.CostFen = a.OffFen+adj.OffFen, a.CostFen+adj.OffFen
		if r.Kind.Class() == ClassItem {
			it := e.b.Items[adj.Line]
			a.Pieces = append(a.Pieces, Pieces{it.SKUID, it.Qty})
		}
	}
	switch {
	case r.Kind.Class() == ClassPoints:
		a.Points = s.points
	case r.Kind == KindMall:
		a.Points = r.Points.Each * a.Qty()
	}
}

// whyNotItem: a line has too many pieces, or a rule that makes it cheaper, or this one would not.
func (e *engine) whyNotItem(a *Answer, n int, s state) {
	r := e.b.Rules[n]
	a.Reason = ReasonNothing
	for _, line := range e.fits[n] {
		it := e.b.Items[line]
		if why := r.tooMany(it); why != "" {
			a.Reason = why
			return
		}
		if r.Kind == KindMall && r.price(it.SKUID, it.PriceFen) < it.PriceFen && !e.affords(s, n, it) {
			a.Reason = ReasonNoPoints
			return
		}
		if r.price(it.SKUID, it.PriceFen) < it.PriceFen && len(s.marks[line]) > 0 {
			a.Reason, a.By = ReasonLess, s.marks[line][0]
			if a.By.Kind == KindMall {
				a.Reason = ReasonNotWith
			}
			return
		}
	}
}

func (e *engine) whyNotOrder(a *Answer, n int, c course) {
	r := e.b.Rules[n]
	if would, usable := c.coupons[r.Ref]; usable {
		a.Reason, a.WouldFen = ReasonNotChosen, c.goods.payable()-would
		return
	}
	before := e.open(c.items, n)
	if len(before) == 0 {
		a.Reason = ReasonNotWith
		a.By, _ = e.inTheWay(c.items, e.fits[n][0], r.Kind)
		return
	}
	if r.off(e.sum(c.items, before)) == 0 {
		a.below(r, e, c.items, before)
		return
	}
	for _, line := range before {
		if by, in := e.inTheWay(c.goods, line, r.Kind); in {
			a.Reason, a.By = ReasonNotWith, by
			if by.Kind == r.Kind {
				a.Reason = ReasonLess
			}
			return
		}
	}
	a.below(r, e, c.goods, before) // what came before it has left too little
}

func (e *engine) whyNotFreight(a *Answer, n int, c course) {
	r := e.b.Rules[n]
	if e.b.FreightFen == 0 {
		a.Reason = ReasonNoFreight
		return
	}
	if would, usable := c.freight[r.Ref]; usable {
		a.Reason, a.WouldFen = ReasonNotChosen, e.delivered(c)-would
		if !r.Kind.chosen() {
			a.Reason, a.WouldFen = ReasonLess, 0
			a.By = e.onFreight(c, r.Kind)
		}
		return
	}
	if by, in := e.freightInTheWay(c.goods, r.Kind); in {
		a.Reason, a.By = ReasonNotWith, by
		return
	}
	if by := e.onFreight(c, ""); by != (Ref{}) && e.freightOff(withFreight(c.goods, e.b.FreightFen), n) > 0 {
		a.Reason, a.By = ReasonNotWith, by
		if c.final.freight == 0 {
			a.Reason = ReasonNoFreight
		}
		return
	}
	a.below(r, e, c.goods, e.fits[n])
}

// delivered is what is paid for goods and freight, before points.
func (e *engine) delivered(c course) money.Fen {
	return c.goods.payable() - e.b.FreightFen + c.final.freight
}

func withFreight(s state, freight money.Fen) state {
	s.freight = freight
	return s
}

// onFreight is what was applied to the freight: of a kind, or of any ("").
func (e *engine) onFreight(c course, k Kind) Ref {
	i := slices.IndexFunc(c.final.adjustments, func(a Adjustment) bool { return a.Line == OfFreight && (k == "" || a.Kind == k) })
	if i < 0 {
		return Ref{}
	}
	return c.final.adjustments[i].Ref
}

// mostPoints is how many points a rule would let the buyer pay with, and for how much.
func (e *engine) mostPoints(n int, s state) (int64, money.Fen) {
	fen, _ := e.sum(s, e.open(s, n))
	all := e.b.Rules[n].Points
	all.Want = AllPoints
	return all.spend(fen)
}

func (e *engine) whyNotPoints(a *Answer, n int, s state) {
	r := e.b.Rules[n]
	lines := e.open(s, n)
	fen, _ := e.sum(s, lines)
	all := r.Points
	all.Want = AllPoints
	_, most := all.spend(fen)
	switch {
	case len(lines) == 0:
		a.Reason = ReasonNotWith
		a.By, _ = e.inTheWay(s, e.fits[n][0], r.Kind)
	case r.Points.Want == 0 && most > 0:
		a.Reason, a.WouldFen = ReasonNotChosen, most
	case all.most(fen) < max(r.Points.Step, r.Points.Least, 1):
		a.Reason = ReasonPointsFull
	case r.Points.Have < max(r.Points.Step, r.Points.Least, 1) || most == 0:
		a.Reason = ReasonNoPoints
	default:
		a.Reason = ReasonNothing
	}
}

// nextTier says what is missing to the next tier of a rule that was applied, measured where the
// rule was.
func (e *engine) nextTier(a *Answer, n int, c course) {
	r := e.b.Rules[n]
	switch r.Kind.Class() {
	case ClassOrder:
		a.below(r, e, c.items, e.open(c.items, n))
	case ClassGift:
		a.below(r, e, c.items, e.open(c.items, n))
	case ClassFreight:
		a.below(r, e, c.goods, e.fits[n])
	case ClassItem, ClassPoints:
	}
	a.Reason = ""
}

// below says what is missing to the tier that asks for least; nothing may be.
func (a *Answer) below(r Rule, e *engine, s state, lines []int) {
	fen, qty := e.sum(s, lines)
	a.Reason = ReasonNothing
	for _, t := range r.Tiers {
		needFen, needQty := max(0, t.NeedFen-fen), max(0, t.NeedQty-qty)
		if needFen == 0 && needQty == 0 {
			continue
		}
		if a.Reason == ReasonNothing || needFen < a.NeedFen || (needFen == a.NeedFen && needQty < a.NeedQty) {
			a.Reason, a.NeedFen, a.NeedQty = ReasonBelow, needFen, needQty
		}
	}
}
