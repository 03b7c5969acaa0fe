package app

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"galleria/jobs"
	"galleria/jobs/relay"
	"galleria/jobs/schedule"
	"galleria/tenant/look"
)

// RunRelay carries events to the queue until ctx ends. Every process that writes events
// runs one, so that its own events go without a detour over the database.
func (s *Services) RunRelay(ctx context.Context) error {
	opt, err := jobs.RedisOptions(s.Config.RedisURL)
	if err != nil {
		return err
	}
	queue := jobs.NewAsynqQueue(opt, s.Kinds)
	defer func() { _ = queue.Close() }()
	relay.New(relay.Deps{
		DB: s.DB, Outbox: s.Outbox, Queue: queue, Paused: s.Kinds.Paused, Rest: s.rest, Lease: jobs.Lease, Log: s.Log,
	}).Run(ctx)
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
		PerTenant: s.Config.TenantJobs,
	})
	scheduler := schedule.New(schedule.Deps{
		DB: s.DB, Outbox: s.Outbox, Timers: s.Timers, Log: s.Log, Refill: s.house, Keys: s.keepKeys, Anchor: s.anchor,
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.RunRelay(ctx) })
	group.Go(func() error { return worker.Run(ctx) })
	group.Go(func() error { scheduler.Run(ctx); return nil })
	group.Go(func() error { return s.Vault.Run(ctx) })
	return group.Wait()
}

// anchor keeps the ends of the audit chains, and tells the log. Kept where the database's
// owner cannot reach, the line proves the tables right or wrong: audit verify -anchors.
func (s *Services) anchor(ctx context.Context) error {
	a, done, err := s.Audit.Anchor(ctx)
	if err == nil && done {
		s.Log.InfoContext(ctx, "audit anchor", "anchor_day", a.Day, "anchor_digest", a.Digest, "chains", a.Chains)
	}
	return err
}

// house is the housekeeping that needs rooms: abandoned applications, old proofs, looks that
// have run out, the stock of spare schemas.
func (s *Services) house(ctx context.Context) error {
	if _, err := s.Signups.Sweep(ctx); err != nil {
		return err
	}
	if err := s.Proofs.Sweep(ctx); err != nil {
		return err
	}
	if err := look.New(look.Deps{DB: s.DB, Audit: s.Audit}).EndOver(ctx); err != nil {
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

// keepKeys finishes rotations of data keys and forgets old counts of use.
func (s *Services) keepKeys(ctx context.Context) error {
	if err := s.Vault.SweepDue(ctx, SealedColumns()); err != nil {
		return fmt.Errorf("finish key rotations: %w", err)
	}
	return s.Vault.PurgeUsage(ctx)
}
