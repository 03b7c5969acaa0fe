package routine_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// word is a name that no other test has.
func word() string {
	return "test.w_" + strings.Map(func(r rune) rune { return 'a' + r%26 }, tenanttest.RandomHex(8))
}

// stateOf is how the platform's work of a name stands.
func stateOf(t *testing.T, env *tenanttest.Env, l *routine.Log, name string) routine.State {
	t.Helper()
	var found routine.State
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		states, err := l.Platform(t.Context(), tx)
		for _, s := range states {
			if s.Name == name {
				found = s
			}
		}
		return err
	})
	if err != nil || found.Name == "" {
		t.Fatalf("state of %s: %+v, %v", name, found, err)
	}
	return found
}

func TestOneOfManyProcessesDoesTheWork(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	l := routine.New(env.DB, nil)
	work := []routine.Work{{Name: word(), Every: time.Hour}}
	var claimed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := l.Declare(t.Context(), work); err != nil {
				t.Error(err)
			}
			for range 5 {
				claims, err := l.Claim(t.Context(), work)
				if err != nil {
					t.Error(err)
				}
				claimed.Add(int64(len(claims)))
				for _, c := range claims {
					if err := l.Finish(t.Context(), c, time.Now(), time.Millisecond, nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	if n := claimed.Load(); n != 1 {
		t.Errorf("claimed %d times in a period, want once", n)
	}
	s := stateOf(t, env, l, work[0].Name)
	if s.Runs != 1 || s.LastAt == nil || s.Running || s.Failures != 0 || time.Until(s.NextAt) < 50*time.Minute {
		t.Errorf("state %+v, want one good run and the next in an hour", s)
	}
}

func TestAClaimOfADeadProcessRunsOut(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	l := routine.New(env.DB, nil)
	work := []routine.Work{{Name: word(), Every: time.Second}}
	if err := l.Declare(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	claim := func(want int) []routine.Claim {
		t.Helper()
		claims, err := l.Claim(t.Context(), work)
		if err != nil || len(claims) != want {
			t.Fatalf("claimed %v, %v; want %d", claims, err, want)
		}
		return claims
	}
	dead := claim(1)[0]
	if !stateOf(t, env, l, work[0].Name).Running {
		t.Error("claimed work is not told as running")
	}
	// Its period is over, its holder's time is not.
	env.Owner(t, "UPDATE platform.routine SET next_at = now() - interval '1 minute' WHERE name = $1", work[0].Name)
	claim(0)
	env.Owner(t, "UPDATE platform.routine SET lease_until = now() - interval '1 second' WHERE name = $1", work[0].Name)
	next := claim(1)[0]
	if err := l.Finish(t.Context(), dead, time.Now(), time.Second, errors.New("late word of the dead")); err != nil {
		t.Fatal(err)
	}
	if s := stateOf(t, env, l, work[0].Name); s.Runs != 0 || !s.Running {
		t.Errorf("the dead process's word counted: %+v", s)
	}
	for n := range 2 {
		if err := l.Finish(t.Context(), next, time.Now(), 1500*time.Millisecond, errors.New("no\x00 room")); err != nil {
			t.Fatal(err)
		}
		s := stateOf(t, env, l, work[0].Name)
		if s.Error == "" || s.Failures != n+1 || s.Took != 1500*time.Millisecond {
			t.Errorf("after failure %d: %+v", n+1, s)
		}
		env.Owner(t, "UPDATE platform.routine SET next_at = now() WHERE name = $1", work[0].Name)
		next = claim(1)[0]
	}
	if err := l.Finish(t.Context(), next, time.Now(), 0, nil); err != nil {
		t.Fatal(err)
	}
	if s := stateOf(t, env, l, work[0].Name); s.Error != "" || s.Failures != 0 || s.Runs != 3 {
		t.Errorf("after a good run: %+v", s)
	}
}

func TestHurryingChangesWhenNotWhether(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	topic := outbox.Topic(word())
	l := routine.New(env.DB, []outbox.Topic{topic})
	other := env.OpenShop(t)
	for _, shop := range []tenant.ID{env.Tenant.ID, other.ID} {
		err := env.DB.InTenant(t.Context(), shop, func(tx tenantdb.Tx) error {
			if err := env.Timers.Set(t.Context(), tx, topic, "daily", tx.Now().Add(20*time.Hour), nil); err != nil {
				return err
			}
			return env.Timers.Set(t.Context(), tx, topic, "soon", tx.Now().Add(2*time.Minute), nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hurry := func(shop tenant.ID, want int64) {
		t.Helper()
		err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			n, err := l.HurryShops(t.Context(), tx, topic, shop)
			if n != want {
				t.Errorf("hurried %d timers, want %d", n, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	due := func(shop tenant.ID, key string) time.Duration {
		t.Helper()
		var seconds float64
		err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT extract(epoch FROM due_at - now())::float8 FROM platform.timer WHERE tenant_id = $1 AND topic = $2 AND key = $3",
				shop.String(), string(topic), key).Scan(&seconds)
		})
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(seconds * float64(time.Second))
	}
	hurry(env.Tenant.ID, 2)
	if d := due(env.Tenant.ID, "daily"); d > 0 {
		t.Errorf("one shop's work is due in %s, want now", d)
	}
	if d := due(other.ID, "daily"); d < 19*time.Hour {
		t.Errorf("another shop's work moved: due in %s", d)
	}
	hurry(tenant.ID{}, 4)
	if d := due(other.ID, "daily"); d > routine.Window {
		t.Errorf("everybody's work is due in %s, want within %s", d, routine.Window)
	}
	if d := due(other.ID, "soon"); d > 2*time.Minute {
		t.Errorf("hurrying made work later: due in %s", d)
	}
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		if _, err := l.HurryShops(t.Context(), tx, "order.expire", tenant.ID{}); !errors.Is(err, routine.ErrNotRecurring) {
			t.Errorf("hurried the end of orders: %v", err)
		}
		found, err := l.Hurry(t.Context(), tx, "no.such_work")
		if found {
			t.Error("hurried work that is not there")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRunsOfShops(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	topic := outbox.Topic(word())
	l := routine.New(env.DB, []outbox.Topic{topic})
	ev := outbox.Event{TenantID: env.Tenant.ID, Topic: topic, Key: "a1"}
	began := time.Now().Add(-time.Minute)
	note := func(ev outbox.Event, at time.Time, failure error) {
		t.Helper()
		if err := l.Note(t.Context(), ev, at, 40*time.Millisecond, failure); err != nil {
			t.Fatal(err)
		}
	}
	note(ev, began, errors.New("the bill is not ready"))
	note(ev, began.Add(time.Second), errors.New("the bill is not ready yet"))
	note(ev, began.Add(-time.Hour), nil) // a slow process tells late what happened before
	good := ev
	good.Key = "a2"
	note(good, began, nil)
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return env.Timers.Set(t.Context(), tx, topic, "a1", tx.Now().Add(-time.Hour), nil)
	})
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		shops, err := l.Shops(t.Context(), tx)
		if err != nil || len(shops) != 1 {
			t.Fatalf("shops' work %+v, %v", shops, err)
		}
		if s := shops[0]; s.Waiting != 1 || s.Late != 1 || s.NextAt == nil || s.Ran != 2 || s.Failing != 1 || s.Mean != 40*time.Millisecond || s.LastAt == nil {
			t.Errorf("state %+v", s)
		}
		failing, err := l.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Failing: true, Limit: 10})
		if err != nil || len(failing) != 1 || failing[0].Failures != 2 || failing[0].Error != "the bill is not ready yet" || failing[0].NextAt == nil || failing[0].Handle != env.Tenant.Handle {
			t.Errorf("failing %+v, %v", failing, err)
		}
		first, err := l.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Limit: 1})
		if err != nil || len(first) != 1 || first[0].Key != "a1" {
			t.Fatalf("first page %+v, %v", first, err)
		}
		second, err := l.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Limit: 5, After: &first[0]})
		if err != nil || len(second) != 1 || second[0].Key != "a2" || second[0].NextAt != nil {
			t.Errorf("second page %+v, %v", second, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	env.Owner(t, "UPDATE platform.routine_run SET began_at = now() - interval '91 days' WHERE topic = $1 AND key = 'a2'", string(topic))
	if err := l.Forget(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		left, err := l.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Limit: 10})
		if len(left) != 1 || left[0].Key != "a1" {
			t.Errorf("left %+v, want what ran lately", left)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLookingEarlyKeepsTheMoment: dated work that is due soon becomes an event now, once while it is owed,
// of the shop that was meant; its timer stays where it was.
func TestLookingEarlyKeepsTheMoment(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	topic := outbox.Topic(word())
	l := routine.New(env.DB, nil, topic)
	env.InTenant(t, func(tx tenantdb.Tx) error {
		for key, after := range map[string]time.Duration{"late": -time.Hour, "soon": 5 * time.Hour, "later": 48 * time.Hour} {
			if err := env.Timers.Set(t.Context(), tx, topic, key, tx.Now().Add(after), map[string]string{"of": key}); err != nil {
				return err
			}
		}
		return nil
	})
	other, err := tenant.ParseID("t_zzzzzzzzzzzz")
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct {
		shop   tenant.ID
		within time.Duration
		want   int64
	}{{other, 24 * time.Hour, 0}, {env.Tenant.ID, 24 * time.Hour, 2}, {env.Tenant.ID, 24 * time.Hour, 0}, {tenant.ID{}, 72 * time.Hour, 1}} {
		err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			n, err := l.LookNow(t.Context(), tx, topic, look.shop, look.within)
			if n != look.want {
				t.Errorf("within %s: %d, want %d", look.within, n, look.want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var timers, events, owed int
		err := tx.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM platform.timer WHERE topic = $1 AND (key = 'late' OR due_at > now() + interval '4 hours')),
			(SELECT count(*) FROM platform.outbox WHERE topic = $1 AND payload->>'of' = key), (SELECT count(*) FROM platform.outbox WHERE topic = $1 AND next_at <= now())`,
			string(topic)).Scan(&timers, &events, &owed)
		if timers != 3 || events != 3 || owed != 2 {
			t.Errorf("%d timers, %d events, of which %d are due at once", timers, events, owed)
		}
		return err
	})
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		_, err := l.LookNow(t.Context(), tx, outbox.Topic(word()), tenant.ID{}, time.Hour)
		return err
	})
	if !errors.Is(err, routine.ErrNotRecurring) {
		t.Errorf("work that is not dated: %v", err)
	}
}
