package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
)

// WorkerDeps are what a worker works with.
type WorkerDeps struct {
	DB          *tenantdb.DB
	Outbox      *outbox.Outbox
	Kinds       Kinds
	Redis       asynq.RedisClientOpt
	Log         *slog.Logger
	Routines    *routine.Log     // where runs of recurring kinds are noted; nil: nowhere
	Now         func() time.Time // tells how long they take; needed with Routines
	Concurrency int              // places; 16
	PerTenant   int              // places one tenant may hold; three quarters of Concurrency
}

// Worker runs handlers. Any number may run.
type Worker struct {
	WorkerDeps
	shares shares
}

// NewWorker returns a worker.
func NewWorker(d WorkerDeps) *Worker {
	if d.Concurrency == 0 {
		d.Concurrency = 16
	}
	if d.PerTenant == 0 {
		d.PerTenant = max(1, d.Concurrency*3/4)
	}
	return &Worker{WorkerDeps: d, shares: shares{size: d.PerTenant, of: make(map[string]*share)}}
}

// Run works until ctx ends, then lets running handlers finish for up to eight seconds.
// Redis being away is no error: it waits for it.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		server := asynq.NewServer(w.Redis, asynq.Config{
			Concurrency:    w.Concurrency,
			Queues:         map[string]int{string(Critical): 6, string(Default): 3, string(Bulk): 1},
			Logger:         asynqLogger{w.Log},
			LogLevel:       asynq.WarnLevel,
			BaseContext:    func() context.Context { return context.WithoutCancel(ctx) },
			IsFailure:      func(err error) bool { _, share := errors.AsType[shareError](err); return !share },
			RetryDelayFunc: retryDelay,
			// How soon a task that found its tenant's share taken comes back.
			DelayedTaskCheckInterval: 200 * time.Millisecond,
			TaskCheckInterval:        200 * time.Millisecond,
		})
		if err := server.Start(asynq.HandlerFunc(w.process)); err != nil {
			w.Log.WarnContext(ctx, "queue is away, trying again", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		<-ctx.Done()
		server.Shutdown()
	}
	return nil
}

func (w *Worker) process(ctx context.Context, task *asynq.Task) error {
	var t ticket
	if err := json.Unmarshal(task.Payload(), &t); err != nil {
		return fmt.Errorf("ticket: %w: %w", err, asynq.SkipRetry)
	}
	if again, ok := w.shares.enter(ctx, t.Tenant); !ok {
		return shareError{again}
	}
	defer w.shares.leave(t.Tenant)
	return w.Do(ctx, t.ID)
}

// retryDelay: a failure of ours gets here only if Postgres could not record it.
func retryDelay(_ int, err error, _ *asynq.Task) time.Duration {
	if share, ok := errors.AsType[shareError](err); ok {
		return share.again
	}
	return 5 * time.Second
}

// Do handles one event by id, as the queue would have it done. An error means that the
// outcome could not be recorded; a handler's own failure is recorded and not returned.
func (w *Worker) Do(ctx context.Context, id uuid.UUID) error {
	ev, owed, err := w.Outbox.Load(ctx, w.DB.Platform(), id)
	if err != nil || !owed {
		return err
	}
	log := w.Log.With("tenant_id", ev.TenantID.String(), "task", string(ev.Topic), "event_id", id.String(), "key", ev.Key)
	if w.Kinds.Paused(ev) { // suspended since the relay looked
		return w.settle(ctx, func(ctx context.Context, q tenantdb.Querier) error {
			return w.Outbox.Rest(ctx, q, []uuid.UUID{id}, Pausing(), PauseFor)
		})
	}
	kind, known := w.Kinds.Find(ev.Topic)
	if !known {
		err = errors.New("no handler for this topic")
		kind = Kind{MaxFailures: 1, Delay: func(int) time.Duration { return 0 }}
	} else {
		handle := kind.Handle
		switch {
		case w.Routines == nil:
		case kind.Recurs:
			handle = w.noted(log, handle, w.Routines.Note)
		case kind.Dated:
			handle = w.noted(log, handle, w.Routines.NoteDated)
		}
		handleCtx, cancel := context.WithTimeout(ctx, HandlerTimeout)
		err = safely(handleCtx, handle, ev)
		cancel()
	}
	if err == nil && ev.Received() {
		return nil // done in the transaction of its effect
	}
	if err == nil {
		return w.settle(ctx, func(ctx context.Context, q tenantdb.Querier) error { return w.Outbox.MarkDone(ctx, q, id) })
	}
	failures := ev.Failures + 1
	giveUp := failures >= kind.MaxFailures
	wait := kind.Delay(failures)
	if asked := fault.RetryAfterOf(err); asked > wait { // whoever is in the way knows better
		wait = Backoff(asked, asked)(failures)
	}
	if giveUp {
		log.ErrorContext(ctx, "event given up", "failures", failures, "error", err)
	} else {
		log.WarnContext(ctx, "event failed, will be repeated", "failures", failures, "error", err)
	}
	return w.settle(ctx, func(ctx context.Context, q tenantdb.Querier) error {
		return w.Outbox.Fail(ctx, q, id, err, wait, giveUp)
	})
}

// noted tells how a run of recurring work went. A page shows it; nothing depends on it.
func (w *Worker) noted(log *slog.Logger, h Handler, note func(ctx context.Context, ev outbox.Event, began time.Time, took time.Duration, failure error) error) Handler {
	return func(ctx context.Context, ev outbox.Event) error {
		began := w.Now()
		failure := safely(ctx, h, ev)
		took := w.Now().Sub(began)
		err := w.settle(ctx, func(ctx context.Context, _ tenantdb.Querier) error {
			return note(ctx, ev, began, took, failure)
		})
		if err != nil {
			log.WarnContext(ctx, "run is not noted", "error", err)
		}
		return failure
	}
}

// settle records an outcome even when the task's own time is up.
func (w *Worker) settle(ctx context.Context, record func(context.Context, tenantdb.Querier) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return record(ctx, w.DB.Platform())
}

func safely(ctx context.Context, h Handler, ev outbox.Event) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return h(ctx, ev)
}

// asynqLogger passes the library's own messages on.
type asynqLogger struct{ log *slog.Logger }

func (l asynqLogger) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) } //nolint:sloglint // the library's text
func (l asynqLogger) Info(args ...any)  { l.log.Info(fmt.Sprint(args...)) }  //nolint:sloglint // the library's text
func (l asynqLogger) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }  //nolint:sloglint // the library's text
func (l asynqLogger) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) } //nolint:sloglint // the library's text
func (l asynqLogger) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) } //nolint:sloglint // the library's text
