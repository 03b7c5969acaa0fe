// Package relay carries due outbox rows to the queue. Any number of relays may run, in
// any process: rows are claimed with SKIP LOCKED and leased. A queue that is away costs
// nothing but time: the rows come up again.
package relay

import (
	"context"
	"errors"
	"log/slog"
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
	// Inert tells events that nothing acts on: they are ended here. nil for none.
	Inert func(topic outbox.Topic) bool
	// Paused tells events that wait because of the state their shop is in, and Rest puts
	// them aside. nil for none.
	Paused func(ev outbox.Event) bool
	Rest   func(ctx context.Context, ids []uuid.UUID) error
	Nudged <-chan struct{} // something was just appended in this process
	Lease  time.Duration   // time until a claimed row is sent again
	Log    *slog.Logger
}

// Relay moves events until its context ends.
type Relay struct {
	Deps
	away bool // the queue failed last time; said once per outage
}

// New returns a relay.
func New(d Deps) *Relay { return &Relay{Deps: d} }

const (
	batch    = 100
	tick     = 500 * time.Millisecond // finds what other processes appended
	awayWait = 2 * time.Second
)

// Run moves due events until ctx ends.
func (r *Relay) Run(ctx context.Context) {
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
		select {
		case <-ctx.Done():
			return
		case <-r.Nudged:
		case <-ticker.C:
		}
	}
}

// Once claims and hands over one batch and returns its size.
func (r *Relay) Once(ctx context.Context) (int, error) {
	events, err := r.claim(ctx)
	if err != nil {
		return 0, err
	}
	claimed := len(events)
	if events, err = r.endInert(ctx, events); err != nil {
		return claimed, err
	}
	if events, err = r.putAside(ctx, events); err != nil {
		return claimed, err
	}
	for i, ev := range events {
		if err := r.Queue.Enqueue(ctx, ev); err != nil {
			return claimed, r.giveBack(ctx, events[i:], err)
		}
	}
	if len(events) > 0 && r.away {
		r.away = false
		r.Log.InfoContext(ctx, "queue is back")
	}
	return claimed, nil
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

// endInert ends the events that nothing acts on and returns the others.
func (r *Relay) endInert(ctx context.Context, events []outbox.Event) (rest []outbox.Event, err error) {
	var inert []uuid.UUID
	for _, ev := range events {
		if r.Inert != nil && r.Inert(ev.Topic) {
			inert = append(inert, ev.ID)
			continue
		}
		rest = append(rest, ev)
	}
	if inert == nil {
		return rest, nil
	}
	return rest, r.Outbox.MarkAllDone(ctx, r.DB.Platform(), inert)
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
	ids := make([]uuid.UUID, len(events))
	for i, ev := range events {
		ids[i] = ev.ID
	}
	settleCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.Outbox.Postpone(settleCtx, r.DB.Platform(), ids, awayWait); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}
