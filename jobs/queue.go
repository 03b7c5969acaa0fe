package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"galleria/tenant/outbox"
)

// taskType is the one asynq type: the topic is the event's, not the task's.
const taskType = "event"

// ticket is all that travels through Redis: no names, amounts or secrets.
type ticket struct {
	ID     uuid.UUID `json:"id"`
	Tenant string    `json:"tenant"`
}

// AsynqQueue hands events to workers through Redis.
type AsynqQueue struct {
	client *asynq.Client
	kinds  Kinds
}

// RedisOptions reads a redis:// address and bounds every wait, so that a Redis that is
// away costs a second and not a stall.
func RedisOptions(address string) (asynq.RedisClientOpt, error) {
	opt, err := asynq.ParseRedisURI(address)
	if err != nil {
		return asynq.RedisClientOpt{}, fmt.Errorf("redis address: %w", err)
	}
	client, ok := opt.(asynq.RedisClientOpt)
	if !ok {
		return asynq.RedisClientOpt{}, fmt.Errorf("redis address: %T is not supported, use redis:// or rediss://", opt)
	}
	client.DialTimeout, client.ReadTimeout, client.WriteTimeout = time.Second, 2*time.Second, 2*time.Second
	return client, nil
}

// NewAsynqQueue returns a queue over Redis. It connects when first used.
func NewAsynqQueue(opt asynq.RedisClientOpt, kinds Kinds) *AsynqQueue {
	return &AsynqQueue{client: asynq.NewClient(opt), kinds: kinds}
}

// Enqueue hands over one event. Handing over the same sending of an event again is no
// error.
func (q *AsynqQueue) Enqueue(ctx context.Context, ev outbox.Event) error {
	body, err := json.Marshal(ticket{ID: ev.ID, Tenant: ev.TenantID.String()})
	if err != nil {
		return err
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(taskType, body),
		// The number of the sending makes a repetition a task of its own: the old task
		// may still lie in Redis in any state, and nobody asks.
		asynq.TaskID(fmt.Sprintf("%s:%d", ev.ID, ev.Sends)),
		asynq.Queue(string(q.kinds.QueueOf(ev.Topic))),
		asynq.Timeout(HandlerTimeout),
		asynq.MaxRetry(1), // failures are counted in Postgres; this is for a lost database only
	)
	if errors.Is(err, asynq.ErrTaskIDConflict) || errors.Is(err, asynq.ErrDuplicateTask) {
		return nil
	}
	return err
}

// Close releases the connection.
func (q *AsynqQueue) Close() error { return q.client.Close() }
