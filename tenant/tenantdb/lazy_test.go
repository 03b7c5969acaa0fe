package tenantdb_test

import (
	"testing"

	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// TestLazyCommit: it is a commit like any other, for its own transaction only, and one that
// comes to nothing says so.
func TestLazyCommit(t *testing.T) {
	t.Parallel()
	c := &trips{}
	env := tenanttest.New(t, tenanttest.WithTracer(c))
	before := c.n
	err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		tx.Lazy()
		return rename(t.Context(), tx, "一")
	})
	if err != nil || c.n-before != 2 {
		t.Errorf("%d round trips, %v; want 2", c.n-before, err)
	}
	if got := shopName(t, env); got != "一" {
		t.Errorf("the shop is called %q", got)
	}
	err = env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		var set bool
		err := tx.QueryRow(t.Context(), "SELECT source = 'session' FROM pg_settings WHERE name = $1", "synchronous_commit").Scan(&set)
		if set {
			t.Error("the next commit is lazy, too")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	err = env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
		tx.Lazy()
		if err := rename(t.Context(), tx, "二"); err != nil {
			return err
		}
		_, _ = tx.Exec(t.Context(), "SELECT 1 / $1::int", 0)
		return nil
	})
	if err == nil {
		t.Error("a transaction that failed was said to be committed")
	}
	if got := shopName(t, env); got != "一" {
		t.Errorf("the shop is called %q", got)
	}
}
