package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"galleria/jobs"
	"galleria/jobs/relay"
	"galleria/jobs/schedule"
	"galleria/tenant/look"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
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
		PerTenant: s.Config.TenantJobs, Routines: s.Routines, Now: s.Now,
	})
	scheduler := schedule.New(schedule.Deps{
		DB: s.DB, Timers: s.Timers, Routines: s.Routines, Work: s.PlatformWork(), Now: s.Now, Log: s.Log,
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.RunRelay(ctx) })
	group.Go(func() error { return worker.Run(ctx) })
	group.Go(func() error { s.Figures.Run(ctx, s.Log); return nil })
	group.Go(func() error { scheduler.Run(ctx); return nil })
	group.Go(func() error { return s.Vault.Run(ctx) })
	return group.Wait()
}

// PlatformWork is the platform's own recurring work.
func (s *Services) PlatformWork() []routine.Work {
	looks := look.New(look.Deps{DB: s.DB, Audit: s.Audit})
	return []routine.Work{
		{Name: "outbox.purge", Every: 30 * time.Second, Do: s.forgetDone},
		{Name: "shop.stock", Every: 30 * time.Second, Do: s.refill},
		{Name: "signup.sweep", Every: time.Minute, Do: func(ctx context.Context) error {
			_, err := s.Signups.Sweep(ctx)
			return err
		}},
		{Name: "proof.sweep", Every: 5 * time.Minute, Do: s.Proofs.Sweep},
		{Name: "look.end", Every: 30 * time.Second, Do: looks.EndOver},
		{Name: "key.rotation", Every: time.Minute, Do: func(ctx context.Context) error {
			if err := s.Vault.SweepDue(ctx, SealedColumns()); err != nil {
				return fmt.Errorf("finish key rotations: %w", err)
			}
			return nil
		}},
		{Name: "key.usage", Every: time.Hour, Do: s.Vault.PurgeUsage},
		{Name: "audit.anchor", Every: 5 * time.Minute, Do: s.anchor}, // once a day; early in it
	}
}

// forgetDone forgets events that are long done, and runs of what recurs no more.
func (s *Services) forgetDone(ctx context.Context) error {
	const keepDays, purgeBatch = 7, 1000 // done events are kept for looking things up
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := s.Outbox.Purge(ctx, tx, keepDays, purgeBatch)
		return err
	})
	return errors.Join(err, s.Routines.Forget(ctx, purgeBatch))
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

// refill keeps the stock of spare schemas.
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
