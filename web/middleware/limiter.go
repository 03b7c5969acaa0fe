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
	wait   time.Duration // for Redis

	mu       sync.Mutex
	buckets  map[string]*rate.Limiter
	tabs     map[string]*tab
	redisOff time.Time // until when Redis is not asked
}

// tab is what this process has let through on a shared budget and has not yet told Redis.
type tab struct {
	open    int // requests let through, not counted in Redis
	carried int // of open: a question on its way carries them
	left    int // what the last answer said was left, before open
	asking  int // questions on their way
	overlap bool
}

const (
	redisWait   = 100 * time.Millisecond // a limit must not cost more than what it protects
	redisPause  = 2 * time.Second        // after a failure, so that not every request waits
	maxBuckets  = 50_000
	redisPrefix = "galleria:limit:"
	// A process tells Redis of a key's requests in blocks of this part of its burst.
	blocksPerBurst = 16
)

// NewLimiter returns a limiter; client may be nil.
func NewLimiter(client redis.UniversalClient, now func() time.Time) *Limiter {
	l := &Limiter{now: now, wait: redisWait, buckets: make(map[string]*rate.Limiter), tabs: make(map[string]*tab)}
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
//
// Redis is not asked for every request: a process lets up to a sixteenth of the burst
// through on what the last answer said was left, and takes them along with its next
// question. One process alone therefore never exceeds the budget, and P processes together
// never by more than P sixteenths of the burst, however long they go on: every request is
// told in the end. Budgets with a burst below 32 are asked for each time and are exact.
func (l *Limiter) Shared(ctx context.Context, key string, budget Rate) error {
	if budget.PerSecond <= 0 {
		return nil
	}
	if l.shared == nil || !l.redisUp() {
		return l.Local(key, budget)
	}
	t, n := l.putOnTab(key, max(budget.Burst, 1)/blocksPerBurst)
	if n == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	limit := redis_rate.Limit{Rate: budget.PerSecond, Burst: max(budget.Burst, 1), Period: time.Second}
	result, err := l.shared.AllowAtMost(ctx, redisPrefix+key, limit, n)
	if err != nil {
		l.settle(t, n, 0, 0)
		l.pauseRedis()
		return l.Local(key, budget)
	}
	l.settle(t, n, result.Allowed, result.Remaining)
	switch {
	case result.Allowed == n:
		return nil
	case result.Allowed > 0: // it went to requests that were let through before this one
		return envelope.ErrRateLimited.After(time.Second / time.Duration(budget.PerSecond))
	}
	return envelope.ErrRateLimited.After(result.RetryAfter)
}

// putOnTab lets a request through unasked (n is 0), or says for how many Redis is to be
// asked: this one, and those on the tab that no other question carries.
func (l *Limiter) putOnTab(key string, block int) (t *tab, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.tabs[key]
	if !ok {
		if len(l.tabs) >= maxBuckets { // forgetting all gives each caller a block more
			clear(l.tabs)
		}
		t = &tab{}
		l.tabs[key] = t
	}
	if t.open+1 < block && t.open+t.asking < t.left {
		t.open++
		return t, 0
	}
	t.overlap = t.overlap || t.asking > 0
	t.asking++
	n = 1 + t.open - t.carried
	t.carried = t.open
	return t, n
}

// settle takes what Redis has counted off the tab: of n requests asked for, the last being
// the one that asked, it allowed so many.
func (l *Limiter) settle(t *tab, n, allowed, left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.carried -= n - 1
	t.open -= min(allowed, n-1)
	if t.overlap { // the answers of questions that overlap may come in another order
		left = min(left, t.left)
	}
	t.asking--
	t.overlap = t.overlap && t.asking > 0
	t.left = left
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
