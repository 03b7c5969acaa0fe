package tenantdb_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// All of a lane and of the platform pool are taken: ordinary work is told to come again,
// privileged work gets through, and once there is room it uses the common pool.
func TestReservedWorkGetsThroughATakenPool(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) {
		c.LaneConns, c.PlatformConns, c.AcquireTimeout = 2, 2, 1500*time.Millisecond
	}))
	id := env.Tenant.ID
	release := make(chan struct{})
	var holders, taken sync.WaitGroup
	hold := func(tenantdb.Tx) error { taken.Done(); <-release; return nil }
	for range 2 {
		taken.Add(2)
		holders.Go(func() { _ = env.DB.InTenant(t.Context(), id, hold) })
		holders.Go(func() { _ = env.DB.InPlatform(t.Context(), hold) })
	}
	taken.Wait()
	nothing := func(tenantdb.Tx) error { return nil }
	if err := env.DB.InTenant(t.Context(), id, nothing); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("ordinary work in a taken lane: %v, want BUSY", err)
	}
	privileged := tenantdb.Reserved(t.Context())
	for range 20 {
		if err := env.DB.InTenant(privileged, id, nothing); err != nil {
			t.Fatalf("privileged work in a taken lane: %v", err)
		}
		if err := env.DB.InPlatform(privileged, nothing); err != nil {
			t.Fatalf("privileged work in a taken platform pool: %v", err)
		}
	}
	close(release)
	holders.Wait()
	before := acquires(env, "platform")
	if err := env.DB.InPlatform(privileged, nothing); err != nil || acquires(env, "platform") != before+1 {
		t.Errorf("with room, privileged work (%v) did not use the common pool", err)
	}
	if n := acquires(env, "platform_reserve"); n != 20 {
		t.Errorf("the reserve was used %d times, want 20", n)
	}
}

func acquires(env *tenanttest.Env, pool string) int64 {
	for _, p := range env.DB.Pools() {
		if p.Name == pool {
			return p.Acquires
		}
	}
	return -1
}
