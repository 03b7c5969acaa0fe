package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// TopicBacklog is how a topic stands, over all tenants.
type TopicBacklog struct {
	Topic  Topic
	Owed   int64         // not done and not given up
	Due    int64         // of them, to be sent now
	Oldest time.Duration // since the oldest that is owed happened
	Dead   int64         // given up, and nobody has said what becomes of it
}

// Topics lists the topics that owe something or have dead letters. Platform transaction.
func (o *Outbox) Topics(ctx context.Context, tx tenantdb.Tx) ([]TopicBacklog, error) {
	rows, err := o.q.Topics(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	list := make([]TopicBacklog, len(rows))
	for i, r := range rows {
		list[i] = TopicBacklog{
			Topic: Topic(r.Topic), Owed: r.Owed, Due: r.Due, Dead: r.Dead, Oldest: time.Duration(r.OldestSeconds * float64(time.Second)),
		}
	}
	return list, nil
}

// DeadFilter says which dead letters are wanted.
type DeadFilter struct {
	Topic     Topic     // "" for all
	TenantID  tenant.ID // zero for all
	Discarded bool      // those that were discarded, else those that wait for a decision
	Before    uuid.UUID // where the list goes on; uuid.Nil for its beginning
	Limit     int
}

// Discarding is what a person decided about a dead letter.
type Discarding struct {
	At     time.Time
	By     string // as the audit log names people
	Reason string
}

// Letter is a dead letter with what became of it.
type Letter struct {
	DeadLetter
	Discarded *Discarding // nil while it waits
}

// Letters lists dead letters, newest event first. Platform transaction.
func (o *Outbox) Letters(ctx context.Context, tx tenantdb.Tx, f DeadFilter) ([]Letter, error) {
	if f.Before == uuid.Nil {
		f.Before = uuid.Max
	}
	rows, err := o.q.DeadLetters(ctx, tx, f.Discarded, string(f.Topic), f.TenantID.String(), f.Before, int32(f.Limit))
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters := make([]Letter, 0, len(rows))
	for _, r := range rows {
		id, err := tenant.ParseID(r.TenantID)
		if err != nil {
			return nil, fmt.Errorf("dead letter %s: %w", r.ID, err)
		}
		l := Letter{DeadLetter: DeadLetter{
			Event: Event{
				ID: r.ID, TenantID: id, Topic: Topic(r.Topic), Key: r.Key, Payload: r.Payload,
				CreatedAt: r.CreatedAt, Sends: int(r.Sends), Failures: int(r.Failures),
			},
			LastError: r.LastError, DeadAt: *r.DeadAt,
		}}
		if r.DiscardedAt != nil && r.DiscardedBy != nil && r.DiscardReason != nil {
			l.Discarded = &Discarding{At: *r.DiscardedAt, By: *r.DiscardedBy, Reason: *r.DiscardReason}
		}
		letters = append(letters, l)
	}
	return letters, nil
}

// Settled is a dead letter that was just replayed or discarded.
type Settled struct {
	TenantID tenant.ID
	Topic    Topic
	Key      string
}

// ReplayOne makes a dead letter owed again with a clean count, and says whose it was. ok
// is false if there is none that waits. Platform transaction.
func (o *Outbox) ReplayOne(ctx context.Context, tx tenantdb.Tx, id uuid.UUID) (was Settled, ok bool, err error) {
	r, err := o.q.ReplayOne(ctx, tx, id)
	if tenantdb.NoRows(err) {
		return Settled{}, false, nil
	}
	if err != nil {
		return Settled{}, false, fmt.Errorf("replay %s: %w", id, err)
	}
	was, err = settled(r.TenantID, r.Topic, r.Key)
	return was, true, err
}

// ReplayTopic makes up to limit dead letters of a topic owed again and says how many each
// tenant had. Platform transaction.
func (o *Outbox) ReplayTopic(ctx context.Context, tx tenantdb.Tx, topic Topic, limit int) (map[tenant.ID]int, error) {
	rows, err := o.q.ReplayTopic(ctx, tx, string(topic), int32(limit))
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", topic, err)
	}
	replayed := make(map[tenant.ID]int)
	for _, text := range rows {
		id, err := tenant.ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("replay %s: %w", topic, err)
		}
		replayed[id]++
	}
	return replayed, nil
}

// Discard marks a dead letter as given up for good. The row stays. ok is false if there is
// none that waits. Platform transaction.
func (o *Outbox) Discard(ctx context.Context, tx tenantdb.Tx, id uuid.UUID, by, reason string) (was Settled, ok bool, err error) {
	at := tx.Now()
	r, err := o.q.Discard(ctx, tx, &at, &by, &reason, id)
	if tenantdb.NoRows(err) {
		return Settled{}, false, nil
	}
	if err != nil {
		return Settled{}, false, fmt.Errorf("discard %s: %w", id, err)
	}
	was, err = settled(r.TenantID, r.Topic, r.Key)
	return was, true, err
}

func settled(tenantID, topic, key string) (Settled, error) {
	id, err := tenant.ParseID(tenantID)
	return Settled{TenantID: id, Topic: Topic(topic), Key: key}, err
}
