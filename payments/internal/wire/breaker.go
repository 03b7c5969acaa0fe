package wire

import (
	"context"
	"errors"
	"sync"
	"time"

	"galleria/payments"
	"galleria/tenant/fault"
)

const (
	breakAfter = 8                // failures to reach the provider, in a row
	breakFor   = 10 * time.Second // then one call may try
)

// ErrBreakerOpen is a host that did not answer lately and is left alone for a moment.
var ErrBreakerOpen = errors.New("the provider did not answer lately")

// Breakers is one breaker per host. Safe for concurrent use.
type Breakers struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*Breaker
}

// NewBreakers returns closed breakers on a clock.
func NewBreakers(now func() time.Time) *Breakers {
	return &Breakers{now: now, mu: sync.Mutex{}, all: map[string]*Breaker{}}
}

// Of returns the breaker of a host.
func (b *Breakers) Of(host string) *Breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.all[host]
	if !ok {
		found = &Breaker{now: b.now, mu: sync.Mutex{}, failures: 0, retryAt: time.Time{}}
		b.all[host] = found
	}
	return found
}

// Breaker stops calls to a host that does not answer, so that they do not all wait for
// their limits. Any answer, also an error, closes it.
type Breaker struct {
	now      func() time.Time
	mu       sync.Mutex
	failures int
	retryAt  time.Time
}

// Allow tells whether a call may be made; whoever is allowed reports how it went.
func (b *Breaker) Allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakAfter {
		return true
	}
	if b.now().Before(b.retryAt) {
		return false
	}
	b.retryAt = b.now().Add(breakFor) // this call is the one that tries
	return true
}

// Report takes how a call went, as a fault of payments.
func (b *Breaker) Report(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrBusy) {
		return // the caller went away, or we could not even ask: that says nothing about the host
	}
	if !errors.Is(err, payments.ErrTimeout) {
		b.failures = 0
		return
	}
	b.failures++
	if b.failures >= breakAfter {
		b.retryAt = b.now().Add(breakFor)
	}
}
