package jobs

import (
	"context"
	"sync"
	"time"
)

const (
	// shareWait is how long a task may wait, in a place, for one of its tenant's: about as
	// long as an effect takes. So long another tenant may have to wait for that place.
	shareWait = 25 * time.Millisecond
	// A task that found none comes back after shareRest, and the surplus of one tenant not
	// faster than one every shareGap: going to the queue and back costs more than waiting.
	shareRest = 100 * time.Millisecond
	shareGap  = 5 * time.Millisecond
	// shareLimit keeps a surplus task from coming back later than its event.
	shareLimit = Lease / 2
)

// shareError sends a task back to the queue: its tenant holds all the places it may. It is
// no failure and costs no statement.
type shareError struct{ again time.Duration }

func (shareError) Error() string { return "jobs: the tenant has its share of places" }

// shares bounds the places each tenant holds. Safe for concurrent use.
type shares struct {
	size int
	mu   sync.Mutex
	of   map[string]*share
}

type share struct {
	places chan struct{}
	users  int       // tasks that hold or want a place
	last   time.Time // when the last task that was sent back will return
}

// enter takes a place of the tenant's. If there is none within shareWait, ok is false, and
// the task should come back after again.
func (s *shares) enter(ctx context.Context, tenantID string) (again time.Duration, ok bool) {
	own := s.want(tenantID)
	select {
	case own.places <- struct{}{}:
		return 0, true
	default:
	}
	timer := time.NewTimer(shareWait)
	defer timer.Stop()
	select {
	case own.places <- struct{}{}:
		return 0, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return s.sendBack(tenantID, own), false
}

func (s *shares) leave(tenantID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.of[tenantID]
	<-own.places
	s.drop(tenantID, own)
}

func (s *shares) want(tenantID string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, ok := s.of[tenantID]
	if !ok {
		own = &share{places: make(chan struct{}, s.size)}
		s.of[tenantID] = own
	}
	own.users++
	return own
}

func (s *shares) sendBack(tenantID string, own *share) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() //nolint:forbidigo // a pause, not a moment that anything is dated with
	own.last = own.last.Add(shareGap)
	if soonest := now.Add(shareRest); own.last.Before(soonest) {
		own.last = soonest
	}
	if latest := now.Add(shareLimit); own.last.After(latest) {
		own.last = latest
	}
	s.drop(tenantID, own)
	return own.last.Sub(now)
}

func (s *shares) drop(tenantID string, own *share) {
	if own.users--; own.users == 0 {
		delete(s.of, tenantID)
	}
}
