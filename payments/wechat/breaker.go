package wechat

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

var errBreakerOpen = errors.New("the provider did not answer lately")

// breakers is one breaker per host.
type breakers struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*breaker
}

func newBreakers(now func() time.Time) *breakers {
	return &breakers{now: now, mu: sync.Mutex{}, all: map[string]*breaker{}}
}

func (b *breakers) of(host string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, ok := b.all[host]
	if !ok {
		found = &breaker{now: b.now, mu: sync.Mutex{}, failures: 0, retryAt: time.Time{}}
		b.all[host] = found
	}
	return found
}

// breaker stops calls to a host that does not answer, so that they do not all wait for
// their limits. Any answer, also an error, closes it.
type breaker struct {
	now      func() time.Time
	mu       sync.Mutex
	failures int
	retryAt  time.Time
}

func (b *breaker) allow() bool {
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

func (b *breaker) report(err error) {
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
