package tenantdb_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// backend is the server process behind a tenant's connection.
func backend(t *testing.T, env *tenanttest.Env, id tenant.ID) (pid int) {
	t.Helper()
	err := env.DB.InTenant(t.Context(), id, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid)
	})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// sameLane opens shops until n of them, the first one included, share its lane.
func sameLane(t *testing.T, env *tenanttest.Env, n int) []tenant.ID {
	t.Helper()
	ids := []tenant.ID{env.Tenant.ID}
	for len(ids) < n {
		if shop := env.OpenShop(t); shop.ID.Lane() == env.Tenant.ID.Lane() {
			ids = append(ids, shop.ID)
		}
	}
	return ids
}

// A backend remembers the catalogue of every tenant it has met; a connection that has met
// its share is closed, and until then it is kept.
func TestConnectionsMeetABoundedNumberOfTenants(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns, c.MaxTenantsMet = 1, 2 }))
	ids := sameLane(t, env, 2)
	first := backend(t, env, ids[0])
	if again := backend(t, env, ids[0]); again != first {
		t.Error("the connection was given up after one tenant")
	}
	if second := backend(t, env, ids[1]); second != first {
		t.Error("the connection was given up before it had met its share")
	}
	if third := backend(t, env, ids[0]); third == first {
		t.Error("the connection was kept after it had met its share")
	}
}

// Trouble that is nobody's mistake is BUSY with a hint when to try again, and leaves the
// pool usable.
func TestTimeoutsAreBusy(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) {
		c.LaneConns, c.StatementTimeout, c.LockTimeout, c.AcquireTimeout = 2, 300*time.Millisecond, 100*time.Millisecond, 200*time.Millisecond
	}))
	mustExec(t, env, env.Tenant.ID, "INSERT INTO member (nickname) VALUES ('x')")
	sql := func(statement string) error {
		return env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), statement)
			return err
		})
	}
	wantBusy(t, "a statement over its time", sql("SELECT pg_sleep(5)"))

	hold(t, env, 1, func() {
		wantBusy(t, "a row somebody holds", sql("UPDATE member SET nickname = 'y' WHERE id = 1"))
	})
	hold(t, env, 2, func() {
		began := time.Now()
		wantBusy(t, "no free connection", sql("SELECT 1"))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("waited %s for a connection", took)
		}
	})
	if err := sql("SELECT 1"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// hold keeps n connections of the lane busy, the first of them with a lock on the member,
// while during runs.
func hold(t *testing.T, env *tenanttest.Env, n int, during func()) {
	t.Helper()
	var holders sync.WaitGroup
	release := make(chan struct{})
	for i := range n {
		held := make(chan struct{})
		holders.Go(func() {
			err := env.DB.InTenant(context.WithoutCancel(t.Context()), env.Tenant.ID, func(tx tenantdb.Tx) error {
				if i == 0 {
					if _, err := tx.Exec(t.Context(), "SELECT id FROM member FOR UPDATE"); err != nil {
						return err
					}
				}
				close(held)
				<-release
				return nil
			})
			if err != nil {
				t.Errorf("holder: %v", err)
			}
		})
		<-held
	}
	during()
	close(release)
	holders.Wait()
}

func wantBusy(t *testing.T, what string, err error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code() != "BUSY" || f.RetryAfter() <= 0 {
		t.Errorf("%s: %v, want BUSY with a time to wait", what, err)
	}
}

// A deadlock is repeated: both transactions end well.
func TestDeadlocksAreRepeated(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LockTimeout = 5 * time.Second }))
	mustExec(t, env, env.Tenant.ID, "INSERT INTO member (nickname) VALUES ('a'), ('b')")
	var both, done sync.WaitGroup
	both.Add(2)
	for i := range 2 {
		done.Go(func() {
			var once sync.Once
			err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
				const touch = "UPDATE member SET nickname = nickname || 'x' WHERE id = $1"
				if _, err := tx.Exec(t.Context(), touch, 1+i); err != nil {
					return err
				}
				once.Do(func() { both.Done(); both.Wait() }) // only the first time: each holds what the other wants
				_, err := tx.Exec(t.Context(), touch, 2-i)
				return err
			})
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	done.Wait()
}

// What AfterCommit registers runs once, after a commit, and never after a rollback.
func TestAfterCommit(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	ran := 0
	env.InTenant(t, func(tx tenantdb.Tx) error {
		tx.AfterCommit(func() { ran++ })
		if ran != 0 {
			t.Error("ran before the commit")
		}
		return nil
	})
	errNo := errors.New("no")
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		tx.AfterCommit(func() { ran++ })
		return errNo
	})
	if !errors.Is(err, errNo) || ran != 1 {
		t.Errorf("ran %d times (%v), want once", ran, err)
	}
}

// TestPlansOutgrowEmptyTables: a plan made when vacuum had last found the table empty, and
// kept since, finds rows by the index.
func TestPlansOutgrowEmptyTables(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	env.Owner(t, "VACUUM "+env.Tenant.ID.String()+".cart_line")
	env.Owner(t, "ANALYZE "+env.Tenant.ID.String()+".cart_line")
	env.InTenant(t, func(tx tenantdb.Tx) error {
		if _, err := tx.Exec(t.Context(), "PREPARE lines AS SELECT sku_id FROM cart_line WHERE member_id = $1"); err != nil {
			return err
		}
		defer func() { _, _ = tx.Exec(t.Context(), "DEALLOCATE lines") }()
		rows, err := tx.Query(t.Context(), "EXPLAIN EXECUTE lines(1)")
		if err != nil {
			return err
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if whole := strings.Join(plan, "\n"); !strings.Contains(whole, "cart_line_pkey") {
			t.Errorf("the table is read whole:\n%s", whole)
		}
		return err
	})
}
