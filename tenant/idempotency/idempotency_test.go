package idempotency_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type result struct{ OrderNo string }

func do(t *testing.T, env *tenanttest.Env, key idempotency.Key, fn func() (result, error)) (res result, replayed bool, err error) {
	t.Helper()
	err = env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) (err error) {
		res, replayed, err = idempotency.Do(t.Context(), tx, key, fn)
		return err
	})
	return res, replayed, err
}

func TestT033_OneKeyOneEffect(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	key := idempotency.Key{Scope: "member:1:order.place", Value: "k-1", Body: []byte(`{"a":1}`)}
	var ran, replays atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, replayed, err := do(t, env, key, func() (result, error) {
				ran.Add(1)
				return result{OrderNo: "N1"}, nil
			})
			if err != nil || got.OrderNo != "N1" {
				t.Errorf("got %+v, %v", got, err)
			}
			if replayed {
				replays.Add(1)
			}
		})
	}
	wg.Wait()
	if ran.Load() != 1 || replays.Load() != 19 {
		t.Errorf("ran %d times, replayed %d; want 1 and 19", ran.Load(), replays.Load())
	}
	other := key
	other.Body = []byte(`{"a":2}`)
	if _, _, err := do(t, env, other, nil); !errors.Is(err, idempotency.ErrMismatch) {
		t.Errorf("same key, other body: %v", err)
	}
	other.Scope = "member:2:order.place"
	if _, replayed, err := do(t, env, other, func() (result, error) { return result{"N2"}, nil }); err != nil || replayed {
		t.Errorf("another member's key: replayed %t, %v", replayed, err)
	}
	for _, value := range []string{"", string(make([]byte, 256))} {
		if _, _, err := do(t, env, idempotency.Key{Scope: "s", Value: value}, nil); !errors.Is(err, idempotency.ErrMissing) {
			t.Errorf("key of length %d: %v", len(value), err)
		}
	}
}

func TestARefusedRequestLeavesTheKeyFree(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	key := idempotency.Key{Scope: "s", Value: "k"}
	errShort := errors.New("short")
	if _, _, err := do(t, env, key, func() (result, error) { return result{}, errShort }); !errors.Is(err, errShort) {
		t.Fatal(err)
	}
	if got, replayed, err := do(t, env, key, func() (result, error) { return result{"N1"}, nil }); err != nil || replayed || got.OrderNo != "N1" {
		t.Errorf("second try: %+v, replayed %t, %v", got, replayed, err)
	}
}

func TestAWaitPastTheLockTimeoutSaysInProgress(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LockTimeout = 100 * time.Millisecond }))
	key := idempotency.Key{Scope: "s", Value: "slow"}
	entered, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _, err := do(t, env, key, func() (result, error) { close(entered); <-release; return result{"N1"}, nil })
		if err != nil {
			t.Errorf("first: %v", err)
		}
	})
	<-entered
	if _, _, err := do(t, env, key, nil); !errors.Is(err, idempotency.ErrInProgress) {
		t.Errorf("while the first runs: %v, want IDEMPOTENCY_IN_PROGRESS", err)
	}
	close(release)
	wg.Wait()
}
