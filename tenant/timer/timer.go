package timer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer/internal/timerdb"
)

// Timers sets, clears and fires timers.
type Timers struct {
	outbox *outbox.Outbox
	q      *timerdb.Queries
}

// New returns timers that fire into ob.
func New(ob *outbox.Outbox) *Timers { return &Timers{outbox: ob, q: timerdb.New()} }

// Set makes topic/key due at the given time for the transaction's tenant; an earlier
// setting of the same topic and key is replaced. payload is marshalled to JSON.
func (t *Timers) Set(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, key string, due time.Time, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("set timer %s: %w", topic, err)
	}
	if err := t.q.Set(ctx, tx, tx.TenantID().String(), string(topic), key, due, body); err != nil {
		return fmt.Errorf("set timer %s: %w", topic, err)
	}
	return nil
}

// Plan is a timer of some tenant.
type Plan struct {
	Tenant  tenant.ID
	Key     string
	Due     time.Time
	Payload any
}

// SetNew makes a topic due for several tenants in the caller's transaction, a tenant's own for itself. One
// that is set already stays as it is.
func (t *Timers) SetNew(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, plans []Plan) error {
	var (
		tenants, keys, payloads []string
		dues                    []time.Time
	)
	for _, p := range plans {
		body, err := json.Marshal(p.Payload)
		if err != nil {
			return fmt.Errorf("set timer %s: %w", topic, err)
		}
		tenants, keys, dues, payloads = append(tenants, p.Tenant.String()), append(keys, p.Key), append(dues, p.Due), append(payloads, string(body))
	}
	if err := t.q.SetNew(ctx, tx, string(topic), tenants, keys, dues, payloads); err != nil {
		return fmt.Errorf("set timer %s: %w", topic, err)
	}
	return nil
}

// Clear forgets a timer; clearing one that is not set is no error.
func (t *Timers) Clear(ctx context.Context, tx tenantdb.Tx, topic outbox.Topic, key string) error {
	return t.q.Clear(ctx, tx, tx.TenantID().String(), string(topic), key)
}

// Fire turns up to batch due timers into events, in the caller's platform
// transaction, and returns how many.
func (t *Timers) Fire(ctx context.Context, tx tenantdb.Tx, batch int) (int, error) {
	due, err := t.q.Due(ctx, tx, int32(batch))
	if err != nil {
		return 0, fmt.Errorf("fire timers: %w", err)
	}
	for _, d := range due {
		id, err := tenant.ParseID(d.TenantID)
		if err != nil {
			return 0, fmt.Errorf("fire timer %s: %w", d.Topic, err)
		}
		if err := t.outbox.AppendFor(ctx, tx, id, outbox.Topic(d.Topic), d.Key, d.Payload); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}
