// Package schedule does what is due by the clock: it turns due timers into events and
// keeps house (old events, the stock of spare schemas, the anchors of the audit log). Any number may run; the
// database's clock decides what is due.
package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps are what the scheduler works with.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Timers *timer.Timers
	// Refill keeps the stock of spare schemas; nil in a process that may not build any.
	Refill func(ctx context.Context) error
	// Keys finishes rotations of data keys whose waiting time is over; nil for none.
	Keys func(ctx context.Context) error
	// Anchor keeps the ends of the audit chains once a day; nil in a process that does not.
	Anchor func(ctx context.Context) error
	Log    *slog.Logger
}

// Scheduler runs until its context ends.
type Scheduler struct{ Deps }

// New returns a scheduler.
func New(d Deps) *Scheduler { return &Scheduler{d} }

const (
	fireEvery  = 500 * time.Millisecond
	houseEvery = 30 * time.Second
	batch      = 100
	keepDays   = 7 // done events, for looking things up
)

// Run fires timers and keeps house until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	go s.every(ctx, houseEvery, s.house)
	s.every(ctx, fireEvery, s.fire)
}

func (s *Scheduler) every(ctx context.Context, d time.Duration, f func(context.Context) error) {
	ticker := time.NewTicker(d)
	defer ticker.Stop()
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "scheduled work failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// fire empties what is due now, batch by batch.
func (s *Scheduler) fire(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
			n, err = s.Timers.Fire(ctx, tx, batch)
			return err
		})
		if err != nil || n < batch {
			return err
		}
	}
}

func (s *Scheduler) house(ctx context.Context) error {
	const purgeBatch = 1000
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := s.Outbox.Purge(ctx, tx, keepDays, purgeBatch)
		return err
	})
	if err == nil && s.Refill != nil {
		err = s.Refill(ctx)
	}
	if err == nil && s.Keys != nil {
		err = s.Keys(ctx)
	}
	if s.Anchor != nil {
		err = errors.Join(err, s.Anchor(ctx))
	}
	return err
}
