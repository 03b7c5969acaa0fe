package port_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/order"
	"galleria/commerce/port"
	"galleria/commerce/sheet"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// memory is a store that is gone after the test.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (m *memory) Put(_ context.Context, key string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[key] = bytes.Clone(body)
	return nil
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if body, ok := m.files[key]; ok {
		return body, nil
	}
	return nil, fault.ErrNotFound
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, key)
	return nil
}

func (m *memory) Each(_ context.Context, _ string, take func(key string, at time.Time) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.files {
		if err := take(key, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// parcels stands in for orders: ORDER00001 and the like can be sent once.
type parcels struct{}

func (parcels) ShipTx(ctx context.Context, tx tenantdb.Tx, in order.ShipInput) (order.Shipped, error) {
	if !strings.HasPrefix(in.OrderNo, "ORDER") {
		return order.Shipped{}, fault.ErrNotFound
	}
	tag, err := tx.Exec(ctx, "INSERT INTO product_snapshot (hash, spu_id, body, made_at) VALUES (repeat('0', 64 - length($1)) || $1, 0, '{}', now()) ON CONFLICT DO NOTHING", strings.TrimPrefix(in.OrderNo, "ORDER"))
	return order.Shipped{ParcelNo: "P1", Known: tag.RowsAffected() == 0}, err
}

func (parcels) ExportOrders(_ context.Context, _ tenant.ID, _ port.OrderFilter, before int64, _ int) ([]port.OrderLine, int64, error) {
	if before == 1 {
		return nil, 0, nil
	}
	return []port.OrderLine{{OrderNo: "ORDER1", Status: "paid", Title: "=1+1", First: true, Qty: 2, Price: 100, Receiver: "王小明", Phone: "13800001234", Address: "人民路 1 号", Area: "上海市"}}, 1, nil
}

type kit struct {
	*tenanttest.Env
	store *memory
	count *counter
	s     *port.Service
	list  *listing.Service
}

// counter counts what is sent to the database.
type counter struct{ n atomic.Int64 }

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func newKit(t *testing.T) *kit {
	t.Helper()
	count := &counter{}
	env := tenanttest.New(t, tenanttest.WithTracer(count))
	c := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	inv := inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	k := &kit{Env: env, count: count, store: &memory{files: map[string][]byte{}}, list: listing.New(listing.Deps{DB: env.DB, Catalog: c, Inventory: inv, Audit: env.Audit})}
	k.s = port.New(port.Deps{
		DB: env.DB, Catalog: c, Inventory: inv, Listings: k.list, Parcels: parcels{}, Orders: parcels{}, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit,
		Store: k.store, Now: env.Clock().Now,
	})
	return k
}

func (k *kit) upload(t *testing.T, kind port.Kind, o port.Options, rows ...string) int64 {
	t.Helper()
	id, err := k.s.Upload(t.Context(), k.Tenant.ID, port.Upload{Kind: kind, Name: `C:\x\表.csv`, Raw: []byte(strings.Join(rows, "\n")), Options: o, Actor: "staff:7"})
	if err != nil {
		t.Fatal(err)
	}
	k.step(t, id)
	return id
}

func (k *kit) step(t *testing.T, id int64) {
	t.Helper()
	for { // a step ends after a while, and the next one is asked for
		if err := k.s.Step(t.Context(), k.Tenant.ID, id); err != nil {
			t.Fatal(err)
		}
		if job, err := k.s.Find(t.Context(), k.Tenant.ID, id); err != nil || !job.State.Working() {
			return
		}
	}
}

// run agrees to an import and does it.
func (k *kit) run(t *testing.T, id int64) port.Report {
	t.Helper()
	if err := k.s.Confirm(t.Context(), k.Tenant.ID, id, listing.Editor{Actor: "staff:8"}); err != nil {
		t.Fatal(err)
	}
	k.step(t, id)
	return k.look(t, id)
}

func (k *kit) look(t *testing.T, id int64) port.Report {
	t.Helper()
	r, err := k.s.Look(t.Context(), k.Tenant.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (k *kit) number(t *testing.T, sql string, args ...any) (n int64) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), sql, args...).Scan(&n) })
	return n
}

func (k *kit) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	k.InTenant(t, func(tx tenantdb.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err })
}

// export makes a file and returns it.
func (k *kit) export(t *testing.T, kind port.Kind, f sheet.Format, o port.Options) []byte {
	t.Helper()
	id, err := k.s.Export(t.Context(), k.Tenant.ID, kind, o, "staff:7")
	if err != nil {
		t.Fatal(err)
	}
	k.step(t, id)
	job, err := k.s.Taken(t.Context(), k.Tenant.ID, id, "staff:7", string(f))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := sheet.New(f, &out, "x")
	if err == nil {
		err = w.Row(port.Head(kind, o.Lang)...)
	}
	if err == nil {
		err = k.s.EachLine(t.Context(), job, w.Row)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// words tells a report's problems, for failures.
func words(r port.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v", r.State, r.Counts)
	for _, row := range r.Problems {
		fmt.Fprintf(&b, "; row %d: %v", row.Line, row.Problems)
	}
	return b.String()
}

func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
