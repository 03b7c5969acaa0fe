package catalog_test

import (
	"fmt"
	"reflect"
	"testing"

	"galleria/commerce/catalog"
	"galleria/tenant/tenantdb"
)

// shownSKU is what a product keeps of a SKU beside itself.
type shownSKU struct {
	ID, PriceFen, MarketFen int64
	Specs, Picture, Barcode string
	WeightG, VolumeCM3      int32
}

// columns returns the SKUs as the product's columns have them, and as their own rows do.
func (s *shop) columns(t *testing.T, spuID int64) (kept, rows []shownSKU) {
	t.Helper()
	read := func(sql string) (out []shownSKU) {
		err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
			found, err := tx.Query(t.Context(), sql, spuID)
			if err != nil {
				return err
			}
			defer found.Close()
			for found.Next() {
				var k shownSKU
				if err := found.Scan(&k.ID, &k.Specs, &k.PriceFen, &k.MarketFen, &k.Picture, &k.Barcode, &k.WeightG, &k.VolumeCM3); err != nil {
					return err
				}
				out = append(out, k)
			}
			return found.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	kept = read(`SELECT k.* FROM spu p, unnest(p.sku_ids, p.sku_specs, p.sku_prices_fen, p.sku_markets_fen, p.sku_pictures, p.sku_barcodes, p.sku_weights_g, p.sku_volumes_cm3) k
		WHERE p.id = $1`)
	rows = read(`SELECT id, array_to_string(spec_values, chr(31)), price_fen::bigint, market_price_fen::bigint, picture, barcode, weight_g, volume_cm3
		FROM sku WHERE spu_id = $1 AND enabled ORDER BY id`)
	return kept, rows
}

// Whoever writes SKUs, in whatever way: what the shelf shows of them follows in the same
// transaction, and nothing of another product or shop does.
func TestAProductShowsItsSKUs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	neighbour := s.beside(t)
	other, theirs := s.sell(t, "另一件", 700, 800), neighbour.sell(t, "邻居的", 900)
	p := s.sell(t, "会变的", 100, 200, 300)
	version := s.version(t, p.ID)
	ids := []int64{p.SKUs[0].ID, p.SKUs[1].ID, p.SKUs[2].ID}
	edited := catalog.ProductInput{CategoryID: s.category, Title: "会变的", Specs: []catalog.Spec{{Name: "规格", Values: []string{"甲", "乙", "丁"}}}, SKUs: []catalog.SKUInput{
		{ID: ids[1], SpecValues: []string{"甲"}, PriceFen: 210, MarketPriceFen: 260, Picture: "https://img.example/a.jpg", Barcode: "6901234567892", WeightG: 250, VolumeCM3: 90},
		{ID: ids[0], SpecValues: []string{"乙"}, PriceFen: 110, Disabled: true},
		{SpecValues: []string{"丁"}, PriceFen: 400},
	}}
	byHand := func(sql string, args ...any) func() error {
		return func() error { s.Owner(t, fmt.Sprintf(sql, s.id), args...); return nil }
	}
	for _, step := range []struct {
		what string
		do   func() error
		want int
	}{
		{"as it was made", func() error { return nil }, 3},
		{"edited: one renamed, one disabled, one out of use, one new", func() error {
			return s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
				_, err := s.EditTx(t.Context(), tx, catalog.EditInput{ID: p.ID, Version: version, ProductInput: edited})
				return err
			})
		}, 2},
		{"a price", func() error { return s.SetPrice(t.Context(), s.id, ids[1], 999) }, 2},
		{"by hand, several at once", byHand("UPDATE %s.sku SET weight_g = weight_g + 1, enabled = true WHERE spu_id = $1", p.ID), 4},
		{"by hand, what buyers do not see", byHand("UPDATE %s.sku SET cost_fen = 5, code = 'x' WHERE spu_id = $1", p.ID), 4},
		{"by hand, none is left to sell", byHand("UPDATE %s.sku SET enabled = false WHERE spu_id = $1", p.ID), 0},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		kept, rows := s.columns(t, p.ID)
		if len(rows) != step.want || !reflect.DeepEqual(kept, rows) {
			t.Errorf("%s: %d SKUs, want %d\nkept %+v\nrows %+v", step.what, len(rows), step.want, kept, rows)
		}
	}
	if got := s.version(t, p.ID); got != version+2 {
		t.Errorf("version %d, want %d: an edit and a price; what a trigger writes is no change of a form", got, version+2)
	}
	for _, same := range []struct {
		shop *shop
		id   int64
		want int
	}{{s, other.ID, 2}, {neighbour, theirs.ID, 1}} {
		if kept, rows := same.shop.columns(t, same.id); len(kept) != same.want || !reflect.DeepEqual(kept, rows) {
			t.Errorf("another product shows %+v, has %+v", kept, rows)
		}
	}
}

func (s *shop) version(t *testing.T, spuID int64) (version int32) {
	t.Helper()
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT version FROM spu WHERE id = $1", spuID).Scan(&version)
	})
	return version
}
