package inventory_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type store struct {
	*tenanttest.Env
	t    *testing.T
	s    *inventory.Service
	skus []int64
}

// newStore has three SKUs: 10, 10 and 0 pieces, low at 5.
func newStore(t *testing.T) *store {
	t.Helper()
	env := tenanttest.New(t)
	st := &store{Env: env, t: t, s: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})}
	c := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	category, err := c.CreateCategory(t.Context(), env.Tenant.ID, catalog.CategoryInput{Name: "瓷器"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.CreateProduct(t.Context(), env.Tenant.ID, catalog.ProductInput{
		CategoryID: category, Title: "青花瓷杯", Specs: []catalog.Spec{{Name: "花色", Values: []string{"梅", "兰", "竹"}}},
		SKUs: []catalog.SKUInput{{SpecValues: []string{"梅"}}, {SpecValues: []string{"兰"}}, {SpecValues: []string{"竹"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sku := range p.SKUs {
		st.skus = append(st.skus, sku.ID)
	}
	st.must(func(tx tenantdb.Tx) error {
		return st.s.ReceiveTx(t.Context(), tx, "RK1", []inventory.Line{{SKUID: st.skus[0], Qty: 10}, {SKUID: st.skus[1], Qty: 10}}, "staff:1")
	})
	return st
}

func (st *store) do(fn func(tx tenantdb.Tx) error) error {
	return st.DB.InTenant(st.t.Context(), st.Tenant.ID, fn)
}

func (st *store) must(fn func(tx tenantdb.Tx) error) {
	st.t.Helper()
	st.InTenant(st.t, fn)
}

func (st *store) want(skuID, onHand, reserved int64) {
	st.t.Helper()
	var gotHand, gotReserved, sumHand, sumReserved int64
	st.must(func(tx tenantdb.Tx) error {
		return tx.QueryRow(st.t.Context(), `SELECT l.on_hand, l.reserved, coalesce(sum(m.on_hand_delta), 0)::bigint, coalesce(sum(m.reserved_delta), 0)::bigint
			FROM stock_level l LEFT JOIN stock_movement m USING (sku_id) WHERE l.sku_id = $1 GROUP BY l.sku_id`, skuID).
			Scan(&gotHand, &gotReserved, &sumHand, &sumReserved)
	})
	if gotHand != onHand || gotReserved != reserved || sumHand != onHand || sumReserved != reserved {
		st.t.Errorf("SKU %d: %d on hand, %d reserved (movements %d, %d); want %d, %d", skuID, gotHand, gotReserved, sumHand, sumReserved, onHand, reserved)
	}
}

func TestHoldAndSettle(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	a, b := st.skus[0], st.skus[1]
	hold := func(orderNo string, lines ...inventory.Line) error {
		return st.do(func(tx tenantdb.Tx) error { return st.s.ReserveTx(t.Context(), tx, orderNo, lines, "member:1") })
	}
	for _, no := range []string{"PAID", "CLOSED"} {
		if err := hold(no, inventory.Line{SKUID: b, Qty: 1}, inventory.Line{SKUID: a, Qty: 3}); err != nil {
			t.Fatal(err)
		}
	}
	st.want(a, 10, 6)
	for range 2 { // a repeat changes nothing
		st.must(func(tx tenantdb.Tx) error { return st.s.CommitTx(t.Context(), tx, "PAID", "provider:wechat") })
		st.must(func(tx tenantdb.Tx) error { return st.s.ReleaseTx(t.Context(), tx, "CLOSED", "system") })
	}
	// The other end of what has ended changes nothing either.
	st.must(func(tx tenantdb.Tx) error { return st.s.ReleaseTx(t.Context(), tx, "PAID", "system") })
	st.must(func(tx tenantdb.Tx) error { return st.s.CommitTx(t.Context(), tx, "CLOSED", "system") })
	st.must(func(tx tenantdb.Tx) error { return st.s.CommitTx(t.Context(), tx, "NONE", "system") })
	st.want(a, 7, 0)
	st.want(b, 9, 0)
}

// TestT030WholeOrNothing: one short line keeps every line from moving.
func TestT030WholeOrNothing(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	err := st.do(func(tx tenantdb.Tx) error {
		return st.s.ReserveTx(t.Context(), tx, "ORDER1", []inventory.Line{
			{SKUID: st.skus[0], Qty: 1}, {SKUID: st.skus[1], Qty: 11}, {SKUID: st.skus[2], Qty: 1}, {SKUID: 1 << 40, Qty: 1},
		}, "member:1")
	})
	var f *fault.Error
	if !errors.As(err, &f) || !errors.Is(err, inventory.ErrShort) {
		t.Fatalf("got %v, want OUT_OF_STOCK", err)
	}
	short, _ := f.Data()["short"].([]inventory.Short)
	if len(short) != 3 || short[0] != (inventory.Short{SKUID: st.skus[1], State: "not_enough"}) || short[1].State != "sold_out" || short[2].SKUID != 1<<40 {
		t.Errorf("short is %+v", short)
	}
	for _, sku := range st.skus[:2] {
		st.want(sku, 10, 0)
	}
}

func TestReceiveOncePerDocument(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	receive := func(document string, lines ...inventory.Line) error {
		return st.do(func(tx tenantdb.Tx) error { return st.s.ReceiveTx(t.Context(), tx, document, lines, "staff:1") })
	}
	for range 3 {
		if err := receive("RK2", inventory.Line{SKUID: st.skus[2], Qty: 4}, inventory.Line{SKUID: st.skus[0], Qty: 1}); err != nil {
			t.Fatal(err)
		}
	}
	st.want(st.skus[2], 4, 0)
	st.want(st.skus[0], 11, 0)
	if err := receive("RK3", inventory.Line{SKUID: st.skus[0], Qty: 5}, inventory.Line{SKUID: 1 << 40, Qty: 1}); !errors.Is(err, inventory.ErrUnknownSKU) {
		t.Errorf("unknown SKU: %v", err)
	}
	for name, lines := range map[string][]inventory.Line{
		"nothing":   nil,
		"zero":      {{SKUID: st.skus[0], Qty: 0}},
		"negative":  {{SKUID: st.skus[0], Qty: -1}},
		"SKU twice": {{SKUID: st.skus[0], Qty: 1}, {SKUID: st.skus[0], Qty: 2}},
	} {
		if err := receive("RK4", lines...); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%s: %v, want VALIDATION", name, err)
		}
	}
	st.want(st.skus[0], 11, 0)
}

// TestShelfIsTold: the catalogue hears of a SKU exactly when its coarse state changes.
func TestShelfIsTold(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	told := make(chan string, 100)
	ready := make(chan struct{})
	go st.DB.Listen(t.Context(), catalog.NotifyChannel, sync.OnceFunc(func() { close(ready) }), func(payload string) {
		if payload == st.Tenant.ID.String() {
			told <- payload
		}
	})
	<-ready
	a, c := st.skus[0], st.skus[2]
	reserve := func(no string, qty int64) func(tx tenantdb.Tx) error {
		return func(tx tenantdb.Tx) error {
			return st.s.ReserveTx(t.Context(), tx, no, []inventory.Line{{SKUID: a, Qty: qty}}, "member:1")
		}
	}
	for _, step := range []struct {
		name string
		do   func(tx tenantdb.Tx) error
		told bool
	}{
		{"10 to 6: still in stock", reserve("ORDER1", 4), false},
		{"6 to 5: low", reserve("ORDER2", 1), true},
		{"5 to 1: still low", reserve("ORDER3", 4), false},
		{"1 to 0: sold out", reserve("ORDER4", 1), true},
		{"paid: still sold out", func(tx tenantdb.Tx) error { return st.s.CommitTx(t.Context(), tx, "ORDER1", "system") }, false},
		{"0 to 4: low again", func(tx tenantdb.Tx) error { return st.s.ReleaseTx(t.Context(), tx, "ORDER3", "system") }, true},
		{"0 to 9 of another", func(tx tenantdb.Tx) error {
			return st.s.ReceiveTx(t.Context(), tx, "RK9", []inventory.Line{{SKUID: c, Qty: 9}}, "staff:1")
		}, true},
		{"the same document again", func(tx tenantdb.Tx) error {
			return st.s.ReceiveTx(t.Context(), tx, "RK9", []inventory.Line{{SKUID: c, Qty: 9}}, "staff:1")
		}, false},
	} {
		st.must(step.do)
		wait := 5 * time.Second
		if !step.told {
			wait = 200 * time.Millisecond
		}
		select {
		case <-told:
			if !step.told {
				t.Errorf("%s: the shelf was told", step.name)
			}
		case <-time.After(wait):
			if step.told {
				t.Errorf("%s: the shelf was not told", step.name)
			}
		}
	}
}
