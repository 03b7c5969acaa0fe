package catalog_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

func TestSearchFindsRanksAndComesNear(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, title := range []string{"咖啡", "咖啡豆", "云南小粒咖啡", "手冲壶", "Mug Classic"} {
		in := s.input(title)
		if title == "手冲壶" {
			in.Subtitle, in.Tags = "适合咖啡新手", []string{"器具"}
		}
		s.shelve(t, in)
	}
	s.add(t, "咖啡草稿", 100)
	find := func(q string) (out []string, near bool) {
		t.Helper()
		page := s.list(t, catalog.ListInput{Query: q})
		for _, item := range page.Items {
			out = append(out, item.Title)
		}
		return out, page.Near
	}
	for _, c := range []struct {
		q    string
		want []string
		near bool
	}{
		{"咖啡", []string{"咖啡", "咖啡豆", "云南小粒咖啡", "手冲壶"}, false},
		{"kf", []string{"咖啡", "咖啡豆", "云南小粒咖啡", "手冲壶"}, false},
		{"kafei", []string{"咖啡", "咖啡豆", "云南小粒咖啡", "手冲壶"}, false},
		{"xlkf", []string{"云南小粒咖啡"}, false},
		{"mug", []string{"Mug Classic"}, false},
		{"器具", []string{"手冲壶"}, false},
		{"云南咖啡", []string{"云南小粒咖啡"}, true},
		{"绿茶", nil, false},
	} {
		got, near := find(c.q)
		if c.near { // what shares most comes first
			got = got[:1]
		}
		if slices.Sort(got); !slices.Equal(got, sorted(c.want)) || near != c.near {
			t.Errorf("%q: got %q near %v, want %q near %v", c.q, got, near, c.want, c.near)
		}
	}
	if got, _ := find("咖啡"); len(got) != 4 || got[0] != "咖啡" || got[1] != "咖啡豆" || got[3] != "手冲壶" {
		t.Errorf("ranked %q", got)
	}
	var all []string
	for in := (catalog.ListInput{Query: "咖啡", Limit: 1}); ; {
		page := s.list(t, in)
		all = append(all, titles(page.Items)...)
		if in.Cursor = page.NextCursor; in.Cursor == "" {
			break
		}
	}
	if len(all) != 4 {
		t.Errorf("page by page %q", all)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// A product whose tokens are still to be computed is found by its text, and by its brand's new
// name once they are.
func TestSearchDoesNotMissWhatIsNotIndexedYet(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var brand int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		brand, err = s.AddBrandTx(t.Context(), tx, "旧牌", "")
		return err
	})
	in := s.input("山野红茶")
	in.BrandID = brand
	s.shelve(t, in)
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.EditBrandTx(t.Context(), tx, brand, "新牌", nil) })
	if n := len(s.list(t, catalog.ListInput{Query: "红茶"}).Items); n != 1 {
		t.Errorf("found %d by its title, want 1", n)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.ReindexDueTx(t.Context(), tx) })
	if n := len(s.list(t, catalog.ListInput{Query: "新牌"}).Items); n != 1 {
		t.Errorf("found %d by its brand's new name, want 1", n)
	}
	if page := s.list(t, catalog.ListInput{Query: "旧牌"}); len(page.Items) != 0 && !page.Near {
		t.Error("it is still found by the old name")
	}
}

func TestFacetsCountWhatFits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	tea := s.addCategory(t, catalog.CategoryInput{Name: "茶"})
	var brand int64
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		brand, err = s.EnsureBrandTx(t.Context(), tx, "青禾")
		return err
	})
	for i, price := range []money.Fen{1000, 3000, 300000} {
		in := s.input(fmt.Sprintf("红茶 %d 号", i))
		in.CategoryID, in.BrandID, in.Tags, in.SKUs[0].PriceFen = tea, brand, []string{"新品"}, price
		s.shelve(t, in)
	}
	s.shelve(t, s.input("杯子"))
	s.seen.take()
	f, err := s.Facets(t.Context(), s.id, catalog.ListInput{Query: "红茶"})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.seen.take()); n != 1 {
		t.Errorf("took %d statements, want 1", n)
	}
	if f.Total != 3 || len(f.Categories) != 1 || f.Categories[0].N != 3 || len(f.Brands) != 1 || f.Brands[0].Name != "青禾" || len(f.Tags) != 1 || len(f.Prices) != 3 ||
		f.Prices[0].HighFen != 2000 || f.Prices[2].LowFen != 100000 || f.Prices[2].HighFen != 0 {
		t.Errorf("got %+v", f)
	}
	if f, err = s.Facets(t.Context(), s.id, catalog.ListInput{LowFen: 2000, HighFen: 5000}); err != nil || f.Total != 1 {
		t.Errorf("by price: %+v, %v", f, err)
	}
	if got := titles(s.list(t, catalog.ListInput{BrandID: brand, Tag: "新品", LowFen: 2000}).Items); len(got) != 2 {
		t.Errorf("filtered %q", got)
	}
}

func TestWordsOfMembers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.shelve(t, s.input("挂耳咖啡"))
	keep := func(member int64, q string) {
		t.Helper()
		if err := s.KeepWord(t.Context(), s.id, member, q); err != nil {
			t.Fatal(err)
		}
		s.Clock().Advance(time.Second)
	}
	for range 5 {
		keep(1, "一个人的咖啡") // again and again, but one person
	}
	for member := range int64(3) {
		keep(member+1, " 咖啡 ")
		keep(member+1, "脏话") // nothing is found by it
	}
	got, err := s.Suggest(t.Context(), s.id, "", 10)
	if err != nil || !slices.Equal(got.Hot, []string{"咖啡"}) {
		t.Errorf("hot %q, %v", got.Hot, err)
	}
	if got, err = s.Suggest(t.Context(), s.id, "gek", 10); err != nil || !slices.Equal(got.Titles, []string{"挂耳咖啡"}) && len(got.Titles) != 0 {
		t.Errorf("suggested %q, %v", got.Titles, err)
	}
	if got, err = s.Suggest(t.Context(), s.id, "gua", 10); err != nil || !slices.Equal(got.Titles, []string{"挂耳咖啡"}) {
		t.Errorf("suggested %q, %v", got.Titles, err)
	}
	for i := range 30 {
		keep(7, fmt.Sprintf("词%d", i))
	}
	words, err := s.Words(t.Context(), s.id, 7)
	if err != nil || len(words) != 20 || words[0] != "词29" {
		t.Errorf("%d words %q, %v", len(words), words, err)
	}
	if err := s.ForgetWords(t.Context(), s.id, 7, "词29"); err != nil {
		t.Fatal(err)
	}
	if words, _ = s.Words(t.Context(), s.id, 7); len(words) != 19 {
		t.Errorf("%d words are left", len(words))
	}
	if words, _ = s.Words(t.Context(), s.id, 1); len(words) != 3 {
		t.Errorf("another member has %q", words)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.WaneTx(t.Context(), tx) })
	if got, _ = s.Suggest(t.Context(), s.id, "", 10); len(got.Hot) != 0 {
		t.Errorf("a day later still hot: %q", got.Hot)
	}
}
