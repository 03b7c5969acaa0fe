package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/web/middleware"
)

// A crowd at one shop works no more than its share at a time, in the order in which it came,
// and a buyer of another shop goes past it; whoever is too many is told so, and whoever gives
// up leaves no gap.
func TestSharesOfShops(t *testing.T) {
	t.Parallel()
	const most = 2
	shares := middleware.NewShares(most)
	var working, peak atomic.Int64
	gate := make(chan struct{})
	app := fiber.New(fiber.Config{ErrorHandler: func(c *fiber.Ctx, err error) error {
		return c.Status(http.StatusTooManyRequests).SendString(err.Error())
	}})
	app.Use(func(c *fiber.Ctx) error {
		if c.Get("X-Hurry") != "" {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			c.SetUserContext(ctx)
		}
		return c.Next()
	})
	app.Use(shares.Take("X-App-Id"))
	app.Get("/*", func(c *fiber.Ctx) error {
		if c.Get("X-App-Id") == "crowded" && c.Path() == "/api/v1/slow" {
			n := working.Add(1)
			for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
			}
			<-gate
			working.Add(-1)
		}
		return c.SendStatus(http.StatusOK)
	})
	get := func(path, id, hurry string) int {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		req.Header.Set("X-App-Id", id)
		req.Header.Set("X-Hurry", hurry)
		res, err := app.Test(req, int(time.Minute/time.Millisecond))
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	const people = most + most*middleware.ShareQueue
	var wait sync.WaitGroup
	var served atomic.Int64
	for range people {
		wait.Go(func() {
			if get("/api/v1/slow", "crowded", "") == http.StatusOK {
				served.Add(1)
			}
		})
	}
	deadline := time.Now().Add(10 * time.Second)
	for shares.Waiting("crowded") < people-most && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := get("/api/v1/slow", "crowded", ""); got != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", got)
	}
	for _, free := range []struct{ path, id string }{{"/api/v1/slow", "calm"}, {"/console/x", "crowded"}, {"/notify/x", "crowded"}} {
		if got := get(free.path, free.id, ""); got != http.StatusOK {
			t.Errorf("%s of %s: %d", free.path, free.id, got)
		}
	}
	gate <- struct{}{} // one is done, so one may wait
	for shares.Waiting("crowded") != people-most-1 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := get("/api/v1/slow", "crowded", "1"); got != http.StatusTooManyRequests {
		t.Errorf("who gave up: %d", got)
	}
	close(gate)
	wait.Wait()
	if served.Load() != people || peak.Load() != most {
		t.Errorf("%d of %d served, %d at once, want %d", served.Load(), people, peak.Load(), most)
	}
	if n := shares.Known(); n != 0 {
		t.Errorf("%d shops are remembered though nobody works", n)
	}
}
