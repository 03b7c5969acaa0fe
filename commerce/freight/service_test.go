package freight_test

import (
	"errors"
	"fmt"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/freight"
	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := freight.New(freight.Deps{DB: env.DB, Audit: env.Audit})
	ctx, shop := t.Context(), env.Tenant.ID
	save := func(in freight.Template) int64 {
		t.Helper()
		id, err := s.Save(ctx, shop, in, "staff:1")
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := standard(freight.ByPiece)
	first.ID, first.Default = 0, true
	firstID := save(first)
	got, err := s.Get(ctx, shop, firstID)
	if err != nil || got.Name != "标准" || !got.Default || len(got.Zones) != 2 || got.Elsewhere.FirstFen != 1000 || got.Free[1].FromQty != 10 {
		t.Fatalf("%+v %v", got, err)
	}

	copied, err := s.Copy(ctx, shop, firstID, "（副本）", "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Get(ctx, shop, copied)
	if err != nil || second.Name != "标准（副本）" || second.Default || len(second.Refused) != 2 {
		t.Fatalf("copy: %+v %v", second, err)
	}
	second.Default = true
	save(second)
	list, err := s.List(ctx, shop)
	if err != nil || len(list) != 2 || list[0].ID != copied || !list[0].Default || list[1].Default {
		t.Fatalf("%+v %v, want the copy to be the one default", list, err)
	}

	same := first
	if _, err := s.Save(ctx, shop, same, "staff:1"); !errors.Is(err, freight.ErrName) {
		t.Errorf("a name twice: %v", err)
	}
	if _, err := s.Save(ctx, shop, second, "staff:1"); !errors.Is(err, freight.ErrStale) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := s.Save(ctx, shop, freight.Template{ID: 999, Name: "没有", Unit: freight.ByPiece, Rules: first.Rules}, "staff:1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	other, _ := s.Get(ctx, shop, firstID)
	other.Unit = freight.ByWeight
	if _, err := s.Save(ctx, shop, other, "staff:1"); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("another unit: %v", err)
	}

	if err := s.Delete(ctx, shop, copied, "staff:1"); !errors.Is(err, freight.ErrDefault) {
		t.Errorf("delete the default: %v", err)
	}
	goods := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	category, err := goods.CreateCategory(ctx, shop, catalog.CategoryInput{Name: "茶叶"})
	if err != nil {
		t.Fatal(err)
	}
	in := catalog.ProductInput{CategoryID: category, Title: "龙井", FreightID: firstID, SKUs: []catalog.SKUInput{{PriceFen: 1}}}
	if _, err := goods.CreateProduct(ctx, shop, in); err != nil {
		t.Fatal(err)
	}
	in.FreightID = 12345
	if _, err := goods.CreateProduct(ctx, shop, in); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("a product with a template that is not there: %v", err)
	}
	if err := s.Delete(ctx, shop, firstID, "staff:1"); !errors.Is(err, freight.ErrUsed) {
		t.Errorf("delete one in use: %v", err)
	}
	env.Owner(t, fmt.Sprintf("UPDATE %s.spu SET freight_id = NULL", shop))
	if err := s.Delete(ctx, shop, firstID, "staff:1"); err != nil {
		t.Error(err)
	}
	if err := s.Delete(ctx, shop, copied, "staff:1"); err != nil {
		t.Errorf("delete the last one: %v", err)
	}
	if err := s.Delete(ctx, shop, copied, "staff:1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("delete again: %v", err)
	}
}

func TestTemplateChecks(t *testing.T) {
	t.Parallel()
	table := freight.New(freight.Deps{}).Divisions()
	good := standard(freight.ByPiece)
	if err := good.Check(table); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(f *freight.Template)
		path   string
	}{
		"no name":            {func(f *freight.Template) { f.Name = "" }, "name"},
		"no unit":            {func(f *freight.Template) { f.Unit = "hour" }, "unit"},
		"no region at all":   {func(f *freight.Template) { f.Elsewhere, f.Zones = nil, nil }, "elsewhere"},
		"a step of nothing":  {func(f *freight.Template) { f.Elsewhere.Next = 0 }, "elsewhere.next"},
		"a negative fee":     {func(f *freight.Template) { f.Zones[0].FirstFen = -1 }, "zones[0].first_fen"},
		"a fee too high":     {func(f *freight.Template) { f.Zones[1].NextFen = freight.MaxFee + 1 }, "zones[1].next_fen"},
		"a zone of nothing":  {func(f *freight.Template) { f.Zones[1].Regions = nil }, "zones[1].regions"},
		"a region twice":     {func(f *freight.Template) { f.Zones[1].Regions = []string{"330000"} }, "zones[1].regions"},
		"priced and refused": {func(f *freight.Template) { f.Refused = []string{"330000"} }, "refused"},
		"no such region":     {func(f *freight.Template) { f.Refused = []string{"999999"} }, "refused"},
		"free from nothing":  {func(f *freight.Template) { f.Free[0].FromFen = 0 }, "free[0].from_fen"},
	} {
		bad := standard(freight.ByPiece)
		c.change(&bad)
		var refused *fault.Error
		if err := bad.Check(table); !errors.As(err, &refused) || len(refused.Fields()) != 1 || refused.Fields()[0].Path != c.path {
			t.Errorf("%s: %v, want %s refused", name, err, c.path)
		}
	}
}
