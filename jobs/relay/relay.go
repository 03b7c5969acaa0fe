// Package relay carries events to the queue: those of its own process right after their
// commit, and whatever else is due in the outbox. Any number of relays may run, in any
// process: due rows are claimed with SKIP LOCKED, and every event is leased while it is
// under way. A queue that is away costs nothing but time: the rows come up again.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Queue takes events over; jobs.AsynqQueue is one.
type Queue interface {
	Enqueue(ctx context.Context, ev outbox.Event) error
}

// Deps are what a relay works with.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Queue  Queue
	Lease  time.Duration // time until an event is sent again
	// Paused tells events that wait because of the state their shop is in, and Rest puts
	// them aside. nil for none.
	Paused func(ev outbox.Event) bool
	Rest   func(ctx context.Context, ids []uuid.UUID) error
	Log    *slog.Logger
}

// Relay moves events until its context ends.
type Relay struct {
	Deps
	away bool // the queue failed last time; said once per outage

	wake    chan struct{}
	mu      sync.Mutex
	waiting []outbox.Event // of this process, committed and leased
}

// New returns a relay.
func New(d Deps) *Relay { return &Relay{Deps: d, wake: make(chan struct{}, 1)} }

const (
	batch    = 100
	tick     = 500 * time.Millisecond // finds what other processes appended
	awayWait = 2 * time.Second
	// maxWaiting bounds what is kept in memory for a slow queue; the rest waits for its lease.
	maxWaiting = 20_000
)

// Run moves events until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	end := r.Outbox.HandOver(outbox.Handover{Lease: r.Lease, Take: r.take})
	defer r.leave(ctx, end)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		n, err := r.Once(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "relay could not claim events", "error", err)
		}
		if n == batch && err == nil {
			continue // a full batch: there is more
		}
		if !r.carry(ctx, ticker.C) {
			return
		}
	}
}

// carry hands over this process's events until it is time to look for others. It returns
// false when ctx has ended.
func (r *Relay) carry(ctx context.Context, look <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-look:
			return true
		case <-r.wake:
			if err := r.hand(ctx, r.taken()); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "relay could not give events back", "error", err)
			}
		}
	}
}

func (r *Relay) take(ev outbox.Event) {
	r.mu.Lock()
	if len(r.waiting) < maxWaiting {
		r.waiting = append(r.waiting, ev)
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it has been woken already
	}
}

func (r *Relay) taken() (events []outbox.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, r.waiting = r.waiting, nil
	return events
}

// leave gives what was not handed over to the relays of other processes.
func (r *Relay) leave(ctx context.Context, end func()) {
	end()
	if events := r.taken(); len(events) > 0 {
		if err := r.postpone(ctx, events, 0); err != nil {
			r.Log.WarnContext(ctx, "events wait for their lease", "count", len(events), "error", err)
		}
	}
}

// Once claims and hands over one batch of due events and returns its size.
func (r *Relay) Once(ctx context.Context) (int, error) {
	events, err := r.claim(ctx)
	if err != nil {
		return 0, err
	}
	claimed := len(events)
	if events, err = r.putAside(ctx, events); err != nil {
		return claimed, err
	}
	return claimed, r.hand(ctx, events)
}

func (r *Relay) hand(ctx context.Context, events []outbox.Event) error {
	for i, ev := range events {
		if err := r.Queue.Enqueue(ctx, ev); err != nil {
			return r.giveBack(ctx, events[i:], err)
		}
	}
	if len(events) > 0 && r.away {
		r.away = false
		r.Log.InfoContext(ctx, "queue is back")
	}
	return nil
}

// claim leases a batch. A lease that a crash of the database forgets only means that the
// event is sent once more, so its commit does not wait for the disk.
func (r *Relay) claim(ctx context.Context) (events []outbox.Event, err error) {
	err = r.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		pipe := tx.Pipeline()
		pipe.Add(func(tx tenantdb.Tx) error {
			_, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off")
			return err
		})
		pipe.Add(func(tx tenantdb.Tx) (err error) {
			events, err = r.Outbox.Claim(ctx, tx, batch, r.Lease)
			return err
		})
		return pipe.Run(ctx)
	})
	return events, err
}

// putAside rests the events of suspended shops aside and returns the others.
func (r *Relay) putAside(ctx context.Context, events []outbox.Event) (others []outbox.Event, err error) {
	var paused []uuid.UUID
	for _, ev := range events {
		if r.Paused != nil && r.Paused(ev) {
			paused = append(paused, ev.ID)
			continue
		}
		others = append(others, ev)
	}
	if paused == nil {
		return others, nil
	}
	return others, r.Rest(ctx, paused)
}

// giveBack lets events that could not be handed over come up soon, without waiting for
// their lease.
func (r *Relay) giveBack(ctx context.Context, events []outbox.Event, cause error) error {
	if !r.away {
		r.away = true
		r.Log.WarnContext(ctx, "queue is away, events wait in the outbox", "error", cause)
	}
	if err := r.postpone(ctx, events, awayWait); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

func (r *Relay) postpone(ctx context.Context, events []outbox.Event, delay time.Duration) error {
	ids := make([]uuid.UUID, len(events))
	for i, ev := range events {
		ids[i] = ev.ID
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return r.Outbox.Postpone(ctx, r.DB.Platform(), ids, delay)
}
