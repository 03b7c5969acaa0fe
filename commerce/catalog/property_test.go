package catalog_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/catalog"
	"galleria/tenant/tenantdb"
)

// Whatever is added to, renamed in or taken out of a product's dimensions: a SKU that stays
// keeps its id, one that comes back is the one it was, and none is ever lost.
func TestSKUIdsStayUnderAnySequenceOfEdits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		type variant struct {
			id   int64
			slot int // names it whatever it is called
		}
		names, next := []string{"值0", "值1"}, 2
		in := func(vs []variant, named map[int]string) catalog.ProductInput {
			p := catalog.ProductInput{CategoryID: s.category, Title: "会变的", Specs: []catalog.Spec{{Name: "规格"}}}
			for _, v := range vs {
				p.Specs[0].Values = append(p.Specs[0].Values, named[v.slot])
				p.SKUs = append(p.SKUs, catalog.SKUInput{ID: v.id, SpecValues: []string{named[v.slot]}, PriceFen: 100})
			}
			return p
		}
		named := map[int]string{0: names[0], 1: names[1]}
		live := []variant{{0, 0}, {0, 1}}
		product, err := s.CreateProduct(t.Context(), s.id, in(live, named))
		if err != nil {
			rt.Fatal(err)
		}
		for i := range live {
			live[i].id = product.SKUs[i].ID
		}
		gone := map[string]int64{} // retired, by what they were called
		ever := map[int64]bool{live[0].id: true, live[1].id: true}
		version := int32(1)
		for range rapid.IntRange(1, 8).Draw(rt, "edits") {
			before := slices.Clone(live)
			dropped := map[string]int64{}
			switch rapid.SampledFrom([]string{"add", "rename", "drop", "swap", "bring back"}).Draw(rt, "edit") {
			case "add":
				named[next] = fmt.Sprintf("值%d", next)
				live = append(live, variant{0, next})
				next++
			case "rename":
				named[live[rapid.IntRange(0, len(live)-1).Draw(rt, "which")].slot] = fmt.Sprintf("改名%d", next)
				next++
			case "drop":
				if len(live) > 1 {
					at := rapid.IntRange(0, len(live)-1).Draw(rt, "which")
					dropped[named[live[at].slot]] = live[at].id
					live = slices.Delete(live, at, at+1)
				}
			case "swap":
				if len(live) > 1 {
					a, b := live[0].slot, live[len(live)-1].slot
					named[a], named[b] = named[b], named[a]
				}
			case "bring back":
				for _, name := range slices.Sorted(maps.Keys(gone)) {
					named[next] = name
					live = append(live, variant{0, next})
					next++
					break
				}
			}
			var ids []int64
			err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) (err error) {
				ids, err = s.EditTx(t.Context(), tx, catalog.EditInput{ID: product.ID, Version: version, ProductInput: in(live, named)})
				return err
			})
			if err != nil {
				rt.Fatal(err)
			}
			version++
			for i := range live {
				if was := live[i].id; was != 0 && ids[i] != was {
					rt.Fatalf("SKU %d became %d", was, ids[i])
				}
				if live[i].id == 0 {
					if old, back := gone[named[live[i].slot]]; back && ids[i] != old {
						rt.Fatalf("%s came back as %d, it was %d", named[live[i].slot], ids[i], old)
					}
					delete(gone, named[live[i].slot])
				}
				live[i].id = ids[i]
				ever[ids[i]] = true
			}
			maps.Copy(gone, dropped)
			for _, v := range before {
				if !ever[v.id] {
					rt.Fatal("a SKU was lost")
				}
			}
		}
		var n int
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT count(*) FROM sku WHERE spu_id = $1", product.ID).Scan(&n)
		})
		if kept, rows := s.columns(t, product.ID); len(rows) != len(live) || !reflect.DeepEqual(kept, rows) {
			rt.Fatalf("the shelf shows %+v, the SKUs are %+v", kept, rows)
		}
		if n != len(ever) {
			rt.Fatalf("%d SKUs are stored, %d ever were", n, len(ever))
		}
	})
}
