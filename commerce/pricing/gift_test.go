package pricing_test

import (
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/money"
	"galleria/commerce/pricing"
)

func gifts(id int64, need money.Fen, list ...pricing.Gift) pricing.Rule {
	return rule(pricing.KindGift, id, pricing.Tier{NeedFen: need, Gifts: list})
}

// TestGifts: which gift comes, and why none does.
func TestGifts(t *testing.T) {
	t.Parallel()
	quote := func(b pricing.Basket) pricing.Breakdown {
		q, err := pricing.Quote(b)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	items := []pricing.Item{{SKUID: 1, SPUID: 10, PriceFen: 6000, Qty: 1}, {SKUID: 2, SPUID: 20, PriceFen: 2000, Qty: 2}}
	cup, pot := pricing.Gift{SKUID: 7, Qty: 1, Left: 5, ValueFen: 900}, pricing.Gift{SKUID: 8, Qty: 2, Left: 2, ValueFen: 800}
	left := func(g pricing.Gift, n int64) pricing.Gift { g.Left = n; return g }
	flash := rule(pricing.KindFlash, 9)
	flash.Prices = map[int64]money.Fen{1: 1000, 2: 100}
	scoped := gifts(1, 4000, cup)
	scoped.Scope.SKUs = []int64{2}
	same := pricing.Gift{SKUID: 2, Qty: 1, Left: 3, ValueFen: 2000}
	for name, c := range map[string]struct {
		rules  []pricing.Rule
		given  []int64 // SKUs
		reason pricing.Reason
		need   money.Fen
	}{
		"reached":                      {rules: []pricing.Rule{gifts(1, 10_000, cup)}, given: []int64{7}},
		"below":                        {rules: []pricing.Rule{gifts(1, 10_001, cup)}, reason: pricing.ReasonBelow, need: 1},
		"by its own goods":             {rules: []pricing.Rule{scoped}, given: []int64{7}},
		"before what is off":           {rules: []pricing.Rule{gifts(1, 10_000, cup), rule(pricing.KindReduction, 2, pricing.Tier{OffFen: 5000})}, given: []int64{7}},
		"gone":                         {rules: []pricing.Rule{gifts(1, 1, left(cup, 0))}, reason: pricing.ReasonGiftGone},
		"the spare one":                {rules: []pricing.Rule{gifts(1, 1, left(cup, 0), pot)}, given: []int64{8}},
		"nothing can be given":         {rules: []pricing.Rule{gifts(1, 1)}, reason: pricing.ReasonGiftGone},
		"what the basket leaves":       {rules: []pricing.Rule{gifts(1, 1, same)}, given: []int64{2}},
		"the basket takes all":         {rules: []pricing.Rule{gifts(1, 1, left(same, 2))}, reason: pricing.ReasonGiftGone},
		"the dearer of two":            {rules: []pricing.Rule{gifts(3, 1, pot), gifts(1, 1, cup)}, given: []int64{8}},
		"not beside a flash sale":      {rules: []pricing.Rule{gifts(1, 1, cup), flash}, reason: pricing.ReasonNotWith},
		"only the highest tier counts": {rules: []pricing.Rule{rule(pricing.KindGift, 1, pricing.Tier{NeedFen: 1, Gifts: []pricing.Gift{cup}}, pricing.Tier{NeedFen: 9000, Gifts: []pricing.Gift{left(pot, 1)}})}, reason: pricing.ReasonGiftGone},
	} {
		q := quote(pricing.Basket{Items: items, Rules: c.rules, At: noon})
		var given []int64
		for _, g := range q.Gifts {
			given = append(given, g.SKUID)
		}
		a := q.Answers[0]
		if len(given) != len(c.given) || (len(given) > 0 && given[0] != c.given[0]) || a.Reason != c.reason || a.Applied != (len(c.given) > 0) || a.OffFen != 0 || (c.need > 0 && a.NeedFen != c.need) {
			t.Errorf("%s: given %v, %+v", name, given, a)
		}
	}
	two := quote(pricing.Basket{Items: items, At: noon, Rules: []pricing.Rule{gifts(3, 1, pot), gifts(1, 1, cup)}})
	if a := two.Answers[1]; a.Reason != pricing.ReasonLess || a.By != ref(pricing.KindGift, 3) {
		t.Errorf("the cheaper gift: %+v", a)
	}
	plain, with := quote(pricing.Basket{Items: items, At: noon}), quote(pricing.Basket{Items: items, At: noon, Rules: []pricing.Rule{gifts(1, 1, cup)}})
	if plain.Hash == with.Hash || plain.PayableFen != with.PayableFen {
		t.Errorf("a gift changes what is confirmed, and no amount: %+v, %+v", plain, with)
	}
}

// TestGiftsAreEarned: whatever the rules, a gift came with goods that reach its tier at prices per
// piece, no line earned two, and no more of a SKU is given than there is.
func TestGiftsAreEarned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := baskets(t)
		b.At = noon
		for id := range rapid.Int64Range(1, 4).Draw(t, "rules") {
			r := rule(pricing.KindGift, id+1)
			for n := range rapid.IntRange(1, 3).Draw(t, "tiers") {
				g := pricing.Gift{
					SKUID: rapid.Int64Range(1, 6).Draw(t, "sku"), Qty: rapid.Int64Range(1, 3).Draw(t, "qty"), Left: rapid.Int64Range(0, 2000).Draw(t, "left"),
					ValueFen: money.Fen(rapid.Int64Range(0, 9999).Draw(t, "value")),
				}
				r.Tiers = append(r.Tiers, pricing.Tier{NeedFen: money.Fen(1+n) * money.Fen(rapid.Int64Range(1, 5000).Draw(t, "need")), Gifts: []pricing.Gift{g}})
			}
			b.Rules = append(b.Rules, r)
		}
		b.Rules = append(b.Rules, rule(pricing.KindReduction, 1, pricing.Tier{NeedFen: 100, OffFen: 99}))
		q := quote(t, b)
		used, given := map[int]bool{}, map[int64]int64{}
		for _, it := range b.Items {
			given[it.SKUID] += it.Qty
		}
		for _, g := range q.Gifts {
			sum := money.Fen(0)
			for _, c := range g.Counted {
				if used[c.Line] {
					t.Fatalf("line %d earned two gifts", c.Line)
				}
				used[c.Line], sum = true, sum+c.Fen
				if c.Fen%money.Fen(b.Items[c.Line].Qty) != 0 || c.Fen > q.Lines[c.Line].GoodsFen {
					t.Fatalf("line %d counted %d", c.Line, c.Fen)
				}
			}
			if given[g.SKUID] += g.Qty; sum < g.NeedFen || given[g.SKUID] > g.Left {
				t.Fatalf("%d of %d reached, %d of %d given", sum, g.NeedFen, given[g.SKUID], g.Left)
			}
		}
	})
}
