package middleware_test

import (
	"errors"
	"sync"
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
		processes = append(processes, middleware.NewLimiter(client, at.now))
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
