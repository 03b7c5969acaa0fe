package middleware

import "time"

// ShareQueue is how many may wait for each request that may work.
const ShareQueue = shareQueue

// WaitForRedis makes a limiter patient: on a busy machine the ordinary wait may pass
// although Redis is there.
func (l *Limiter) WaitForRedis(d time.Duration) { l.wait = d }

// Waiting is how many requests of a Mini Program wait for their turn.
func (s *Shares) Waiting(app string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of := s.apps[app]; of != nil {
		return of.queue.Len()
	}
	return 0
}

// Known is of how many Mini Programs something is at work.
func (s *Shares) Known() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.apps)
}
