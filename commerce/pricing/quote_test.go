package pricing_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/money"
	"galleria/commerce/pricing"
)

func TestQuoteRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items []pricing.Item
		want  error
	}{
		"nothing":                  {nil, pricing.ErrEmpty},
		"quantity 0":               {[]pricing.Item{{SKUID: 1, PriceFen: 100, Qty: 0}}, pricing.ErrItem},
		"quantity -5 beside 1":     {[]pricing.Item{{SKUID: 1, PriceFen: 100, Qty: 1}, {SKUID: 2, PriceFen: 1, Qty: -5}}, pricing.ErrItem},
		"negative price":           {[]pricing.Item{{SKUID: 1, PriceFen: -1, Qty: 1}}, pricing.ErrItem},
		"T034 10^12 times 99,999":  {[]pricing.Item{{SKUID: 1, PriceFen: 1_000_000_000_000, Qty: 99_999}}, pricing.ErrTooMuch},
		"product wraps to small":   {[]pricing.Item{{SKUID: 1, PriceFen: 1 << 62, Qty: 4}}, pricing.ErrTooMuch},
		"largest price":            {[]pricing.Item{{SKUID: 1, PriceFen: math.MaxInt64, Qty: 2}}, pricing.ErrTooMuch},
		"sum of lines over bounds": {[]pricing.Item{{SKUID: 1, PriceFen: pricing.MaxPayable, Qty: 1}, {SKUID: 2, PriceFen: 1, Qty: 1}}, pricing.ErrTooMuch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := pricing.Quote(pricing.Basket{Items: c.items}); !errors.Is(err, c.want) {
				t.Errorf("got %+v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestQuoteAtTheBound(t *testing.T) {
	t.Parallel()
	q, err := pricing.Quote(pricing.Basket{Items: []pricing.Item{{SKUID: 1, PriceFen: pricing.MaxPayable, Qty: 1}}})
	if err != nil || q.PayableFen != pricing.MaxPayable {
		t.Errorf("got %d, %v; want %d", q.PayableFen, err, pricing.MaxPayable)
	}
}

func baskets(t *rapid.T) pricing.Basket {
	return pricing.Basket{Items: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pricing.Item {
		return pricing.Item{
			SKUID:    rapid.Int64Range(1, 50).Draw(t, "sku"),
			PriceFen: money.Fen(rapid.Int64Range(0, 100_000).Draw(t, "price")),
			Qty:      rapid.Int64Range(1, 999).Draw(t, "qty"),
		}
	}), 1, 100).Draw(t, "items")}
}

func TestQuoteAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := baskets(t)
		q, err := pricing.Quote(b)
		if err != nil {
			t.Fatal(err)
		}
		var goods, discount, payable money.Fen
		for i, l := range q.Lines {
			if l.GoodsFen != b.Items[i].PriceFen*money.Fen(b.Items[i].Qty) || l.PayableFen != l.GoodsFen-l.DiscountFen || l.PayableFen < 0 {
				t.Fatalf("line %d is %+v of %+v", i, l, b.Items[i])
			}
			goods, discount, payable = goods+l.GoodsFen, discount+l.DiscountFen, payable+l.PayableFen
		}
		if goods != q.GoodsFen || discount != q.DiscountFen || payable+q.FreightFen != q.PayableFen {
			t.Fatalf("lines give %d − %d = %d, the whole says %+v", goods, discount, payable, q)
		}
	})
}

// TestHashNamesTheQuote: the same basket has the same hash, and any change of a price, a
// quantity, a SKU or the order of the lines another.
func TestHashNamesTheQuote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := baskets(t)
		before, err := pricing.Quote(b)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := pricing.Quote(b)
		if before.Hash != again.Hash || len(before.Hash) != 32 {
			t.Fatalf("hashes %q and %q of one basket", before.Hash, again.Hash)
		}
		it := &b.Items[rapid.IntRange(0, len(b.Items)-1).Draw(t, "changed")]
		switch rapid.SampledFrom([]string{"price", "qty", "sku"}).Draw(t, "field") {
		case "price":
			it.PriceFen++
		case "qty":
			it.Qty++
		default:
			it.SKUID++
		}
		after, err := pricing.Quote(b)
		if err != nil || after.Hash == before.Hash {
			t.Fatalf("after a change: %q, %v; was %q", after.Hash, err, before.Hash)
		}
	})
}
