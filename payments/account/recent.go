package account

import (
	"sync"
	"time"

	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
)

// rowsTTL bounds how long an account nobody pays with is remembered, not how old the facts
// of a payment may be: whoever acts on a remembered account compares its version.
const (
	rowsTTL  = 10 * time.Minute
	mostRows = 2000
)

// rowKey names an account as a callback does.
type rowKey struct {
	tenant tenant.ID
	key    string
}

type rowEntry struct {
	row   accountdb.AccountByIDRow
	until time.Time
}

// rowCache remembers accounts as they were read, their secrets sealed.
type rowCache struct {
	mu      sync.Mutex
	entries map[rowKey]rowEntry
}

func newRowCache() *rowCache { return &rowCache{mu: sync.Mutex{}, entries: map[rowKey]rowEntry{}} }

func (c *rowCache) get(key rowKey, now time.Time) (accountdb.AccountByIDRow, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if ok && !now.Before(e.until) {
		delete(c.entries, key)
		ok = false
	}
	return e.row, ok
}

func (c *rowCache) put(key rowKey, row accountdb.AccountByIDRow, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.entries {
		if len(c.entries) < mostRows {
			break
		}
		delete(c.entries, old)
	}
	c.entries[key] = rowEntry{row, now.Add(rowsTTL)}
}
