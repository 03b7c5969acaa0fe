package migrations_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"galleria/migrations"
	"galleria/tenant/tenanttest"
)

// another is the upgrade of another server of the same installation.
func another(env *tenanttest.Env) *migrations.Runner {
	return migrations.New(migrations.Config{URL: env.OwnerURL})
}

// shape describes a schema's columns, the same for all schemas of one version.
const shape = `SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1`

// T097: two servers upgrade the fleet at once, and one tenant fails for its own data: every
// other is upgraded once, by one of them; the broken one is listed with its reason and keeps
// its version; a rerun after the repair finishes it.
func TestT097_TwoServersUpgradeTheFleetAtOnce(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	whole := query[string](t, env, shape, env.Tenant.ID.String())
	shops := []string{env.Tenant.ID.String()}
	for range 7 {
		shops = append(shops, env.OpenShop(t).ID.String())
	}
	for _, id := range shops {
		setBack(t, env, id)
	}
	broken, table := shops[3], newestTable(t)
	env.Owner(t, "CREATE TABLE "+broken+"."+table+" (drifted int)")

	var mu sync.Mutex
	var wait sync.WaitGroup
	upgraded := 0
	for range 2 {
		runner := another(env)
		wait.Go(func() {
			report, err := runner.Fleet(t.Context(), migrations.FleetOptions{Workers: 3})
			mu.Lock()
			defer mu.Unlock()
			upgraded += report.Upgraded
			if err != nil || len(report.Failed) > 1 || (len(report.Failed) == 1 && report.Failed[0].TenantID != broken) {
				t.Errorf("report: %+v, %v", report, err)
			}
		})
	}
	wait.Wait()
	if upgraded != len(shops)-1 {
		t.Errorf("%d upgrades by both, want each of the %d once", upgraded, len(shops)-1)
	}
	behind := query[string](t, env, "SELECT id FROM platform.tenant WHERE last_error <> '' ORDER BY id")
	if !slices.Equal(behind, []string{broken}) {
		t.Errorf("listed as failed: %v, want %s", behind, broken)
	}
	env.Owner(t, "DROP TABLE "+broken+"."+table)
	if report, err := env.Runner.Fleet(t.Context(), migrations.FleetOptions{}); err != nil || report.Upgraded != 1 {
		t.Errorf("rerun: %+v, %v", report, err)
	}
	for _, id := range shops {
		if got := query[string](t, env, shape, id); !slices.Equal(got, whole) {
			t.Errorf("%s has another shape than a schema that was never set back", id)
		}
	}
}

// TestUpgradingProcess is the process that upgrades the fleet, to be killed.
func TestUpgradingProcess(t *testing.T) {
	env := tenanttest.Attach(t, tenanttest.InProcess(t))
	if report, err := env.Runner.Fleet(t.Context(), migrations.FleetOptions{Workers: 1}); err != nil || report.Upgraded != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
}

// T098: the migrator is killed at each of its round trips, also while the server is still at
// work for it. Whoever comes next finishes the upgrade; version and schema agree, and nothing
// is applied twice.
func TestT098_MigratorKilledAtAnyRoundTrip(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	id := env.Tenant.ID.String()
	whole := query[string](t, env, shape, id)
	latest, err := migrations.Latest("tenant")
	if err != nil {
		t.Fatal(err)
	}
	upgrade := tenanttest.Process{Test: "TestUpgradingProcess", OwnerURL: env.OwnerURL}
	setBack(t, env, id)
	for n, trip := range upgrade.Rehearse(t) {
		moments := []tenanttest.Moment{tenanttest.Unsent}
		if trip.Settled {
			moments = append(moments, tenanttest.Unanswered)
		}
		for _, moment := range moments {
			setBack(t, env, id)
			upgrade.Kill(t, n+1, moment)
			if _, err := another(env).Fleet(t.Context(), migrations.FleetOptions{}); err != nil {
				t.Fatalf("killed %s at %d (%.40s): %v", moment, n+1, trip.SQL, err)
			}
			got := query[string](t, env, "SELECT schema_version || last_error FROM platform.tenant WHERE id = $1", id)
			if got[0] != fmt.Sprint(latest) || !slices.Equal(query[string](t, env, shape, id), whole) {
				t.Fatalf("killed %s at %d (%.40s): the directory says %s", moment, n+1, trip.SQL, got[0])
			}
		}
	}
}

// T099: a shop that is opened while the fleet is upgraded ends on the newest version, like
// all others.
func TestT099_ShopOpenedWhileTheFleetMigrates(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	shops := []string{env.Tenant.ID.String()}
	for range 5 {
		shops = append(shops, env.OpenShop(t).ID.String())
	}
	for _, id := range shops {
		setBack(t, env, id)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		if report, err := another(env).Fleet(t.Context(), migrations.FleetOptions{Workers: 2}); err != nil || len(report.Failed) > 0 {
			t.Errorf("fleet: %+v, %v", report, err)
		}
	})
	opened := make([]string, 3)
	for i := range opened {
		opened[i] = env.OpenShop(t).ID.String()
	}
	wait.Wait()
	whole := query[string](t, env, shape, opened[0])
	for _, id := range append(shops, opened...) {
		if got := query[string](t, env, shape, id); !slices.Equal(got, whole) {
			t.Errorf("%s has another shape", id)
		}
	}
	if n := query[int](t, env, "SELECT count(DISTINCT schema_version)::int FROM platform.tenant")[0]; n != 1 {
		t.Errorf("%d versions, want one", n)
	}
}
