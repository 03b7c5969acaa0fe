package catalog_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
)

// walk follows the cursors to the end and returns all items in the order they came.
func (s *shop) walk(t *testing.T, in catalog.ListInput) []catalog.Item {
	t.Helper()
	var all []catalog.Item
	for range 1_000 {
		page := s.list(t, in)
		all = append(all, page.Items...)
		if page.NextCursor == "" {
			return all
		}
		if len(page.Items) != in.Limit {
			t.Fatalf("a page of %d of %d says that another follows", len(page.Items), in.Limit)
		}
		in.Cursor = page.NextCursor
	}
	t.Fatal("the list does not end")
	return nil
}

func TestPagesVisitEachProductOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const n = 43
	for i := range n {
		s.sell(t, fmt.Sprintf("商品%02d", i), money.Fen(100*(i%4)), 5_000)
	}
	// Ties in every key, on both sides of zero where the key allows it.
	s.Owner(t, fmt.Sprintf("UPDATE %s.spu SET sort = (id %% 3)::int - 1, sales = id %% 5", s.id))

	orders := map[catalog.Sort]func(a, b catalog.Item) int{
		catalog.ByPlace:  func(a, b catalog.Item) int { return cmp.Or(cmp.Compare(b.ID%3, a.ID%3), cmp.Compare(b.ID, a.ID)) },
		catalog.ByNewest: func(a, b catalog.Item) int { return cmp.Compare(b.ID, a.ID) },
		catalog.ByPriceAsc: func(a, b catalog.Item) int {
			return cmp.Or(cmp.Compare(a.MinPriceFen, b.MinPriceFen), cmp.Compare(a.ID, b.ID))
		},
		catalog.ByPriceDesc: func(a, b catalog.Item) int {
			return cmp.Or(cmp.Compare(b.MinPriceFen, a.MinPriceFen), cmp.Compare(b.ID, a.ID))
		},
		catalog.BySales: func(a, b catalog.Item) int { return cmp.Or(cmp.Compare(b.Sales, a.Sales), cmp.Compare(b.ID, a.ID)) },
	}
	for _, sort := range allSorts() {
		for _, category := range []int64{0, s.category} {
			for _, limit := range []int{1, 7, 43, 100} {
				t.Run(fmt.Sprintf("%s by %d, category %d", sort, limit, category), func(t *testing.T) {
					t.Parallel()
					items := s.walk(t, catalog.ListInput{Sort: sort, CategoryID: category, Limit: limit})
					ids := map[int64]bool{}
					for _, item := range items {
						ids[item.ID] = true
					}
					if len(items) != n || len(ids) != n {
						t.Errorf("visited %d items, %d products; want %d each once", len(items), len(ids), n)
					}
					if !slices.IsSortedFunc(items, orders[sort]) {
						t.Error("not in the order asked for")
					}
				})
			}
		}
	}
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	top := s.category
	tea := s.addCategory(t, catalog.CategoryInput{Name: "茶", ParentID: top})
	green := s.addCategory(t, catalog.CategoryInput{Name: "绿茶", ParentID: tea})
	hidden := s.addCategory(t, catalog.CategoryInput{Name: "内部", Hidden: true})
	put := func(category int64, title string) catalog.Product {
		s.category = category
		return s.sell(t, title, 100)
	}
	put(top, "Mug 100%")
	put(tea, "红茶_特级")
	full := put(green, "龙井")
	put(hidden, `内部\样品`)
	s.stock(t, full.SKUs[0].ID, 3)

	cases := map[string]struct {
		in   catalog.ListInput
		want []string
	}{
		"all":                         {catalog.ListInput{}, []string{"Mug 100%", "红茶_特级", "龙井", `内部\样品`}},
		"category with those below":   {catalog.ListInput{CategoryID: top}, []string{"Mug 100%", "红茶_特级", "龙井"}},
		"branch":                      {catalog.ListInput{CategoryID: tea}, []string{"红茶_特级", "龙井"}},
		"leaf":                        {catalog.ListInput{CategoryID: green}, []string{"龙井"}},
		"hidden category":             {catalog.ListInput{CategoryID: hidden}, nil},
		"unknown category":            {catalog.ListInput{CategoryID: 999_999}, nil},
		"in stock":                    {catalog.ListInput{InStock: true}, []string{"龙井"}},
		"in stock in a branch":        {catalog.ListInput{InStock: true, CategoryID: tea}, []string{"龙井"}},
		"search":                      {catalog.ListInput{Query: "茶"}, []string{"红茶_特级"}},
		"search ignores case":         {catalog.ListInput{Query: "mUG"}, []string{"Mug 100%"}},
		"search is trimmed":           {catalog.ListInput{Query: "  mug "}, []string{"Mug 100%"}},
		"percent is no wild thing":    {catalog.ListInput{Query: "%"}, nil},
		"underscore is no wild thing": {catalog.ListInput{Query: "_"}, nil},
		"backslash is no escape":      {catalog.ListInput{Query: `\`}, nil},
		"signs part words":            {catalog.ListInput{Query: "红茶 特级"}, []string{"红茶_特级"}},
		"signs are passed over":       {catalog.ListInput{Query: "100%"}, []string{"Mug 100%"}},
		"search and branch":           {catalog.ListInput{Query: "mug", CategoryID: tea}, nil},
		"a quote is a character":      {catalog.ListInput{Query: `' OR 1=1 --`}, nil},
		"a pattern of one wild thing": {catalog.ListInput{Query: strings.Repeat("%", 32)}, nil},
	}
	for name, c := range cases {
		for _, sort := range allSorts() {
			t.Run(name+" "+string(sort), func(t *testing.T) {
				t.Parallel()
				in := c.in
				in.Sort = sort
				page := s.list(t, in)
				if page.Near {
					page.Items = nil
				}
				got, want := titles(page.Items), slices.Sorted(slices.Values(c.want))
				if !slices.Equal(got, want) && len(got)+len(want) > 0 {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestT027HostileListInput(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "茶", 100)
	s.add(t, "草稿", 100)
	cases := map[string]struct {
		in   catalog.ListInput
		path string
	}{
		"sort with sleep":     {catalog.ListInput{Sort: "price;select pg_sleep(5)"}, "sort"},
		"sort with case":      {catalog.ListInput{Sort: "(case when 1=1 then id end)"}, "sort"},
		"sort with subselect": {catalog.ListInput{Sort: "desc,(select 1)"}, "sort"},
		"sort in upper case":  {catalog.ListInput{Sort: "SALES"}, "sort"},
		"limit negative":      {catalog.ListInput{Limit: -1}, "limit"},
		"limit huge":          {catalog.ListInput{Limit: 1_000_000_000}, "limit"},
		"limit over":          {catalog.ListInput{Limit: 101}, "limit"},
		"query too long":      {catalog.ListInput{Query: strings.Repeat("%", 1_000)}, "q"},
		"query blank":         {catalog.ListInput{Query: "   "}, "q"},
		"query with NUL":      {catalog.ListInput{Query: "a\x00"}, "q"},
		"query not UTF-8":     {catalog.ListInput{Query: "\xff\xfe"}, "q"},
		"category negative":   {catalog.ListInput{CategoryID: -1}, "category_id"},
		"cursor nonsense":     {catalog.ListInput{Cursor: "' OR 1=1 --"}, "cursor"},
		"cursor of zeros":     {catalog.ListInput{Cursor: base64.RawURLEncoding.EncodeToString(make([]byte, 24))}, "cursor"},
		"cursor too long":     {catalog.ListInput{Cursor: strings.Repeat("A", 100_000)}, "cursor"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := s.List(t.Context(), s.id, c.in)
			if err == nil || !strings.Contains(fmt.Sprint(fieldsOf(err)), c.path) {
				t.Errorf("got %v %v, want VALIDATION on %s", err, fieldsOf(err), c.path)
			}
			wantCode(t, err, "VALIDATION")
			if took := time.Since(begun); took > time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
	if got := titles(s.list(t, catalog.ListInput{Query: "(a+)+$"}).Items); len(got) != 0 {
		t.Errorf("a regular expression found %q", got)
	}
}

func TestCursorBelongsToItsList(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	other := s.beside(t)
	for i := range 5 {
		s.sell(t, "茶", money.Fen(i))
		other.sell(t, "茶", money.Fen(i))
	}
	in := catalog.ListInput{Sort: catalog.ByPriceAsc, Limit: 2}
	cursor := s.list(t, in).NextCursor
	if cursor == "" {
		t.Fatal("no cursor")
	}
	refused := func(name string, id *shop, in catalog.ListInput) {
		t.Helper()
		_, err := id.List(t.Context(), id.id, in)
		if err == nil {
			t.Errorf("%s: accepted", name)
			return
		}
		wantCode(t, err, "VALIDATION")
	}
	in.Cursor = cursor
	for _, sort := range allSorts() {
		if sort != in.Sort {
			foreign := in
			foreign.Sort = sort
			refused("another sort", s, foreign)
		}
	}
	foreign := in
	foreign.Query = "茶"
	refused("another search", s, foreign)
	foreign = in
	foreign.CategoryID = s.category
	refused("another category", s, foreign)
	refused("another shop", other, in)
	for i := range cursor {
		broken := in
		b := []byte(cursor)
		b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
		broken.Cursor = string(b)
		refused(fmt.Sprintf("character %d changed", i), s, broken)
	}
	wider := in
	wider.Limit = 50
	if got := len(s.list(t, wider).Items); got != 3 {
		t.Errorf("another page size: got %d items, want the other 3", got)
	}
}

func TestListTakesOneStatement(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 12 {
		s.sell(t, "茶", 100, 200, 300)
	}
	for _, sort := range allSorts() {
		for _, category := range []int64{0, s.category} {
			s.seen.take()
			s.list(t, catalog.ListInput{Sort: sort, CategoryID: category, Limit: 10, InStock: false, Query: "茶"})
			if got := s.seen.take(); len(got) != 1 {
				t.Errorf("%s in category %d took %d statements, want 1", sort, category, len(got))
			}
		}
	}
}

// Each order must follow its index in the plan that serves all parameters, and stop when
// the page is full; otherwise a page would read and sort the whole shelf.
func TestListFollowsItsIndex(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.fill(t, 3_000)
	conn, err := pgx.Connect(t.Context(), s.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	as := fmt.Sprintf("SET search_path = %s; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off", s.id) // as tenantdb
	if _, err := conn.Exec(t.Context(), as); err != nil {
		t.Fatal(err)
	}
	const (
		top   = "9223372036854775807"
		limit = 21
	)
	cases := map[string]struct {
		in          catalog.ListInput
		args, index string
		most        int // products read
	}{
		"place":          {catalog.ListInput{}, "2147483647, " + top + ", 0, '', 0, 9223372036854775807, false, 21", "spu_shelf", limit},
		"place in stock": {catalog.ListInput{}, "2147483647, " + top + ", 0, '', 0, 9223372036854775807, true, 21", "spu_shelf", limit},
		"branch":         {catalog.ListInput{CategoryID: s.category}, fmt.Sprint(s.category, ", 2147483647, ", top, ", 0, '', 0, 9223372036854775807, false, 21"), "spu_shelf_category", limit},
		"newest":         {catalog.ListInput{Sort: catalog.ByNewest}, "0, " + top + ", 0, '', 0, 9223372036854775807, false, 21", "spu_pkey", limit},
		"newest, branch": {catalog.ListInput{Sort: catalog.ByNewest}, fmt.Sprint(s.category, ", ", top, ", 0, '', 0, 9223372036854775807, false, 21"), "spu_pkey", 10 * limit},
		"price up":       {catalog.ListInput{Sort: catalog.ByPriceAsc}, "0, -1, 0, 0, '', 0, 9223372036854775807, false, 21", "spu_shelf_price", limit},
		"price down":     {catalog.ListInput{Sort: catalog.ByPriceDesc}, "0, " + top + ", " + top + ", 0, '', 0, 9223372036854775807, false, 21", "spu_shelf_price", limit},
		"sales":          {catalog.ListInput{Sort: catalog.BySales}, "0, " + top + ", " + top + ", 0, '', 0, 9223372036854775807, false, 21", "spu_shelf_sales", limit},
	}
	for name, c := range cases {
		s.seen.take()
		s.list(t, c.in)
		plan := explain(t, conn, s.seen.take()[0], c.args)
		if !strings.Contains(plan, "using "+c.index+" on spu") || strings.Contains(plan, "Seq Scan on s") {
			t.Errorf("%s: want index %s and no table read whole\n%s", name, c.index, plan)
		}
		if strings.Contains(plan, "Sort") && c.in.CategoryID == 0 { // a branch merges its categories' pages
			t.Errorf("%s sorts\n%s", name, plan)
		}
		if got := productsRead(t, plan); got > c.most {
			t.Errorf("%s reads %d products, want at most %d\n%s", name, got, c.most, plan)
		}
	}
}

// productsRead is how many rows of spu a plan has fetched, those it filtered out included.
func productsRead(t *testing.T, plan string) (n int) {
	t.Helper()
	node := regexp.MustCompile(`on spu p .*actual rows=(\d+) loops=(\d+)\)((?:\n +[A-Z][^>\n]*)*)`)
	removed := regexp.MustCompile(`Rows Removed by Filter: (\d+)`)
	for _, m := range node.FindAllStringSubmatch(plan, -1) {
		rows, _ := strconv.Atoi(m[1])
		loops, _ := strconv.Atoi(m[2])
		if r := removed.FindStringSubmatch(m[3]); r != nil {
			more, _ := strconv.Atoi(r[1])
			rows += more
		}
		n += rows * loops
	}
	if n == 0 {
		t.Fatalf("no product read\n%s", plan)
	}
	return n
}

// explain runs sql as a prepared statement and returns its plan with the rows counted.
func explain(t *testing.T, conn *pgx.Conn, sql, args string) string {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "PREPARE page AS "+sql); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF) EXECUTE page("+args+")", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "DEALLOCATE page"); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// fill puts n products with three SKUs each on the shelf, in ten categories.
func (s *shop) fill(t *testing.T, n int) {
	t.Helper()
	for _, sql := range []string{
		"INSERT INTO %[1]s.category (name) SELECT '类' || g FROM generate_series(1, 9) g",
		`INSERT INTO %[1]s.spu (category_id, title, status, sort, min_price_fen, max_price_fen, sales)
		 SELECT 1 + g %% 10, '商品' || g, 'on_shelf', (g * 7919) %% 1000, 1000 + (g * 37) %% 9000, 20000, (g * 13) %% 700 FROM generate_series(1, %[2]d) g`,
		"INSERT INTO %[1]s.sku (spu_id, spec_values, price_fen) SELECT p.id, ARRAY[v], p.min_price_fen FROM %[1]s.spu p, unnest(ARRAY['S', 'M', 'L']) v",
		"INSERT INTO %[1]s.stock_level (sku_id, on_hand) SELECT id, id %% 30 FROM %[1]s.sku",
		"ANALYZE %[1]s.spu", "ANALYZE %[1]s.sku", "ANALYZE %[1]s.stock_level", "ANALYZE %[1]s.category",
	} {
		q := strings.NewReplacer("%[1]s", s.id.String(), "%[2]d", fmt.Sprint(n), "%%", "%").Replace(sql)
		s.Owner(t, q)
	}
}
