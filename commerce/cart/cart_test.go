package cart_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// statements counts the SQL a test causes, without the routing around it, and round trips.
type statements struct{ n, trips atomic.Int64 }

func (s *statements) add(sql string) {
	for _, routing := range []string{"begin", "commit", "rollback", "select set_config('role'"} {
		if strings.HasPrefix(sql, routing) {
			return
		}
	}
	s.n.Add(1)
}

func (s *statements) take() (n, trips int64) { return s.n.Swap(0), s.trips.Swap(0) }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.trips.Add(1)
	s.add(d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	s.trips.Add(1)
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.add(d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// world is one shop that sells one product in several SKUs.
type world struct {
	*tenanttest.Env
	*cart.Service
	catalog *catalog.Service
	members *member.Service
	id      tenant.ID
	skus    []int64 // prices 100, 200, 300 … fen; 10 of each in stock
	seen    *statements
}

func newWorld(t *testing.T) *world {
	t.Helper()
	seen := &statements{}
	env := tenanttest.New(t, tenanttest.WithTracer(seen))
	shelf := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	w := &world{
		Env: env, catalog: shelf, members: member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault}),
		Service: cart.New(cart.Deps{DB: env.DB}), id: env.Tenant.ID, seen: seen,
	}
	w.skus = w.sell(t, 4)
	return w
}

// beside is another shop of the same installation, with the same numeric ids.
func (w *world) beside(t *testing.T) *world {
	t.Helper()
	other := *w
	other.id = w.OpenShop(t).ID
	other.skus = other.sell(t, 4)
	return &other
}

// sell puts a product with n SKUs on the shelf and returns their ids.
func (w *world) sell(t *testing.T, n int) (ids []int64) {
	t.Helper()
	category, err := w.catalog.CreateCategory(t.Context(), w.id, catalog.CategoryInput{Name: "全部"})
	if err != nil {
		t.Fatal(err)
	}
	in := catalog.ProductInput{CategoryID: category, Title: "茶", Cover: "/cover.svg", Specs: []catalog.Spec{{Name: "规格"}}}
	for i := range n {
		value := fmt.Sprint("第", i)
		in.Specs[0].Values = append(in.Specs[0].Values, value)
		in.SKUs = append(in.SKUs, catalog.SKUInput{SpecValues: []string{value}, PriceFen: money.Fen(100 * (i + 1))})
	}
	p, err := w.catalog.CreateProduct(t.Context(), w.id, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.catalog.SetShelf(t.Context(), w.id, p.ID, catalog.OnShelf); err != nil {
		t.Fatal(err)
	}
	for _, k := range p.SKUs {
		ids = append(ids, k.ID)
	}
	w.Owner(t, fmt.Sprintf("UPDATE %s.stock_level SET on_hand = 10 WHERE sku_id = ANY($1)", w.id), ids)
	return ids
}

func (w *world) member(t *testing.T, openID string) int64 {
	t.Helper()
	appID, _ := tenant.ParseAppID("wx0123456789abcdef")
	tokens, err := w.members.Login(t.Context(), w.id, member.LoginInput{AppID: appID, OpenID: openID})
	if err != nil {
		t.Fatal(err)
	}
	return tokens.MemberID
}

func (w *world) put(t *testing.T, memberID, skuID int64, qty int) cart.Cart {
	t.Helper()
	c, err := w.Put(t.Context(), w.id, memberID, cart.PutInput{SKUID: skuID, Qty: qty})
	if err != nil {
		t.Fatalf("put %d of %d: %v", qty, skuID, err)
	}
	return c
}

// lines returns SKU → quantity, and the SKUs that are selected.
func (w *world) lines(t *testing.T, memberID int64) (qty map[int64]int, selected []int64) {
	t.Helper()
	c, err := w.Get(t.Context(), w.id, memberID)
	if err != nil {
		t.Fatalf("get cart: %v", err)
	}
	qty = map[int64]int{}
	for _, item := range c.Items {
		qty[item.SKUID] = item.Qty
		if item.Selected {
			selected = append(selected, item.SKUID)
		}
	}
	slices.Sort(selected)
	return qty, selected
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); err == nil || got != code {
		t.Errorf("got error %v (code %s), want code %s", err, got, code)
	}
}

func TestPutSetsAndAdds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	w.put(t, m, w.skus[0], 3)
	w.put(t, m, w.skus[0], 2)
	c := w.put(t, m, w.skus[1], 1)
	if len(c.Items) != 2 || c.SelectedQty != 3 || c.SelectedFen != 2*100+200 {
		t.Errorf("got %+v", c)
	}
	c, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 4, Add: true})
	if err != nil || c.SelectedQty != 7 || c.SelectedFen != 6*100+200 {
		t.Errorf("after adding 4: got %+v, %v", c, err)
	}
	no := false
	c, err = w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 1, Selected: &no})
	if err != nil || c.SelectedQty != 1 {
		t.Errorf("unselected by put: got %+v, %v", c, err)
	}
	if c = w.put(t, m, w.skus[0], 2); c.SelectedQty != 1 {
		t.Errorf("a put that says nothing of selection changed it: %+v", c)
	}
	again, err := w.Get(t.Context(), w.id, m)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(c) {
		t.Errorf("get shows\n%+v, put answered\n%+v (%v)", again, c, err)
	}
}

func TestT024Quantities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	for _, qty := range []int{0, -1, 1000, 1 << 31, 1<<63 - 1, -1 << 63} {
		for _, add := range []bool{false, true} {
			_, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: qty, Add: add})
			wantCode(t, err, "VALIDATION")
		}
	}
	if got, _ := w.lines(t, m); len(got) != 0 {
		t.Errorf("got lines %v, want none", got)
	}
	w.put(t, m, w.skus[0], cart.MaxQty)
	_, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 1, Add: true})
	wantCode(t, err, "VALIDATION")
	if got, _ := w.lines(t, m); got[w.skus[0]] != cart.MaxQty {
		t.Errorf("got %v, want the line as it was", got)
	}
}

func TestPutRefusesWhatIsNotOnSale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	w.Owner(t, fmt.Sprintf("UPDATE %s.sku SET enabled = false WHERE id = $1", w.id), w.skus[1])
	_, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[1], Qty: 1})
	wantCode(t, err, "SKU_UNAVAILABLE")
	for _, unknown := range []int64{999_999, 0, -1} {
		_, err = w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: unknown, Qty: 1})
		wantCode(t, err, "NOT_FOUND")
	}
	if got, _ := w.lines(t, m); len(got) != 0 {
		t.Errorf("got lines %v, want none", got)
	}
}

func TestLineStatesAndTotals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	for _, sku := range w.skus {
		w.put(t, m, sku, 5)
	}
	w.Owner(t, fmt.Sprintf("UPDATE %s.stock_level SET on_hand = 4 WHERE sku_id = $1", w.id), w.skus[1])
	w.Owner(t, fmt.Sprintf("UPDATE %s.stock_level SET reserved = 10 WHERE sku_id = $1", w.id), w.skus[2])
	w.Owner(t, fmt.Sprintf("UPDATE %s.sku SET enabled = false WHERE id = $1", w.id), w.skus[3])
	if err := w.catalog.SetPrice(t.Context(), w.id, w.skus[0], 150); err != nil {
		t.Fatal(err)
	}
	c, err := w.Get(t.Context(), w.id, m)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int64]cart.State{}
	for _, item := range c.Items {
		got[item.SKUID] = item.State
	}
	want := map[int64]cart.State{w.skus[0]: cart.OK, w.skus[1]: cart.NotEnough, w.skus[2]: cart.SoldOut, w.skus[3]: cart.Withdrawn}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got states %v, want %v", got, want)
	}
	if c.SelectedQty != 5 || c.SelectedFen != 750 {
		t.Errorf("got totals %d for %d fen; want 5 for 750: today's price, lines that can be bought", c.SelectedQty, c.SelectedFen)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	for _, sku := range w.skus[:3] {
		w.put(t, m, sku, 1)
	}
	choose := func(in cart.SelectInput) error {
		_, err := w.Select(t.Context(), w.id, m, in)
		return err
	}
	wantSelected := func(want ...int64) {
		t.Helper()
		if _, got := w.lines(t, m); !slices.Equal(got, want) {
			t.Errorf("got selected %v, want %v", got, want)
		}
	}
	wantSelected(w.skus[:3]...)
	if err := choose(cart.SelectInput{All: true, Selected: false}); err != nil {
		t.Fatal(err)
	}
	wantSelected()
	if err := choose(cart.SelectInput{SKUIDs: []int64{w.skus[1], w.skus[0], w.skus[1]}, Selected: true}); err != nil {
		t.Fatal(err)
	}
	wantSelected(w.skus[0], w.skus[1])
	wantCode(t, choose(cart.SelectInput{SKUIDs: []int64{w.skus[2], w.skus[3]}, Selected: true}), "NOT_FOUND")
	wantSelected(w.skus[0], w.skus[1])
	wantCode(t, choose(cart.SelectInput{Selected: true}), "VALIDATION")
	wantCode(t, choose(cart.SelectInput{All: true, SKUIDs: []int64{1}, Selected: true}), "VALIDATION")
	wantCode(t, choose(cart.SelectInput{SKUIDs: make([]int64, 1_001), Selected: true}), "VALIDATION")
}

func TestForOrders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	w.put(t, m, w.skus[0], 2)
	w.put(t, m, w.skus[1], 3)
	no := false
	if _, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[2], Qty: 1, Selected: &no}); err != nil {
		t.Fatal(err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		lines, _, err := w.SelectedTx(t.Context(), tx, m)
		slices.SortFunc(lines, func(a, b cart.Line) int { return int(a.SKUID - b.SKUID) })
		want := []cart.Line{{SKUID: w.skus[0], Qty: 2, Selected: true}, {SKUID: w.skus[1], Qty: 3, Selected: true}}
		if err != nil || !slices.Equal(lines, want) {
			t.Errorf("got %+v, %v; want %+v", lines, err, want)
		}
		return w.RemoveTx(t.Context(), tx, m, []int64{w.skus[0], w.skus[1], 999_999})
	})
	if got, _ := w.lines(t, m); fmt.Sprint(got) != fmt.Sprint(map[int64]int{w.skus[2]: 1}) {
		t.Errorf("got lines %v, want only what was not ordered", got)
	}
}

func TestT028AnotherMembersCart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.member(t, "openid-a"), w.member(t, "openid-b")
	w.put(t, theirs, w.skus[0], 7)
	_, err := w.Delete(t.Context(), w.id, mine, w.skus[0])
	wantCode(t, err, "NOT_FOUND")
	_, err = w.Select(t.Context(), w.id, mine, cart.SelectInput{SKUIDs: []int64{w.skus[0]}, Selected: false})
	wantCode(t, err, "NOT_FOUND")
	if _, err = w.Select(t.Context(), w.id, mine, cart.SelectInput{All: true, Selected: false}); err != nil {
		t.Error(err)
	}
	w.put(t, mine, w.skus[0], 1)
	if _, err := w.Delete(t.Context(), w.id, mine, w.skus[0]); err != nil {
		t.Error(err)
	}
	qty, selected := w.lines(t, theirs)
	if qty[w.skus[0]] != 7 || !slices.Equal(selected, w.skus[:1]) {
		t.Errorf("their cart changed: %v, selected %v", qty, selected)
	}
	if got, _ := w.lines(t, mine); len(got) != 0 {
		t.Errorf("my cart shows %v", got)
	}
	_, err = w.Put(t.Context(), w.id, 999_999, cart.PutInput{SKUID: w.skus[0], Qty: 1})
	wantCode(t, err, "NOT_FOUND")
}

func TestT005SameIDsInTwoShops(t *testing.T) {
	t.Parallel()
	a := newWorld(t)
	b := a.beside(t)
	m, n := a.member(t, "openid-a"), b.member(t, "openid-a")
	if m != n || a.skus[0] != b.skus[0] {
		t.Fatalf("ids differ: member %d and %d, SKU %d and %d", m, n, a.skus[0], b.skus[0])
	}
	a.put(t, m, a.skus[0], 1)
	b.put(t, n, b.skus[0], 9)
	for range 50 {
		inA, _ := a.lines(t, m)
		inB, _ := b.lines(t, n)
		if inA[a.skus[0]] != 1 || inB[b.skus[0]] != 9 {
			t.Fatalf("got %v in the first shop, %v in the second", inA, inB)
		}
	}
}

func TestFullCart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	many := w.sell(t, cart.MaxLines)
	w.Owner(t, fmt.Sprintf("INSERT INTO %s.cart_line (member_id, sku_id, qty) SELECT $1, unnest($2::bigint[]), 1", w.id), m, many)
	_, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 1})
	wantCode(t, err, "CART_FULL")
	if c := w.put(t, m, many[0], 2); len(c.Items) != cart.MaxLines {
		t.Errorf("got %d lines, want %d", len(c.Items), cart.MaxLines)
	}
}

func TestParallelAdds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 3, Add: true}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, _ := w.lines(t, m); got[w.skus[0]] != 60 {
		t.Errorf("got %v, want 60", got)
	}
}

func TestStatementsPerCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	w.put(t, m, w.skus[1], 1)
	count := func(name string, want, roundTrips int64, call func() error) {
		t.Helper()
		w.seen.take()
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, trips := w.seen.take(); got != want || trips != roundTrips {
			t.Errorf("%s took %d statements in %d round trips, want %d in %d", name, got, trips, want, roundTrips)
		}
	}
	put := func() error {
		_, err := w.Put(t.Context(), w.id, m, cart.PutInput{SKUID: w.skus[0], Qty: 1})
		return err
	}
	count("put into a cart with another line", 1, 1, put)
	count("get", 1, 1, func() error {
		_, err := w.Get(t.Context(), w.id, m)
		return err
	})
	count("select", 2, 2, func() error {
		_, err := w.Select(t.Context(), w.id, m, cart.SelectInput{SKUIDs: w.skus[:2], Selected: false})
		return err
	})
	count("delete", 2, 2, func() error {
		_, err := w.Delete(t.Context(), w.id, m, w.skus[1])
		return err
	})
	count("put alone", 1, 1, put)
	count("delete the last", 2, 2, func() error {
		_, err := w.Delete(t.Context(), w.id, m, w.skus[0])
		return err
	})
}

// TestTheCartSaysWhatTheCatalogueSays: the cart joins the catalogue's tables itself; both must
// come to the same, whatever a SKU has become.
func TestTheCartSaysWhatTheCatalogueSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	for _, id := range w.skus {
		w.put(t, m, id, 2)
	}
	for _, change := range []string{
		"UPDATE %s.sku SET picture = '/own.svg', spec_values = '{黑,XL}', price_fen = 777 WHERE id = $1",
		"UPDATE %s.sku SET enabled = false, spec_values = '{}' WHERE id = $1 + 1",
		"UPDATE %s.stock_level SET reserved = on_hand WHERE sku_id = $1 + 2",
		"UPDATE %s.spu SET title = '新茶', cover = '/new.svg', status = 'off_shelf' WHERE id = (SELECT spu_id FROM %[1]s.sku WHERE id = $1)",
	} {
		w.Owner(t, fmt.Sprintf(change, w.id), w.skus[0])
		w.InTenant(t, func(tx tenantdb.Tx) error {
			lines, facts, err := w.SelectedTx(t.Context(), tx, m)
			if err != nil {
				return err
			}
			want, err := w.catalog.Sellables(t.Context(), tx, w.skus)
			slices.SortFunc(facts, func(a, b catalog.Sellable) int { return cmp.Compare(a.SKUID, b.SKUID) })
			if len(lines) != len(w.skus) || !slices.Equal(facts, want) {
				t.Errorf("after %q the cart says\n%+v, the catalogue\n%+v", change, facts, want)
			}
			return err
		})
	}
}
