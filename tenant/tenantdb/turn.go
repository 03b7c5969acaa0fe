package tenantdb

import (
	"container/list"
	"context"
	"sync"
	"time"

	"galleria/tenant"
)

// beside is for how long a shop that has worked in a lane is thought to come again.
const beside = 10 * time.Second

// turns shares the connections of a lane between the shops that have it. Those who wait stand in
// one queue for each shop, and the shops take turns: a crowd at one of them makes a queue of that
// one. While others work in the lane, too, no shop has more than half of its connections, so that the
// buyers of another find some free. Safe for concurrent use.
type turns struct {
	size int
	now  func() time.Time

	mu    sync.Mutex
	taken int
	shops map[tenant.ID]*turn // only those that have or want something
	ring  list.List           // of *turn: shops of which somebody waits, the next one in front

	// The shop that came last and when, and when another one did before it.
	last         tenant.ID
	lastAt, prev time.Time

	waits, gaveUp int64 // since the start
	waited        time.Duration
}

// turn is one shop's part of a lane.
type turn struct {
	id    tenant.ID
	taken int
	queue list.List     // of chan struct{}: closed when it is one's turn
	place *list.Element // in the ring, while somebody waits
}

func newTurns(size int32, now func() time.Time) *turns {
	return &turns{size: int(size), now: now, shops: map[tenant.ID]*turn{}}
}

// take waits until it is the shop's turn, or ctx ends. Whoever has taken a turn gives it back.
func (t *turns) take(ctx context.Context, id tenant.ID) error {
	t.mu.Lock()
	of := t.came(id)
	if of.queue.Len() == 0 && t.may(of) {
		t.taken++
		of.taken++
		t.mu.Unlock()
		return nil
	}
	began := t.now()
	t.waits++
	come := make(chan struct{})
	mine := of.queue.PushBack(come)
	if of.place == nil {
		of.place = t.ring.PushBack(of)
	}
	t.mu.Unlock()
	var err error
	select {
	case <-come:
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waited += max(0, t.now().Sub(began))
	if err == nil {
		return nil
	}
	select {
	case <-come: // it came while we gave up
		return nil
	default:
	}
	t.gaveUp++
	of.queue.Remove(mine)
	t.leave(of)
	return err
}

// came notes that a shop works in the lane.
func (t *turns) came(id tenant.ID) *turn {
	if id != t.last {
		t.last, t.prev = id, t.lastAt
	}
	t.lastAt = t.now()
	of := t.shops[id]
	if of == nil {
		of = &turn{id: id}
		t.shops[id] = of
	}
	return of
}

// may reports whether a shop may have one more connection now.
func (t *turns) may(of *turn) bool {
	if t.taken >= t.size {
		return false
	}
	return of.taken < (t.size+1)/2 || !t.others(of.id)
}

// others reports whether shops beside this one work in the lane.
func (t *turns) others(id tenant.ID) bool {
	at := t.prev
	if t.last != id {
		at = t.lastAt
	}
	return !at.IsZero() && t.now().Sub(at) < beside
}

// give takes a turn back and lets those work who wait, one of each shop after the other.
func (t *turns) give(id tenant.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.shops[id]
	t.taken--
	of.taken--
	t.leave(of)
	for e := t.ring.Front(); e != nil; {
		next, of := e.Next(), e.Value.(*turn) //nolint:forcetypeassert // nothing else is put there
		if !t.may(of) {
			e = next
			continue
		}
		first := of.queue.Front()
		of.queue.Remove(first)
		t.taken++
		of.taken++
		close(first.Value.(chan struct{})) //nolint:forcetypeassert // nothing else is put there
		t.ring.MoveToBack(e)
		t.leave(of)
		e = t.ring.Front()
	}
}

// leave forgets what a shop does not need any more.
func (t *turns) leave(of *turn) {
	if of.queue.Len() > 0 {
		return
	}
	if of.place != nil {
		t.ring.Remove(of.place)
		of.place = nil
	}
	if of.taken == 0 {
		delete(t.shops, of.id)
	}
}

// stat is how often and how long was waited for a turn, and how many gave up.
func (t *turns) stat() (waits, gaveUp int64, waited time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits, t.gaveUp, t.waited
}
