package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault/internal/vaultdb"
)

const (
	keyTTL     = 10 * time.Minute // also how long secrets stay usable while a key service is away
	mostRings  = 2000
	prefixSize = 5 // tink's output prefix: a version byte and the key's id

	// grace is how long after a data key was superseded some process may still seal with it:
	// its cache, and the transaction that stores what was sealed.
	grace = keyTTL + 5*time.Minute

	statePrimary = "primary"
	ownerDataKey = "data_key"
)

// dataKey is one version of a tenant's data key, unwrapped.
type dataKey struct {
	version int
	prefix  string // what everything sealed by it begins with
	aead    tink.AEAD
	ripe    bool  // superseded so long ago that nobody seals with it any more
	err     error // why it cannot be used
}

func (k dataKey) name() string { return "version_" + strconv.Itoa(k.version) }

// ring is the data keys of a tenant that are not destroyed, oldest first. The last one that
// is primary seals.
type ring struct {
	keys  []dataKey
	first int // index of the primary
	until time.Time
}

func (r *ring) primary() (dataKey, error) {
	k := r.keys[r.first]
	return k, k.err
}

// find returns the key that sealed a ciphertext.
func (r *ring) find(sealed []byte) (dataKey, bool) {
	if len(sealed) < prefixSize {
		return dataKey{}, false
	}
	unread, found := dataKey{}, false
	for _, k := range r.keys {
		if k.prefix == string(sealed[:prefixSize]) {
			return k, true
		}
		if k.prefix == "" { // it may be this one, which could not be looked at
			unread, found = k, true
		}
	}
	return unread, found
}

// ring returns a tenant's data keys, from memory if they were loaded lately. The first use
// makes the first key.
func (v *Vault) ring(ctx context.Context, id tenant.ID) (*ring, error) {
	if r := v.rings.get(id, v.now()); r != nil {
		return r, nil
	}
	return v.reload(ctx, id)
}

func (v *Vault) reload(ctx context.Context, id tenant.ID) (*ring, error) {
	loading := v.rings.loading()
	rows, err := v.keyRows(ctx, id)
	if err == nil && len(rows) == 0 {
		if err = v.addKey(ctx, id, 1); err == nil {
			rows, err = v.keyRows(ctx, id) // another process may have been first; take what is stored
		}
	}
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	r := &ring{keys: make([]dataKey, 0, len(rows)), first: -1, until: v.now().Add(keyTTL)}
	whole := true
	for i, row := range rows {
		k := v.unwrap(ctx, id, row)
		if row.State == statePrimary {
			r.first = i
		}
		whole = whole && k.err == nil
		r.keys = append(r.keys, k)
	}
	if r.first < 0 {
		return nil, fmt.Errorf("data key: none is primary: %w", ErrSealed)
	}
	if whole { // trouble is looked at again each time
		v.rings.put(id, r, loading)
	}
	return r, nil
}

func (v *Vault) keyRows(ctx context.Context, id tenant.ID) ([]vaultdb.KeysRow, error) {
	return v.q.Keys(ctx, v.db.Platform(), grace.Seconds(), id.String())
}

// unwrap opens one stored key; what is wrong with it stays with it.
func (v *Vault) unwrap(ctx context.Context, id tenant.ID, row vaultdb.KeysRow) dataKey {
	k := dataKey{version: int(row.Version), prefix: string(row.Prefix), ripe: row.Ripe}
	kek, ok := v.keks[row.KekID]
	if !ok {
		k.err = ErrKeyAway.Because(fmt.Errorf("version %d is wrapped by %q, which this process does not have", row.Version, row.KekID))
		return k
	}
	prefix, a, err := openKey(ctx, kek, id, k.version, row.WrappedDek)
	if err == nil && row.CheckValue != nil {
		err = checkKey(a, id, k.version, row.CheckValue)
	}
	if k.aead, k.err = a, err; err == nil {
		k.prefix = prefix
	}
	return k
}

// stored is a data key in the form in which it is kept.
type stored struct{ wrapped, prefix, check []byte }

// newKey draws a data key and wraps it.
func newKey(ctx context.Context, kek KEK, id tenant.ID, version int) (s stored, err error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return s, err
	}
	if s.wrapped, err = wrapKey(ctx, kek, id, version, handle); err != nil {
		return s, err
	}
	a, err := aead.New(handle)
	if err != nil {
		return s, err
	}
	s.prefix = []byte(prefixFor(handle.KeysetInfo().GetPrimaryKeyId()))
	s.check, err = a.Encrypt([]byte(checkText), checkAAD(id, version))
	return s, err
}

func wrapKey(ctx context.Context, kek KEK, id tenant.ID, version int, handle *keyset.Handle) ([]byte, error) {
	var wrapped bytes.Buffer
	w := &wrapping{ctx: ctx, kek: kek}
	err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), w, keyAAD(id, version))
	if err = errors.Join(w.cause, err); err != nil {
		return nil, fmt.Errorf("wrap data key: %w", err)
	}
	return wrapped.Bytes(), nil
}

func openKey(ctx context.Context, kek KEK, id tenant.ID, version int, wrapped []byte) (prefix string, a tink.AEAD, err error) {
	handle, err := unwrapKey(ctx, kek, id, version, wrapped)
	if err != nil {
		return "", nil, err
	}
	if a, err = aead.New(handle); err != nil {
		return "", nil, ErrSealed.Because(err)
	}
	return prefixFor(handle.KeysetInfo().GetPrimaryKeyId()), a, nil
}

func unwrapKey(ctx context.Context, kek KEK, id tenant.ID, version int, wrapped []byte) (*keyset.Handle, error) {
	w := &wrapping{ctx: ctx, kek: kek}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), w, keyAAD(id, version))
	clear(w.plain) // tink has copied what it needs
	switch {
	case err == nil:
		return handle, nil
	case w.cause == nil || errors.Is(w.cause, ErrSealed):
		return nil, ErrSealed.Because(fmt.Errorf("data key version %d does not unwrap", version))
	}
	return nil, ErrKeyAway.Because(w.cause)
}

func prefixFor(keyID uint32) string { return string(binary.BigEndian.AppendUint32([]byte{1}, keyID)) }

func keyAAD(id tenant.ID, version int) []byte {
	return []byte("galleria|" + id.String() + "|dek|" + strconv.Itoa(version))
}

const checkText = "galleria key check"

func checkAAD(id tenant.ID, version int) []byte {
	return []byte("galleria|" + id.String() + "|check|" + strconv.Itoa(version))
}

func checkKey(a tink.AEAD, id tenant.ID, version int, check []byte) error {
	if plain, err := a.Decrypt(check, checkAAD(id, version)); err != nil || string(plain) != checkText {
		return ErrSealed.Because(fmt.Errorf("data key version %d is not the one that was checked in", version))
	}
	return nil
}

// wrapping lets tink wrap a keyset with a KEK: tink's interface takes no context and drops
// the cause of an error.
type wrapping struct {
	ctx   context.Context //nolint:containedctx // tink.AEAD's methods take none
	kek   KEK
	plain []byte
	cause error
}

func (w *wrapping) Encrypt(plaintext, aad []byte) (wrapped []byte, err error) {
	wrapped, w.cause = w.kek.Wrap(w.ctx, plaintext, aad)
	return wrapped, w.cause
}

func (w *wrapping) Decrypt(ciphertext, aad []byte) ([]byte, error) {
	w.plain, w.cause = w.kek.Unwrap(w.ctx, ciphertext, aad)
	return w.plain, w.cause
}

// addKey makes a version of a tenant's key and stores it, unless it is there already.
func (v *Vault) addKey(ctx context.Context, id tenant.ID, version int) error {
	kek, err := v.wrapper(ctx)
	if err != nil {
		return err
	}
	key, err := newKey(ctx, kek, id, version)
	if err != nil {
		return err
	}
	return v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := v.q.AddKey(ctx, tx, id.String(), int32(version), key.wrapped, key.prefix, key.check, kek.ID())
		return err
	})
}

// ringCache keeps unwrapped keys, bounded in number and time. What leaves it is no longer
// referenced; tink offers no way to overwrite what its primitives hold.
type ringCache struct {
	mu    sync.Mutex
	rings map[tenant.ID]*ring
	// forgets counts, so that what was being loaded while something was forgotten is not kept.
	forgets uint64
}

func newRingCache() *ringCache { return &ringCache{rings: make(map[tenant.ID]*ring)} }

func (c *ringCache) get(id tenant.ID, now time.Time) *ring {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.rings[id]
	if !ok {
		return nil
	}
	if !now.Before(r.until) {
		delete(c.rings, id)
		return nil
	}
	return r
}

func (c *ringCache) loading() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.forgets
}

func (c *ringCache) put(id tenant.ID, r *ring, loading uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgets != loading {
		return
	}
	if len(c.rings) >= mostRings {
		c.evict()
	}
	c.rings[id] = r
}

// evict drops the oldest of a few.
func (c *ringCache) evict() {
	const sample = 16
	var oldest tenant.ID
	seen := 0
	for id, r := range c.rings { // in random order
		if oldest.IsZero() || r.until.Before(c.rings[oldest].until) {
			oldest = id
		}
		if seen++; seen == sample {
			break
		}
	}
	delete(c.rings, oldest)
}

func (c *ringCache) forget(id tenant.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgets++
	delete(c.rings, id)
}

func (c *ringCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgets++
	clear(c.rings)
}
