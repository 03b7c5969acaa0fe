package jobs_test

import (
	"context"
	"errors"
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
