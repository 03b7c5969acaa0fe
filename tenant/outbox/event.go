package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
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

// Outbox appends and settles events. Safe for concurrent use.
type Outbox struct {
	handover atomic.Pointer[Handover]
	inert    func(topic Topic) bool
	q        *outboxdb.Queries
}

// Handover takes the events of this process to the queue as soon as they are committed.
type Handover struct {
	// Lease is the time after which an event is claimed and sent again.
	Lease time.Duration
	// Take gets each event after its commit. It must not block.
	Take func(ev Event)
}

// New returns an outbox whose events wait to be claimed.
func New() *Outbox { return &Outbox{q: outboxdb.New()} }

// HandOver has the events that are appended from now on taken by h instead of waiting to
// be claimed. They are born leased: what h loses is claimed when the lease is over. The
// returned function ends it, unless another handover has replaced it.
func (o *Outbox) HandOver(h Handover) (end func()) {
	own := &h
	o.handover.Store(own)
	return func() { o.handover.CompareAndSwap(own, nil) }
}

// EndInert has events that nothing acts on written as done: they are facts to look up, and
// nobody is to be sent them. It must be called before the first event is appended.
func (o *Outbox) EndInert(inert func(topic Topic) bool) { o.inert = inert }

// Append records an event of the transaction's tenant. payload is marshalled to
// JSON. It joins the caller's transaction.
func (o *Outbox) Append(ctx context.Context, tx tenantdb.Tx, topic Topic, key string, payload any) error {
	return o.AppendFor(ctx, tx, tx.TenantID(), topic, key, payload)
}

// AppendFor is Append for a platform transaction that names the tenant itself, as the
// timer poller does.
func (o *Outbox) AppendFor(ctx context.Context, tx tenantdb.Tx, id tenant.ID, topic Topic, key string, payload any) error {
	return o.append(ctx, tx, id, topic, key, payload, o.inert != nil && o.inert(topic))
}

// Record writes an event that nobody is to be sent this time: a fact to look up. It joins the
// caller's transaction.
func (o *Outbox) Record(ctx context.Context, tx tenantdb.Tx, topic Topic, key string, payload any) error {
	return o.append(ctx, tx, tx.TenantID(), topic, key, payload, true)
}

func (o *Outbox) append(ctx context.Context, tx tenantdb.Tx, id tenant.ID, topic Topic, key string, payload any, done bool) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	eventID, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	row := outboxdb.InsertEventParams{
		ID: eventID, TenantID: id.String(), Topic: string(topic), Key: key, Payload: body, CreatedAt: tx.Now(),
		LeaseSeconds: 0, Sends: 0, Done: done,
	}
	handover := o.handover.Load()
	if done {
		handover = nil
	}
	if handover != nil {
		row.LeaseSeconds, row.Sends = handover.Lease.Seconds(), 1
	}
	if err := o.q.InsertEvent(ctx, tx, row); err != nil {
		return fmt.Errorf("append %s: %w", topic, err)
	}
	if handover != nil {
		ev := Event{ID: eventID, TenantID: id, Topic: topic, Key: key, Payload: body, CreatedAt: row.CreatedAt, Sends: 1}
		tx.AfterCommit(func() { handover.Take(ev) })
	}
	return nil
}

// Receive writes the receipt of an event's effect and marks the event done, in the
// effect's own transaction. fresh is false if the effect was done before: the caller
// then does nothing and commits. effect names the effect where one event has several.
func (o *Outbox) Receive(ctx context.Context, tx tenantdb.Tx, ev Event, effect string) (fresh bool, err error) {
	if fresh, err = o.q.Receive(ctx, tx, ev.ID, effect); err != nil {
		return false, fmt.Errorf("receive %s: %w", ev.Topic, err)
	}
	if ev.received != nil {
		*ev.received = true
	}
	return fresh, nil
}
