package jobs_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/jobs"
	"galleria/jobs/relay"
	"galleria/jobs/schedule"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

const (
	topic = outbox.Topic("test.effect")
	lease = time.Second // short, so that what production waits 45 s for takes a second
)

// rig is a relay and a worker over one shop; the effect of an event is one member row.
type rig struct {
	env   *tenanttest.Env
	redis *tenanttest.RedisServer
	queue *jobs.AsynqQueue
	kinds jobs.Kinds
}

func newRig(t *testing.T, kinds ...jobs.Kind) *rig {
	t.Helper()
	r := &rig{env: tenanttest.NewAlone(t), redis: tenanttest.StartRedis(t)}
	if kinds == nil {
		kinds = []jobs.Kind{kind(r.effect)}
	}
	var err error
	if r.kinds, err = jobs.NewKinds(kinds...); err != nil {
		t.Fatal(err)
	}
	opt, err := jobs.RedisOptions(r.redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.queue = jobs.NewAsynqQueue(opt, r.kinds)
	t.Cleanup(func() { _ = r.queue.Close() })
	return r
}

func kind(h jobs.Handler) jobs.Kind {
	return jobs.Kind{Topic: topic, Queue: jobs.Critical, MaxFailures: 3, Delay: func(int) time.Duration { return 100 * time.Millisecond }, Handle: h}
}

func (r *rig) effect(ctx context.Context, ev outbox.Event) error {
	return applyEffect(ctx, r.env.DB, r.env.Outbox, ev)
}

func applyEffect(ctx context.Context, db *tenantdb.DB, ob *outbox.Outbox, ev outbox.Event) error {
	return db.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		fresh, err := ob.Receive(ctx, tx, ev, "count")
		if err != nil || !fresh {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO member (nickname) VALUES ($1)", ev.Key)
		return err
	})
}

func (r *rig) worker(t *testing.T) *jobs.Worker {
	t.Helper()
	opt, err := jobs.RedisOptions(r.redis.URL)
	if err != nil {
		t.Fatal(err)
	}
	return jobs.NewWorker(jobs.WorkerDeps{DB: r.env.DB, Outbox: r.env.Outbox, Kinds: r.kinds, Redis: opt, Log: r.env.Log})
}

// run starts f with a context that ends, and is waited for, with the test or by stop.
func run(t *testing.T, f func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func (r *rig) startRelay(t *testing.T) {
	t.Helper()
	run(t, relay.New(relay.Deps{DB: r.env.DB, Outbox: r.env.Outbox, Queue: r.queue, Paused: r.kinds.Paused, Rest: r.rest, Lease: lease, Log: r.env.Log}).Run)
}

func (r *rig) rest(ctx context.Context, ids []uuid.UUID) error {
	return r.env.Outbox.Rest(ctx, r.env.DB.Platform(), ids, jobs.Pausing(), jobs.PauseFor)
}

func (r *rig) startWorker(t *testing.T) {
	t.Helper()
	w := r.worker(t)
	run(t, func(ctx context.Context) { _ = w.Run(ctx) })
}

func (r *rig) append(t *testing.T, keys ...string) {
	t.Helper()
	r.env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, k := range keys {
			if err := r.env.Outbox.Append(t.Context(), tx, topic, k, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *rig) effects(t *testing.T) (n int) {
	t.Helper()
	r.env.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), "SELECT count(*) FROM member").Scan(&n) })
	return n
}

func (r *rig) owed(t *testing.T) (n int) {
	t.Helper()
	r.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.outbox WHERE done_at IS NULL").Scan(&n)
	})
	return n
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (r *rig) wantExactly(t *testing.T, n int) {
	t.Helper()
	eventually(t, 30*time.Second, "all effects", func() bool { return r.effects(t) >= n && r.owed(t) == 0 })
	if got := r.effects(t); got != n {
		t.Errorf("%d effects, want exactly %d", got, n)
	}
}

func TestEventHasItsEffectOnceAndARollbackHasNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.startRelay(t)
	r.startWorker(t)
	r.append(t, "a", "b", "c")
	errRollback := errors.New("rolled back")
	err := r.env.DB.InTenant(t.Context(), r.env.Tenant.ID, func(tx tenantdb.Tx) error {
		if err := r.env.Outbox.Append(t.Context(), tx, topic, "never", nil); err != nil {
			return err
		}
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	r.wantExactly(t, 3)
}

// T083: Redis without persistence is emptied and killed while it holds the tasks.
func TestT083_LosingRedisLosesNoEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.startRelay(t)
	r.append(t, "a", "b", "c", "d")
	eventually(t, 10*time.Second, "all handed over", func() bool {
		for _, ev := range r.env.Events(t, topic) {
			if ev.Sends == 0 {
				return false
			}
		}
		return true
	})
	r.redis.Flush(t)
	r.append(t, "e")
	r.redis.Kill()
	r.append(t, "f")
	r.redis.Start(t)
	r.startWorker(t)
	r.wantExactly(t, 6)
}

// lossy is a queue that says yes and forgets.
type lossy struct{ taken atomic.Int32 }

func (q *lossy) Enqueue(context.Context, outbox.Event) error { q.taken.Add(1); return nil }

// An event goes to the queue from the memory of its process, born leased, and what is lost
// on the way is claimed and sent again when the lease is over.
func TestOwnEventsAreHandedOverAtOnceAndAgainAfterTheirLease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var q lossy
	run(t, relay.New(relay.Deps{DB: r.env.DB, Outbox: r.env.Outbox, Queue: &q, Lease: time.Second, Log: r.env.Log}).Run)
	eventually(t, 10*time.Second, "the relay to run", func() bool {
		r.append(t, "x")
		return q.taken.Load() > 0
	})
	before := q.taken.Load()
	r.append(t, "handed over")
	eventually(t, 400*time.Millisecond, "the event in the queue", func() bool { return q.taken.Load() > before })
	events := r.env.Events(t, topic)
	if last := events[len(events)-1]; last.Sends != 1 {
		t.Errorf("sent %d times, want 1: nobody had to claim it", last.Sends)
	}
	eventually(t, 10*time.Second, "the lost event again", func() bool {
		events := r.env.Events(t, topic)
		return events[len(events)-1].Sends > 1
	})
}

// A relay that ends gives what it still holds to the others, and what is appended after it
// waits to be claimed.
func TestEventsOutliveTheirRelay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stop := run(t, relay.New(relay.Deps{DB: r.env.DB, Outbox: r.env.Outbox, Queue: &lossy{}, Lease: time.Hour, Log: r.env.Log}).Run)
	stop()
	r.append(t, "a", "b")
	r.startRelay(t)
	r.startWorker(t)
	r.wantExactly(t, 2)
}

// A fact that nothing acts on is kept, and nobody is sent it.
func TestInertEventsAreBornDone(t *testing.T) {
	t.Parallel()
	r := newRig(t, jobs.Kind{Topic: topic})
	r.env.Outbox.EndInert(r.kinds.Inert)
	r.append(t, "fact")
	if n := r.owed(t); n != 0 {
		t.Errorf("%d events are owed, want none", n)
	}
	if events := r.env.Events(t, topic); len(events) != 1 || events[0].Sends != 0 {
		t.Errorf("%d facts kept, want one that was never sent", len(events))
	}
}

// T084: while Redis refuses connections, business goes on and nothing is lost; what
// waited is done soon after it is back.
func TestT084_RedisAwayThenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.redis.Kill()
	r.startRelay(t)
	r.startWorker(t)
	began := time.Now()
	for range 20 {
		r.append(t, "x")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("20 business transactions took %s while Redis was away", took)
	}
	if n := r.effects(t); n != 0 {
		t.Fatalf("%d effects without a queue", n)
	}
	r.redis.Start(t)
	r.wantExactly(t, 20)
}

// workerProcessEnv makes this test binary a worker process that TestT085 kills.
const workerProcessEnv = "GALLERIA_TEST_WORKER"

// T085: the worker's process is killed in mid-effect, before and after its COMMIT.
func TestT085_KilledWorkerDelaysAndNeverDoubles(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"before commit", "after commit"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.startRelay(t)
			r.append(t, "once")
			id := r.env.Events(t, topic)[0].ID
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestWorkerProcess$", "-test.count=1")
			cmd.Env = append(os.Environ(), workerProcessEnv+"="+moment, "DB="+r.env.OwnerURL, "EVENT="+id.String())
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line := make([]byte, 64)
			if _, err := out.Read(line); err != nil { // "in the middle"
				t.Fatalf("worker process: %v", err)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			r.startWorker(t)
			r.wantExactly(t, 1)
		})
	}
}

// TestWorkerProcess is the process that TestT085 kills; on its own it does nothing.
func TestWorkerProcess(t *testing.T) {
	moment := os.Getenv(workerProcessEnv)
	if moment == "" {
		t.SkipNow()
	}
	env := tenanttest.Attach(t, os.Getenv("DB"))
	inTheMiddle := func() { _, _ = os.Stdout.WriteString("in the middle\n"); select {} }
	kinds, err := jobs.NewKinds(kind(func(ctx context.Context, ev outbox.Event) error {
		if moment == "after commit" {
			if err := applyEffect(ctx, env.DB, env.Outbox, ev); err != nil {
				return err
			}
			inTheMiddle()
		}
		return env.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			if _, err := env.Outbox.Receive(ctx, tx, ev, "count"); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "INSERT INTO member (nickname) VALUES ('killed')"); err != nil {
				return err
			}
			inTheMiddle()
			return nil
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	w := jobs.NewWorker(jobs.WorkerDeps{DB: env.DB, Outbox: env.Outbox, Kinds: kinds, Log: env.Log})
	if err := w.Do(t.Context(), uuid.MustParse(os.Getenv("EVENT"))); err != nil {
		t.Fatal(err)
	}
}

// A handler that was told when to come back is not called before, and not at the very
// moment either; one that was told less than the kind's own wait gains nothing.
func TestRetryAfterLengthensTheWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, kind(func(_ context.Context, ev outbox.Event) error {
		asked, err := time.ParseDuration(ev.Key)
		if err != nil {
			return err
		}
		return fault.ErrBusy.After(asked)
	}))
	w := r.worker(t)
	for key, want := range map[string]time.Duration{"1h": time.Hour, "1ms": 0} {
		r.append(t, key)
		for _, ev := range r.env.Events(t, topic) {
			if ev.Key != key {
				continue
			}
			if err := w.Do(t.Context(), ev.ID); err != nil {
				t.Fatal(err)
			}
		}
		var wait float64
		r.env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT extract(epoch FROM next_at - now())::float8 FROM platform.outbox WHERE key = $1", key).Scan(&wait)
		})
		if got := time.Duration(wait * float64(time.Second)); got < want-5*time.Second || got > want+want/10+5*time.Second {
			t.Errorf("asked for %s: comes again in %s", key, got)
		}
	}
}

// T086: a handler that always panics becomes a dead letter with its reason, others go
// on, and a replay has its effect.
func TestT086_DeadLettersAreKeptAndReplayable(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	var r *rig
	r = newRig(t, kind(func(ctx context.Context, ev outbox.Event) error {
		if ev.Key == "bad" && broken.Load() {
			panic("handler is broken")
		}
		return r.effect(ctx, ev)
	}))
	r.startRelay(t)
	r.startWorker(t)
	r.append(t, "bad", "good")
	var dead []outbox.DeadLetter
	eventually(t, 20*time.Second, "dead letter", func() bool {
		err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) (err error) {
			dead, err = r.env.Outbox.Dead(t.Context(), tx, 100)
			return err
		})
		dead = ofTenant(dead, r.env.Tenant.ID)
		return err == nil && len(dead) == 1
	})
	if dead[0].Failures != 3 || dead[0].LastError == "" {
		t.Errorf("dead letter after %d failures with reason %.60q; want 3 and a reason", dead[0].Failures, dead[0].LastError)
	}
	eventually(t, 10*time.Second, "the other event", func() bool { return r.effects(t) == 1 })
	broken.Store(false)
	err := r.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		ok, err := r.env.Outbox.Replay(t.Context(), tx, dead[0].ID)
		if err == nil && !ok {
			t.Error("replay found no dead letter")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.wantExactly(t, 2)
}

func ofTenant(letters []outbox.DeadLetter, id tenant.ID) (own []outbox.DeadLetter) {
	for _, l := range letters {
		if l.TenantID == id {
			own = append(own, l)
		}
	}
	return own
}

func TestDueTimersBecomeEventsOnceWithManyPollers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, key := range []string{"a", "b", "c"} {
			if err := r.env.Timers.Set(t.Context(), tx, topic, key, tx.Now().Add(-time.Second), nil); err != nil {
				return err
			}
		}
		if err := r.env.Timers.Set(t.Context(), tx, topic, "cleared", tx.Now().Add(-time.Second), nil); err != nil {
			return err
		}
		if err := r.env.Timers.Set(t.Context(), tx, topic, "later", tx.Now().Add(time.Hour), nil); err != nil {
			return err
		}
		return r.env.Timers.Clear(t.Context(), tx, topic, "cleared")
	})
	for range 3 {
		run(t, schedule.New(schedule.Deps{DB: r.env.DB, Timers: r.env.Timers, Routines: routine.New(r.env.DB, nil), Now: time.Now, Log: r.env.Log}).Run)
	}
	r.startRelay(t)
	r.startWorker(t)
	r.wantExactly(t, 3)
}

// One shop's slow work leaves room for another's.
func TestOneTenantCannotTakeAllPlaces(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var busyTenant tenant.ID
	var r *rig
	r = newRig(t, kind(func(ctx context.Context, ev outbox.Event) error {
		if ev.TenantID == busyTenant {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return applyEffect(ctx, r.env.DB, r.env.Outbox, ev)
	}))
	busyTenant = r.env.OpenShop(t).ID
	err := r.env.DB.InTenant(t.Context(), busyTenant, func(tx tenantdb.Tx) error {
		for range 40 {
			if err := r.env.Outbox.Append(t.Context(), tx, topic, "slow", nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.startRelay(t)
	r.startWorker(t)
	time.Sleep(500 * time.Millisecond) // let the busy tenant take what it can get
	r.append(t, "quick")
	eventually(t, 10*time.Second, "the other tenant's event", func() bool { return r.effects(t) == 1 })
	close(release)
}
