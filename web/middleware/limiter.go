package middleware

import (
	"context"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"galleria/web/envelope"
)

// Rate is a budget: so many requests per second on average, and so many at once.
// The zero Rate means no limit.
type Rate struct {
	PerSecond int
	Burst     int
}

// Limiter counts requests against budgets. Shared budgets are counted in Redis, for
// all processes together; while Redis is away, and for local budgets always, each
// process counts for itself. Safe for concurrent use.
type Limiter struct {
	shared *redis_rate.Limiter // nil: no Redis at all
	now    func() time.Time

	mu       sync.Mutex
	buckets  map[string]*rate.Limiter
	redisOff time.Time // until when Redis is not asked
}

const (
	redisWait   = 100 * time.Millisecond // a limit must not cost more than what it protects
	redisPause  = 2 * time.Second        // after a failure, so that not every request waits
	maxBuckets  = 50_000
	redisPrefix = "galleria:limit:"
)

// NewLimiter returns a limiter; client may be nil.
func NewLimiter(client redis.UniversalClient, now func() time.Time) *Limiter {
	l := &Limiter{now: now, buckets: make(map[string]*rate.Limiter)}
	if client != nil {
		l.shared = redis_rate.NewLimiter(client)
	}
	return l
}

// Local takes one request from key's budget in this process's memory.
// Faults: RATE_LIMITED with the time to wait.
func (l *Limiter) Local(key string, budget Rate) error {
	if budget.PerSecond <= 0 {
		return nil
	}
	now := l.now()
	l.mu.Lock()
	bucket, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= maxBuckets { // forgetting all gives each caller one burst more, no harm
			clear(l.buckets)
		}
		bucket = rate.NewLimiter(rate.Limit(budget.PerSecond), max(budget.Burst, 1))
		l.buckets[key] = bucket
	}
	l.mu.Unlock()
	reservation := bucket.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return envelope.ErrRateLimited.After(wait)
	}
	return nil
}

// Shared takes one request from key's budget across all processes. The key must name
// the tenant. Faults: RATE_LIMITED with the time to wait.
func (l *Limiter) Shared(ctx context.Context, key string, budget Rate) error {
	if budget.PerSecond <= 0 {
		return nil
	}
	if l.shared == nil || !l.redisUp() {
		return l.Local(key, budget)
	}
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	result, err := l.shared.Allow(ctx, redisPrefix+key, redis_rate.Limit{Rate: budget.PerSecond, Burst: max(budget.Burst, 1), Period: time.Second})
	if err != nil {
		l.pauseRedis()
		return l.Local(key, budget)
	}
	if result.Allowed == 0 {
		return envelope.ErrRateLimited.After(result.RetryAfter)
	}
	return nil
}

func (l *Limiter) redisUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.now().Before(l.redisOff)
}

func (l *Limiter) pauseRedis() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.redisOff = l.now().Add(redisPause)
}
