package middleware

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	// shareWait is how long a request waits for those of its own shop before it.
	shareWait = 8 * time.Second
	// shareQueue bounds who waits, for each request that may work.
	shareQueue = 64
)

// Shares bounds how many requests of one Mini Program a process works on at the same time.
// The others wait in the order in which they came, holding no place, no connection and no
// processor: a crowd at one shop makes a queue of that shop, and the other shops' buyers find
// the places free. Safe for concurrent use.
type Shares struct {
	most int

	mu   sync.Mutex
	apps map[string]*share // only those that are at work
}

type share struct {
	taken int
	queue list.List // of chan struct{}: closed when it is one's turn
}

// NewShares gives each Mini Program so many; 0 bounds nothing.
func NewShares(most int) *Shares {
	if most <= 0 {
		return nil
	}
	return &Shares{most: most, apps: map[string]*share{}}
}

// Take lets a request of the API work when it is its turn among those that name the same
// Mini Program in header. It comes before Places. Faults: SHOP_BUSY with the time to wait.
func (s *Shares) Take(header string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if ClassOf(c.Path()) != ClassAPI {
			return c.Next()
		}
		app := string(c.Request().Header.Peek(header)) // not c.Get: the key outlives the request
		if !s.enter(c.UserContext(), app) {
			return refuse(c, ErrShopBusy.After(time.Second))
		}
		defer s.leave(app)
		return c.Next()
	}
}

func (s *Shares) enter(ctx context.Context, app string) bool {
	s.mu.Lock()
	of := s.apps[app]
	if of == nil {
		of = &share{}
		s.apps[app] = of
	}
	if of.taken < s.most {
		of.taken++
		s.mu.Unlock()
		return true
	}
	if of.queue.Len() >= s.most*shareQueue {
		s.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	mine := of.queue.PushBack(turn)
	s.mu.Unlock()
	timer := time.NewTimer(shareWait)
	defer timer.Stop()
	select {
	case <-turn:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // it came while we gave up
		return true
	default:
		of.queue.Remove(mine)
		return false
	}
}

// leave gives the turn to who has waited longest.
func (s *Shares) leave(app string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.apps[app]
	if next := of.queue.Front(); next != nil {
		of.queue.Remove(next)
		close(next.Value.(chan struct{})) //nolint:forcetypeassert // nothing else is put there
		return
	}
	if of.taken--; of.taken == 0 {
		delete(s.apps, app)
	}
}
