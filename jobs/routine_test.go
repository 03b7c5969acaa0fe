package jobs_test

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
)

// Each run of recurring work is noted, a failure and the success after it.
func TestRunsOfRecurringWorkAreNoted(t *testing.T) {
	t.Parallel()
	var tries atomic.Int64
	var r *rig
	k := kind(func(ctx context.Context, ev outbox.Event) error {
		if tries.Add(1) == 1 {
			return errors.New("the bill is not ready")
		}
		return applyEffect(ctx, r.env.DB, r.env.Outbox, ev)
	})
	k.Recurs = true
	r = newRig(t, k)
	log := routine.New(r.env.DB, []outbox.Topic{topic})
	r.append(t, "a1")
	id := r.env.Events(t, topic)[0].ID
	w := r.worker(t)
	w.Routines, w.Now = log, time.Now
	for _, want := range []struct {
		failures int
		text     string
	}{{1, "the bill is not ready"}, {0, ""}} {
		if err := w.Do(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			runs, err := log.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Shop: r.env.Tenant.ID, Limit: 10})
			if len(runs) != 1 || runs[0].Failures != want.failures || runs[0].Error != want.text || runs[0].Key != "a1" {
				t.Errorf("noted %+v, want %+v", runs, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Dated work has a line for each run that failed, until it goes well, and one for all that did; what
// failed can be tried again at once, what is not due stays.
func TestRunsOfDatedWorkAreNoted(t *testing.T) {
	t.Parallel()
	bad := atomic.Bool{}
	bad.Store(true)
	var r *rig
	k := kind(func(ctx context.Context, ev outbox.Event) error {
		if ev.Key == "a1" && bad.Load() {
			return errors.New("the books are locked")
		}
		return applyEffect(ctx, r.env.DB, r.env.Outbox, ev)
	})
	k.Dated = true
	r = newRig(t, k)
	log := routine.New(r.env.DB, nil, topic)
	r.append(t, "a1")
	r.append(t, "a2")
	w := r.worker(t)
	w.Routines, w.Now = log, time.Now
	do := func() {
		t.Helper()
		for _, ev := range r.env.Events(t, topic) {
			if err := w.Do(t.Context(), ev.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines := func(want map[string]string) {
		t.Helper()
		err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			runs, err := log.Runs(t.Context(), tx, routine.RunFilter{Topic: topic, Shop: r.env.Tenant.ID, Limit: 10})
			got := map[string]string{}
			for _, run := range runs {
				got[run.Key] = run.Error
			}
			if !maps.Equal(got, want) {
				t.Errorf("noted %v, want %v", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	do()
	lines(map[string]string{"a1": "the books are locked", "": ""})
	err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		if _, err := log.HurryShops(t.Context(), tx, topic, r.env.Tenant.ID); !errors.Is(err, routine.ErrNotRecurring) {
			t.Errorf("a promised moment was brought forward: %v", err)
		}
		n, err := log.TryAgain(t.Context(), tx, topic, r.env.Tenant.ID)
		if n != 1 {
			t.Errorf("%d tried again, want 1", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	bad.Store(false)
	do()
	lines(map[string]string{"": ""})
}
