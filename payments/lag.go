package payments

import (
	"sync/atomic"
	"time"
)

// lagBounds are the upper bounds of the classes in which delays are counted.
func lagBounds() [7]time.Duration {
	return [7]time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, time.Hour, 6 * time.Hour,
	}
}

// lagCounter counts delays by class, without a lock.
type lagCounter struct {
	within [7]atomic.Uint64 // by lagBounds, each delay in the smallest class that holds it
	count  atomic.Uint64
	sum    atomic.Int64 // nanoseconds
}

// observe counts one delay; a clock of the provider's that runs ahead of ours is no delay.
func (l *lagCounter) observe(d time.Duration) {
	d = max(d, 0)
	for i, bound := range lagBounds() {
		if d <= bound {
			l.within[i].Add(1)
			break
		}
	}
	l.sum.Add(int64(d))
	l.count.Add(1)
}

// Lag is how long after the payment the provider's notifications of it were taken, since
// the process started.
type Lag struct {
	Count  uint64
	Sum    time.Duration
	Within map[time.Duration]uint64 // how many took at most so long
}

// Lag returns the delays of payment notifications that verified, repeats included.
func (s *Service) Lag() Lag {
	out := Lag{Count: s.lag.count.Load(), Sum: time.Duration(s.lag.sum.Load()), Within: make(map[time.Duration]uint64)}
	var upTo uint64
	for i, bound := range lagBounds() {
		upTo += s.lag.within[i].Load()
		out.Within[bound] = upTo
	}
	return out
}
