package look_test

import (
	"sync"
	"testing"
	"time"

	"galleria/tenant/look"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// A look that has run out is ended by whoever sweeps, once, at the time it said, and stands
// as ended in both logs, without anybody opening a page.
func TestLooksThatRanOutAreSwept(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	s := look.New(look.Deps{DB: env.DB, Audit: env.Audit})
	ask := func(sql string, args ...any) (n int64) {
		t.Helper()
		err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), sql, args...).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	env.Clock().Set(time.Now().Truncate(time.Second))
	const looks = 5
	for range looks {
		id := ask("INSERT INTO platform.staff (login, name, password_hash) VALUES ($1, '平台小王', 'x') RETURNING id", "p-"+tenanttest.RandomHex(6)+"@test")
		if _, err := s.Begin(t.Context(), look.Input{StaffID: id, Shop: env.Tenant.ID, Ticket: "CS-1", Reason: "核对"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := ask("SELECT count(*) FROM platform.look WHERE ended_at IS NULL"); n != looks {
		t.Errorf("%d open looks before their time is over, want %d", n, looks)
	}
	env.Clock().Advance(look.Lasts + time.Minute)
	var wait sync.WaitGroup
	for range 4 { // as many processes
		wait.Go(func() {
			if err := s.EndOver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := ask("SELECT count(*) FROM platform.look WHERE ended_at = ends_at"); n != looks {
		t.Errorf("%d looks ended when they said, want %d", n, looks)
	}
	for _, where := range []string{"tenant_id IS NOT NULL", "tenant_id IS NULL"} {
		if n := ask("SELECT count(*) FROM platform.audit_log WHERE action = 'look.ended' AND detail->>'ran_out' = 'true' AND " + where); n != looks {
			t.Errorf("%d entries of ends with %s, want %d", n, where, looks)
		}
	}
}
