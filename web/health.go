package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	probeTime = 2 * time.Second // of all checks together
	// probeAge is how long an answer is good: probes from anywhere cost one look a second.
	probeAge = time.Second
)

// health answers the probes: alive, and able to serve. Both are public and tell no more
// than one word; what is wrong stands in the log and in `galleria doctor`.
func health(app *fiber.App, d Deps) {
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	ready := &readiness{checks: d.Ready, now: d.Now, warn: func(name string, err error) {
		d.Log.Warn("readiness", "check", name, "error", err)
	}}
	app.Get("/readyz", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "no-store")
		switch {
		case d.Draining != nil && d.Draining.Load():
			return c.Status(fiber.StatusServiceUnavailable).SendString("shutting down\n")
		default:
			status, word := ready.look(c.UserContext())
			return c.Status(status).SendString(word + "\n")
		}
	})
}

// Draining is set when the process is about to end: readiness then says no, so that no
// new requests are sent here, while those under way are answered.
type Draining = atomic.Bool

// readiness looks at what the server needs, at most once a second.
type readiness struct {
	checks []Check
	now    func() time.Time
	warn   func(name string, err error)

	mu     sync.Mutex
	until  time.Time
	status int
	word   string
}

func (r *readiness) look(ctx context.Context) (status int, word string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Before(r.until) {
		return r.status, r.word
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	r.status, r.word = fiber.StatusOK, "ok"
	for _, check := range r.checks {
		err := check.Ping(ctx)
		switch {
		case err == nil:
			continue
		case !check.Optional:
			r.status, r.word = fiber.StatusServiceUnavailable, "unavailable"
		case r.status == fiber.StatusOK:
			r.word = "degraded"
		}
		r.warn(check.Name, err)
	}
	r.until = r.now().Add(probeAge)
	return r.status, r.word
}
