package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/tenant"
	"galleria/tenant/outbox/internal/outboxdb"
	"galleria/tenant/tenantdb"
)

// Topic names a kind of event, such as "order.placed": lower case, dots between
// words of two or more parts.
type Topic string

// Event is one row of the outbox as a handler sees it.
type Event struct {
	ID        uuid.UUID // UUIDv7; the same on every delivery
	TenantID  tenant.ID
	Topic     Topic
	Key       string          // the business number it is about
	Payload   json.RawMessage // ids and amounts; never personal data or secrets
	CreatedAt time.Time
	Sends     int // times it was handed to the queue, this one included
	Failures  int // times its handler failed before
	// Shop is the status of the event's shop when it was claimed or loaded; tenant.None for
	// an event that is not yet a shop's.
	Shop tenant.Status

	received *bool // set by Receive: the event is done when its transaction has committed
}

// Received reports whether Receive was called for this delivery: if its handler then ended
// well, the event is done.
func (ev Event) Received() bool { return ev.received != nil && *ev.received }

// Outbox appends and settles events. Nudge, if set, is called after a commit that
// appended something, so that a relay in this process need not wait for its tick.
type Outbox struct {
	nudge func()
	q     *outboxdb.Queries
}

// New returns an outbox. nudge may be nil; it must not block.
func New(nudge func()) *Outbox { return &Outbox{nudge: nudge, q: outboxdb.New()} }

// Append records an event of the transaction's tenant. payload is marshalled to
// JSON. It joins the caller's transaction.
func (o *Outbox) Append(ctx context.Context, tx tenantdb.Tx, topic Topic, key string, payload any) error {
	return o.AppendFor(ctx, tx, tx.TenantID(), topic, key, payload)
}

// AppendFor is Append for a platform transaction that names the tenant itself, as the
// timer poller does.
func (o *Outbox) AppendFor(ctx context.Context, tx tenantdb.Tx, id tenant.ID, topic Topic, key string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	eventID, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	if err := o.q.InsertEvent(ctx, tx, eventID, id.String(), string(topic), key, body, tx.Now()); err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	if o.nudge != nil {
		tx.AfterCommit(o.nudge)
	}
	return nil
}

// Receive writes the receipt of an event's effect and marks the event done, in the
// effect's own transaction. fresh is false if the effect was done before: the caller
// then does nothing and commits. effect names the effect where one event has several.
func (o *Outbox) Receive(ctx context.Context, tx tenantdb.Tx, ev Event, effect string) (fresh bool, err error) {
	n, err := o.q.Receive(ctx, tx, ev.ID, effect)
	if err != nil {
		return false, fmt.Errorf("receive %s: %w", ev.Topic, err)
	}
	if err := o.q.MarkDone(ctx, tx, ev.ID); err != nil {
		return false, fmt.Errorf("receive %s: %w", ev.Topic, err)
	}
	if ev.received != nil {
		*ev.received = true
	}
	return n == 1, nil
}
