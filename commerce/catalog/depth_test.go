package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// input is a product of one SKU.
func (s *shop) input(title string) catalog.ProductInput {
	return catalog.ProductInput{CategoryID: s.category, Title: title, SKUs: []catalog.SKUInput{{PriceFen: 100}}}
}

func (s *shop) shelve(t *testing.T, in catalog.ProductInput) catalog.Product {
	t.Helper()
	p, err := s.CreateProduct(t.Context(), s.id, in)
	if err == nil {
		err = s.SetShelf(t.Context(), s.id, p.ID, catalog.OnShelf)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProductKeepsItsTerms(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var brand int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		brand, err = s.EnsureBrandTx(t.Context(), tx, "青禾")
		return err
	})
	in := s.input("礼品卡")
	in.BrandID, in.Tags, in.Kind = brand, []string{"新品", " 新品 ", "送礼", ""}, catalog.VirtualCard
	in.Limits = catalog.Limits{MinQty: 2, MaxPerOrder: 5, MaxLifetime: 10}
	in.Detail = "第一行\n<script>alert(1)</script>"
	in.SKUs[0].Barcode, in.SKUs[0].WeightG, in.SKUs[0].VolumeCM3, in.SKUs[0].CostFen = "6901234567892", 12, 34, 56
	p := s.shelve(t, in)
	got, err := s.Get(t.Context(), s.id, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Brand != "青禾" || !slices.Equal(got.Tags, []string{"新品", "送礼"}) || got.Kind != catalog.VirtualCard || got.Limits != in.Limits ||
		strings.Contains(got.Detail, "script") || got.SKUs[0].Barcode != "6901234567892" || got.SKUs[0].WeightG != 12 || got.SKUs[0].VolumeCM3 != 34 {
		t.Errorf("got %+v", got)
	}
	if text := fmt.Sprintf("%+v", got); strings.Contains(text, "56") && strings.Contains(text, "Cost") {
		t.Error("buyers see what the product costs the merchant")
	}
	for name, spoil := range map[string]func(*catalog.ProductInput){
		"kind": func(in *catalog.ProductInput) { in.Kind = "gift" }, "max_per_order": func(in *catalog.ProductInput) { in.Limits.MaxPerOrder = 1 },
		"max_lifetime": func(in *catalog.ProductInput) { in.Limits.MaxLifetime = 1 }, "min_qty": func(in *catalog.ProductInput) { in.Limits.MinQty = 1000 },
		"tags[0]": func(in *catalog.ProductInput) { in.Tags = []string{strings.Repeat("长", 21)} }, "brand_id": func(in *catalog.ProductInput) { in.BrandID = 999 },
		"off_at": func(in *catalog.ProductInput) {
			at := time.Now()
			in.OnAt, in.OffAt = &at, &at
		},
	} {
		bad := in
		spoil(&bad)
		if _, err := s.CreateProduct(t.Context(), s.id, bad); err == nil || !strings.Contains(fmt.Sprintf("%+v", fieldsOf(err)), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What stands in the table, by whatever way, is cleaned again on the way out.
func TestT108StoredMarkupIsCleanedOnRead(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.shelve(t, s.input("茶"))
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET detail = $1 WHERE id = $2", s.id), `<p onclick="x()">好茶</p><script>alert(1)</script>`, p.ID)
	got, err := s.Get(t.Context(), s.id, p.ID)
	if err != nil || got.Detail != "<p>好茶</p>" {
		t.Errorf("got %q, %v", got.Detail, err)
	}
}

func TestSnapshotIsSharedAndNeverChanges(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.shelve(t, s.input("旧名"))
	hash := func() (h string) {
		s.InTenant(t, func(tx tenantdb.Tx) error {
			got, err := s.Sellables(t.Context(), tx, []int64{p.SKUs[0].ID})
			h = got[0].Snapshot
			return err
		})
		return h
	}
	version := int32(2)
	edit := func(title string, price money.Fen) {
		s.InTenant(t, func(tx tenantdb.Tx) error {
			in := s.input(title)
			in.SKUs[0].ID, in.SKUs[0].PriceFen = p.SKUs[0].ID, price
			_, err := s.EditTx(t.Context(), tx, catalog.EditInput{ID: p.ID, Version: version, ProductInput: in})
			version++
			return err
		})
	}
	first := hash()
	edit("旧名", 999)
	if hash() != first {
		t.Error("a new price made a new snapshot")
	}
	edit("新名", 999)
	second := hash()
	edit("旧名", 100)
	if second == first || hash() != first {
		t.Error("a snapshot is not named by its content")
	}
	if got, err := s.Snapshot(t.Context(), s.id, second); err != nil || got.Title != "新名" || got.SPUID != p.ID || len(got.SKUs) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	var n int
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM product_snapshot").Scan(&n)
	})
	if n != 2 {
		t.Errorf("%d snapshots are kept, want 2", n)
	}
	err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE product_snapshot SET body = '{}'")
		return err
	})
	if err == nil {
		t.Error("a snapshot was changed")
	}
	for _, bad := range []string{"", "x", strings.Repeat("0", 64), strings.ToUpper(second)} {
		if _, err := s.Snapshot(t.Context(), s.id, bad); err == nil {
			t.Errorf("%q names a snapshot", bad)
		}
	}
}

func TestProductsComeAndGoByTheClock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	due := func(id int64) (from, to catalog.ShelfStatus) {
		s.InTenant(t, func(tx tenantdb.Tx) (err error) {
			from, to, err = s.ShelfDueTx(t.Context(), tx, id)
			return err
		})
		return from, to
	}
	in := s.input("准时上架")
	in.OnAt, in.OffAt = &past, &future
	p, err := s.CreateProduct(t.Context(), s.id, in)
	if err != nil {
		t.Fatal(err)
	}
	if from, to := due(p.ID); from != catalog.Draft || to != catalog.OnShelf {
		t.Errorf("got %q to %q", from, to)
	}
	if _, to := due(p.ID); to != "" {
		t.Errorf("a repetition moved it to %q", to)
	}
	in.Title, in.OnAt, in.OffAt = "两个时间都过了", new(past.Add(-time.Hour)), &past
	if p, err = s.CreateProduct(t.Context(), s.id, in); err != nil {
		t.Fatal(err)
	}
	if _, to := due(p.ID); to != "" {
		t.Errorf("a draft whose time is over went to %q", to)
	}
	in.Title, in.OnAt, in.OffAt = "回收站里的", &past, nil
	if p, err = s.CreateProduct(t.Context(), s.id, in); err != nil {
		t.Fatal(err)
	}
	if err := s.SetShelf(t.Context(), s.id, p.ID, catalog.Recycled); err != nil {
		t.Fatal(err)
	}
	if _, to := due(p.ID); to != "" {
		t.Errorf("what lies in the bin went to %q", to)
	}
}

func TestBinIsEmptiedAfterItsTime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	old, young := s.shelve(t, s.input("旧货")), s.shelve(t, s.input("刚删的"))
	for _, p := range []catalog.Product{old, young} {
		for _, to := range []catalog.ShelfStatus{catalog.OffShelf, catalog.Recycled} {
			if err := s.SetShelf(t.Context(), s.id, p.ID, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET recycled_at = now() - interval '31 days' WHERE id = $1", s.id), old.ID)
	var gone []int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		gone, err = s.PurgeOldTx(t.Context(), tx, 10)
		return err
	})
	if !slices.Equal(gone, []int64{old.ID}) {
		t.Errorf("purged %v, want %d alone", gone, old.ID)
	}
	wantCode(t, s.SetShelf(t.Context(), s.id, old.ID, catalog.OffShelf), "SHELF_STATE")
	if err := s.SetShelf(t.Context(), s.id, young.ID, catalog.OffShelf); err != nil {
		t.Errorf("restore: %v", err)
	}
	var title string
	var enabled int
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT p.title, (SELECT count(*) FROM sku k WHERE k.spu_id = p.id AND k.enabled) FROM spu p WHERE p.id = $1", old.ID).Scan(&title, &enabled)
	})
	if title != fmt.Sprintf("#%d", old.ID) || enabled != 0 {
		t.Errorf("left %q with %d SKUs for sale", title, enabled)
	}
	err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error { return s.PurgeTx(t.Context(), tx, young.ID) })
	wantCode(t, err, "SHELF_STATE")
}

func TestCategoriesAreArranged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var a, b, c int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		for _, at := range []*int64{&a, &b, &c} {
			if *at, err = s.AddCategoryTx(t.Context(), tx, catalog.CategoryInput{Name: fmt.Sprint(at), ParentID: s.category}); err != nil {
				return err
			}
		}
		return nil
	})
	order := func() (ids []int64) {
		list, err := s.Categories(t.Context(), s.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, category := range list {
			if category.ParentID == s.category {
				ids = append(ids, category.ID)
			}
		}
		return ids
	}
	for _, step := range []struct {
		id   int64
		step catalog.Step
		want []int64
	}{{c, catalog.Up, []int64{a, c, b}}, {a, catalog.Up, []int64{a, c, b}}, {a, catalog.Down, []int64{c, a, b}}, {b, catalog.Down, []int64{c, a, b}}} {
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.MoveCategoryTx(t.Context(), tx, step.id, step.step) })
		if got := order(); !slices.Equal(got, step.want) {
			t.Errorf("moved %d by %d: got %v, want %v", step.id, step.step, got, step.want)
		}
	}
	refuse := func(code string, f func(tx tenantdb.Tx) error) {
		t.Helper()
		wantCode(t, s.DB.InTenant(t.Context(), s.id, f), code)
	}
	refuse("VALIDATION", func(tx tenantdb.Tx) error {
		return s.EditCategoryTx(t.Context(), tx, s.category, catalog.CategoryInput{Name: "全部", ParentID: a})
	})
	refuse("CATEGORY_IN_USE", func(tx tenantdb.Tx) error { return s.DeleteCategoryTx(t.Context(), tx, s.category) })
	var deep int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		deep, err = s.AddCategoryTx(t.Context(), tx, catalog.CategoryInput{Name: "深", ParentID: a})
		return err
	})
	refuse("VALIDATION", func(tx tenantdb.Tx) error {
		_, err := s.AddCategoryTx(t.Context(), tx, catalog.CategoryInput{Name: "太深", ParentID: deep})
		return err
	})
	refuse("NAME_TAKEN", func(tx tenantdb.Tx) error {
		if _, err := s.AddBrandTx(t.Context(), tx, "同名", ""); err != nil {
			return err
		}
		_, err := s.AddBrandTx(t.Context(), tx, "同名", "")
		return err
	})
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.DeleteCategoryTx(t.Context(), tx, b) })
}

// TestSheetOfAProduct: a product keeps its sheet in the merchant's order, shows it to buyers, keeps it
// with what was sold and with a copy, and loses it when it is purged; what no page could show is refused.
func TestSheetOfAProduct(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sheet := []catalog.Param{{Name: "生产厂家", Value: "云南保山咖啡厂"}, {Name: "生产许可证编号", Value: "SC10653010000001"}}
	in := catalog.ProductInput{CategoryID: s.category, Title: "挂耳", SKUs: []catalog.SKUInput{{PriceFen: 100}}}
	in.Params = append([]catalog.Param{{Name: " ", Value: " "}}, sheet...)
	p, err := s.CreateProduct(t.Context(), s.id, in)
	if err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := s.SetShelfTx(t.Context(), tx, p.ID, catalog.OnShelf)
		return err
	})
	got, err := s.Get(t.Context(), s.id, p.ID)
	if err != nil || !slices.Equal(got.Params, sheet) {
		t.Errorf("the product says %v, %v", got.Params, err)
	}
	var hash string
	var copied int64
	s.InTenant(t, func(tx tenantdb.Tx) error {
		if err := tx.QueryRow(t.Context(), "SELECT snapshot FROM spu WHERE id = $1", p.ID).Scan(&hash); err != nil {
			return err
		}
		twin, err := s.CopyTx(t.Context(), tx, p.ID, " 2")
		copied = twin.ID
		return err
	})
	if snapshot, err := s.Snapshot(t.Context(), s.id, hash); err != nil || !slices.Equal(snapshot.Params, sheet) {
		t.Errorf("what is sold says %v, %v", snapshot.Params, err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		list, err := s.Drafts(t.Context(), tx, []int64{copied}, nil, nil)
		if err == nil && !slices.Equal(list[0].Params, sheet) {
			t.Errorf("the copy says %v", list[0].Params)
		}
		return err
	})
	many := make([]catalog.Param, catalog.MaxParams+1)
	for i := range many {
		many[i] = catalog.Param{Name: fmt.Sprint("第", i), Value: "x"}
	}
	for name, bad := range map[string][]catalog.Param{
		"too many": many, "twice": {sheet[0], sheet[0]}, "no name": {{Value: "x"}}, "no value": {{Name: "x"}},
		"a long value": {{Name: "x", Value: strings.Repeat("长", catalog.MaxParamValue+1)}},
	} {
		in.Params = bad
		if _, err := s.CreateProduct(t.Context(), s.id, in); err == nil {
			t.Errorf("%s was kept", name)
		} else {
			wantCode(t, err, "VALIDATION")
		}
	}
	err = s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
		return s.EditCategoryTx(t.Context(), tx, s.category, catalog.CategoryInput{Name: "茶", Params: []string{strings.Repeat("长", catalog.MaxParamName+1)}})
	})
	wantCode(t, err, "VALIDATION")
}
