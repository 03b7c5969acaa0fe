package provision_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func TestSkeleton(t *testing.T) {
	t.Parallel()
	for _, pair := range []struct {
		a, b string
		same bool
	}{
		{"qinghe", "q1nghe", true},
		{"qinghe", "qlnghe", true},
		{"shop-00", "shop-oo", true},
		{"modern", "modem", true},
		{"corner-shop", "comer-shop", true},
		{"vvind", "wind", true},
		{"green-tea", "greentea", true},
		{"green-tea", "g-r-e-e-n-tea", true},
		{"tea5", "teas", true},
		{"qinghe", "qinhe", false},
		{"tea-2", "tea-3", false},
		{"anna", "amna", false},
		{"bad", "dab", false},
	} {
		if got := provision.Skeleton(pair.a) == provision.Skeleton(pair.b); got != pair.same {
			t.Errorf("%s and %s alike: %v, want %v", pair.a, pair.b, got, pair.same)
		}
	}
}

func TestReservedHandles(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	for _, handle := range []string{
		"platform", "p1atform", "p-latform", "admin", "adm1n", "signup", "sign-up", "s1gnup", "login", "log1n", "galleria-2", "my-galleria",
		"wechat-pay", "weixin-help", "al1pay", "official-store", "off1cial-store", "dev", "shops",
	} {
		if state, suggestions, err := service(env).Check(t.Context(), handle, "key"); err != nil || state != provision.HandleTaken || len(suggestions) > 0 {
			t.Errorf("%s is %s, %v, %v; want taken", handle, state, suggestions, err)
		}
		if _, err := service(env).OpenShop(t.Context(), input(handle)); !errors.Is(err, provision.ErrHandleTaken) {
			t.Errorf("opening %s: %v", handle, err)
		}
	}
	for _, handle := range []string{"administrative-tea", "platforms-of-tea", "support3", "galleries"} {
		if state, _, err := service(env).Check(t.Context(), handle, "key"); err != nil || state != provision.HandleFree {
			t.Errorf("%s is %s, %v; want free", handle, state, err)
		}
	}
}

func TestLookAlikesAreTaken(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	if _, err := service(env).OpenShop(t.Context(), input("corner-ole")); err != nil {
		t.Fatal(err)
	}
	for _, handle := range []string{"comer-ole", "corner-o1e", "cornerole", "c0rner-0ie", "corner--ole"} {
		if _, err := service(env).OpenShop(t.Context(), input(handle)); err == nil {
			t.Errorf("%s was opened beside corner-ole", handle)
		}
	}
	state, suggestions, err := service(env).Check(t.Context(), "comer-ole", "key")
	if err != nil || state != provision.HandleTaken || fmt.Sprint(suggestions) != "[comer-ole-2 comer-ole-3 comer-ole-4]" {
		t.Errorf("%s %v %v", state, suggestions, err)
	}
	if state, _, err := service(env).Check(t.Context(), "corner-ole", "key-corner-ole"); err != nil || state != provision.HandleFree {
		t.Errorf("its own handle is %s, %v", state, err)
	}
}

// Two that look alike are wished for at once: one is held.
func TestOneOfTwoLookAlikesIsHeld(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	s := service(env)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		handle := []string{"silk-road", "s1lk-road", "silkroad", "sllk-r0ad"}[i%4]
		wait.Go(func() {
			errs[i] = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error { return s.HoldTx(t.Context(), tx, handle, fmt.Sprint("key-", i)) })
		})
	}
	wait.Wait()
	held := 0
	for _, err := range errs {
		switch {
		case err == nil:
			held++
		case !errors.Is(err, provision.ErrHandleTaken):
			t.Error(err)
		}
	}
	if held != 1 {
		t.Errorf("%d are held, want 1", held)
	}
}

// The migration of installations that are older than the rule computes the same in SQL.
func TestTheMigrationComputesTheSameSkeleton(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	for _, handle := range []string{"corner-shop", "vvind-5ails", "o0-i1-l", "rnrn-vvvv", "a-b-c-5-s"} {
		const sql = "SELECT count(*) FROM (SELECT translate(replace(replace(replace($1::text, '-', ''), 'rn', 'm'), 'vv', 'w'), 'oil5', '011s') AS s) x WHERE s = $2"
		if count(t, env, sql, handle, provision.Skeleton(handle)) != 1 {
			t.Errorf("%s: SQL and Go differ", handle)
		}
	}
}
