package wire

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"sync"
	"time"

	"galleria/payments"
	"galleria/tenant"
)

// MostClients bounds what is kept per account.
const MostClients = 1000

// ErrNoSlot is our own lack of CPU, not the provider's silence.
var ErrNoSlot = errors.New("no free signing slot in time")

// Slots bounds how many signatures are made at once: one costs about a millisecond of CPU.
type Slots chan struct{}

// NewSlots returns n slots, at least one.
func NewSlots(n int) Slots { return make(Slots, max(1, n)) }

// Take waits for a slot; the caller calls free when done.
func (s Slots) Take(ctx context.Context) (free func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, ErrNoSlot
	}
}

// ParsePrivateKey reads what payments/account stored. Errors never quote the key.
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the private key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("the private key is not RSA in PKCS#8")
	}
	return private, nil
}

// AccountKey is an account; its version is compared, so that only the newest is kept.
type AccountKey struct {
	Tenant  tenant.ID
	Account int64
}

// KeyOf names an account.
func KeyOf(acc payments.Account) AccountKey { return AccountKey{acc.TenantID, acc.ID} }

// Clients keeps what was derived from accounts, bounded in number. Safe for concurrent
// use.
type Clients[C any] struct {
	mu      sync.RWMutex
	entries map[AccountKey]clientEntry[C]
}

type clientEntry[C any] struct {
	version time.Time
	client  C
}

// NewClients returns an empty cache.
func NewClients[C any]() *Clients[C] {
	return &Clients[C]{mu: sync.RWMutex{}, entries: map[AccountKey]clientEntry[C]{}}
}

// Get returns what was derived from this version of an account.
func (c *Clients[C]) Get(acc payments.Account) (found C, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.entries[KeyOf(acc)]
	if !ok || !e.version.Equal(acc.Version) {
		return found, false
	}
	return e.client, true
}

// Put keeps what was derived from this version of an account, instead of an earlier one.
func (c *Clients[C]) Put(acc payments.Account, made C) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= MostClients {
		clear(c.entries)
	}
	c.entries[KeyOf(acc)] = clientEntry[C]{acc.Version, made}
}
