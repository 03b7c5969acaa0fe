package freight_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/division"
	"galleria/commerce/freight"
	"galleria/commerce/money"
)

var (
	xihu    = division.Place{Province: "330000", City: "330100", District: "330106"}
	urumqi  = division.Place{Province: "650000", City: "650100"}
	kashgar = division.Place{Province: "650000", City: "653100"}
	nowhere = division.Place{}
)

func standard(unit freight.Unit) freight.Template {
	return freight.Template{ID: 1, Name: "标准", Unit: unit, Rules: freight.Rules{
		Elsewhere: &freight.Price{First: 1, FirstFen: 1000, Next: 2, NextFen: 300},
		Zones: []freight.Zone{
			{Regions: []string{"330000"}, Price: freight.Price{First: 3, FirstFen: 600, Next: 1, NextFen: 100}},
			{Regions: []string{"650100"}, Price: freight.Price{First: 1, FirstFen: 2500, Next: 1, NextFen: 1500}},
		},
		Refused: []string{"650000", "330105"},
		Free:    []freight.Free{{Regions: []string{"330100"}, FromFen: 9900}, {FromFen: 5000, FromQty: 10}},
	}}
}

func TestCharge(t *testing.T) {
	t.Parallel()
	one := func(n int64, amount money.Fen) []freight.Item {
		return []freight.Item{{SKUID: 7, TemplateID: 1, Qty: n, WeightG: 500, VolumeCM3: 2, AmountFen: amount}}
	}
	for name, c := range map[string]struct {
		unit   freight.Unit
		items  []freight.Item
		to     division.Place
		want   money.Fen
		free   bool
		toFree money.Fen
		refuse bool
	}{
		"a zone, first step":             {freight.ByPiece, one(3, 300), xihu, 600, false, 9600, false},
		"a zone, further steps":          {freight.ByPiece, one(5, 300), xihu, 800, false, 9600, false},
		"free from an amount":            {freight.ByPiece, one(1, 9900), xihu, 0, true, 0, false},
		"a fen short of free":            {freight.ByPiece, one(1, 9899), xihu, 600, false, 1, false},
		"both bounds, one missing":       {freight.ByPiece, one(9, 5000), xihu, 1200, false, 4900, false},
		"both bounds reached":            {freight.ByPiece, one(10, 5000), xihu, 0, true, 0, false},
		"refused province":               {freight.ByPiece, one(1, 1), kashgar, 0, false, 0, true},
		"a city out of a refused region": {freight.ByPiece, one(2, 1), urumqi, 4000, false, 0, false},
		"a refused district of a zone":   {freight.ByPiece, one(1, 1), division.Place{Province: "330000", City: "330100", District: "330105"}, 0, false, 0, true},
		"elsewhere, steps begun":         {freight.ByPiece, one(4, 1), division.Place{Province: "110000"}, 1600, false, 0, false},
		"an address that is not located": {freight.ByPiece, one(1, 1), nowhere, 0, false, 0, true},
		"by weight":                      {freight.ByWeight, one(1, 1), xihu, 600 + 497*100, false, 9899, false},
		"by volume":                      {freight.ByVolume, one(2, 1), xihu, 700, false, 9899, false},
	} {
		got, err := freight.Charge(c.items, c.to, map[int64]freight.Template{1: standard(c.unit)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.refuse {
			if !slices.Equal(got.Refused, []int64{7}) || got.FreightFen != 0 || len(got.Parts) != 0 {
				t.Errorf("%s: %+v, want it refused", name, got)
			}
			continue
		}
		if got.FreightFen != c.want || got.Parts[0].Free != c.free || got.Parts[0].ToFreeFen != c.toFree || got.Refused != nil {
			t.Errorf("%s: %+v, want %d, free %v, to free %d", name, got, c.want, c.free, c.toFree)
		}
	}
}

// TestTemplatesAddUp: two templates are charged each by itself, and goods without one go free.
func TestTemplatesAddUp(t *testing.T) {
	t.Parallel()
	light, heavy := standard(freight.ByPiece), standard(freight.ByWeight)
	heavy.ID = 2
	items := []freight.Item{{SKUID: 3, TemplateID: 2, Qty: 1, WeightG: 4}, {SKUID: 1, TemplateID: 1, Qty: 1}, {SKUID: 2, Qty: 9}}
	got, err := freight.Charge(items, xihu, map[int64]freight.Template{1: light, 2: heavy})
	if err != nil || got.FreightFen != 600+700 || len(got.Parts) != 2 || got.Parts[0].TemplateID != 1 {
		t.Errorf("%+v %v, want 600 and 700", got, err)
	}
}

func TestOverflow(t *testing.T) {
	t.Parallel()
	huge := freight.Template{ID: 1, Unit: freight.ByVolume, Rules: freight.Rules{Elsewhere: &freight.Price{First: 1, Next: 1, NextFen: freight.MaxFee}}}
	items := make([]freight.Item, 100)
	for i := range items {
		items[i] = freight.Item{SKUID: int64(i), TemplateID: 1, Qty: 999, VolumeCM3: 1_000_000_000}
	}
	if got, err := freight.Charge(items, xihu, map[int64]freight.Template{1: huge}); err == nil {
		t.Errorf("%+v, want an overflow to be told", got)
	}
}

func drawTemplate(t *rapid.T, id int64, free bool) freight.Template {
	regions := []string{"330000", "330100", "330106", "650000", "650100", "653100", "110000"}
	price := func(label string) freight.Price {
		return freight.Price{
			First: rapid.Int64Range(1, 5000).Draw(t, label+" first"), FirstFen: money.Fen(rapid.Int64Range(0, int64(freight.MaxFee)).Draw(t, label+" fee")),
			Next: rapid.Int64Range(1, 5000).Draw(t, label+" next"), NextFen: money.Fen(rapid.Int64Range(0, int64(freight.MaxFee)).Draw(t, label+" next fee")),
		}
	}
	out := freight.Template{ID: id, Name: "t", Unit: rapid.SampledFrom(freight.UnitList()).Draw(t, "unit")}
	elsewhere := price("elsewhere")
	out.Elsewhere = &elsewhere
	for _, region := range regions {
		switch rapid.IntRange(0, 3).Draw(t, region) {
		case 0:
			out.Refused = append(out.Refused, region)
		case 1:
			out.Zones = append(out.Zones, freight.Zone{Regions: []string{region}, Price: price(region)})
		}
	}
	if free {
		out.Free = []freight.Free{{FromFen: money.Fen(rapid.Int64Range(1, 100_000).Draw(t, "from")), FromQty: rapid.Int64Range(0, 20).Draw(t, "pieces")}}
	}
	return out
}

func drawItems(t *rapid.T, templates int) []freight.Item {
	n := rapid.IntRange(1, 12).Draw(t, "lines")
	items := make([]freight.Item, n)
	for i := range items {
		items[i] = freight.Item{
			SKUID: int64(i + 1), TemplateID: int64(rapid.IntRange(0, templates).Draw(t, "template")), Qty: rapid.Int64Range(1, 999).Draw(t, "qty"),
			WeightG: rapid.Int64Range(0, 1_000_000).Draw(t, "grams"), VolumeCM3: rapid.Int64Range(0, 1_000_000).Draw(t, "cm3"),
			AmountFen: money.Fen(rapid.Int64Range(0, 1_000_000).Draw(t, "amount")),
		}
	}
	return items
}

// TestFreightProperties: never below 0; the order of lines does not matter; templates add up;
// more pieces never cost less, unless a rule for free shipping comes to fit.
func TestFreightProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const templates = 3
		all := map[int64]freight.Template{}
		for id := int64(1); id <= templates; id++ {
			all[id] = drawTemplate(t, id, rapid.Bool().Draw(t, "free"))
		}
		items := drawItems(t, templates)
		to := rapid.SampledFrom([]division.Place{xihu, urumqi, kashgar, nowhere, {Province: "110000"}}).Draw(t, "to")
		got, err := freight.Charge(items, to, all)
		if err != nil {
			t.Fatal(err)
		}
		if got.FreightFen < 0 {
			t.Fatalf("freight %d", got.FreightFen)
		}
		again, err := freight.Charge(rapid.Permutation(items).Draw(t, "order"), to, all)
		if err != nil || again.FreightFen != got.FreightFen || !slices.Equal(again.Refused, got.Refused) {
			t.Fatalf("another order of lines: %+v, want %+v (%v)", again, got, err)
		}
		var sum money.Fen
		for id := int64(1); id <= templates; id++ {
			alone, err := freight.Charge(slices.DeleteFunc(slices.Clone(items), func(it freight.Item) bool { return it.TemplateID != id }), to, all)
			if err != nil {
				t.Fatal(err)
			}
			sum += alone.FreightFen
		}
		if sum != got.FreightFen {
			t.Fatalf("%d by template, %d together", sum, got.FreightFen)
		}
		more := slices.Clone(items)
		i := rapid.IntRange(0, len(more)-1).Draw(t, "which")
		more[i].Qty++
		grown, err := freight.Charge(more, to, all)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got.Parts {
			for _, g := range grown.Parts {
				if g.TemplateID == p.TemplateID && (p.Free && !g.Free || !g.Free && g.FreightFen < p.FreightFen) {
					t.Fatalf("one more piece: %+v, was %+v", g, p)
				}
			}
		}
	})
}
