package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// statements records the SQL a test causes, without the routing around it.
type statements struct {
	mu  sync.Mutex
	sql []string
}

func (s *statements) add(sql string) {
	for _, routing := range []string{"begin", "commit", "rollback", "select set_config('role'"} {
		if strings.HasPrefix(sql, routing) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql = append(s.sql, sql)
}

func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.sql
	s.sql = nil
	return taken
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.add(d.SQL)
	return ctx
}
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// shop is one tenant with a catalogue and a category to put products into.
type shop struct {
	*tenanttest.Env
	*catalog.Service
	id       tenant.ID
	category int64
	seen     *statements
}

func newShop(t *testing.T) *shop {
	t.Helper()
	seen := &statements{}
	env := tenanttest.New(t, tenanttest.WithTracer(seen))
	s := &shop{Env: env, Service: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers}), id: env.Tenant.ID, seen: seen}
	s.category = s.addCategory(t, catalog.CategoryInput{Name: "全部"})
	return s
}

// beside is another tenant of the same installation.
func (s *shop) beside(t *testing.T) *shop {
	t.Helper()
	other := *s
	other.id = s.OpenShop(t).ID
	other.category = other.addCategory(t, catalog.CategoryInput{Name: "全部"})
	return &other
}

func (s *shop) addCategory(t *testing.T, in catalog.CategoryInput) int64 {
	t.Helper()
	id, err := s.CreateCategory(t.Context(), s.id, in)
	if err != nil {
		t.Fatalf("create category: %v", err)
	}
	return id
}

// add creates a product with one SKU per price and leaves it a draft.
func (s *shop) add(t *testing.T, title string, prices ...money.Fen) catalog.Product {
	t.Helper()
	in := catalog.ProductInput{CategoryID: s.category, Title: title, Specs: []catalog.Spec{{Name: "规格"}}}
	for i, p := range prices {
		value := fmt.Sprintf("款式%d", i+1)
		in.Specs[0].Values = append(in.Specs[0].Values, value)
		in.SKUs = append(in.SKUs, catalog.SKUInput{SpecValues: []string{value}, PriceFen: p})
	}
	p, err := s.CreateProduct(t.Context(), s.id, in)
	if err != nil {
		t.Fatalf("create product: %v", err)
	}
	return p
}

// sell creates a product that is on the shelf.
func (s *shop) sell(t *testing.T, title string, prices ...money.Fen) catalog.Product {
	t.Helper()
	p := s.add(t, title, prices...)
	s.move(t, p.ID, catalog.OnShelf)
	return p
}

func (s *shop) move(t *testing.T, spuID int64, to catalog.ShelfStatus) {
	t.Helper()
	if err := s.SetShelf(t.Context(), s.id, spuID, to); err != nil {
		t.Fatalf("set shelf %s: %v", to, err)
	}
}

func (s *shop) stock(t *testing.T, skuID, onHand int64) {
	t.Helper()
	s.Owner(t, fmt.Sprintf("UPDATE %s.stock_level SET on_hand = $2 WHERE sku_id = $1", s.id), skuID, onHand)
}

func (s *shop) list(t *testing.T, in catalog.ListInput) catalog.Page {
	t.Helper()
	page, err := s.List(t.Context(), s.id, in)
	if err != nil {
		t.Fatalf("list %+v: %v", in, err)
	}
	return page
}

func titles(items []catalog.Item) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Title
	}
	slices.Sort(out)
	return out
}

func fieldsOf(err error) []fault.Field {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Fields()
	}
	return nil
}

func allSorts() []catalog.Sort {
	return []catalog.Sort{catalog.ByPlace, catalog.ByNewest, catalog.ByPriceAsc, catalog.ByPriceDesc, catalog.BySales}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("got error %v (code %s), want code %s", err, got, code)
	}
}

func TestCategoriesAreTheVisibleTree(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	tea := s.addCategory(t, catalog.CategoryInput{Name: "茶", Sort: 5})
	green := s.addCategory(t, catalog.CategoryInput{Name: "绿茶", ParentID: tea, Sort: 1})
	black := s.addCategory(t, catalog.CategoryInput{Name: "红茶", ParentID: tea, Sort: 2})
	hidden := s.addCategory(t, catalog.CategoryInput{Name: "内部", Hidden: true})
	s.addCategory(t, catalog.CategoryInput{Name: "内部下级", ParentID: hidden})

	s.seen.take()
	tree, err := s.Categories(t.Context(), s.id)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.seen.take()); n != 1 {
		t.Errorf("categories took %d statements, want 1", n)
	}
	var got []int64
	for _, c := range tree {
		got = append(got, c.ID)
	}
	if want := []int64{tea, s.category, black, green}; !slices.Equal(got, want) {
		t.Errorf("got categories %v, want %v: parents first, the merchant's order, nothing hidden", got, want)
	}
}

func TestGetShowsAProductOnTheShelf(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	made := s.sell(t, "龙井", 8800, 12800)
	s.stock(t, made.SKUs[0].ID, 6)
	s.stock(t, made.SKUs[1].ID, 5)

	s.seen.take()
	got, err := s.Get(t.Context(), s.id, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.seen.take()); n != 1 {
		t.Errorf("detail took %d statements, want 1", n)
	}
	if got.MinPriceFen != 8800 || got.MaxPriceFen != 12800 || len(got.SKUs) != 2 || got.Specs[0].Values[1] != "款式2" {
		t.Errorf("got %+v", got)
	}
	if got.SKUs[0].StockState != catalog.InStock || got.SKUs[1].StockState != catalog.Low || got.StockState != catalog.InStock {
		t.Errorf("got stock %s, %s, product %s; want in_stock, low, in_stock", got.SKUs[0].StockState, got.SKUs[1].StockState, got.StockState)
	}
}

func TestStockStateIsCoarse(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.sell(t, "杯子", 100)
	for _, c := range []struct {
		onHand int64
		want   catalog.StockState
	}{{0, catalog.SoldOut}, {1, catalog.Low}, {5, catalog.Low}, {6, catalog.InStock}, {9_999, catalog.InStock}} {
		s.stock(t, p.SKUs[0].ID, c.onHand)
		got, err := s.Get(t.Context(), s.id, p.ID)
		if err != nil || got.StockState != c.want {
			t.Errorf("%d in stock: got %s, %v; want %s", c.onHand, got.StockState, err, c.want)
		}
	}
	s.Owner(t, fmt.Sprintf("UPDATE %s.stock_level SET on_hand = 10, reserved = 10 WHERE sku_id = $1", s.id), p.SKUs[0].ID)
	if got, err := s.Get(t.Context(), s.id, p.ID); err != nil || got.StockState != catalog.SoldOut {
		t.Errorf("all reserved: got %s, %v; want sold_out", got.StockState, err)
	}
}

func TestOnlyTheShelfIsVisible(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	other := s.beside(t)
	s.sell(t, "可售", 100)
	draft := s.add(t, "草稿", 100)
	off := s.sell(t, "下架", 100)
	s.move(t, off.ID, catalog.OffShelf)
	bin := s.add(t, "回收站", 100)
	s.move(t, bin.ID, catalog.Recycled)
	for range 5 { // the other shop has products under all these ids
		other.sell(t, "别店", 100)
	}
	for _, sort := range allSorts() {
		for _, in := range []catalog.ListInput{{Sort: sort}, {Sort: sort, CategoryID: s.category}, {Sort: sort, Query: "架"}, {Sort: sort, Query: "别店"}} {
			for _, title := range titles(s.list(t, in).Items) {
				if title != "可售" {
					t.Errorf("list %+v shows %q", in, title)
				}
			}
		}
	}
	for _, id := range []int64{draft.ID, off.ID, bin.ID, 5, 0, -1} {
		_, err := s.Get(t.Context(), s.id, id)
		wantCode(t, err, "NOT_FOUND")
	}
}

func TestT005SameIDsInTwoShops(t *testing.T) {
	t.Parallel()
	a := newShop(t)
	b := a.beside(t)
	pa, pb := a.sell(t, "甲店茶", 100), b.sell(t, "乙店茶", 900)
	if pa.ID != pb.ID || pa.SKUs[0].ID != pb.SKUs[0].ID {
		t.Fatalf("ids differ: %d and %d", pa.ID, pb.ID)
	}
	price := money.Fen(100)
	for i := range 200 {
		if i == 100 {
			price = 150
			if err := a.SetPrice(t.Context(), a.id, pa.SKUs[0].ID, price); err != nil {
				t.Fatal(err)
			}
		}
		gotA, errA := a.Get(t.Context(), a.id, pa.ID)
		gotB, errB := b.Get(t.Context(), b.id, pb.ID)
		if errA != nil || errB != nil || gotA.Title != "甲店茶" || gotA.MinPriceFen != price || gotB.Title != "乙店茶" || gotB.MinPriceFen != 900 {
			t.Fatalf("round %d: got %s %d (%v) and %s %d (%v)", i, gotA.Title, gotA.MinPriceFen, errA, gotB.Title, gotB.MinPriceFen, errB)
		}
	}
}

func TestSellables(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p, draft := s.sell(t, "茶", 100, 200), s.add(t, "草稿", 300)
	s.stock(t, p.SKUs[1].ID, 7)
	s.Owner(t, fmt.Sprintf("UPDATE %s.sku SET enabled = false WHERE id = $1", s.id), p.SKUs[0].ID)

	s.seen.take()
	var got []catalog.Sellable
	s.InTenant(t, func(tx tenantdb.Tx) (err error) {
		got, err = s.Sellables(t.Context(), tx, []int64{draft.SKUs[0].ID, p.SKUs[1].ID, p.SKUs[0].ID, 999_999, p.SKUs[1].ID})
		return err
	})
	if n := len(s.seen.take()); n != 1 {
		t.Errorf("took %d statements, want 1", n)
	}
	want := []catalog.Sellable{
		{SKUID: p.SKUs[0].ID, SPUID: p.ID, Title: "茶", Spec: "款式1", PriceFen: 100, OnSale: false, Unsold: catalog.Withdrawn},
		{SKUID: p.SKUs[1].ID, SPUID: p.ID, Title: "茶", Spec: "款式2", PriceFen: 200, OnSale: true, Available: 7},
		{SKUID: draft.SKUs[0].ID, SPUID: draft.ID, Title: "草稿", Spec: "款式1", PriceFen: 300, OnSale: false, Unsold: catalog.OffTheShelf},
	}
	for i := range want {
		want[i].Category = s.category
		want[i].Kind, want[i].Limits, want[i].Snapshot = catalog.Physical, catalog.Limits{MinQty: 1}, got[i].Snapshot
		if len(got[i].Snapshot) != 64 {
			t.Errorf("snapshot %q is no hash", got[i].Snapshot)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCreateProductRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	good := func() catalog.ProductInput {
		return catalog.ProductInput{
			CategoryID: s.category, Title: "衬衫", Specs: []catalog.Spec{{Name: "尺码", Values: []string{"S", "M"}}},
			SKUs: []catalog.SKUInput{{SpecValues: []string{"S"}, PriceFen: 1}, {SpecValues: []string{"M"}, PriceFen: 2}},
		}
	}
	cases := map[string]struct {
		spoil func(*catalog.ProductInput)
		path  string
	}{
		"no title":         {func(in *catalog.ProductInput) { in.Title = "" }, "title"},
		"control in title": {func(in *catalog.ProductInput) { in.Title = "a\x00b" }, "title"},
		"no skus":          {func(in *catalog.ProductInput) { in.SKUs = nil }, "skus"},
		"unknown value":    {func(in *catalog.ProductInput) { in.SKUs[1].SpecValues = []string{"XL"} }, "skus[1].spec_values"},
		"missing value":    {func(in *catalog.ProductInput) { in.SKUs[1].SpecValues = nil }, "skus[1].spec_values"},
		"same variant":     {func(in *catalog.ProductInput) { in.SKUs[1].SpecValues = []string{"S"} }, "skus[1].spec_values"},
		"negative price":   {func(in *catalog.ProductInput) { in.SKUs[0].PriceFen = -1 }, "skus[0].price_fen"},
		"price too high":   {func(in *catalog.ProductInput) { in.SKUs[0].PriceFen = catalog.MaxPriceFen + 1 }, "skus[0].price_fen"},
		"no such category": {func(in *catalog.ProductInput) { in.CategoryID = 999 }, "category_id"},
		"four specs":       {func(in *catalog.ProductInput) { in.Specs = make([]catalog.Spec, 4) }, "specs"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := good()
			c.spoil(&in)
			_, err := s.CreateProduct(t.Context(), s.id, in)
			wantCode(t, err, "VALIDATION")
			if !slices.ContainsFunc(fieldsOf(err), func(f fault.Field) bool { return f.Path == c.path }) {
				t.Errorf("got %v, want %s refused", fieldsOf(err), c.path)
			}
		})
	}
	if _, err := s.CreateProduct(t.Context(), s.id, good()); err != nil {
		t.Errorf("the unspoilt product: %v", err)
	}
}

func TestChangesNotify(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	heard := make(chan string, 64)
	ready := make(chan struct{}, 8)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		s.DB.Listen(ctx, catalog.NotifyChannel, func() { ready <- struct{}{} }, func(payload string) {
			if payload == s.id.String() {
				heard <- payload
			}
		})
	})
	t.Cleanup(func() { stop(); wg.Wait() })
	<-ready

	p := s.add(t, "茶", 100)
	expectNotice(t, heard, "create product")
	s.move(t, p.ID, catalog.OnShelf)
	expectNotice(t, heard, "set shelf")
	if err := s.SetPrice(t.Context(), s.id, p.SKUs[0].ID, 120); err != nil {
		t.Fatal(err)
	}
	expectNotice(t, heard, "set price")
	s.addCategory(t, catalog.CategoryInput{Name: "新"})
	expectNotice(t, heard, "create category")

	wantCode(t, s.SetPrice(t.Context(), s.id, 999_999, 1), "NOT_FOUND")
	select {
	case <-heard:
		t.Error("a change that was rolled back has notified")
	case <-time.After(300 * time.Millisecond):
	}
}

func expectNotice(t *testing.T, heard <-chan string, after string) {
	t.Helper()
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Fatalf("no notification after %s", after)
	}
}

func TestAddSales(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a, b := s.sell(t, "甲", 100), s.sell(t, "乙", 100)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			err := s.DB.InTenant(t.Context(), s.id, func(tx tenantdb.Tx) error {
				return s.AddSalesTx(t.Context(), tx, map[int64]int64{b.ID: 2, a.ID: 1})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, want := range map[int64]int64{a.ID: 20, b.ID: 40} {
		if got, err := s.Get(t.Context(), s.id, id); err != nil || got.Sales != want {
			t.Errorf("product %d: got %d sold, %v; want %d", id, got.Sales, err, want)
		}
	}
}
