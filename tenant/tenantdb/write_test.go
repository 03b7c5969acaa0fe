package tenantdb_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var errRefused = errors.New("refused")

// rename writes, counting on the caller to see whether it stayed.
func rename(ctx context.Context, q tenantdb.Querier, name string) error {
	_, err := q.Exec(ctx, "UPDATE shop SET name = $1", name)
	return err
}

func shopName(t *testing.T, env *tenanttest.Env) (name string) {
	t.Helper()
	err := env.DB.Read(t.Context(), env.Tenant.ID, func(r *tenantdb.Reader) error {
		return r.QueryRow(t.Context(), "SELECT name FROM shop").Scan(&name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestWriteTakesTwoRoundTrips: the first carries BEGIN, the last COMMIT, and what was
// written stays.
func TestWriteTakesTwoRoundTrips(t *testing.T) {
	t.Parallel()
	c := &trips{}
	env := tenanttest.New(t, tenanttest.WithTracer(c))
	before := c.n
	err := env.DB.Write(t.Context(), env.Tenant.ID, func(w *tenantdb.Writer) error {
		err := w.Together(t.Context(),
			func(q tenantdb.Querier) error { return rename(t.Context(), q, "一") },
			func(q tenantdb.Querier) error { return rename(t.Context(), q, "二") },
		)
		if err != nil {
			return err
		}
		var seen, schema string
		err = w.Last().QueryRow(t.Context(), "SELECT name, current_schema() FROM shop").Scan(&seen, &schema)
		if seen != "二" || schema != env.Tenant.ID.String() {
			t.Errorf("the last statement saw %q in %q", seen, schema)
		}
		return err
	})
	if err != nil || c.n-before != 2 {
		t.Errorf("%d round trips, %v; want 2", c.n-before, err)
	}
	if got := shopName(t, env); got != "二" {
		t.Errorf("the shop is called %q", got)
	}
}

// TestOneStatementTakesOneRoundTrip: a last statement that is the first is a transaction by
// itself, in its tenant's schema and role, which end with it; what a refusal means, the
// function says.
func TestOneStatementTakesOneRoundTrip(t *testing.T) {
	t.Parallel()
	c := &trips{}
	env := tenanttest.New(t, tenanttest.WithTracer(c), tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = 1 }))
	work := func(sql string, args ...any) (schema, role string, err error) {
		err = env.DB.Write(t.Context(), env.Tenant.ID, func(w *tenantdb.Writer) error {
			err := w.Last().QueryRow(t.Context(), sql, args...).Scan(&schema, &role)
			if tenantdb.Violates(err, "member_pkey") {
				return fault.ErrConflict
			}
			return err
		})
		return schema, role, err
	}
	const write = "UPDATE shop SET name = $1 RETURNING current_schema()::text, current_user::text"
	if _, _, err := work(write, "一"); err != nil { // and the connection knows the statement
		t.Fatal(err)
	}
	before := c.n
	schema, role, err := work(write, "二")
	if id := env.Tenant.ID.String(); err != nil || schema != id || role != id || c.n-before != 1 {
		t.Errorf("%q as %q in %d round trips, %v; want %s in one", schema, role, c.n-before, err, id)
	}
	if got := shopName(t, env); got != "二" {
		t.Errorf("the shop is called %q", got)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO member (id, nickname) OVERRIDING SYSTEM VALUE VALUES ($1, '')", 77)
		return err
	})
	_, _, err = work("INSERT INTO member (id, nickname) OVERRIDING SYSTEM VALUE VALUES ($1, '') RETURNING current_schema()::text, current_user::text", 77)
	if !errors.Is(err, fault.ErrConflict) {
		t.Errorf("got %v, want what the function made of the refusal", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = env.DB.Write(t.Context(), env.Tenant.ID, func(w *tenantdb.Writer) error {
		cancel()
		_, err := w.Last().Exec(ctx, "SELECT $1::int", 1)
		return errors.Join(err, fault.ErrConflict) // nobody knows better than that the answer was lost
	})
	if !errors.Is(err, fault.ErrUnknownOutcome) {
		t.Errorf("got %v, want UNKNOWN_OUTCOME", err)
	}
}

// TestWriteKeepsAllOrNothing: whatever ends the work before COMMIT undoes all of it, and the
// connection is good for the next.
func TestWriteKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	ctx, was := t.Context(), shopName(t, env)
	cases := map[string]struct {
		work func(w *tenantdb.Writer) error
		kept bool
	}{
		"commit without a last statement": {func(w *tenantdb.Writer) error { return rename(ctx, w, "new") }, true},
		"the last statement writes":       {func(w *tenantdb.Writer) error { return rename(ctx, w.Last(), "new") }, true},
		"one statement":                   {func(w *tenantdb.Writer) error { return rename(ctx, w.Last(), "new") }, true},
		"one statement fails": {func(w *tenantdb.Writer) error {
			_, err := w.Last().Exec(ctx, "WITH done AS (UPDATE shop SET name = $1 RETURNING name) SELECT 1 / (length(name) - 3) FROM done", "new")
			return err
		}, false},
		"one statement fails and is overlooked": {func(w *tenantdb.Writer) error {
			_, _ = w.Last().Exec(ctx, "WITH done AS (UPDATE shop SET name = $1 RETURNING name) SELECT 1 / (length(name) - 3) FROM done", "new")
			return nil
		}, false},
		"refused afterwards": {func(w *tenantdb.Writer) error {
			return errors.Join(rename(ctx, w, "new"), errRefused)
		}, false},
		"a step refuses": {func(w *tenantdb.Writer) error {
			return w.Together(ctx,
				func(q tenantdb.Querier) error { return rename(ctx, q, "new") },
				func(tenantdb.Querier) error { return errRefused })
		}, false},
		"a step fails": {func(w *tenantdb.Writer) error {
			return w.Together(ctx,
				func(q tenantdb.Querier) error { return rename(ctx, q, "new") },
				func(q tenantdb.Querier) error { _, err := q.Exec(ctx, "SELECT 1/0"); return err })
		}, false},
		"the last statement fails": {func(w *tenantdb.Writer) error {
			err := rename(ctx, w, "new")
			_, failed := w.Last().Exec(ctx, "SELECT 1/0")
			return errors.Join(err, failed)
		}, false},
		"a failed last statement is overlooked": {func(w *tenantdb.Writer) error {
			err := rename(ctx, w, "new")
			_, _ = w.Last().Exec(ctx, "SELECT 1/0")
			return err
		}, false},
		"a failed statement is overlooked": {func(w *tenantdb.Writer) error {
			err := rename(ctx, w, "new")
			_, _ = w.Exec(ctx, "SELECT 1/0")
			return err
		}, false},
		"a statement after the last": {func(w *tenantdb.Writer) error {
			return errors.Join(rename(ctx, w.Last(), "new"), rename(ctx, w, "newer"), rename(ctx, w.Last(), "newest"))
		}, true},
		"nothing asked": {func(*tenantdb.Writer) error { return nil }, false},
		"a panic":       {func(w *tenantdb.Writer) error { _ = rename(ctx, w, "new"); panic("in a transaction") }, false},
		"a panic with rows open": {func(w *tenantdb.Writer) error {
			_ = rename(ctx, w, "new")
			rows, _ := w.Query(ctx, "SELECT generate_series(1, 100000)")
			if !rows.Next() {
				return rows.Err()
			}
			panic("in a transaction")
		}, false},
	}
	for name, c := range cases {
		for range 5 { // more than the lane has connections
			err := func() (err error) {
				defer func() {
					if recover() != nil {
						err = errRefused
					}
				}()
				return env.DB.Write(ctx, env.Tenant.ID, c.work)
			}()
			want := was
			if c.kept {
				want = "new"
			}
			if got := shopName(t, env); got != want {
				t.Errorf("%s: the shop is called %q, want %q", name, got, want)
			}
			if clean := c.kept || name == "nothing asked"; clean && err != nil && name != "a statement after the last" || !clean && err == nil {
				t.Errorf("%s: %v", name, err)
			}
			env.InTenant(t, func(tx tenantdb.Tx) error { return rename(ctx, tx, was) })
		}
	}
}

// TestWriteRepeatsADeadlock: two transactions that lock in opposite order both get through.
func TestWriteRepeatsADeadlock(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	ids := make([]int64, 2)
	env.InTenant(t, func(tx tenantdb.Tx) error {
		for i := range ids {
			if err := tx.QueryRow(t.Context(), "INSERT INTO member (nickname) VALUES ('') RETURNING id").Scan(&ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
	var both, group sync.WaitGroup
	both.Add(2)
	for n := range 2 {
		group.Go(func() {
			var met sync.Once
			err := env.DB.Write(t.Context(), env.Tenant.ID, func(w *tenantdb.Writer) error {
				const add = "UPDATE member SET nickname = nickname || 'x' WHERE id = $1"
				if _, err := w.Exec(t.Context(), add, ids[n]); err != nil {
					return err
				}
				met.Do(func() { both.Done(); both.Wait() })
				_, err := w.Last().Exec(t.Context(), add, ids[1-n])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM member WHERE nickname = 'xx'").Scan(&n)
		if n != 2 {
			t.Errorf("%d members were written twice, want 2", n)
		}
		return err
	})
}

// TestWriteLostAtItsEnd: a connection that breaks while COMMIT is on its way leaves open
// whether the work was done.
func TestWriteLostAtItsEnd(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	err := env.DB.Write(t.Context(), env.Tenant.ID, func(w *tenantdb.Writer) error {
		if err := rename(t.Context(), w, "new"); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.Last().Exec(ctx, "SELECT 1")
		return err
	})
	if !errors.Is(err, fault.ErrUnknownOutcome) {
		t.Errorf("got %v, want UNKNOWN_OUTCOME", err)
	}
}
