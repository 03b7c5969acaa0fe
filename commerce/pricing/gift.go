package pricing

import (
	"cmp"
	"slices"

	"galleria/commerce/money"
)

// Given is a gift that comes with a basket.
type Given struct {
	Ref
	Version int64
	Funder  Funder
	Gift
	Stays   bool
	NeedFen money.Fen // of its tier
	NeedQty int64
	Counted []Counted // what reached it
}

// cost is what all pieces of it cost, at most what an order may.
func (g Given) cost() money.Fen {
	all, err := g.CostFen.Mul(g.Qty)
	if err != nil {
		return MaxPayable
	}
	return min(all, MaxPayable)
}

// Counted is what a line counted for a gift, fen.
type Counted struct {
	Line int
	Fen  money.Fen
}

// reached is the highest tier of a rule that lines reach which cost this much; false if none is.
func (r Rule) reached(fen money.Fen, qty int64) (Tier, bool) {
	met := slices.DeleteFunc(slices.Clone(r.Tiers), func(t Tier) bool { return fen < t.NeedFen || qty < t.NeedQty })
	if len(met) == 0 {
		return Tier{}, false
	}
	return slices.MaxFunc(met, func(a, b Tier) int {
		return cmp.Or(cmp.Compare(a.NeedFen, b.NeedFen), cmp.Compare(a.NeedQty, b.NeedQty))
	}), true
}

// had is the first gift of a tier that can be had beside the basket and the gifts that it has.
func (e *engine) had(s state, t Tier) (Gift, bool) {
	for _, g := range t.Gifts {
		need := g.Qty
		for _, it := range e.b.Items {
			if it.SKUID == g.SKUID {
				need += it.Qty
			}
		}
		if need <= g.Left && !slices.ContainsFunc(s.gifts, func(o Given) bool { return o.SKUID == g.SKUID }) {
			return g, true
		}
	}
	return Gift{}, false
}

// giving is what a rule would give now, measured over those of its lines that it may meet.
func (e *engine) giving(s, measured state, n int) (given Given, ok bool) {
	r, lines := e.b.Rules[n], e.open(s, n)
	tier, ok := r.reached(e.sum(measured, lines))
	if !ok {
		return given, false
	}
	gift, ok := e.had(s, tier)
	if !ok {
		return given, false
	}
	given = Given{Ref: r.Ref, Version: r.Version, Funder: r.Funder, Gift: gift, Stays: r.Stays, NeedFen: tier.NeedFen, NeedQty: tier.NeedQty}
	if !e.pays(s, n, given.cost()) {
		return Given{}, false
	}
	for _, l := range lines {
		given.Counted = append(given.Counted, Counted{Line: l, Fen: measured.left[l]})
	}
	return given, true
}

// gifts adds, again and again, the gift that is worth most, for lines that no other gift has
// used. measured is the basket after cheaper prices.
func (e *engine) gifts(s *state, measured state) {
	rules := e.ofKind(KindGift)
	for {
		var best Given
		for _, n := range rules {
			if s.uses(e.b.Rules[n].Ref) {
				continue
			}
			g, ok := e.giving(*s, measured, n)
			if ok && (best.Qty == 0 || g.ValueFen*money.Fen(g.Qty) > best.ValueFen*money.Fen(best.Qty)) {
				best = g
			}
		}
		if best.Qty == 0 {
			return
		}
		s.gifts = append(s.gifts, best)
		for _, c := range best.Counted {
			s.marks[c.Line] = append(s.marks[c.Line], best.Ref)
		}
	}
}

// whyNotGift: its lines are used by something else, they reach no tier, or nothing of it is left.
func (e *engine) whyNotGift(a *Answer, n int, c course) {
	r, before := e.b.Rules[n], e.open(c.items, n)
	if len(before) == 0 {
		a.Reason = ReasonNotWith
		a.By, _ = e.inTheWay(c.items, e.fits[n][0], r.Kind)
		return
	}
	tier, ok := r.reached(e.sum(c.items, before))
	if !ok {
		a.below(r, e, c.items, before)
		return
	}
	for _, line := range before {
		if by, in := e.inTheWay(c.goods, line, r.Kind); in {
			a.Reason, a.By = ReasonNotWith, by
			if by.Kind == r.Kind {
				a.Reason = ReasonLess
			}
			if _, had := e.had(c.items, tier); !had {
				a.Reason, a.By = ReasonGiftGone, Ref{}
			}
			return
		}
	}
	a.Reason = ReasonGiftGone
}
