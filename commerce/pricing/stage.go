package pricing

import (
	"cmp"
	"math"
	"slices"

	"galleria/commerce/money"
)

// state is a basket while it is being priced. Stages change a copy, so that ways to combine
// rules can be compared.
type state struct {
	left        []money.Fen // of each line
	marks       [][]Ref     // what was applied to each line
	freight     money.Fen
	adjustments []Adjustment
	points      int64 // that pay for a part
	exchanged   int64 // that prices of the mall cost
	gifts       []Given
}

func (s state) clone() state {
	c := state{left: slices.Clone(s.left), marks: make([][]Ref, len(s.marks)), freight: s.freight, adjustments: slices.Clone(s.adjustments), points: s.points, exchanged: s.exchanged, gifts: slices.Clone(s.gifts)}
	for i, m := range s.marks {
		c.marks[i] = slices.Clone(m)
	}
	return c
}

func (s state) payable() money.Fen {
	total := s.freight
	for _, l := range s.left {
		total += l
	}
	return total
}

func (s state) uses(r Ref) bool {
	return slices.ContainsFunc(s.adjustments, func(a Adjustment) bool { return a.Ref == r }) ||
		slices.ContainsFunc(s.gifts, func(g Given) bool { return g.Ref == r })
}

// take takes off of one line.
func (s *state) take(r Rule, line int, off money.Fen) {
	s.left[line] -= off
	s.marks[line] = append(s.marks[line], r.Ref)
	s.adjustments = append(s.adjustments, Adjustment{Ref: r.Ref, Version: r.Version, Funder: r.Funder, Line: line, OffFen: off})
}

// spread takes off of several lines, in proportion to what they still cost.
func (s *state) spread(r Rule, lines []int, off money.Fen) {
	weights := make([]int64, len(lines))
	for i, l := range lines {
		weights[i] = int64(s.left[l])
	}
	parts, err := money.Split(off, weights)
	if err != nil { // all lines are free: nothing can be taken off, and nobody asks for it
		return
	}
	for i, l := range lines {
		if parts[i] > 0 {
			s.take(r, l, parts[i])
		} else { // it counted for the rule, so it may not count for one that does not meet it
			s.marks[l] = append(s.marks[l], r.Ref)
		}
	}
}

// engine prices one basket.
type engine struct {
	b      Basket
	matrix Matrix
	fits   [][]int      // the lines that each rule of b.Rules is for
	broke  map[Ref]bool // rules whose budget was too small
}

func newEngine(b Basket) *engine {
	e := &engine{b: b, matrix: b.Matrix, fits: make([][]int, len(b.Rules)), broke: map[Ref]bool{}}
	if e.matrix == nil {
		e.matrix = DefaultMatrix()
	}
	for n, r := range b.Rules {
		for i, it := range b.Items {
			if r.Scope.holds(it) {
				e.fits[n] = append(e.fits[n], i)
			}
		}
	}
	return e
}

// live reports whether a rule can be used by this buyer now.
func (e *engine) live(r Rule) bool { return e.unfit(r) == "" }

func (e *engine) unfit(r Rule) Reason {
	switch {
	case r.Unfit != "":
		return r.Unfit
	case !r.From.IsZero() && e.b.At.Before(r.From):
		return ReasonNotYet
	case !r.Until.IsZero() && !e.b.At.Before(r.Until):
		return ReasonOver
	}
	return ""
}

// of returns the indexes of the live rules of a kind or of a class, in the order in which they
// are tried: whatever order they came in, the answer is the same.
func (e *engine) of(want func(Kind) bool) []int {
	var out []int
	for n, r := range e.b.Rules {
		if want(r.Kind) && e.live(r) && len(e.fits[n]) > 0 {
			out = append(out, n)
		}
	}
	order := Kinds()
	slices.SortStableFunc(out, func(a, b int) int {
		x, y := e.b.Rules[a], e.b.Rules[b]
		return cmp.Or(cmp.Compare(slices.Index(order, x.Kind), slices.Index(order, y.Kind)), soonest(x, y), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// pays reports whether the budget of a rule holds what it would give, with all that its campaign
// gives already.
func (e *engine) pays(s state, n int, cost money.Fen) bool {
	r := e.b.Rules[n]
	if r.Purse == 0 {
		return true
	}
	for _, o := range e.b.Rules {
		if o.Purse != r.Purse {
			continue
		}
		for _, a := range s.adjustments {
			if a.Ref == o.Ref {
				cost += a.OffFen
			}
		}
		for _, g := range s.gifts {
			if g.Ref == o.Ref {
				cost += g.cost()
			}
		}
	}
	if cost > r.LeftFen {
		e.broke[r.Ref] = true
		return false
	}
	return true
}

func (e *engine) ofKind(k Kind) []int { return e.of(func(other Kind) bool { return other == k }) }

// soonest orders what ends first before what ends later.
func soonest(a, b Rule) int {
	switch {
	case a.Until.Equal(b.Until):
		return 0
	case a.Until.IsZero():
		return 1
	case b.Until.IsZero():
		return -1
	}
	return a.Until.Compare(b.Until)
}

// open returns those lines of a rule that nothing was applied to which it may not meet.
func (e *engine) open(s state, n int) []int {
	var out []int
	for _, line := range e.fits[n] {
		if _, in := e.inTheWay(s, line, e.b.Rules[n].Kind); !in {
			out = append(out, line)
		}
	}
	return out
}

func (e *engine) inTheWay(s state, line int, k Kind) (Ref, bool) {
	for _, m := range s.marks[line] {
		if !e.matrix.Meet(m.Kind, k) {
			return m, true
		}
	}
	return Ref{}, false
}

// sum is what lines cost now, and of how many pieces they are.
func (e *engine) sum(s state, lines []int) (fen money.Fen, qty int64) {
	for _, l := range lines {
		fen, qty = fen+s.left[l], qty+e.b.Items[l].Qty
	}
	return fen, qty
}

// items gives each line the price of the rule that makes a piece cheapest, and of further ones
// that may meet it.
func (e *engine) items(s *state) {
	rules := e.of(func(k Kind) bool { return k.Class() == ClassItem })
	for line, it := range e.b.Items {
		piece := it.PriceFen
		for {
			best, price := e.cheapest(*s, rules, line, piece)
			if best < 0 {
				break
			}
			if e.b.Rules[best].Kind == KindMall {
				s.exchanged += e.b.Rules[best].Points.Each * it.Qty
			}
			s.take(e.b.Rules[best], line, (piece-price)*money.Fen(it.Qty))
			piece = price
		}
	}
}

// cheapest is the rule that makes a piece of a line cheapest that costs this much now, and what it
// then costs; -1 if none does.
func (e *engine) cheapest(s state, rules []int, line int, piece money.Fen) (int, money.Fen) {
	it, best, price := e.b.Items[line], -1, piece
	for _, n := range rules {
		if !slices.Contains(e.fits[n], line) || e.b.Rules[n].tooMany(it) != "" {
			continue
		}
		if _, in := e.inTheWay(s, line, e.b.Rules[n].Kind); in {
			continue
		}
		p := e.b.Rules[n].price(it.SKUID, piece)
		if p < piece && !e.pays(s, n, (piece-p)*money.Fen(it.Qty)) {
			continue
		}
		if p < piece && e.b.Rules[n].Kind == KindMall && e.affords(s, n, it) {
			best, price = n, p
			break // it was asked for: nothing else is looked at
		}
		if p < price && e.b.Rules[n].Kind != KindMall {
			best, price = n, p
		}
	}
	return best, price
}

// affords reports whether the buyer has the points for pieces at a price of the mall.
func (e *engine) affords(s state, n int, it Item) bool {
	t := e.b.Rules[n].Points
	return t.Each >= 0 && t.Each <= (t.Have-s.exchanged)/it.Qty
}

// tooMany is why a line has more pieces than the rule has a price for, "" if it has not.
func (r Rule) tooMany(it Item) Reason {
	if m, limited := r.Most[it.SKUID]; limited && it.Qty > m.Qty {
		return m.Why
	}
	return ""
}

// price is what a piece costs by the rule.
func (r Rule) price(sku int64, now money.Fen) money.Fen {
	if p, ok := r.Prices[sku]; ok {
		return max(0, p)
	}
	return now - share(r.OffBps, now)
}

// share is a rate of an amount, never more than it and never less than nothing.
func share(rate money.Rate, of money.Fen) money.Fen {
	off, err := min(max(rate, 0), 10_000).Of(of)
	if err != nil { // beyond any amount that an order may have
		return 0
	}
	return off
}

// off is what a rule's tiers take off lines that cost this much, at most that.
func (r Rule) off(fen money.Fen, qty int64) money.Fen {
	var most money.Fen
	for _, t := range r.Tiers {
		if fen < t.NeedFen || qty < t.NeedQty {
			continue
		}
		off := t.OffFen
		switch {
		case t.OffBps > 0:
			off = capped(share(t.OffBps, fen), t.CapFen)
		case t.Each && t.NeedFen > 0:
			times := int64(fen / t.NeedFen)
			if each, err := t.OffFen.Mul(times); err == nil {
				off = capped(each, t.CapFen)
			}
		}
		most = max(most, off)
	}
	return min(most, fen)
}

func capped(off, limit money.Fen) money.Fen {
	if limit > 0 {
		return min(off, limit)
	}
	return off
}

// reductions applies, again and again, the reduction that takes most off the lines that no
// other one has used.
func (e *engine) reductions(s *state) {
	rules := e.ofKind(KindReduction)
	for {
		best, most := -1, money.Fen(0)
		var on []int
		for _, n := range rules {
			if s.uses(e.b.Rules[n].Ref) {
				continue
			}
			lines := e.open(*s, n)
			if off := e.b.Rules[n].off(e.sum(*s, lines)); off > most && e.pays(*s, n, off) {
				best, most, on = n, off, lines
			}
		}
		if best < 0 {
			return
		}
		s.spread(e.b.Rules[best], on, most)
	}
}

// coupon applies one coupon; false if it takes nothing off.
func (e *engine) coupon(s *state, n int) bool {
	lines := e.open(*s, n)
	off := e.b.Rules[n].off(e.sum(*s, lines))
	if off == 0 {
		return false
	}
	s.spread(e.b.Rules[n], lines, off)
	return true
}

// with prices the order's stage with one coupon, and reductions before or after it, whichever
// is cheaper; false if the coupon takes nothing off either way. Where the two may meet, the
// reductions come first.
func (e *engine) with(s state, coupon int) (state, bool) {
	first, second := s.clone(), s.clone()
	e.reductions(&first)
	ok := e.coupon(&first, coupon)
	if e.matrix.Meet(KindReduction, KindCoupon) {
		return first, ok
	}
	if !e.coupon(&second, coupon) {
		return first, ok
	}
	e.reductions(&second)
	if ok && first.payable() <= second.payable() {
		return first, true
	}
	return second, true
}

// order is the stage of what several lines cost together. would holds, of each coupon that
// could be used, what would be paid for the goods with it.
func (e *engine) order(s state) (out state, would map[Ref]money.Fen) {
	out, would = s.clone(), map[Ref]money.Fen{}
	e.reductions(&out)
	for _, n := range e.ofKind(KindCoupon) {
		r := e.b.Rules[n]
		got, ok := e.with(s, n)
		if !ok {
			continue
		}
		would[r.Ref] = got.payable()
		cheaper := got.payable() < out.payable()
		if (e.b.Coupon.Best && cheaper) || (!e.b.Coupon.Best && e.b.Coupon.ID == r.ID) {
			out = got
		}
	}
	return out, would
}

// delivery is the stage of the freight: rules that come by themselves first, so that no coupon
// is spent on what is free already.
func (e *engine) delivery(s *state) (would map[Ref]money.Fen) {
	would = map[Ref]money.Fen{}
	for _, k := range []Kind{KindShipping, KindLevelShipping, KindShippingCoupon} {
		best, most := -1, money.Fen(0)
		for _, n := range e.ofKind(k) {
			off := e.freightOff(*s, n)
			if off == 0 || !e.pays(*s, n, off) {
				continue
			}
			r := e.b.Rules[n]
			would[r.Ref] = s.payable() - off
			if k.chosen() && !e.b.ShippingCoupon.Best && e.b.ShippingCoupon.ID != r.ID {
				continue
			}
			if off > most {
				best, most = n, off
			}
		}
		if best >= 0 {
			r := e.b.Rules[best]
			s.freight -= most
			s.adjustments = append(s.adjustments, Adjustment{Ref: r.Ref, Version: r.Version, Funder: r.Funder, Line: OfFreight, OffFen: most})
		}
	}
	return would
}

// freightOff is what a rule takes off the freight. Its need is measured on its own lines; it
// must be able to meet whatever else was applied to the order.
func (e *engine) freightOff(s state, n int) money.Fen {
	r := e.b.Rules[n]
	if _, in := e.freightInTheWay(s, r.Kind); in {
		return 0
	}
	fen, qty := e.sum(s, e.fits[n])
	var most money.Fen
	for _, t := range r.Tiers {
		switch {
		case fen < t.NeedFen || qty < t.NeedQty:
		case t.Free:
			most = s.freight
		default:
			most = max(most, capped(max(t.OffFen, share(t.OffBps, s.freight)), t.CapFen))
		}
	}
	return min(most, s.freight)
}

func (e *engine) freightInTheWay(s state, k Kind) (Ref, bool) {
	for _, a := range s.adjustments {
		if !e.matrix.Meet(a.Kind, k) {
			return a.Ref, true
		}
	}
	return Ref{}, false
}

// pay is the stage of points: they pay for goods, never for freight.
func (e *engine) pay(s *state) {
	for _, n := range e.ofKind(KindPoints) {
		r := e.b.Rules[n]
		lines := e.open(*s, n)
		fen, _ := e.sum(*s, lines)
		points, off := r.Points.spend(fen)
		if off > 0 {
			s.points = points
			s.spread(r, lines, off)
			return
		}
	}
}

// spend is how many points pay how much of goods that cost fen.
func (t PointsTerms) spend(fen money.Fen) (points int64, off money.Fen) {
	step := max(t.Step, 1)
	points = t.Want
	if points == AllPoints {
		points = t.Have
	}
	points = min(points, t.Have, t.most(fen))
	points -= points % step
	if points <= 0 || points < t.Least || t.PerYuan < 1 || points > math.MaxInt64/100 || points*100 < t.PerYuan {
		return 0, 0
	}
	off = money.Fen(points * 100 / t.PerYuan)
	least := (int64(off)*t.PerYuan + 99) / 100 // fewer points may be worth as much
	return min(points, max((least+step-1)/step*step, t.Least)), off
}

// most is the most points that goods of this amount take.
func (t PointsTerms) most(fen money.Fen) int64 {
	limit := int64(share(t.CapBps, fen))
	if t.PerYuan < 1 || t.PerYuan > math.MaxInt64/max(limit, 1) {
		return 0
	}
	points := limit * t.PerYuan / 100
	if t.Most > 0 {
		points = min(points, t.Most)
	}
	return points
}
