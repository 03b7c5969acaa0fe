package pricing_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/commerce/money"
	"galleria/commerce/pricing"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func ref(k pricing.Kind, id int64) pricing.Ref { return pricing.Ref{Kind: k, ID: id} }

func rule(k pricing.Kind, id int64, tiers ...pricing.Tier) pricing.Rule {
	return pricing.Rule{Ref: ref(k, id), Version: 1, Funder: pricing.FunderShop, Tiers: tiers}
}

// answer is what became of a rule, for tables.
type answer struct {
	off    money.Fen // > 0: applied
	reason pricing.Reason
	by     pricing.Ref
	need   money.Fen
	would  money.Fen
}

func TestRules(t *testing.T) {
	t.Parallel()
	two := []pricing.Item{{SKUID: 1, SPUID: 10, Categories: []int64{100, 101}, PriceFen: 6000, Qty: 1}, {SKUID: 2, SPUID: 20, Categories: []int64{102}, PriceFen: 2000, Qty: 2}}
	late := rule(pricing.KindCoupon, 2, pricing.Tier{OffFen: 1})
	late.From = noon.Add(time.Second)
	over := rule(pricing.KindCoupon, 3, pricing.Tier{OffFen: 1})
	over.Until = noon
	unfit := rule(pricing.KindCoupon, 4, pricing.Tier{OffFen: 1})
	unfit.Unfit = "limit"
	scoped := func(r pricing.Rule, s pricing.Scope) pricing.Rule { r.Scope = s; return r }
	priced := func(k pricing.Kind, id int64, prices map[int64]money.Fen) pricing.Rule {
		r := rule(k, id)
		r.Prices = prices
		return r
	}
	percent := func(k pricing.Kind, id int64, off money.Rate) pricing.Rule {
		r := rule(k, id)
		r.OffBps = off
		return r
	}
	points := func(terms pricing.PointsTerms) pricing.Rule {
		r := rule(pricing.KindPoints, 1)
		r.Points = terms
		return r
	}
	exchange := func(have int64) pricing.Rule {
		r := priced(pricing.KindMall, 1, map[int64]money.Fen{1: 990})
		r.Scope.SKUs, r.Points = []int64{1}, pricing.PointsTerms{Each: 1000, Have: have}
		return r
	}
	both := pricing.DefaultMatrix()
	both[[2]pricing.Kind{pricing.KindCoupon, pricing.KindReduction}] = true

	for name, c := range map[string]struct {
		basket  pricing.Basket
		payable money.Fen
		points  int64
		want    []answer
	}{
		"a coupon that is not chosen":   {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 500})}}, 10000, 0, []answer{{reason: pricing.ReasonNotChosen, would: 500}}},
		"a coupon that is chosen":       {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 10000, OffFen: 500})}}, 9500, 0, []answer{{off: 500}}},
		"one fen too little":            {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 10001, OffFen: 500})}}, 10000, 0, []answer{{reason: pricing.ReasonBelow, need: 1}}},
		"times and limits":              {pricing.Basket{Coupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{late, over, unfit}}, 10000, 0, []answer{{reason: pricing.ReasonNotYet}, {reason: pricing.ReasonOver}, {reason: "limit"}}},
		"more than the goods":           {pricing.Basket{Coupon: pricing.Choice{ID: 1}, FreightFen: 800, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 99999})}}, 800, 0, []answer{{off: 10000}}},
		"a share with a cap":            {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{OffBps: 2000, CapFen: 1500})}}, 8500, 0, []answer{{off: 1500}}},
		"a share rounds down":           {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Items: []pricing.Item{{SKUID: 1, PriceFen: 999, Qty: 1}}, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{OffBps: 1500})}}, 850, 0, []answer{{off: 149}}},
		"the best of several":           {pricing.Basket{Coupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 500}), rule(pricing.KindCoupon, 2, pricing.Tier{OffBps: 1000})}}, 9000, 0, []answer{{reason: pricing.ReasonNotChosen, would: -500}, {off: 1000}}},
		"a category":                    {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{scoped(rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 4001, OffFen: 1}), pricing.Scope{Categories: []int64{102}})}}, 10000, 0, []answer{{reason: pricing.ReasonBelow, need: 1}}},
		"all but a category":            {pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{scoped(rule(pricing.KindCoupon, 1, pricing.Tier{OffBps: 5000}), pricing.Scope{Categories: []int64{101}, Except: true})}}, 8000, 0, []answer{{off: 2000}}},
		"none of these goods":           {pricing.Basket{Rules: []pricing.Rule{scoped(rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 1}), pricing.Scope{SKUs: []int64{9}})}}, 10000, 0, []answer{{reason: pricing.ReasonNoGoods}}},
		"tiers of a reduction":          {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{NeedFen: 5000, OffFen: 300}, pricing.Tier{NeedFen: 10000, OffFen: 800}, pricing.Tier{NeedFen: 20000, OffFen: 2000})}}, 9200, 0, []answer{{off: 800, need: 10000}}},
		"for each full amount":          {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{NeedFen: 3000, OffFen: 100, Each: true})}}, 9700, 0, []answer{{off: 300}}},
		"for each, capped":              {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{NeedFen: 3000, OffFen: 100, Each: true, CapFen: 250})}}, 9750, 0, []answer{{off: 250}}},
		"from three pieces":             {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{NeedQty: 3, OffBps: 1000})}}, 9000, 0, []answer{{off: 1000}}},
		"two reductions of other goods": {pricing.Basket{Rules: []pricing.Rule{scoped(rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 100}), pricing.Scope{SKUs: []int64{1}}), scoped(rule(pricing.KindReduction, 2, pricing.Tier{OffFen: 50}), pricing.Scope{SKUs: []int64{2}})}}, 9850, 0, []answer{{off: 100}, {off: 50}}},
		"two reductions of the same":    {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 100}), rule(pricing.KindReduction, 2, pricing.Tier{OffFen: 150})}}, 9850, 0, []answer{{reason: pricing.ReasonLess, by: ref(pricing.KindReduction, 2)}, {off: 150}}},
		"a reduction or a coupon": {
			pricing.Basket{Coupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 600}), rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 500})}},
			9400, 0,
			[]answer{{off: 600}, {reason: pricing.ReasonNotChosen, would: -100}},
		},
		"a worse coupon that is chosen": {
			pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 600}), rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 500})}},
			9500, 0,
			[]answer{{reason: pricing.ReasonNotWith, by: ref(pricing.KindCoupon, 1)}, {off: 500}},
		},
		"a reduction and a coupon that meet": {
			pricing.Basket{Matrix: both, Coupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 600}), rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 9400, OffFen: 500})}},
			8900, 0,
			[]answer{{off: 600}, {off: 500}},
		},
		"the reduction leaves too little for the coupon": {
			pricing.Basket{Matrix: both, Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindReduction, 1, pricing.Tier{OffFen: 600}), rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 9401, OffFen: 500})}},
			9400, 0,
			[]answer{{off: 600}, {reason: pricing.ReasonBelow, need: 1}},
		},
		"the cheapest price of a piece": {
			pricing.Basket{Rules: []pricing.Rule{priced(pricing.KindLevel, 1, map[int64]money.Fen{1: 5500}), percent(pricing.KindTimed, 1, 1000)}},
			9000, 0,
			[]answer{{reason: pricing.ReasonLess, by: ref(pricing.KindTimed, 1)}, {off: 600 + 400}},
		},
		"no coupon on a flash sale": {
			pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{priced(pricing.KindFlash, 1, map[int64]money.Fen{1: 100, 2: 100}), rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 50})}},
			300, 0,
			[]answer{{off: 9700}, {reason: pricing.ReasonNotWith, by: ref(pricing.KindFlash, 1)}},
		},
		"the coupon counts what is not on sale": {
			pricing.Basket{Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{priced(pricing.KindFlash, 1, map[int64]money.Fen{1: 100}), rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 4000, OffFen: 500})}},
			3600, 0,
			[]answer{{off: 5900}, {off: 500}},
		},
		"free from an amount":         {pricing.Basket{FreightFen: 800, Rules: []pricing.Rule{rule(pricing.KindShipping, 1, pricing.Tier{NeedFen: 10000, Free: true})}}, 10000, 0, []answer{{off: 800}}},
		"no freight to be freed from": {pricing.Basket{Rules: []pricing.Rule{rule(pricing.KindShipping, 1, pricing.Tier{Free: true})}}, 10000, 0, []answer{{reason: pricing.ReasonNoFreight}}},
		"no coupon for free freight": {
			pricing.Basket{FreightFen: 800, ShippingCoupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{rule(pricing.KindShippingCoupon, 1, pricing.Tier{Free: true}), rule(pricing.KindShipping, 1, pricing.Tier{Free: true})}},
			10000, 0,
			[]answer{{reason: pricing.ReasonNoFreight, by: ref(pricing.KindShipping, 1)}, {off: 800}},
		},
		"the coupon makes the freight due": {
			pricing.Basket{FreightFen: 800, Coupon: pricing.Choice{ID: 1}, Rules: []pricing.Rule{rule(pricing.KindShipping, 1, pricing.Tier{NeedFen: 10000, Free: true}), rule(pricing.KindCoupon, 1, pricing.Tier{OffFen: 1})}},
			10799, 0,
			[]answer{{reason: pricing.ReasonBelow, need: 1}, {off: 1}},
		},
		"a price of the mall": {
			pricing.Basket{FreightFen: 800, Coupon: pricing.Choice{Best: true}, Rules: []pricing.Rule{
				exchange(1000), priced(pricing.KindTimed, 1, map[int64]money.Fen{1: 1, 2: 1}), rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: 4001, OffFen: 500}),
				rule(pricing.KindShipping, 1, pricing.Tier{NeedFen: 992, Free: true}),
			}},
			992, 0,
			[]answer{{off: 5010}, {off: 3998}, {reason: pricing.ReasonBelow, need: 3999}, {off: 800}},
		},
		"too few points for the mall": {pricing.Basket{Rules: []pricing.Rule{exchange(999)}}, 10000, 0, []answer{{reason: pricing.ReasonNoPoints}}},
		"points up to the cap":        {pricing.Basket{FreightFen: 800, Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 100, CapBps: 5000, Have: 100000, Want: pricing.AllPoints})}}, 5800, 5000, []answer{{off: 5000}}},
		"points in steps":             {pricing.Basket{Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 100, Step: 300, CapBps: 5000, Have: 1000, Want: pricing.AllPoints})}}, 9100, 900, []answer{{off: 900}}},
		"points pay all":              {pricing.Basket{Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 10, CapBps: 10000, Have: 1000, Want: 1000})}}, 0, 1000, []answer{{off: 10000}}},
		"points that nobody wants":    {pricing.Basket{Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 100, CapBps: 5000, Have: 700})}}, 10000, 0, []answer{{reason: pricing.ReasonNotChosen, would: 700}}},
		"no points":                   {pricing.Basket{Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 100, CapBps: 5000, Want: 5})}}, 10000, 0, []answer{{reason: pricing.ReasonNoPoints}}},
		"no more points than count":   {pricing.Basket{Rules: []pricing.Rule{points(pricing.PointsTerms{PerYuan: 150, CapBps: 10000, Have: 101, Want: 101})}}, 9933, 101, []answer{{off: 67}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := c.basket
			b.At = noon
			if b.Items == nil {
				b.Items = two
			}
			q, err := pricing.Quote(b)
			if err != nil {
				t.Fatal(err)
			}
			if q.PayableFen != c.payable || q.Points != c.points {
				t.Errorf("%d fen and %d points are to be paid, want %d and %d", q.PayableFen, q.Points, c.payable, c.points)
			}
			for i, a := range q.Answers {
				got := answer{off: a.OffFen, reason: a.Reason, by: a.By, need: a.NeedFen, would: a.WouldFen}
				if got != c.want[i] || a.Applied != (c.want[i].off > 0) {
					t.Errorf("rule %v: %+v, want %+v", a.Ref, got, c.want[i])
				}
			}
		})
	}
}

// ruled draws a basket with rules of every kind, some of which fit.
func ruled(t *rapid.T, kinds []pricing.Kind) pricing.Basket {
	fen := func(most int64, what string) money.Fen { return money.Fen(rapid.Int64Range(0, most).Draw(t, what)) }
	b := baskets(t)
	b.Items = b.Items[:min(len(b.Items), 6)]
	b.At, b.FreightFen = noon, fen(2000, "freight")
	for i := range b.Items {
		b.Items[i].SPUID = b.Items[i].SKUID / 3
		b.Items[i].Categories = []int64{b.Items[i].SPUID % 4}
	}
	b.Matrix = pricing.DefaultMatrix()
	for range rapid.IntRange(0, 3).Draw(t, "pairs") {
		pair := [2]pricing.Kind{rapid.SampledFrom(kinds).Draw(t, "a"), rapid.SampledFrom(kinds).Draw(t, "b")}
		b.Matrix[pair] = rapid.Bool().Draw(t, "meet")
		delete(b.Matrix, [2]pricing.Kind{pair[1], pair[0]})
		b.Matrix[pair] = rapid.Bool().Draw(t, "meet")
	}
	for n := range rapid.IntRange(0, 12).Draw(t, "rules") {
		r := rule(rapid.SampledFrom(kinds).Draw(t, "kind"), int64(n+1))
		switch rapid.IntRange(0, 3).Draw(t, "scope") {
		case 0:
			r.Scope.Categories = []int64{rapid.Int64Range(0, 3).Draw(t, "category")}
		case 1:
			r.Scope.SKUs = []int64{b.Items[0].SKUID}
		case 2:
			r.Scope = pricing.Scope{Products: []int64{b.Items[0].SPUID}, Except: true}
		default:
		}
		if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
			r.From = noon.Add(time.Hour)
		}
		r.OffBps = money.Rate(rapid.Int64Range(0, 9000).Draw(t, "off"))
		for range rapid.IntRange(1, 3).Draw(t, "tiers") {
			tier := pricing.Tier{NeedFen: fen(200_000, "need"), OffFen: fen(50_000, "off"), CapFen: fen(30_000, "cap"), Each: rapid.Bool().Draw(t, "each"), Free: rapid.Bool().Draw(t, "free")}
			if rapid.Bool().Draw(t, "share") {
				tier.OffBps = money.Rate(rapid.Int64Range(1, 10_000).Draw(t, "share"))
			}
			r.Tiers = append(r.Tiers, tier)
		}
		r.Points = pricing.PointsTerms{
			PerYuan: rapid.Int64Range(1, 1000).Draw(t, "per yuan"), Step: rapid.Int64Range(0, 50).Draw(t, "step"),
			CapBps: money.Rate(rapid.Int64Range(0, 10_000).Draw(t, "cap")), Have: rapid.Int64Range(0, 1_000_000).Draw(t, "have"), Want: rapid.Int64Range(-1, 1_000_000).Draw(t, "want"),
		}
		b.Rules = append(b.Rules, r)
	}
	choice := func(what string) pricing.Choice {
		if rapid.Bool().Draw(t, what) {
			return pricing.Choice{Best: true}
		}
		return pricing.Choice{ID: rapid.Int64Range(0, 12).Draw(t, what)}
	}
	b.Coupon, b.ShippingCoupon = choice("coupon"), choice("shipping coupon")
	return b
}

func quote(t *rapid.T, b pricing.Basket) pricing.Breakdown {
	q, err := pricing.Quote(b)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestRulesAddUp: whatever rules meet, amounts add up, nothing costs less than nothing, every
// rule is answered, and none meets one that it may not meet.
func TestRulesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := ruled(t, pricing.Kinds())
		q := quote(t, b)
		offs, freight := make([]money.Fen, len(q.Lines)), money.Fen(0)
		byRule := map[pricing.Ref]money.Fen{}
		on := make([][]pricing.Kind, len(q.Lines))
		for _, a := range q.Adjustments {
			if a.OffFen <= 0 || a.Version != 1 || a.Funder != pricing.FunderShop {
				t.Fatalf("adjustment %+v", a)
			}
			byRule[a.Ref] += a.OffFen
			if a.Line == pricing.OfFreight {
				freight += a.OffFen
				continue
			}
			offs[a.Line] += a.OffFen
			for _, k := range on[a.Line] {
				if !b.Matrix.Meet(k, a.Kind) {
					t.Fatalf("%s meets %s in line %d", a.Kind, k, a.Line)
				}
			}
			on[a.Line] = append(on[a.Line], a.Kind)
		}
		var payable money.Fen
		for i, l := range q.Lines {
			if l.DiscountFen != offs[i] || l.PayableFen != l.GoodsFen-offs[i] || l.PayableFen < 0 {
				t.Fatalf("line %+v, adjustments %d", l, offs[i])
			}
			payable += l.PayableFen
		}
		if q.FreightOffFen != freight || q.FreightFen != b.FreightFen-freight || q.FreightFen < 0 || payable+q.FreightFen != q.PayableFen {
			t.Fatalf("freight off %d, lines %d: %+v", freight, payable, q)
		}
		if len(q.Answers) != len(b.Rules) {
			t.Fatalf("%d answers to %d rules", len(q.Answers), len(b.Rules))
		}
		for i, a := range q.Answers {
			if a.Ref != b.Rules[i].Ref || a.OffFen != byRule[a.Ref] || a.Applied != (a.OffFen > 0) || a.Applied == (a.Reason != "") || a.NeedFen < 0 {
				t.Fatalf("answer %+v to %+v, off %d", a, b.Rules[i], byRule[a.Ref])
			}
		}
	})
}

// TestOrderOfRulesIsNoMatter: the same rules in another order give the same quote.
func TestOrderOfRulesIsNoMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := ruled(t, pricing.Kinds())
		before := quote(t, b)
		b.Rules = rapid.Permutation(b.Rules).Draw(t, "order")
		if after := quote(t, b); after.Hash != before.Hash {
			t.Fatalf("%+v became %+v", before, after)
		}
	})
}

// TestBestCouponIsTheBest: no other coupon, and none, makes the goods cheaper than the one
// that is found; and what a coupon that was not chosen would bring is what it brings.
func TestBestCouponIsTheBest(t *testing.T) {
	t.Parallel()
	kinds := []pricing.Kind{pricing.KindCoupon, pricing.KindCoupon, pricing.KindReduction, pricing.KindTimed}
	rapid.Check(t, func(t *rapid.T) {
		b := ruled(t, kinds)
		b.Coupon = pricing.Choice{Best: true}
		best := quote(t, b)
		b.Coupon = pricing.Choice{}
		if none := quote(t, b); none.PayableFen < best.PayableFen {
			t.Fatalf("%d without a coupon, %d with the best", none.PayableFen, best.PayableFen)
		}
		for i, r := range b.Rules {
			if r.Kind != pricing.KindCoupon {
				continue
			}
			b.Coupon = pricing.Choice{ID: r.ID}
			got := quote(t, b)
			if got.PayableFen < best.PayableFen {
				t.Fatalf("%d with coupon %d, %d with the best", got.PayableFen, r.ID, best.PayableFen)
			}
			if a := best.Answers[i]; a.Reason == pricing.ReasonNotChosen && best.PayableFen-a.WouldFen != got.PayableFen {
				t.Fatalf("coupon %d would bring %d; brings %d instead of %d", r.ID, a.WouldFen, got.PayableFen, best.PayableFen)
			}
		}
	})
}

// TestWhatIsMissingIsEnough: a coupon that asks for more says how much, and with just that much
// more of the same goods it does not ask any longer.
func TestWhatIsMissingIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := pricing.Basket{Items: []pricing.Item{{SKUID: 1, PriceFen: money.Fen(rapid.Int64Range(1, 5000).Draw(t, "price")), Qty: 1}}, At: noon, Coupon: pricing.Choice{ID: 1}}
		b.Rules = []pricing.Rule{rule(pricing.KindCoupon, 1, pricing.Tier{NeedFen: money.Fen(rapid.Int64Range(5001, 9000).Draw(t, "need")), OffFen: 1})}
		missing := quote(t, b).Answers[0].NeedFen
		b.Items[0].PriceFen += missing
		if a := quote(t, b).Answers[0]; missing <= 0 || !a.Applied {
			t.Fatalf("%d were missing, and then %+v", missing, a)
		}
		b.Items[0].PriceFen--
		if a := quote(t, b).Answers[0]; a.NeedFen != 1 {
			t.Fatalf("a fen less: %+v", a)
		}
	})
}

func TestEveryKindHasAClass(t *testing.T) {
	t.Parallel()
	for _, k := range pricing.Kinds() {
		if k.Class() == "" {
			t.Errorf("%s has no class", k)
		}
	}
	if slices.Contains(pricing.Kinds(), pricing.Kind("")) || pricing.Kind("lottery").Class() != "" {
		t.Error("an unknown kind has a class")
	}
}
