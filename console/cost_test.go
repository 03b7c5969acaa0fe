package console_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/tenant/tenanttest"
)

// trips counts round trips to the database: statements and batches.
type trips struct{ n atomic.Int64 }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}

func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestRoundTripsPerPage counts exactly what a page costs with a warm policy: three for
// the session (BEGIN, the session with its shops, COMMIT), one for the menu's badge, one for
// the bell, and the page's own.
func TestRoundTripsPerPage(t *testing.T) {
	t.Parallel()
	count := &trips{}
	d := &desk{env: tenanttest.New(t, tenanttest.WithTracer(count))}
	var err error
	if d.staff, err = staff.New(staff.Deps{DB: d.env.DB, Plans: d.env.Plans, PasswordKiB: 64}); err != nil {
		t.Fatal(err)
	}
	d.console = newConsole(t, d.env, d.staff)
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	d.console.Mount(d.app)
	d.env.Clock().Set(d.env.Clock().Now()) // the policy stays warm
	d.owner = d.hire(t, d.env.Tenant, authz.Owner)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	b.wantStatus(shop, http.StatusOK)
	b.wantStatus(shop+"/orders?q=x", http.StatusOK) // what receivers are found by is remembered
	const platformRead = 3                          // BEGIN, a statement or batch, COMMIT
	for path, own := range map[string]int64{
		shop: 2 /* the second: quotas that are nearly used */, shop + "/orders?q=x&status=paid": 1, shop + "/orders/" + g.orderNos[5]: 2 /* the second: its invoice */ + platformRead,
		shop + "/payment-accounts":   2, // with the apps they serve
		shop + "/payment-accounts/1": 2,
		shop + "/products":           1, shop + "/products/1": 1 + platformRead, shop + "/apps": 2, shop + "/onboarding": 2,
	} {
		before := count.n.Load()
		b.wantStatus(path, http.StatusOK)
		if got, want := count.n.Load()-before, platformRead+2+own; got != want {
			t.Errorf("GET %s: %d round trips, want %d", path, got, want)
		}
	}
}
