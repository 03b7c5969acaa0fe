package jobs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
)

// Queue is a class of urgency. Queues are few and fixed; tenants share them.
type Queue string

// The queues, most urgent first.
const (
	Critical Queue = "critical" // money and stock
	Default  Queue = "default"
	Bulk     Queue = "bulk" // what may wait
)

const (
	// Lease is how long an event may be under way before it is sent again.
	Lease = 45 * time.Second
	// HandlerTimeout ends a handler; shorter than Lease, so that a slow handler does
	// not meet its own repetition.
	HandlerTimeout = 30 * time.Second
)

// Handler does the effect of one event. It must be safe to repeat: effects in Postgres
// go with outbox.Receive in one transaction, effects elsewhere carry a stable number.
type Handler func(ctx context.Context, ev outbox.Event) error

// Kind is what the worker needs to know about a topic.
type Kind struct {
	Topic       outbox.Topic
	Queue       Queue
	MaxFailures int                              // then it is a dead letter
	Delay       func(failures int) time.Duration // wait after the n-th failure, n from 1
	Handle      Handler                          // nil: a fact that nothing acts on yet; it is written as done
	// Money marks what finds out about money or gives it back: it is done in every state
	// of the shop, while everything else waits in a suspended one.
	Money bool
	// Recurs marks a shop's recurring work, whose timer sets itself again under the same key:
	// each run is noted for the platform's staff, who may have it done at once.
	Recurs bool
	// Dated marks a shop's work at moments that were promised: when a coupon ends, or the money of an
	// order is final. It is noted, too; staff may have it looked at early, and what failed tried again at
	// once, but cannot bring the moment forward: so its handler does nothing that is not due by its own row.
	Dated bool
}

// Kinds is the catalogue of topics.
type Kinds struct{ byTopic map[outbox.Topic]Kind }

// NewKinds makes a catalogue; an incomplete kind or a topic given twice is a defect.
func NewKinds(kinds ...Kind) (Kinds, error) {
	byTopic := make(map[outbox.Topic]Kind, len(kinds))
	for _, k := range kinds {
		if _, twice := byTopic[k.Topic]; twice || (k.Handle != nil && (k.MaxFailures < 1 || k.Delay == nil)) {
			return Kinds{}, fmt.Errorf("jobs: kind %q is declared twice or is incomplete", k.Topic)
		}
		byTopic[k.Topic] = k
	}
	return Kinds{byTopic: byTopic}, nil
}

// Find returns the kind of a topic.
func (k Kinds) Find(topic outbox.Topic) (Kind, bool) {
	kind, ok := k.byTopic[topic]
	return kind, ok
}

// QueueOf returns the queue of a topic; unknown topics travel too, to become visible
// as dead letters instead of lying in the outbox.
func (k Kinds) QueueOf(topic outbox.Topic) Queue {
	if kind, ok := k.byTopic[topic]; ok {
		return kind.Queue
	}
	return Default
}

// Recurring lists the topics of recurring work, by name.
func (k Kinds) Recurring() []outbox.Topic { return k.where(func(k Kind) bool { return k.Recurs }) }

// Dated lists the topics of work at promised moments, by name.
func (k Kinds) Dated() []outbox.Topic { return k.where(func(k Kind) bool { return k.Dated }) }

func (k Kinds) where(is func(Kind) bool) []outbox.Topic {
	var topics []outbox.Topic
	for topic, kind := range k.byTopic {
		if is(kind) {
			topics = append(topics, topic)
		}
	}
	slices.Sort(topics)
	return topics
}

// Inert reports whether nothing acts on a topic's events.
func (k Kinds) Inert(topic outbox.Topic) bool {
	kind, ok := k.byTopic[topic]
	return ok && kind.Handle == nil
}

// Paused reports whether an event has to wait because of the state its shop is in. It is
// not lost: the shop's resumption makes it due.
func (k Kinds) Paused(ev outbox.Event) bool {
	if ev.Shop == tenant.None || ev.Shop.Policy().Jobs == tenant.JobsAll {
		return false
	}
	kind, known := k.byTopic[ev.Topic]
	return known && !kind.Money
}

// Pausing lists the statuses of shops whose events wait.
func Pausing() []tenant.Status {
	var out []tenant.Status
	for _, s := range registry.InDirectory() {
		if s.Policy().Jobs != tenant.JobsAll {
			out = append(out, s)
		}
	}
	return out
}

// PauseFor is how long a paused event rests before it is looked at again, should the word
// of its shop's resumption get lost.
const PauseFor = 10 * time.Minute

// Backoff doubles from first up to limit, with a tenth of jitter so that what failed
// together does not come back together.
func Backoff(first, limit time.Duration) func(failures int) time.Duration {
	return func(failures int) time.Duration {
		d := first
		for i := 1; i < failures && d < limit; i++ {
			d *= 2
		}
		d = min(d, limit)
		return d + rand.N(d/10+1) //nolint:gosec // jitter, not a secret
	}
}
