package registry_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/tenant/tenanttest"
)

func TestResolverFollowsTheDirectory(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	// Two processes: one changes, the other must hear of it.
	resolver := registry.NewResolver(env.DB, env.Clock().Now)
	go resolver.Run(t.Context())
	appID := "wx" + tenanttest.RandomHex(8)
	if _, err := resolver.ByApp(t.Context(), appID); !errors.Is(err, registry.ErrUnknownApp) {
		t.Fatalf("unbound app: %v", err)
	}
	parsed, _ := tenant.ParseAppID(appID)
	if err := env.Registry.AddApp(t.Context(), tenant.App{ID: parsed, Provider: tenant.WeChat, TenantID: env.Tenant.ID, Name: "店"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bound app", func() bool {
		s, err := resolver.ByApp(t.Context(), appID)
		return err == nil && s.Tenant.ID == env.Tenant.ID && s.App.ID == parsed
	})
	if err := env.Registry.SetStatus(t.Context(), env.Tenant.ID, tenant.Suspended, "欠费"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the suspension", func() bool {
		s, err := resolver.ByApp(t.Context(), appID)
		return err == nil && s.Tenant.Status == tenant.Suspended && s.Tenant.StatusReason == "欠费"
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s was not seen within 5 s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// T008: hostile AppIDs are unknown and reach no SQL.
func TestT008_HostileAppIDsAreUnknown(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	app := env.App(t, env.Tenant)
	upper := "WX" + app.ID.String()[2:]
	for _, id := range []string{"", "../b", `b";drop schema b`, "wx\x00aaaaaaaaaa", upper, "ｗｘ" + app.ID.String()[2:], string(make([]byte, 300))} {
		if _, err := env.Resolver.ByApp(t.Context(), id); !errors.Is(err, registry.ErrUnknownApp) {
			t.Errorf("ByApp(%.20q): %v, want UNKNOWN_APP", id, err)
		}
	}
}

func TestAnAppBelongsToOneShop(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	app := env.App(t, env.Tenant)
	if err := env.Registry.AddApp(t.Context(), app); err != nil {
		t.Errorf("binding again: %v", err)
	}
	app.TenantID = other.ID
	if err := env.Registry.AddApp(t.Context(), app); !errors.Is(err, registry.ErrAppTaken) {
		t.Errorf("binding another shop's app: %v, want APP_TAKEN", err)
	}
}

func TestStatusMoves(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	move := func(to tenant.Status) error { return env.Registry.SetStatus(t.Context(), env.Tenant.ID, to, "") }
	for _, step := range []struct {
		to  tenant.Status
		err error
	}{
		{tenant.Suspended, nil},
		{tenant.Suspended, nil}, // repeated
		{tenant.Closed, registry.ErrStatus},
		{tenant.Active, nil},
		{tenant.Provisioning, registry.ErrStatus},
		{tenant.Closing, nil},
		{tenant.Active, registry.ErrStatus},
		{tenant.Closed, nil},
	} {
		if err := move(step.to); !errors.Is(err, step.err) {
			t.Fatalf("to %s: %v, want %v", step.to, err, step.err)
		}
	}
	if err := env.Registry.SetStatus(t.Context(), tenant.NewID(), tenant.Suspended, ""); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("unknown tenant: %v", err)
	}
}

func TestResolverUnderLoad(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	apps := []tenant.App{env.App(t, env.Tenant), env.App(t, env.OpenShop(t))}
	go env.Resolver.Run(t.Context())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 300 {
				app := apps[i%2]
				s, err := env.Resolver.ByApp(t.Context(), app.ID.String())
				if err != nil || s.Tenant.ID != app.TenantID {
					t.Errorf("%s resolved to %v, %v", app.ID, s.Tenant.ID, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
