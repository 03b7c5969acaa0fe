package migrations_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func query[T any](t *testing.T, env *tenanttest.Env, sql string, args ...any) []T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

// lastOf returns what undoes the newest tenant migration, and the version before it: numbers
// may have gaps.
func lastOf(t *testing.T) (before int64, down string) {
	t.Helper()
	entries, err := migrations.Files.ReadDir("tenant")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".down.sql") {
			if number, _, _ := strings.Cut(down, "_"); number != "" {
				if before, err = strconv.ParseInt(number, 10, 64); err != nil {
					t.Fatal(err)
				}
			}
			down = e.Name() // names sort by version
		}
	}
	sql, err := migrations.Files.ReadFile("tenant/" + down)
	if err != nil {
		t.Fatal(err)
	}
	return before, string(sql)
}

// newestTable is a table that the newest tenant migration makes.
func newestTable(t *testing.T) string {
	t.Helper()
	entries, err := migrations.Files.ReadDir("tenant")
	if err != nil {
		t.Fatal(err)
	}
	table := ""
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".up.sql") {
			continue
		}
		sql, err := migrations.Files.ReadFile("tenant/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		table = ""
		if made := regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindSubmatch(sql); made != nil {
			table = string(made[1])
		}
	}
	if table == "" {
		t.Skip("the newest migration makes no table that could be in its way")
	}
	return table
}

// setBack undoes the newest migration of a tenant, as if it had been left behind.
func setBack(t *testing.T, env *tenanttest.Env, id string) {
	t.Helper()
	before, down := lastOf(t)
	conn, err := pgx.Connect(t.Context(), env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, sql := range []string{"SET search_path = " + id, down} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "UPDATE platform.tenant SET schema_version = $2 WHERE id = $1", id, before); err != nil {
		t.Fatal(err)
	}
}

func TestLanesAgree(t *testing.T) {
	t.Parallel()
	if migrations.GatewayRole(tenant.Lanes-1) != "galleria_gw_7" {
		t.Errorf("tenant.Lanes is %d, the migrations make eight gateways", tenant.Lanes)
	}
}

func TestRunningAgainChangesNothing(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	before := query[string](t, env, "SELECT id || schema_version || updated_at FROM platform.tenant ORDER BY id")
	for range 2 {
		if _, err := env.Runner.Platform(t.Context()); err != nil {
			t.Fatal(err)
		}
		report, err := env.Runner.Fleet(t.Context(), migrations.FleetOptions{})
		if err != nil || report.Upgraded != 0 || len(report.Failed) != 0 {
			t.Fatalf("second run: %+v, %v", report, err)
		}
	}
	after := query[string](t, env, "SELECT id || schema_version || updated_at FROM platform.tenant ORDER BY id")
	if strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("a run with nothing to do touched the directory")
	}
}

func TestDownFilesUndoAndUpRedoes(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	shape := `SELECT table_name || '.' || column_name || ' ' || data_type FROM information_schema.columns WHERE table_schema = $1 ORDER BY 1`
	before := query[string](t, env, shape, env.Tenant.ID.String())
	setBack(t, env, env.Tenant.ID.String())
	if v, err := env.Runner.Tenant(t.Context(), env.Tenant.ID.String()); err != nil || v == 0 {
		t.Fatalf("upgrade: version %d, %v", v, err)
	}
	after := query[string](t, env, shape, env.Tenant.ID.String())
	if strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("down and up gave another shape")
	}
}

// T097 in small: one tenant fails for its own data; the rest is upgraded, it is listed
// with its reason, nothing of it is half done, and after the repair a rerun touches
// only it.
func TestFleetGoesOnPastOneBrokenTenant(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	broken, healthy := env.Tenant, env.OpenShop(t)
	setBack(t, env, broken.ID.String())
	setBack(t, env, healthy.ID.String())
	table := newestTable(t)
	env.Owner(t, "CREATE TABLE "+broken.ID.String()+"."+table+" (drifted int)")

	before := query[string](t, env, `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name <> $2 ORDER BY 1`,
		broken.ID.String(), table)
	plan, err := env.Runner.Plan(t.Context(), []string{healthy.ID.String()})
	if err != nil || len(plan) != 2 || plan[0].TenantID != healthy.ID.String() {
		t.Fatalf("plan: %+v, %v; want the canary first, then the other", plan, err)
	}
	report, err := env.Runner.Fleet(t.Context(), migrations.FleetOptions{Workers: 2, Canary: []string{healthy.ID.String()}})
	if err != nil || report.Upgraded != 1 || len(report.Failed) != 1 || report.Failed[0].TenantID != broken.ID.String() {
		t.Fatalf("report: %+v, %v", report, err)
	}
	left := query[string](t, env, "SELECT last_error FROM platform.tenant WHERE id = $1", broken.ID.String())
	if !strings.Contains(left[0], "already exists") {
		t.Errorf("the directory says %q", left[0])
	}
	shape := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name <> $2 ORDER BY 1`
	if after := query[string](t, env, shape, broken.ID.String(), table); !slices.Equal(before, after) {
		t.Errorf("a failed migration left part of itself: %v, before %v", after, before)
	}
	env.Owner(t, "DROP TABLE "+broken.ID.String()+"."+table)
	report, err = env.Runner.Fleet(t.Context(), migrations.FleetOptions{})
	if err != nil || report.Upgraded != 1 || len(report.Failed) != 0 {
		t.Fatalf("rerun: %+v, %v", report, err)
	}
	if left := query[string](t, env, "SELECT last_error FROM platform.tenant WHERE id = $1", broken.ID.String()); left[0] != "" {
		t.Errorf("the error stayed after the repair: %q", left[0])
	}
}

func TestAnUnknownCanaryIsRefused(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	runner := env.Runner
	if _, err := runner.Plan(t.Context(), []string{env.Tenant.ID.String()}); err != nil {
		t.Errorf("a tenant as canary: %v", err)
	}
	for _, canary := range []string{env.Tenant.Handle, "t_000000000000", ""} {
		if _, err := runner.Fleet(t.Context(), migrations.FleetOptions{Canary: []string{canary}}); !errors.Is(err, migrations.ErrNoCanary) || !strings.Contains(err.Error(), canary) {
			t.Errorf("canary %q: %v, want it refused by its name", canary, err)
		}
	}
}

func TestBrokenCanaryStopsTheFleet(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	canary, other := env.Tenant, env.OpenShop(t)
	setBack(t, env, canary.ID.String())
	setBack(t, env, other.ID.String())
	env.Owner(t, "CREATE TABLE "+canary.ID.String()+"."+newestTable(t)+" (drifted int)")
	report, err := env.Runner.Fleet(t.Context(), migrations.FleetOptions{Canary: []string{canary.ID.String()}})
	if err != nil || report.Upgraded != 0 || len(report.Failed) != 1 || report.Skipped != 1 {
		t.Fatalf("report: %+v, %v; want the canary failed and the other untouched", report, err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	env.Owner(t, "UPDATE platform.tenant SET schema_version = 9999 WHERE id = $1", env.Tenant.ID.String())
	if _, err := env.Runner.Tenant(t.Context(), env.Tenant.ID.String()); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("a schema of a newer binary: %v, want ErrNewer", err)
	}
}

// A tenant's rights after a migration are the rights of a new schema: tables made later
// are reachable, append-only ones stay so.
func TestRightsFollowMigrations(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	setBack(t, env, env.Tenant.ID.String())
	if _, err := env.Runner.Tenant(t.Context(), env.Tenant.ID.String()); err != nil {
		t.Fatal(err)
	}
	rights := `SELECT table_name || ' ' || privilege_type FROM information_schema.role_table_grants WHERE grantee = 'galleria_tenant' AND table_schema = $1 ORDER BY 1`
	migrated := query[string](t, env, rights, env.Tenant.ID.String())
	fresh := query[string](t, env, rights, env.OpenShop(t).ID.String())
	if strings.Join(migrated, "\n") != strings.Join(fresh, "\n") {
		t.Errorf("rights differ:\nmigrated %v\nfresh    %v", migrated, fresh)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT id FROM payment_attempt")
		return err
	})
}
