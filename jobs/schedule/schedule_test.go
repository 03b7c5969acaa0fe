package schedule_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/jobs/schedule"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// Several schedulers do each piece of work once a period; one that fails or panics is told so
// and keeps nothing else from being done; what is under way when the process ends is told, too.
func TestWorkIsDoneOnceAndTold(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	letters := strings.Map(func(r rune) rune { return 'a' + r%26 }, tenanttest.RandomHex(6))
	var good, bad, slow atomic.Int64
	began := make(chan struct{})
	work := []routine.Work{
		{Name: "test.good_" + letters, Every: time.Hour, Do: func(context.Context) error { good.Add(1); return nil }},
		{Name: "test.bad_" + letters, Every: time.Hour, Do: func(context.Context) error {
			bad.Add(1)
			panic("no bill")
		}},
		{Name: "test.slow_" + letters, Every: time.Hour, Do: func(ctx context.Context) error {
			if slow.Add(1) == 1 {
				close(began)
			}
			<-ctx.Done()
			return errors.New("not all was done")
		}},
	}
	log := routine.New(env.DB, nil)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{}, 3)
	for range cap(ended) {
		s := schedule.New(schedule.Deps{DB: env.DB, Timers: env.Timers, Routines: log, Work: work, Now: time.Now, Log: env.Log})
		go func() { s.Run(ctx); ended <- struct{}{} }()
	}
	states := func() map[string]routine.State {
		found := map[string]routine.State{}
		err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			all, err := log.Platform(t.Context(), tx)
			for _, s := range all {
				found[strings.TrimSuffix(s.Name, "_"+letters)] = s
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	<-began
	for deadline := time.Now().Add(time.Minute); states()["test.good"].Runs == 0 || states()["test.bad"].Runs == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not done: %+v", states())
		}
	}
	if !states()["test.slow"].Running {
		t.Error("slow work is not told as running")
	}
	end()
	for range cap(ended) {
		<-ended
	}
	if good.Load() != 1 || bad.Load() != 1 || slow.Load() != 1 {
		t.Errorf("done %d, %d and %d times, want once each", good.Load(), bad.Load(), slow.Load())
	}
	for name, want := range map[string]string{"test.good": "", "test.bad": "panic: no bill", "test.slow": "the process ended: not all was done"} {
		if s := states()[name]; s.Runs != 1 || s.Running || !strings.HasPrefix(s.Error, want) || (want == "") != (s.Error == "") {
			t.Errorf("%s is told as %+v, want error %q", name, s, want)
		}
	}
}
