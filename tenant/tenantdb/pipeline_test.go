package tenantdb_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// trips counts round trips.
type trips struct{ n int }

func (c *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.n++
	return ctx
}
func (c *trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n++
	return ctx
}
func (c *trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

func number(ctx context.Context, q tenantdb.Querier, n int) (got int, err error) {
	err = q.QueryRow(ctx, "SELECT $1::int", n).Scan(&got)
	return got, err
}

// TestPipelineSharesRoundTrips: steps of one, two and three statements take three round
// trips, in the order of Add, each with its own answers.
func TestPipelineSharesRoundTrips(t *testing.T) {
	t.Parallel()
	c := &trips{}
	env := tenanttest.New(t, tenanttest.WithTracer(c))
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var log []int
		pipe := tx.Pipeline()
		for step := 1; step <= 3; step++ {
			pipe.Add(func(tx tenantdb.Tx) error {
				for i := range step {
					got, err := number(t.Context(), tx, 10*step+i)
					if err != nil {
						return err
					}
					log = append(log, got)
				}
				return nil
			})
		}
		before := c.n
		if err := pipe.Run(t.Context()); err != nil {
			return err
		}
		if want := []int{10, 20, 30, 21, 31, 32}; !slices.Equal(log, want) || c.n-before != 3 {
			t.Errorf("answers %v in %d round trips; want %v in 3", log, c.n-before, want)
		}
		return nil
	})
}

// TestPipelineWithinAStep: the steps of a pipeline that a step has of its own share a round trip,
// which the outer pipeline makes, and the step goes on after it.
func TestPipelineWithinAStep(t *testing.T) {
	t.Parallel()
	c := &trips{}
	env := tenanttest.New(t, tenanttest.WithTracer(c))
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var log []int
		ask := func(q tenantdb.Querier, n int) error {
			got, err := number(t.Context(), q, n)
			log = append(log, got)
			return err
		}
		pipe := tx.Pipeline()
		pipe.Add(func(tx tenantdb.Tx) error {
			if err := ask(tx, 1); err != nil {
				return err
			}
			inner := tx.Pipeline()
			for n := 2; n <= 3; n++ {
				inner.AddRead(func(q tenantdb.Querier) error { return ask(q, n) })
			}
			if err := inner.Run(t.Context()); err != nil {
				return err
			}
			return ask(tx, 4)
		})
		before := c.n
		for trip, want := range [][]int{{1}, {1, 2, 3}, {1, 2, 3, 4}} {
			if err := pipe.Step(t.Context()); err != nil {
				return err
			}
			if !slices.Equal(log, want) || c.n-before != trip+1 {
				t.Errorf("after round trip %d, the %d. of the connection: %v, want %v", trip+1, c.n-before, log, want)
			}
		}
		return pipe.Run(t.Context())
	})
}

func TestPipelineJoinsLate(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var log []string
		pipe := tx.Pipeline()
		pipe.Add(func(tx tenantdb.Tx) error {
			if _, err := number(t.Context(), tx, 1); err != nil {
				return err
			}
			log = append(log, "asked")
			_, err := number(t.Context(), tx, 2)
			log = append(log, "first done")
			return err
		})
		if err := pipe.Step(t.Context()); err != nil {
			return err
		}
		log = append(log, "between")
		pipe.Add(func(tx tenantdb.Tx) error {
			tag, err := tx.Exec(t.Context(), "UPDATE shop SET intro = 'x'")
			if tag.RowsAffected() != 1 {
				t.Errorf("%d rows affected, want 1", tag.RowsAffected())
			}
			log = append(log, "second done")
			return err
		})
		pipe.Add(func(tenantdb.Tx) error { log = append(log, "asks nothing"); return nil })
		if err := pipe.Run(t.Context()); err != nil {
			return err
		}
		if want := []string{"asked", "between", "asks nothing", "first done", "second done"}; !slices.Equal(log, want) {
			t.Errorf("got %v, want %v", log, want)
		}
		return nil
	})
}

// TestPipelineEndsAtTheFirstError: the error is that of the step that made it, later steps
// are unwound, and the transaction is rolled back.
func TestPipelineEndsAtTheFirstError(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	refused := errors.New("refused")
	for name, bad := range map[string]func(tx tenantdb.Tx) error{
		"of the program":  func(tenantdb.Tx) error { return refused },
		"after an answer": func(tx tenantdb.Tx) error { _, err := number(t.Context(), tx, 1); return errors.Join(err, refused) },
		"of the database": func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), "SELECT 1/0")
			if err == nil {
				t.Error("division by zero went through")
			}
			return errors.Join(err, refused)
		},
	} {
		unwound := false
		err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
			pipe := tx.Pipeline()
			pipe.Add(func(tx tenantdb.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE shop SET name = 'changed'")
				return err
			})
			pipe.Add(bad)
			pipe.Add(func(tx tenantdb.Tx) error {
				defer func() { unwound = true }()
				for n := range 3 {
					if _, err := number(t.Context(), tx, n); err != nil {
						return err
					}
				}
				return nil
			})
			return pipe.Run(t.Context())
		})
		if !errors.Is(err, refused) {
			t.Errorf("%s: %v, want the step's own error", name, err)
		}
		// A step that never began has nothing to unwind.
		if !unwound && name != "of the program" {
			t.Errorf("%s: the last step is still waiting", name)
		}
		env.InTenant(t, func(tx tenantdb.Tx) error {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM shop WHERE name = 'changed'").Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("%s: the first step's write was committed", name)
			}
			return nil
		})
	}
}

// TestPipelineSurvivesAPanic: the panic reaches the caller, the connection goes back clean.
func TestPipelineSurvivesAPanic(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for range 10 { // more than the lane has connections
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
				pipe := tx.Pipeline()
				pipe.Add(func(tx tenantdb.Tx) error { _, _ = number(t.Context(), tx, 1); panic("in a step") })
				pipe.Add(func(tx tenantdb.Tx) error { _, err := number(t.Context(), tx, 1); return err })
				return pipe.Run(t.Context())
			})
		}()
	}
	env.InTenant(t, func(tx tenantdb.Tx) error { _, err := number(t.Context(), tx, 1); return err })
}

// TestPipelineOfAReader: reading steps share round trips in the tenant's schema, rows left
// open are closed, batches and nested pipelines work.
func TestPipelineOfAReader(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	err := env.DB.Read(t.Context(), env.Tenant.ID, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) error {
			rows, err := q.Query(t.Context(), "SELECT generate_series(1, 100)")
			if err == nil && !rows.Next() {
				t.Error("no row")
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			var schema string
			if err := q.QueryRow(t.Context(), "SELECT current_schema()").Scan(&schema); err != nil || schema != env.Tenant.ID.String() {
				t.Errorf("reads in %q, %v", schema, err)
			}
			b := &pgx.Batch{}
			b.Queue("SELECT 7")
			results := q.SendBatch(t.Context(), b)
			var n int
			if err := results.QueryRow().Scan(&n); err != nil || n != 7 {
				t.Errorf("batch gave %d, %v", n, err)
			}
			return results.Close()
		})
		return pipe.Run(t.Context())
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPipelineOnALostConnection: BEGIN rides on the first round trip of a pipeline; when the
// connection is gone by then, the steps get its error, and the work may be repeated later.
func TestPipelineOnALostConnection(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = 1 }))
	pid := backend(t, env, env.Tenant.ID)
	read := func(q tenantdb.Querier) error {
		rows, err := q.Query(t.Context(), "SELECT id FROM member WHERE id > $1", 0)
		if err != nil {
			return err
		}
		defer rows.Close()
		return rows.Err()
	}
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		env.Owner(t, "SELECT pg_terminate_backend($1, 5000)", pid)
		pipe := tx.Pipeline()
		pipe.AddRead(read)
		pipe.AddRead(read)
		return pipe.Run(t.Context())
	})
	wantBusy(t, "a pipeline on a lost connection", err)
	env.InTenant(t, func(tx tenantdb.Tx) error { return read(tx) })
}
