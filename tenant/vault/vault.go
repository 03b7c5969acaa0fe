package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault/internal/vaultdb"
)

// Field is the place a secret belongs to. A ciphertext opens only there.
type Field struct {
	Tenant tenant.ID
	Owner  string // "payment_account:<account key>", "app:<app id>"
	Name   string // "private_key"
}

func (f Field) aad() []byte {
	return []byte("galleria|" + f.Tenant.String() + "|" + f.Owner + "|" + f.Name + "|1")
}

// ErrSealed is a ciphertext that does not open: moved, damaged, or sealed by a key
// that is gone. The text of the cause is never shown.
var ErrSealed = errors.New("vault: the secret does not open")

// Vault seals and opens fields. Safe for concurrent use.
type Vault struct {
	db  *tenantdb.DB
	kek KEK
	now func() time.Time
	q   *vaultdb.Queries

	mu   sync.Mutex
	keys map[tenant.ID]cachedKey
}

type cachedKey struct {
	aead  tink.AEAD
	until time.Time
}

const (
	keyTTL   = 10 * time.Minute // also how long secrets stay usable while a key service is away
	maxCache = 2000
)

// New returns a vault over the KEK.
func New(db *tenantdb.DB, kek KEK, now func() time.Time) *Vault {
	return &Vault{db: db, kek: kek, now: now, q: vaultdb.New(), keys: make(map[tenant.ID]cachedKey)}
}

// Seal encrypts a secret for its field. The tenant's data key is made on first use.
// It may open a platform transaction: call it before InTenant, not inside.
func (v *Vault) Seal(ctx context.Context, f Field, s Secret) ([]byte, error) {
	key, err := v.key(ctx, f.Tenant)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", f.Name, err)
	}
	return key.Encrypt(s.Reveal(), f.aad())
}

// Open decrypts what Seal made for the same field, or fails with ErrSealed. Like Seal
// it may open a platform transaction.
func (v *Vault) Open(ctx context.Context, f Field, sealed []byte) (Secret, error) {
	key, err := v.key(ctx, f.Tenant)
	if err != nil {
		return Secret{}, fmt.Errorf("open %s: %w", f.Name, err)
	}
	b, err := key.Decrypt(sealed, f.aad())
	if err != nil {
		return Secret{}, fmt.Errorf("open %s of %s: %w", f.Name, f.Owner, ErrSealed)
	}
	return Secret{b}, nil
}

func (v *Vault) key(ctx context.Context, id tenant.ID) (tink.AEAD, error) {
	v.mu.Lock()
	c, ok := v.keys[id]
	v.mu.Unlock()
	if ok && v.now().Before(c.until) {
		return c.aead, nil
	}
	a, err := v.load(ctx, id)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.keys) >= maxCache {
		clear(v.keys)
	}
	v.keys[id] = cachedKey{aead: a, until: v.now().Add(keyTTL)}
	return a, nil
}

func (v *Vault) load(ctx context.Context, id tenant.ID) (tink.AEAD, error) {
	var row vaultdb.KeyRow
	find := func(tx tenantdb.Tx) (err error) {
		row, err = v.q.Key(ctx, tx, id.String())
		return err
	}
	err := v.db.InPlatform(ctx, find)
	if tenantdb.NoRows(err) {
		if err = v.create(ctx, id); err == nil {
			err = v.db.InPlatform(ctx, find) // another process may have been first; take what is stored
		}
	}
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	if row.KekID != v.kek.ID() {
		return nil, fmt.Errorf("data key is wrapped by %q, this process has %q: %w", row.KekID, v.kek.ID(), ErrSealed)
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(row.WrappedDek)), kekAEAD{ctx: ctx, kek: v.kek}, dekAAD(id))
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", ErrSealed)
	}
	return aead.New(handle)
}

func (v *Vault) create(ctx context.Context, id tenant.ID) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	var wrapped bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), kekAEAD{ctx: ctx, kek: v.kek}, dekAAD(id)); err != nil {
		return err
	}
	return v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := v.q.AddKey(ctx, tx, id.String(), 1, v.kek.ID(), wrapped.Bytes())
		return err
	})
}

func dekAAD(id tenant.ID) []byte { return []byte("galleria|" + id.String() + "|dek|1") }

// kekAEAD lets tink wrap a keyset with a KEK; tink's interface takes no context.
type kekAEAD struct {
	ctx context.Context //nolint:containedctx // tink.AEAD's methods take none
	kek KEK
}

func (k kekAEAD) Encrypt(plaintext, aad []byte) ([]byte, error) {
	return k.kek.Wrap(k.ctx, plaintext, aad)
}

func (k kekAEAD) Decrypt(ciphertext, aad []byte) ([]byte, error) {
	return k.kek.Unwrap(k.ctx, ciphertext, aad)
}
