package app

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"galleria/jobs"
	"galleria/jobs/relay"
	"galleria/jobs/schedule"
)

// RunRelay carries this process's events to the queue until ctx ends. Every process that
// writes events runs one, so that a nudge needs no way to another process.
func (s *Services) RunRelay(ctx context.Context) error {
	opt, err := jobs.RedisOptions(s.Config.RedisURL)
	if err != nil {
		return err
	}
	queue := jobs.NewAsynqQueue(opt, s.Kinds)
	defer func() { _ = queue.Close() }()
	relay.New(relay.Deps{DB: s.DB, Outbox: s.Outbox, Queue: queue, Inert: s.Kinds.Inert, Paused: s.Kinds.Paused, Rest: s.rest, Nudged: s.Nudged, Lease: jobs.Lease, Log: s.Log}).Run(ctx)
	return nil
}

// rest puts the events of paused shops aside.
func (s *Services) rest(ctx context.Context, ids []uuid.UUID) error {
	return s.Outbox.Rest(ctx, s.DB.Platform(), ids, jobs.Pausing(), jobs.PauseFor)
}

// RunWorker does the background work until ctx ends: relay, handlers, timers,
// housekeeping.
func (s *Services) RunWorker(ctx context.Context) error {
	opt, err := jobs.RedisOptions(s.Config.RedisURL)
	if err != nil {
		return err
	}
	worker := jobs.NewWorker(jobs.WorkerDeps{
		DB: s.DB, Outbox: s.Outbox, Kinds: s.Kinds, Redis: opt, Log: s.Log, Concurrency: s.Config.WorkerConcurrency,
	})
	scheduler := schedule.New(schedule.Deps{DB: s.DB, Outbox: s.Outbox, Timers: s.Timers, Log: s.Log, Refill: s.house})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.RunRelay(ctx) })
	group.Go(func() error { return worker.Run(ctx) })
	group.Go(func() error { scheduler.Run(ctx); return nil })
	return group.Wait()
}

// house is the housekeeping that needs rooms: abandoned applications, old proofs, the stock
// of spare schemas.
func (s *Services) house(ctx context.Context) error {
	if _, err := s.Signups.Sweep(ctx); err != nil {
		return err
	}
	if err := s.Proofs.Sweep(ctx); err != nil {
		return err
	}
	return s.refill(ctx)
}

func (s *Services) refill(ctx context.Context) error {
	made, err := s.Provision.Refill(ctx, s.Config.SpareSchemas)
	if err != nil {
		return fmt.Errorf("refill spare schemas: %w", err)
	}
	if made > 0 {
		s.Log.InfoContext(ctx, "spare schemas made", "made", made)
	}
	return nil
}
