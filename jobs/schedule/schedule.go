// Package schedule does what is due by the clock: it turns due timers into events and does
// the platform's own recurring work (tenant/routine). Any number may run; the database's
// clock decides what is due.
package schedule

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps are what the scheduler works with.
type Deps struct {
	DB       *tenantdb.DB
	Timers   *timer.Timers
	Routines *routine.Log
	// Work is what this process does of the platform's recurring work.
	Work []routine.Work
	Now  func() time.Time // tells how long it takes
	Log  *slog.Logger
}

// Scheduler runs until its context ends.
type Scheduler struct{ Deps }

// New returns a scheduler.
func New(d Deps) *Scheduler { return &Scheduler{d} }

const (
	fireEvery = 500 * time.Millisecond
	workEvery = 5 * time.Second // how late work may come
	batch     = 100
)

// Run fires timers and does recurring work until ctx ends, and waits for what is under way.
func (s *Scheduler) Run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	declared := false
	under.Go(func() {
		s.every(ctx, workEvery, func(ctx context.Context) error {
			if !declared {
				if err := s.Routines.Declare(ctx, s.Work); err != nil {
					return err
				}
				declared = true
			}
			return s.work(ctx, &under)
		})
	})
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

// work begins what is due, each piece beside the others: the anchors do not wait for schemas
// to be built.
func (s *Scheduler) work(ctx context.Context, under *sync.WaitGroup) error {
	claims, err := s.Routines.Claim(ctx, s.Work)
	if err != nil {
		return err
	}
	for _, c := range claims {
		for _, w := range s.Work {
			if w.Name == c.Name {
				under.Go(func() { s.do(ctx, c, w) })
			}
		}
	}
	return nil
}

// do does one piece and says how it went, even when the process is ending.
func (s *Scheduler) do(ctx context.Context, c routine.Claim, w routine.Work) {
	began := s.Now()
	limited, cancel := context.WithTimeout(ctx, routine.Limit)
	failure := safely(limited, w.Do)
	cancel()
	took := s.Now().Sub(began)
	if failure != nil && ctx.Err() != nil {
		failure = fmt.Errorf("the process ended: %w", failure)
	}
	if failure != nil {
		s.Log.WarnContext(ctx, "recurring work failed", "work", w.Name, "error", failure)
	}
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Routines.Finish(record, c, began, took, failure); err != nil {
		s.Log.WarnContext(ctx, "recurring work is not told", "work", w.Name, "error", err)
	}
}

func safely(ctx context.Context, f func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f(ctx)
}
