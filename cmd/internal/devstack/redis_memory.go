package devstack

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// agingStep is how often the in-process Redis lets time pass. It does not age
// keys by itself, and a lock or a heartbeat that never expires would stop jobs.
const agingStep = 250 * time.Millisecond

// startMemoryRedis serves Redis from this process' memory.
func startMemoryRedis(ctx context.Context, cfg RedisConfig, password string) (*Redis, error) {
	server := miniredis.NewMiniRedis()
	server.RequireAuth(password)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start the in-process Redis: %w", err)
	}
	quit, done := make(chan struct{}), make(chan struct{})
	var aging sync.WaitGroup
	aging.Go(func() {
		tick := time.NewTicker(agingStep)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				server.FastForward(agingStep)
			}
		}
	})
	cfg.Log.WarnContext(ctx, "redis-server is not installed: serving Redis from memory. Queued jobs do not survive a restart; they are sent again from Postgres. `apt-get install redis-server` makes them durable", "address", server.Addr())
	halt := func(context.Context) error {
		close(quit)
		aging.Wait()
		server.Close()
		close(done)
		return nil
	}
	return &Redis{url: redisURL(server.Addr(), password), done: done, halt: halt}, nil
}
