package tenantdb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// T002: ten tenants with the same ids over few connections, a tenth of the work ends
// in a panic inside its transaction; nobody ever sees another tenant's rows.
func TestT002_InterleavedTenantsNeverMix(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = 1 }))
	tenants := []tenant.Tenant{env.Tenant}
	for range 9 {
		tenants = append(tenants, env.OpenShop(t))
	}
	for _, shop := range tenants {
		mustExec(t, env, shop.ID, "INSERT INTO member (nickname) VALUES ($1)", shop.ID.String())
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(worker), 2))
			for range 400 {
				id := tenants[rnd.IntN(len(tenants))].ID
				got, err := marker(t.Context(), env.DB, id, rnd.IntN(10) == 0, rnd.IntN(2) == 0)
				if err != nil && !errors.Is(err, errPanicked) {
					t.Errorf("work of %s: %v", id, err)
				} else if err == nil && got != id.String() {
					t.Errorf("work of %s saw the row of %s", id, got)
				}
			}
		})
	}
	wg.Wait()
	for _, shop := range tenants {
		err := env.DB.Read(t.Context(), shop.ID, func(r *tenantdb.Reader) error {
			var n int
			if err := r.QueryRow(t.Context(), "SELECT count(*) FROM member").Scan(&n); err != nil {
				return err
			}
			if n != 1 {
				t.Errorf("%s holds %d members, want 1: a rolled-back insert survived or went astray", shop.ID, n)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	assertNeutral(t, env)
}

var errPanicked = errors.New("panicked")

// marker reads the tenant's one row, by a transaction or by the reader; panicking work
// inserts a second row first, which must be rolled back.
func marker(ctx context.Context, db *tenantdb.DB, id tenant.ID, panicking, reader bool) (got string, err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	const read = "SELECT nickname FROM member WHERE id = 1"
	if reader && !panicking {
		err = db.Read(ctx, id, func(r *tenantdb.Reader) error { return r.QueryRow(ctx, read).Scan(&got) })
		return got, err
	}
	err = db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if panicking {
			if _, err := tx.Exec(ctx, "INSERT INTO member (nickname) VALUES ('astray')"); err != nil {
				return err
			}
			panic("in the middle of a transaction")
		}
		return tx.QueryRow(ctx, read).Scan(&got)
	})
	return got, err
}

// assertNeutral looks at the connections that the work has left behind: each is its lane's login
// again, on the path where nothing may be touched, and so fails without a tenant.
func assertNeutral(t *testing.T, env *tenanttest.Env) {
	t.Helper()
	seen := 0
	env.DB.EachAtRest(t.Context(), func(lane int, conn *pgx.Conn) {
		seen++
		var user, path string
		if err := conn.QueryRow(t.Context(), "SELECT current_user, current_setting('search_path')").Scan(&user, &path); err != nil {
			t.Error(err)
		}
		if want := fmt.Sprintf("galleria_gw_%d", lane); user != want || path != "tenant_template" {
			t.Errorf("a connection of lane %d rests as %s on %s", lane, user, path)
		}
		_, err := conn.Exec(t.Context(), "SELECT id FROM member")
		wantDenied(t, "unrouted read on lane "+fmt.Sprint(lane), err)
	})
	if seen == 0 {
		t.Error("no connection is at rest; this would prove nothing")
	}
}

// T004: a login that has not become a shop reaches no shop, by name either.
func TestT004_LoginsAlone(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for lane := range tenant.Lanes {
		conn := connectGateway(t, env, lane)
		for _, sql := range []string{
			"SELECT id FROM member", "SELECT id FROM " + env.Tenant.ID.String() + ".member", "SELECT wrapped_dek FROM platform.tenant_key", "CREATE TABLE public.x (id int)",
		} {
			_, err := conn.Exec(t.Context(), sql)
			wantDenied(t, sql+" on lane "+fmt.Sprint(lane), err)
		}
		_, err := conn.Exec(t.Context(), "SET ROLE "+env.Tenant.ID.String())
		if mine := lane == env.Tenant.ID.Lane(); mine != (err == nil) {
			t.Errorf("lane %d becomes the shop of lane %d: %v", lane, env.Tenant.ID.Lane(), err)
		}
	}
}

// T004: what a tenant's transaction may not do, however its SQL came to be.
func TestT004_WallsBetweenTenants(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	for name, sql := range map[string]string{
		"read another tenant":         "SELECT id FROM " + other.ID.String() + ".member",
		"write another tenant":        "INSERT INTO " + other.ID.String() + ".member (nickname) VALUES ('x')",
		"alter another tenant":        "ALTER TABLE " + other.ID.String() + ".member ADD COLUMN x int",
		"alter its own tables":        "ALTER TABLE member ADD COLUMN x int",
		"create in public":            "CREATE TABLE public.x (id int)",
		"create in its own schema":    "CREATE TABLE x (id int)",
		"read data keys":              "SELECT wrapped_dek FROM platform.tenant_key",
		"read staff":                  "SELECT password_hash FROM platform.staff",
		"read the directory":          "SELECT handle FROM platform.tenant",
		"read the template":           "SELECT id FROM tenant_template.member",
		"change a stock movement":     "UPDATE stock_movement SET on_hand_delta = 1",
		"delete a timeline entry":     "DELETE FROM order_event",
		"revive an event of the past": "UPDATE platform.outbox SET dead_at = now()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
				_, err := tx.Exec(t.Context(), sql)
				return err
			})
			wantDenied(t, sql, err)
		})
	}
}

// T004: an event or timer in another tenant's name is refused by the row policy.
func TestT004_EventsInAnotherTenantsName(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		return env.Outbox.AppendFor(t.Context(), tx, other.ID, "test.forged", "1", nil)
	})
	wantDenied(t, "forged event", err)
	env.InTenant(t, func(tx tenantdb.Tx) error { return env.Outbox.Append(t.Context(), tx, "test.own", "1", nil) })
	err = env.DB.InTenant(t.Context(), other.ID, func(tx tenantdb.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.outbox WHERE topic = 'test.own'").Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			t.Errorf("another tenant sees %d events", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestReaderCannotWrite(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	err := env.DB.Read(t.Context(), env.Tenant.ID, func(r *tenantdb.Reader) error {
		_, err := r.Exec(t.Context(), "INSERT INTO member (nickname) VALUES ('x')")
		return err
	})
	if code := pgCode(err); code != "25006" {
		t.Errorf("write through a reader: code %q (%v), want 25006", code, err)
	}
}

func TestZeroTenantIsRefused(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	called := false
	err := env.DB.InTenant(t.Context(), tenant.ID{}, func(tenantdb.Tx) error { called = true; return nil })
	if err == nil || called {
		t.Errorf("InTenant without a tenant: err %v, ran %t", err, called)
	}
}

// Two tenants one migration apart share a connection: named columns keep working.
func TestSchemaDriftBetweenTenants(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = 1 }))
	var ahead tenant.Tenant
	for ahead = env.OpenShop(t); ahead.ID.Lane() != env.Tenant.ID.Lane(); ahead = env.OpenShop(t) {
		continue
	}
	env.Owner(t, "ALTER TABLE "+ahead.ID.String()+".member ADD COLUMN wechat_no text")
	for range 20 {
		for _, id := range []tenant.ID{env.Tenant.ID, ahead.ID} {
			if _, err := marker(t.Context(), env.DB, id, false, true); err != nil && !tenantdb.NoRows(err) {
				t.Fatalf("%s: %v", id, err)
			}
		}
	}
}

func mustExec(t *testing.T, env *tenanttest.Env, id tenant.ID, sql string, args ...any) {
	t.Helper()
	err := env.DB.InTenant(t.Context(), id, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func wantDenied(t *testing.T, what string, err error) {
	t.Helper()
	if code := pgCode(err); code != "42501" {
		t.Errorf("%s: code %q (%v), want 42501 insufficient privilege", what, code, err)
	}
}

func pgCode(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

func connectGateway(t *testing.T, env *tenanttest.Env, lane int) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	role := fmt.Sprintf("galleria_gw_%d", lane)
	password := tenantdb.RolePasswords([]byte(cfg.Password))(role)
	cfg.User, cfg.Password = role, password
	cfg.RuntimeParams["search_path"] = "tenant_template"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatalf("log in as %s: %v", role, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
