package plan

import (
	"context"
	"errors"
	"sync"
	"time"

	"galleria/tenant"
)

const (
	firstBlock = 10              // before it is known how far the limit is
	maxBlock   = 50              // places taken at once, far from the limit
	blockShare = 20              // a block is at most this part of what is left
	refusedFor = 2 * time.Second // a full shop does not cost a statement per attempt
	maxMeters  = 20_000
	touchEvery = time.Hour // how exactly the counter says when the shop was last used
)

// Meter hands out places of a monthly quota from memory, having taken them in blocks; see
// the package's decisions. Safe for concurrent use.
type Meter struct {
	plans *Service
	quota Quota

	mu    sync.Mutex
	shops map[tenant.ID]*block
}

// block is what this process holds for one shop. Its mutex lets one caller fetch the next
// block while the others wait for it.
type block struct {
	mu      sync.Mutex
	period  string
	left    int64
	next    int64     // size of the next block
	refused error     // answer while the shop is full
	touched time.Time // when the counter was last written
	until   time.Time // of refused
}

// NewMeter returns a meter of a quota that holds nothing yet.
func NewMeter(plans *Service, q Quota) *Meter {
	return &Meter{plans: plans, quota: q, shops: make(map[tenant.ID]*block)}
}

// Take takes one place. Faults: QUOTA_EXCEEDED.
func (m *Meter) Take(ctx context.Context, id tenant.ID) error {
	b := m.of(id)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := m.plans.now()
	if period := m.quota.period(now); period != b.period { // what is left of last month's block is worth nothing
		b.period, b.left, b.next, b.refused = period, 0, firstBlock, nil
	}
	if b.left == 0 {
		if b.refused != nil && now.Before(b.until) {
			return b.refused
		}
		if err := m.fetch(ctx, id, b); err != nil {
			return err
		}
	}
	b.left--
	if now.Sub(b.touched) >= touchEvery { // a quiet shop lives from one block for days
		b.touched = now
		if _, err := m.plans.take(ctx, m.plans.db.Platform(), id, m.quota, b.period, 0); err != nil && !errors.Is(err, ErrQuota) {
			return err
		}
	}
	return nil
}

// GiveBack returns a place that came to nothing.
func (m *Meter) GiveBack(id tenant.ID) {
	b := m.of(id)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.period != "" {
		b.left++
	}
}

// fetch takes the next block, or a single place where a block is too much.
func (m *Meter) fetch(ctx context.Context, id tenant.ID, b *block) error {
	size := b.next
	use, err := m.plans.take(ctx, m.plans.db.Platform(), id, m.quota, b.period, size)
	if errors.Is(err, ErrQuota) && size > 1 {
		size = 1
		use, err = m.plans.take(ctx, m.plans.db.Platform(), id, m.quota, b.period, size)
	}
	switch {
	case errors.Is(err, ErrQuota):
		b.refused, b.until = err, m.plans.now().Add(refusedFor)
		return err
	case err != nil:
		return err
	}
	b.left, b.refused, b.touched = b.left+size, nil, m.plans.now()
	b.next = min(maxBlock, max(1, (use.Limit.Hard-use.Used)/blockShare))
	return nil
}

func (m *Meter) of(id tenant.ID) *block {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.shops[id]
	if !ok {
		if len(m.shops) >= maxMeters { // forgetting costs each shop at most a block
			clear(m.shops)
		}
		b = &block{}
		m.shops[id] = b
	}
	return b
}

// Close gives back what this process still holds.
func (m *Meter) Close(ctx context.Context) error {
	m.mu.Lock()
	shops := m.shops
	m.shops = make(map[tenant.ID]*block)
	m.mu.Unlock()
	var errs []error
	for id, b := range shops {
		b.mu.Lock()
		if b.left > 0 && b.period == m.quota.period(m.plans.now()) {
			errs = append(errs, m.plans.q.GiveBack(ctx, m.plans.db.Platform(), b.left, id.String(), string(m.quota), b.period))
		}
		b.left = 0
		b.mu.Unlock()
	}
	return errors.Join(errs...)
}
