package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/tenant"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// openingEnv tells TestOpeningProcess which shop to open.
const openingEnv = "GALLERIA_TEST_OPENING"

func newGround(t *testing.T, databaseURL string) *app.Ground {
	t.Helper()
	owner, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := owner.User.Password()
	ground, err := app.NewGround(t.Context(), app.Config{
		Environment: "development", DatabaseURL: databaseURL, RoleSecret: secret, KEK: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		LaneConns: 1, PlatformConns: 1, StatementTimeout: 5 * time.Second,
	}, slog.New(slog.NewTextHandler(t.Output(), nil)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ground.Close)
	return ground
}

// open opens a shop with a Mini Program and an owner, as the callers of OpenShop do it:
// each step by itself, and all of them again after an interruption.
func open(ctx context.Context, g *app.Ground, handle string) (tenant.Tenant, error) {
	shop, err := g.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: handle, Handle: handle, Name: "店铺" + handle})
	if err != nil {
		return tenant.Tenant{}, err
	}
	appID, _ := tenant.ParseAppID("wx" + strings.ReplaceAll(handle, "-", ""))
	if err := g.Registry.AddApp(ctx, tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: shop.ID, Name: "小程序"}); err != nil {
		return tenant.Tenant{}, err
	}
	person, err := g.Staff.Add(ctx, staff.AddInput{Login: handle, Name: "店主", Password: passwordOf(handle)})
	if errors.Is(err, staff.ErrLoginTaken) {
		person, err = g.Staff.ByLogin(ctx, handle)
	}
	if err != nil {
		return tenant.Tenant{}, err
	}
	return shop, g.Staff.Grant(ctx, shop.ID, person.ID, authz.Owner)
}

func passwordOf(handle string) string { return "correct horse battery " + handle }

// TestOpeningProcess is the process that TestAnOpeningWithItsOwnerIsFinished kills.
func TestOpeningProcess(t *testing.T) {
	ground := newGround(t, tenanttest.InProcess(t))
	if _, err := open(t.Context(), ground, os.Getenv(openingEnv)); err != nil {
		t.Fatal(err)
	}
}

// The opening as the platform is composed, with preset roles, Mini Program and owner, is
// killed after each COMMIT, which are all the ways to leave it half done. The whole repeated ends in one shop that its owner can enter. How the schema
// comes to be is killed step by step in tenant/provision.
func TestAnOpeningWithItsOwnerIsFinished(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	ground := newGround(t, env.OwnerURL)
	if _, err := ground.Provision.Refill(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	process := tenanttest.Process{Test: "TestOpeningProcess", Env: []string{openingEnv + "=unharmed"}, OwnerURL: env.OwnerURL}
	trips := process.Rehearse(t)
	var ends []int // the round trips that end a transaction with an effect, from 1
	writing := false
	for i, trip := range trips {
		writing = writing || strings.Contains(trip.SQL, "INSERT INTO") || strings.Contains(trip.SQL, "UPDATE platform")
		if trip.Settled && writing {
			ends, writing = append(ends, i+1), false
		}
	}
	if len(ends) != 8 { // claim, shop, roles, upkeep, active, Mini Program, person, grant
		t.Fatalf("%d transactions with an effect: %v", len(ends), trips)
	}
	if _, err := ground.Provision.Refill(t.Context(), len(ends)); err != nil {
		t.Fatal(err)
	}
	for _, end := range ends[:len(ends)-1] { // after the last one all is done
		handle := fmt.Sprintf("opening-%d", end)
		process.Env = []string{openingEnv + "=" + handle}
		process.Kill(t, end+1, tenanttest.Unsent)
		shop, err := open(t.Context(), ground, handle)
		if err != nil || shop.Status != tenant.Active {
			t.Fatalf("%s: opened again: %+v, %v", handle, shop, err)
		}
		wantOwned(t, ground, shop, handle)
	}
}

// wantOwned fails unless the shop has one Mini Program and one owner, who can sign in and
// do everything, and the preset roles as they are preset.
func wantOwned(t *testing.T, g *app.Ground, shop tenant.Tenant, login string) {
	t.Helper()
	apps, err := g.Registry.Apps(t.Context(), shop.ID)
	if err != nil || len(apps) != 1 {
		t.Errorf("%s: %d Mini Programs, %v", login, len(apps), err)
	}
	person, err := g.Staff.Authenticate(t.Context(), staff.Credentials{Login: login, Password: passwordOf(login), IP: "192.0.2.1"})
	if err != nil {
		t.Errorf("%s: sign in: %v", login, err)
	}
	err = g.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		for _, preset := range authz.PresetRoles() {
			var permissions []string
			const role = "SELECT permissions FROM platform.role WHERE tenant_id = $1 AND code = $2"
			if err := tx.QueryRow(t.Context(), role, shop.ID.String(), preset.Code).Scan(&permissions); err != nil {
				return err
			}
			if !slices.Equal(permissions, preset.Codes()) {
				t.Errorf("%s: the role %s may %v", login, preset.Code, permissions)
			}
		}
		var roles, owners, people int
		const counts = `SELECT (SELECT count(*) FROM platform.role WHERE tenant_id = $1),
			(SELECT count(*) FROM platform.staff_role WHERE tenant_id = $1 AND staff_id = $2 AND role_code = $3),
			(SELECT count(*) FROM platform.staff_role WHERE tenant_id = $1)`
		if err := tx.QueryRow(t.Context(), counts, shop.ID.String(), person.ID, authz.Owner).Scan(&roles, &owners, &people); err != nil {
			return err
		}
		if roles != len(authz.PresetRoles()) || owners != 1 || people != 1 {
			t.Errorf("%s: %d roles, %d owners, %d grants; want %d, 1 and 1", login, roles, owners, people, len(authz.PresetRoles()))
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", login, err)
	}
}
