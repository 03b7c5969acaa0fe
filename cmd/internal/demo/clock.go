package demo

import (
	"sync"
	"time"
)

// Clock is a clock that can be turned back while history is told, and then goes on with
// the real one. Safe for concurrent use.
type Clock struct {
	real func() time.Time

	mu    sync.Mutex
	fixed time.Time // zero while the clock runs
}

// NewClock returns a clock that shows what real shows.
func NewClock(real func() time.Time) *Clock { return &Clock{real: real} }

// Now returns the time: the one that was set, or the real one.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fixed.IsZero() {
		return c.real()
	}
	return c.fixed
}

// Set stops the clock at t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed = t
}

// Release lets the clock run with the real one again.
func (c *Clock) Release() { c.Set(time.Time{}) }

// shanghai is the time zone of business days; China has no summer time.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
