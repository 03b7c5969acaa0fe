package middleware

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant/fault"
)

const (
	// placeWait is how long a request waits for a place.
	placeWait = 2 * time.Second
	// queueFactor bounds who waits: so many times the places. Whoever comes then is sent
	// away at once instead of waiting in vain.
	queueFactor = 4
)

// Places bounds, per class and process, how many requests are worked on at the same time.
// Every class has places of its own, so that a storm on one leaves processor time, memory
// and connections to the others. Safe for concurrent use.
type Places struct {
	byClass map[Class]*places
}

type places struct {
	free    chan struct{} // a token for every place that is taken
	waiting atomic.Int64
	refused atomic.Int64
}

// NewPlaces gives each class its number of places; a class without one, or with zero, is
// not bounded.
func NewPlaces(of map[Class]int) *Places {
	p := &Places{byClass: make(map[Class]*places, len(of))}
	for class, n := range of {
		if n > 0 {
			p.byClass[class] = &places{free: make(chan struct{}, n)}
		}
	}
	return p
}

// Take lets a request work once there is a place. Refused ones get UNAVAILABLE with the
// time to wait.
func (p *Places) Take() fiber.Handler {
	return func(c *fiber.Ctx) error {
		of, bounded := p.byClass[ClassOf(c.Path())]
		if !bounded {
			return c.Next()
		}
		if !of.enter(c.UserContext()) {
			return refuse(c, fault.ErrBusy.After(time.Second))
		}
		defer of.leave()
		return c.Next()
	}
}

func (p *places) enter(ctx context.Context) bool {
	select {
	case p.free <- struct{}{}:
		return true
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > int64(queueFactor*cap(p.free)) {
		p.refused.Add(1)
		return false
	}
	timer := time.NewTimer(placeWait)
	defer timer.Stop()
	select {
	case p.free <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	p.refused.Add(1)
	return false
}

func (p *places) leave() { <-p.free }

// PlacesState is how one class's places are used.
type PlacesState struct {
	Class                  Class
	Places, Taken, Waiting int
	Refused                int64 // since the start
}

// State tells how the places are used, in the order of Classes.
func (p *Places) State() []PlacesState {
	var out []PlacesState
	for _, class := range Classes() {
		if of, ok := p.byClass[class]; ok {
			out = append(out, PlacesState{
				Class: class, Places: cap(of.free), Taken: len(of.free), Waiting: int(of.waiting.Load()), Refused: of.refused.Load(),
			})
		}
	}
	return out
}
