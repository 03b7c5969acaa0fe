package member

import (
	"sync"
	"time"

	"galleria/tenant"
)

const (
	memoryTTL = 5 * time.Second
	// memorySize bounds the memory; at 200 bytes an entry that is 4 MB.
	memorySize = 20_000
)

// memory holds the last answers of Authenticate. Refusals are not kept: anybody can
// make up tokens.
type memory struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[memoryKey]remembered
	epoch   uint64 // counts what was forgotten: an answer read before is not kept after it
}

type memoryKey struct {
	tenant tenant.ID
	app    tenant.AppID
	hash   [32]byte
}

type remembered struct {
	who   Identity
	until time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, entries: make(map[memoryKey]remembered)}
}

func (m *memory) find(key memoryKey) (Identity, bool) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	return e.who, ok && now.Before(e.until)
}

func (m *memory) begin() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.epoch
}

func (m *memory) keep(key memoryKey, who Identity, expires time.Time, epoch uint64) {
	until := m.now().Add(memoryTTL)
	if expires.Before(until) {
		until = expires
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if epoch != m.epoch {
		return
	}
	if len(m.entries) >= memorySize {
		clear(m.entries)
	}
	m.entries[key] = remembered{who: who, until: until}
}

// forget drops an access token, named by its hash, in whatever app it was used.
func (m *memory) forget(accessHash []byte) {
	if len(accessHash) != 32 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	for key := range m.entries {
		if key.hash == [32]byte(accessHash) {
			delete(m.entries, key)
		}
	}
}
