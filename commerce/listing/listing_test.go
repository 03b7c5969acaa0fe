package listing_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/money"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type kit struct {
	*tenanttest.Env
	catalog   *catalog.Service
	inventory *inventory.Service
	s         *listing.Service
}

func newKit(t *testing.T) *kit {
	t.Helper()
	env := tenanttest.New(t)
	k := &kit{
		Env: env, catalog: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers}),
		inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}),
	}
	k.s = listing.New(listing.Deps{DB: env.DB, Catalog: k.catalog, Inventory: k.inventory, Audit: env.Audit})
	return k
}

// mug is a product in two colours.
func mug() listing.SaveInput {
	return listing.SaveInput{
		Key: "form-1", NewCategory: "杯子", OnShelf: true, Actor: "staff:7",
		ProductInput: catalog.ProductInput{
			Title: "马克杯", Specs: []catalog.Spec{{Name: "颜色", Values: []string{"黑", "白"}}},
			SKUs: []catalog.SKUInput{
				{SpecValues: []string{"黑"}, PriceFen: 5900, MarketPriceFen: 7900, WeightG: 350},
				{SpecValues: []string{"白"}, PriceFen: 6100},
			},
		},
		Stock: []listing.Stock{{Want: 10}, {Want: 4}},
	}
}

func (k *kit) save(t *testing.T, in listing.SaveInput) int64 {
	t.Helper()
	id, err := k.s.Save(t.Context(), k.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

type sku struct {
	ID      int64
	Values  []string
	Price   money.Fen
	Weight  int64
	Enabled bool
	OnHand  int64
}

func (k *kit) skus(t *testing.T, productID int64) (out []sku) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT s.id, s.spec_values, s.price_fen, s.weight_g, s.enabled, l.on_hand
			FROM sku s JOIN stock_level l ON l.sku_id = s.id WHERE s.spu_id = $1 ORDER BY s.id`, productID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s sku
			if err := rows.Scan(&s.ID, &s.Values, &s.Price, &s.Weight, &s.Enabled, &s.OnHand); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	return out
}

func (k *kit) used(t *testing.T) int64 {
	t.Helper()
	uses, err := k.Plans.Uses(t.Context(), k.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uses {
		if u.Quota == plan.SKUs {
			return u.Used
		}
	}
	return 0
}

func (k *kit) count(t *testing.T, sql string) (n int) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), sql).Scan(&n) })
	return n
}

// A new product is there with its category, stock and entry, once, however often the form
// is sent.
func TestFormSentTwiceMakesOneProduct(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	if again := k.save(t, mug()); again != id {
		t.Errorf("products %d and %d", id, again)
	}
	other := mug()
	other.Title = "另一个"
	if _, err := k.s.Save(t.Context(), k.Tenant.ID, other); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("another form under the same key: %v", err)
	}
	got, err := k.catalog.Get(t.Context(), k.Tenant.ID, id)
	if err != nil || got.StockState != catalog.InStock || got.MinPriceFen != 5900 || got.MaxPriceFen != 6100 {
		t.Fatalf("on the shelf: %+v, %v", got, err)
	}
	if n := k.count(t, "SELECT count(*) FROM spu"); n != 1 {
		t.Errorf("%d products", n)
	}
	if n := k.count(t, "SELECT count(*) FROM category WHERE name = '杯子'"); n != 1 {
		t.Errorf("%d categories", n)
	}
	if s := k.skus(t, id); len(s) != 2 || s[0].OnHand != 10 || s[0].Weight != 350 || s[1].OnHand != 4 {
		t.Errorf("SKUs %+v", s)
	}
	if n := k.used(t); n != 2 {
		t.Errorf("%d SKUs of the plan used", n)
	}
}

// Values may be renamed, change places, come and go: a SKU stays the SKU it was.
func TestEditKeepsSKUs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	first := k.skus(t, id)
	edit := mug()
	edit.ID, edit.Version, edit.Stock = id, 2, []listing.Stock{{10, 10}, {4, 4}, {0, 3}}
	edit.Specs[0].Values = []string{"白", "黑", "蓝"}
	edit.SKUs = []catalog.SKUInput{
		{ID: first[0].ID, SpecValues: []string{"白"}, PriceFen: 5900}, // the names change places
		{ID: first[1].ID, SpecValues: []string{"黑"}, PriceFen: 6100},
		{SpecValues: []string{"蓝"}, PriceFen: 7000},
	}
	k.save(t, edit)
	got := k.skus(t, id)
	if len(got) != 3 || got[0].ID != first[0].ID || got[0].Values[0] != "白" || got[1].Values[0] != "黑" || got[2].OnHand != 3 || k.used(t) != 3 {
		t.Fatalf("after the change of names: %+v, %d used", got, k.used(t))
	}
	blue := got[2].ID
	// Blue goes, and its name goes to the first one; then it comes back.
	edit.Version, edit.SKUs, edit.Stock = 3, edit.SKUs[:2], []listing.Stock{{10, 10}, {4, 4}}
	edit.SKUs[0].SpecValues, edit.Specs[0].Values = []string{"蓝"}, []string{"蓝", "黑"}
	k.save(t, edit)
	got = k.skus(t, id)
	if got[2].Enabled || slices.Equal(got[2].Values, got[0].Values) || k.used(t) != 2 {
		t.Errorf("after blue went: %+v, %d used", got, k.used(t))
	}
	edit.Version, edit.Specs[0].Values = 4, []string{"红", "黑"}
	edit.SKUs[0].SpecValues = []string{"红"}
	k.save(t, edit)
	edit.Version, edit.Specs[0].Values = 5, append([]string{"红", "黑"}, got[2].Values[0])
	edit.SKUs = append(edit.SKUs, catalog.SKUInput{SpecValues: got[2].Values, PriceFen: 7100})
	edit.Stock = append(edit.Stock, listing.Stock{Was: 3, Want: 3})
	k.save(t, edit)
	if got = k.skus(t, id); len(got) != 3 || got[2].ID != blue || !got[2].Enabled || got[2].OnHand != 3 {
		t.Errorf("after it came back: %+v", got)
	}
	// A SKU of another product is none of this one.
	other := mug()
	other.Key, other.Title = "form-2", "别的"
	foreign := k.skus(t, k.save(t, other))[0].ID
	edit.Version, edit.SKUs[0].ID = 6, foreign
	if _, err := k.s.Save(t.Context(), k.Tenant.ID, edit); !errors.Is(err, fault.ErrValidation) {
		t.Errorf("a foreign SKU: %v", err)
	}
}

// Two people edit at once: one wins whole, the other is told, and nothing of theirs mixes.
func TestTwoEditorsMakeOneEdit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	before := k.skus(t, id)
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wait.Go(func() {
			edit := mug()
			edit.ID, edit.Version, edit.Stock = id, 2, []listing.Stock{{10, 20}, {4, 4}}
			for j := range edit.SKUs {
				edit.SKUs[j].ID, edit.SKUs[j].PriceFen = before[j].ID, money.Fen(1000*(i+1))
			}
			_, errs[i] = k.s.Save(t.Context(), k.Tenant.ID, edit)
		})
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, catalog.ErrStale):
			t.Errorf("refused with %v", err)
		}
	}
	got := k.skus(t, id)
	if won != 1 || got[0].Price != got[1].Price || got[0].OnHand != 20 {
		t.Errorf("%d won: %+v", won, got)
	}
	if n := k.count(t, "SELECT count(*) FROM stock_movement WHERE kind = 'adjust'"); n != 1 {
		t.Errorf("%d corrections", n)
	}
}

// What was sold while somebody typed stays sold, and stock cannot fall below what orders hold.
func TestStockIsCorrectedByTheDifference(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	id := k.save(t, mug())
	skus := k.skus(t, id)
	sell := func(orderNo string, qty int64) {
		k.InTenant(t, func(tx tenantdb.Tx) error {
			return k.inventory.ReserveTx(t.Context(), tx, orderNo, []inventory.Line{{SKUID: skus[0].ID, Qty: qty}}, "member:1")
		})
	}
	sell("SOLD0001", 3)
	k.InTenant(t, func(tx tenantdb.Tx) error { return k.inventory.CommitTx(t.Context(), tx, "SOLD0001", "system") })
	sell("HELD0001", 5)
	edit := mug()
	edit.ID, edit.Version, edit.Stock = id, 2, []listing.Stock{{10, 15}, {4, 4}} // five came in
	for j := range edit.SKUs {
		edit.SKUs[j].ID = skus[j].ID
	}
	k.save(t, edit)
	if got := k.skus(t, id)[0].OnHand; got != 12 {
		t.Errorf("%d on hand, want 10 − 3 + 5", got)
	}
	edit.Version, edit.Stock = 3, []listing.Stock{{12, 4}, {4, 4}}
	_, err := k.s.Save(t.Context(), k.Tenant.ID, edit)
	if !errors.Is(err, inventory.ErrReserved) {
		t.Errorf("fewer than are held: %v", err)
	}
	if got := k.skus(t, id)[0].OnHand; got != 12 {
		t.Errorf("%d on hand after the refusal", got)
	}
}

// T110: the plan's number of SKUs is exact, for editing as for making.
func TestT110PlanBoundsSKUs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	err := k.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return k.Plans.AgreeTx(t.Context(), tx, k.Tenant.ID, plan.SKUs, plan.Limit{Soft: 3, Hard: 3}, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	id := k.save(t, mug())
	two := mug()
	two.Key = "form-2"
	if _, err := k.s.Save(t.Context(), k.Tenant.ID, two); !errors.Is(err, plan.ErrQuota) {
		t.Errorf("a fourth SKU: %v", err)
	}
	if n := k.count(t, "SELECT count(*) FROM spu"); n != 1 {
		t.Errorf("%d products after the refusal", n)
	}
	skus := k.skus(t, id)
	edit := mug()
	edit.ID, edit.Version = id, 2
	edit.Specs[0].Values = []string{"黑", "白", "红", "绿"}
	edit.SKUs = append(edit.SKUs, catalog.SKUInput{SpecValues: []string{"红"}, PriceFen: 1}, catalog.SKUInput{SpecValues: []string{"绿"}, PriceFen: 1})
	edit.SKUs[0].ID, edit.SKUs[1].ID = skus[0].ID, skus[1].ID
	edit.Stock = []listing.Stock{{10, 10}, {4, 4}, {}, {}}
	if _, err := k.s.Save(t.Context(), k.Tenant.ID, edit); !errors.Is(err, plan.ErrQuota) {
		t.Errorf("two more SKUs: %v", err)
	}
	edit.SKUs[3].Disabled = true
	k.save(t, edit)
	if n := k.used(t); n != 3 {
		t.Errorf("%d used, want 3: what is not for sale does not count", n)
	}
}
