package listing_test

import (
	"errors"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// TestReprice: prices of ticked products are set, raised, or taken to a percentage; a look
// changes nothing, the same form again is refused, and so is what would leave the bounds.
func TestReprice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	const nobody = 999_999
	reprice := func(change catalog.PriceChange, version int32, dry bool) listing.PriceRow {
		t.Helper()
		rows, err := k.s.Reprice(t.Context(), k.Tenant.ID, listing.PriceInput{
			Versions: map[int64]int32{id: version, nobody: 0}, Change: change, Dry: dry, Editor: listing.Editor{Actor: "staff:1"},
		})
		if err != nil || len(rows) != 2 || rows[0].ID != id || !errors.Is(rows[1].Err, fault.ErrNotFound) {
			t.Fatalf("rows %+v, %v, want one of each product and nobody not found", rows, err)
		}
		return rows[0]
	}
	prices := func() (out []money.Fen) {
		for _, s := range k.skus(t, id) {
			out = append(out, s.Price)
		}
		return out
	}
	before := prices()
	look := reprice(catalog.PriceChange{Mode: catalog.PriceSet, Fen: 5555}, 0, true)
	if look.Err != nil || look.ToLow != 5555 || look.ToHigh != 5555 || prices()[0] != before[0] {
		t.Fatalf("a look: %+v, prices %v, want 5555 shown and %v kept", look, prices(), before)
	}
	done := reprice(catalog.PriceChange{Mode: catalog.PriceSet, Fen: 5555}, look.Version, false)
	if done.Err != nil || prices()[0] != 5555 || prices()[len(before)-1] != 5555 {
		t.Fatalf("set: %+v, prices %v", done, prices())
	}
	if again := reprice(catalog.PriceChange{Mode: catalog.PriceAdd, Fen: 100}, look.Version, false); !errors.Is(again.Err, catalog.ErrStale) || prices()[0] != 5555 {
		t.Errorf("a form of an old version: %+v, prices %v, want PRODUCT_CHANGED", again, prices())
	}
	for _, c := range []struct {
		name   string
		change catalog.PriceChange
		want   money.Fen
		err    error
	}{
		{"up", catalog.PriceChange{Mode: catalog.PriceAdd, Fen: 45}, 5600, nil},
		{"down", catalog.PriceChange{Mode: catalog.PriceAdd, Fen: -599}, 5001, nil},
		{"half, rounded half up", catalog.PriceChange{Mode: catalog.PricePercent, Bps: 5000}, 2501, nil},
		{"ten times", catalog.PriceChange{Mode: catalog.PricePercent, Bps: 100_000}, 25010, nil},
		{"below nothing", catalog.PriceChange{Mode: catalog.PriceAdd, Fen: -25011}, 25010, catalog.ErrPriceBounds},
		{"too much", catalog.PriceChange{Mode: catalog.PriceAdd, Fen: catalog.MaxPriceFen}, 25010, catalog.ErrPriceBounds},
	} {
		row := reprice(c.change, 0, false)
		if !errors.Is(row.Err, c.err) || prices()[0] != c.want {
			t.Errorf("%s: %v, prices %v, want %v and %d", c.name, row.Err, prices(), c.err, c.want)
		}
	}
	if n := k.count(t, "SELECT min_price_fen FROM spu WHERE title <> ''"); n != 25010 {
		t.Errorf("the product's lowest price is %d, want 25010", n)
	}
	for _, bad := range []catalog.PriceChange{{}, {Mode: "half"}, {Mode: catalog.PriceAdd}, {Mode: catalog.PricePercent}, {Mode: catalog.PriceSet, Fen: -1}} {
		if _, err := k.s.Reprice(t.Context(), k.Tenant.ID, listing.PriceInput{Versions: map[int64]int32{id: 0}, Change: bad, Editor: listing.Editor{Actor: "staff:1"}}); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%+v: %v, want VALIDATION", bad, err)
		}
	}
}
