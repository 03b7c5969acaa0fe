package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/tenant"
	"galleria/tenant/outbox/internal/outboxdb"
	"galleria/tenant/tenantdb"
)

// Claim takes up to batch due events and leases them: unless they are reported done,
// failed or postponed within lease, they come up again. Platform transaction.
func (o *Outbox) Claim(ctx context.Context, tx tenantdb.Tx, batch int, lease time.Duration) ([]Event, error) {
	rows, err := o.q.Claim(ctx, tx, lease.Seconds(), int32(batch))
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	events := make([]Event, 0, len(rows))
	for _, r := range rows {
		id, err := tenant.ParseID(r.TenantID)
		if err != nil {
			return nil, fmt.Errorf("claim event %s: %w", r.ID, err)
		}
		events = append(events, Event{
			ID: r.ID, TenantID: id, Topic: Topic(r.Topic), Key: r.Key, Payload: r.Payload,
			CreatedAt: r.CreatedAt, Sends: int(r.Sends), Failures: int(r.Failures), Shop: tenant.Status(r.TenantStatus),
		})
	}
	return events, nil
}

// Postpone lets events come up again after delay without counting a failure.
func (o *Outbox) Postpone(ctx context.Context, q tenantdb.Querier, ids []uuid.UUID, delay time.Duration) error {
	return o.q.Postpone(ctx, q, delay.Seconds(), ids)
}

// Rest puts events aside whose shop's status is one of paused: they come up again after
// delay, or when the shop resumes. Events of a shop that has resumed meanwhile are due at
// once. No failure is counted.
func (o *Outbox) Rest(ctx context.Context, q tenantdb.Querier, ids []uuid.UUID, paused []tenant.Status, delay time.Duration) error {
	statuses := make([]string, len(paused))
	for i, s := range paused {
		statuses[i] = string(s)
	}
	return o.q.Rest(ctx, q, statuses, delay.Seconds(), ids)
}

// Fail counts a failure of an event's handler. The event comes up again after delay,
// or, with giveUp, becomes a dead letter.
func (o *Outbox) Fail(ctx context.Context, q tenantdb.Querier, id uuid.UUID, cause error, delay time.Duration, giveUp bool) error {
	const maxError = 2000
	return o.q.Fail(ctx, q, tenantdb.Storable(cause.Error(), maxError), delay.Seconds(), giveUp, id)
}

// MarkDone ends an event whose handler needed no receipt, for example because there
// was nothing to do.
func (o *Outbox) MarkDone(ctx context.Context, q tenantdb.Querier, id uuid.UUID) error {
	return o.q.MarkDone(ctx, q, id)
}

// DeadLetter is an event that was given up.
type DeadLetter struct {
	Event
	LastError string
	DeadAt    time.Time
}

// Dead lists the newest dead letters of all tenants, at most max. Platform transaction.
func (o *Outbox) Dead(ctx context.Context, tx tenantdb.Tx, limit int) ([]DeadLetter, error) {
	rows, err := o.q.Dead(ctx, tx, int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters := make([]DeadLetter, 0, len(rows))
	for _, r := range rows {
		id, err := tenant.ParseID(r.TenantID)
		if err != nil {
			return nil, fmt.Errorf("dead letter %s: %w", r.ID, err)
		}
		letters = append(letters, DeadLetter{
			Event: Event{
				ID: r.ID, TenantID: id, Topic: Topic(r.Topic), Key: r.Key, Payload: r.Payload,
				CreatedAt: r.CreatedAt, Sends: int(r.Sends), Failures: int(r.Failures),
			},
			LastError: r.LastError, DeadAt: *r.DeadAt,
		})
	}
	return letters, nil
}

// Replay makes a dead letter owed again with a clean count. ok is false if there is
// no such dead letter.
func (o *Outbox) Replay(ctx context.Context, tx tenantdb.Tx, id uuid.UUID) (ok bool, err error) {
	n, err := o.q.Replay(ctx, tx, id)
	return n == 1, err
}

// Backlog is how many events are due now, and for how long the oldest has been.
func (o *Outbox) Backlog(ctx context.Context, tx tenantdb.Tx) (owed int, oldest time.Duration, err error) {
	r, err := o.q.Backlog(ctx, tx)
	return int(r.Owed), time.Duration(r.OldestSeconds * float64(time.Second)), err
}

// Purge deletes up to batch events done more than keepDays days ago.
func (o *Outbox) Purge(ctx context.Context, tx tenantdb.Tx, keepDays, batch int) (int, error) {
	n, err := o.q.Purge(ctx, tx, int32(keepDays), int32(batch))
	return int(n), err
}

// Load reads an event that is still owed. ok is false if it is done, dead or unknown.
func (o *Outbox) Load(ctx context.Context, q tenantdb.Querier, id uuid.UUID) (ev Event, ok bool, err error) {
	r, err := o.q.Load(ctx, q, id)
	if tenantdb.NoRows(err) {
		return Event{}, false, nil
	}
	if err != nil {
		return Event{}, false, fmt.Errorf("load event: %w", err)
	}
	tenantID, err := tenant.ParseID(r.TenantID)
	if err != nil {
		return Event{}, false, fmt.Errorf("load event %s: %w", id, err)
	}
	return Event{
		ID: r.ID, TenantID: tenantID, Topic: Topic(r.Topic), Key: r.Key, Payload: r.Payload,
		CreatedAt: r.CreatedAt, Sends: int(r.Sends), Failures: int(r.Failures), Shop: tenant.Status(r.TenantStatus), received: new(bool),
	}, true, nil
}

var _ outboxdb.DBTX = tenantdb.Tx{}
