package vault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"galleria/tenant"
)

// Purpose is what a key was used for.
type Purpose string

// The purposes.
const (
	Sign    Purpose = "sign"
	Verify  Purpose = "verify"
	Decrypt Purpose = "decrypt"
)

// Use is how an owner's keys were used.
type Use struct {
	Owner   string
	Purpose Purpose
	Uses    int64
	LastAt  time.Time
}

const (
	flushPause = 10 * time.Second
	usageDays  = 90 // counts are kept so long
	mostUses   = 10_000
)

// Count notes one use of an owner's keys. It costs no statement: the counts of all are
// written together every ten seconds by Run. What a process that is killed had not written
// is lost.
func (v *Vault) Count(id tenant.ID, owner string, p Purpose) {
	v.usage.add(usageKey{id, owner, p, v.now().UTC().Truncate(time.Hour)}, v.now())
}

// Usage sums up how a tenant's keys were used since a time.
func (v *Vault) Usage(ctx context.Context, id tenant.ID, since time.Time) ([]Use, error) {
	rows, err := v.q.Usage(ctx, v.db.Platform(), id.String(), since)
	if err != nil {
		return nil, fmt.Errorf("key usage: %w", err)
	}
	list := make([]Use, 0, len(rows))
	for _, r := range rows {
		list = append(list, Use{Owner: r.Owner, Purpose: Purpose(r.Purpose), Uses: r.Uses, LastAt: r.LastAt})
	}
	return list, nil
}

// Flush writes what was counted, in one statement. After an error the counts are kept.
func (v *Vault) Flush(ctx context.Context) error {
	counts := v.usage.take()
	if len(counts) == 0 {
		return nil
	}
	var (
		tenants, owners, purposes []string
		hours, lasts              []time.Time
		uses                      []int64
	)
	for k, c := range counts {
		tenants, owners, purposes = append(tenants, k.tenant.String()), append(owners, k.owner), append(purposes, string(k.purpose))
		hours, uses, lasts = append(hours, k.hour), append(uses, c.uses), append(lasts, c.last)
	}
	if err := v.q.AddUsage(ctx, v.db.Platform(), tenants, owners, purposes, hours, uses, lasts); err != nil {
		v.usage.giveBack(counts)
		return fmt.Errorf("write key usage: %w", err)
	}
	return v.tellHours(ctx, counts)
}

// PurgeUsage deletes counts that are too old, a bounded number at a time.
func (v *Vault) PurgeUsage(ctx context.Context) error {
	_, err := v.q.PurgeUsage(ctx, v.db.Platform(), v.now().AddDate(0, 0, -usageDays))
	return err
}

// flushEvery writes the counts until ctx ends, and then once more.
func (v *Vault) flushEvery(ctx context.Context) error {
	ticker := time.NewTicker(flushPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_ = v.Flush(last) // the counts of a process that ends while the database is away
			return nil
		case <-ticker.C:
			_ = v.Flush(ctx) // kept, and written with the next ones
		}
	}
}

type usageKey struct {
	tenant  tenant.ID
	owner   string
	purpose Purpose
	hour    time.Time
}

type usageCount struct {
	uses int64
	last time.Time
}

// usage is the counts since the last flush.
type usage struct {
	mu     sync.Mutex
	counts map[usageKey]usageCount
	told   map[UsedHour]bool // hours that the watcher knows
}

func newUsage() *usage { return &usage{counts: make(map[usageKey]usageCount)} }

func (u *usage) add(k usageKey, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	c, known := u.counts[k]
	if !known && len(u.counts) >= mostUses {
		return // the database has been away for long
	}
	c.uses++
	if at.After(c.last) {
		c.last = at
	}
	u.counts[k] = c
}

func (u *usage) take() map[usageKey]usageCount {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.counts
	u.counts = make(map[usageKey]usageCount)
	return taken
}

func (u *usage) giveBack(counts map[usageKey]usageCount) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for k, c := range counts {
		have := u.counts[k]
		have.uses += c.uses
		if c.last.After(have.last) {
			have.last = c.last
		}
		u.counts[k] = have
	}
}

// untold are the hours of counts that the watcher does not know yet.
func (u *usage) untold(counts map[usageKey]usageCount) (fresh []UsedHour) {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := map[UsedHour]bool{}
	for k := range counts {
		h := UsedHour{Tenant: k.tenant, Owner: k.owner, Hour: k.hour}
		if !u.told[h] && !seen[h] {
			seen[h] = true
			fresh = append(fresh, h)
		}
	}
	return fresh
}

func (u *usage) markTold(hours []UsedHour) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.told == nil || len(u.told) > mostUses {
		u.told = make(map[UsedHour]bool)
	}
	for _, h := range hours {
		u.told[h] = true
	}
}
