package provision_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/provision"
	"galleria/tenant/tenanttest"
)

func count(t *testing.T, env *tenanttest.Env, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func service(env *tenanttest.Env, fill ...provision.FillStep) *provision.Service {
	return provision.New(provision.Deps{DB: env.DB, Runner: env.Runner, Registry: env.Registry, Log: env.Log, Fill: fill})
}

func input(handle string) provision.ShopInput {
	return provision.ShopInput{RequestKey: "key-" + handle, Handle: handle, Name: "青禾生活"}
}

func TestOpeningTwiceIsOpeningOnce(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	var wg sync.WaitGroup
	ids := make([]tenant.ID, 8)
	for i := range ids {
		wg.Go(func() {
			shop, err := service(env).OpenShop(t.Context(), input("green-house"))
			if err != nil {
				t.Errorf("open: %v", err)
			}
			ids[i] = shop.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("the same request opened %s and %s", ids[0], id)
		}
	}
	if n := count(t, env, "SELECT count(*) FROM platform.tenant WHERE handle = 'green-house' AND status = 'active'"); n != 1 {
		t.Errorf("%d active shops, want 1", n)
	}
}

// A twin of the request claims the last spare while this one builds another: both are the
// same request, and the handle is not taken by a stranger.
func TestOpeningTwiceOnEmptyStockIsOpeningOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.empty(t)
	w.stock(t, 1)
	in := input("green-house")
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	twin, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var claimed string
	const claim = "UPDATE platform.tenant SET status = 'provisioning', handle = $1, name = $2, request_key = $3, opened_at = now() WHERE status = 'spare' RETURNING id"
	if err := twin.QueryRow(t.Context(), claim, in.Handle, in.Name, in.RequestKey).Scan(&claimed); err != nil {
		t.Fatal(err)
	}
	var shop tenant.Tenant
	opened := make(chan error, 1)
	go func() {
		var err error
		shop, err = service(w.Env).OpenShop(t.Context(), in)
		opened <- err
	}()
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%provisioning%'"
	for deadline := time.Now().Add(20 * time.Second); w.count(t, waiting) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the request never met its twin")
		}
	}
	if err := twin.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil || shop.ID.String() != claimed {
		t.Errorf("opened %q, %v; want the twin's %s", shop.ID, err, claimed)
	}
}

func TestManyShopsAtOnceGetSchemasOfTheirOwn(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[tenant.ID]string{}
	for _, handle := range []string{"aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh", "iii"} { // more than are in stock
		wg.Go(func() {
			shop, err := service(env).OpenShop(t.Context(), input(handle))
			if err != nil {
				t.Errorf("open %s: %v", handle, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if other, twice := seen[shop.ID]; twice {
				t.Errorf("%s and %s share the schema %s", handle, other, shop.ID)
			}
			seen[shop.ID] = handle
		})
	}
	wg.Wait()
}

func TestAShopThatDiedHalfwayIsFinished(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	errKilled := errors.New("killed")
	dying := func(context.Context, tenant.Tenant) error { return errKilled }
	if _, err := service(env, dying).OpenShop(t.Context(), input("halfway")); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if n := count(t, env, "SELECT count(*) FROM platform.tenant WHERE handle = 'halfway' AND status = 'provisioning'"); n != 1 {
		t.Fatalf("%d shops provisioning after the first try, want 1", n)
	}
	steps := 0
	shop, err := service(env, func(context.Context, tenant.Tenant) error { steps++; return nil }).OpenShop(t.Context(), input("halfway"))
	if err != nil || shop.Status != tenant.Active || steps != 1 {
		t.Errorf("resumed: %+v, %v, %d steps run", shop, err, steps)
	}
}

// A schema whose building was killed (directory row there, schema absent) is finished by
// the next refill, and no schema is without its row.
func TestAnInterruptedSchemaIsFinished(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	id := tenant.NewID()
	env.Owner(t, "INSERT INTO platform.tenant (id, lane, status, updated_at) VALUES ($1, $2, 'building', now() - interval '5 minutes')", id.String(), id.Lane())
	if _, err := service(env).Refill(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if n := count(t, env, "SELECT count(*) FROM platform.tenant WHERE id = $1 AND status = 'spare'", id.String()); n != 1 {
		t.Error("the interrupted schema is not in stock")
	}
	const orphans = `SELECT count(*) FROM pg_namespace n WHERE n.nspname LIKE 't\_%' AND NOT EXISTS (SELECT 1 FROM platform.tenant t WHERE t.id = n.nspname)`
	if n := count(t, env, orphans); n != 0 {
		t.Errorf("%d schemas without a directory row", n)
	}
	if n := count(t, env, "SELECT count(*) FROM platform.tenant WHERE status = 'spare'"); n < 3 {
		t.Errorf("%d spares after refill, want at least 3", n)
	}
}

func TestRefusedShops(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	if _, err := service(env).OpenShop(t.Context(), input("taken")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   provision.ShopInput
		code error
	}{
		"taken handle":             {provision.ShopInput{RequestKey: "other", Handle: "taken", Name: "x"}, provision.ErrHandleTaken},
		"reserved handle":          {input("platform"), provision.ErrHandleTaken},
		"same key, another handle": {provision.ShopInput{RequestKey: "key-taken", Handle: "other-one", Name: "x"}, provision.ErrRequestKeyReused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := service(env).OpenShop(t.Context(), c.in); !errors.Is(err, c.code) {
				t.Errorf("got %v, want %v", err, c.code)
			}
		})
	}
	for _, handle := range []string{"", "ab", "Upper", "1abc", "a--b", "x_y", `b";drop schema b`, "店铺", "-ab", "ab-"} {
		if err := input(handle).Validate(); err == nil {
			t.Errorf("handle %q was accepted", handle)
		}
	}
}
