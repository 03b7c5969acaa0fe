package middleware_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"galleria/tenant/fault"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func TestLocalBudgetIsPerKeyAndRefills(t *testing.T) {
	t.Parallel()
	at := newClock()
	l := middleware.NewLimiter(nil, at.now)
	budget := middleware.Rate{PerSecond: 2, Burst: 3}
	for i := range 3 {
		if err := l.Local("a", budget); err != nil {
			t.Fatalf("request %d of the burst: %v", i+1, err)
		}
	}
	err := l.Local("a", budget)
	var refused *fault.Error
	if !errors.As(err, &refused) || !errors.Is(err, envelope.ErrRateLimited) || refused.RetryAfter() != 500*time.Millisecond {
		t.Fatalf("fourth request = %v, want RATE_LIMITED with 500ms to wait", err)
	}
	if err := l.Local("b", budget); err != nil {
		t.Errorf("another key paid for it: %v", err)
	}
	at.add(500 * time.Millisecond)
	if err := l.Local("a", budget); err != nil {
		t.Errorf("after the wait that was named: %v", err)
	}
}

func TestSharedBudgetIsOneForAllProcesses(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	at := newClock()
	server.SetTime(at.now())
	budget := middleware.Rate{PerSecond: 1, Burst: 4}
	var processes []*middleware.Limiter
	for range 2 {
		client := redis.NewClient(&redis.Options{Addr: server.Addr()})
		t.Cleanup(func() { _ = client.Close() })
		l := middleware.NewLimiter(client, at.now)
		l.WaitForRedis(time.Minute)
		processes = append(processes, l)
	}
	allowed := 0
	for i := range 10 {
		if processes[i%2].Shared(t.Context(), "t_1:write", budget) == nil {
			allowed++
		}
	}
	if allowed != 4 {
		t.Errorf("two processes let %d of 10 through, want the burst of 4", allowed)
	}
	for _, key := range server.Keys() {
		if key != "rate:galleria:limit:t_1:write" {
			t.Errorf("key %q in Redis does not carry the tenant", key)
		}
	}
}

// A large budget is told to Redis in blocks: exact for one process, and at most a block too
// much for each of several, also when they go on for long.
func TestSharedBudgetInBlocks(t *testing.T) {
	t.Parallel()
	const burst, block, perSecond = 160, 10, 20
	budget := middleware.Rate{PerSecond: perSecond, Burst: burst}
	for _, n := range []int{1, 2, 4} {
		t.Run(strconv.Itoa(n)+" processes", func(t *testing.T) {
			t.Parallel()
			server := miniredis.RunT(t)
			at := newClock()
			server.SetTime(at.now())
			var processes []*middleware.Limiter
			for range n {
				client := redis.NewClient(&redis.Options{Addr: server.Addr()})
				t.Cleanup(func() { _ = client.Close() })
				l := middleware.NewLimiter(client, at.now)
				l.WaitForRedis(time.Minute)
				processes = append(processes, l)
			}
			var allowed atomic.Int64
			storm := func() {
				var callers sync.WaitGroup
				for i := range 8 {
					callers.Go(func() {
						for range 100 {
							if processes[i%n].Shared(t.Context(), "t_1:write", budget) == nil {
								allowed.Add(1)
							}
						}
					})
				}
				callers.Wait()
			}
			most := int64(burst)
			if n > 1 {
				most += int64(n) * block
			}
			for second := range 3 {
				storm()
				refilled := int64(second * perSecond)
				if got := allowed.Load(); got < burst+refilled-int64(n)*block || got > most+refilled {
					t.Errorf("after %d s: %d let through, want %d to %d", second, got, burst+refilled, most+refilled)
				}
				at.add(time.Second)
				server.SetTime(at.now())
			}
		})
	}
}

// Most requests of a quiet key ask nobody.
func TestQuietKeysDoNotAskRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	at := newClock()
	server.SetTime(at.now())
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	l := middleware.NewLimiter(client, at.now)
	l.WaitForRedis(time.Minute)
	budget := middleware.Rate{PerSecond: 200, Burst: 1600}
	if err := l.Shared(t.Context(), "k", budget); err != nil {
		t.Fatal(err)
	}
	before := server.CommandCount()
	for range 98 {
		if err := l.Shared(t.Context(), "k", budget); err != nil {
			t.Fatal(err)
		}
	}
	if asked := server.CommandCount() - before; asked != 0 {
		t.Errorf("%d commands for 98 requests of a block of 100", asked)
	}
}

func TestLimitHoldsWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), DialTimeout: 50 * time.Millisecond, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	l := middleware.NewLimiter(client, newClock().now)
	server.Close()
	budget := middleware.Rate{PerSecond: 1, Burst: 2}
	var refused int
	for range 5 {
		if errors.Is(l.Shared(t.Context(), "k", budget), envelope.ErrRateLimited) {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("without Redis %d of 5 were refused, want 3 (burst 2)", refused)
	}
}
