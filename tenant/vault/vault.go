package vault

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

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

// Vault seals and opens fields. Safe for concurrent use.
type Vault struct {
	db      *tenantdb.DB
	current KEK            // of the configuration; see wrapper for which one wraps
	keks    map[string]KEK // all that may unwrap, by id
	now     func() time.Time
	q       *vaultdb.Queries
	rings   *ringCache
	alarms  *alarms
	usage   *usage
	damaged atomic.Int64
	watch   func(ctx context.Context, hours []UsedHour) error // nil for nobody
}

// New returns a vault over the key-encryption key and the older ones that may still have to
// unwrap.
func New(db *tenantdb.DB, kek KEK, now func() time.Time, older ...KEK) *Vault {
	q := vaultdb.New()
	v := &Vault{
		db: db, current: kek, keks: map[string]KEK{kek.ID(): kek}, now: now, q: q,
		rings: newRingCache(), alarms: newAlarms(), usage: newUsage(),
	}
	for _, k := range older {
		v.keks[k.ID()] = k
	}
	return v
}

// Stats is what happened since the process started.
type Stats struct {
	Damaged int64 // times something did not open
}

// Stats returns the counts, for metrics.
func (v *Vault) Stats() Stats { return Stats{Damaged: v.damaged.Load()} }

// Seal encrypts a secret for its field. The tenant's data key is made on first use.
// It may open a platform transaction: call it before InTenant, not inside. Faults:
// KEYS_UNAVAILABLE, KEYS_DAMAGED.
func (v *Vault) Seal(ctx context.Context, f Field, s Secret) ([]byte, error) {
	r, err := v.ring(ctx, f.Tenant)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", f.Name, err)
	}
	key, err := r.primary()
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", f.Name, v.report(ctx, Field{Tenant: f.Tenant, Owner: ownerDataKey, Name: key.name()}, err))
	}
	return key.aead.Encrypt(s.Reveal(), f.aad())
}

// Open decrypts what Seal made for the same field. Like Seal it may open a platform
// transaction. What does not open raises the durable alarm of its owner. Faults:
// KEYS_DAMAGED, KEYS_UNAVAILABLE.
func (v *Vault) Open(ctx context.Context, f Field, sealed []byte) (Secret, error) {
	s, _, err := v.open(ctx, f, sealed)
	if err != nil {
		return Secret{}, fmt.Errorf("open %s of %s: %w", f.Name, f.Owner, v.report(ctx, f, err))
	}
	return s, nil
}

// open also tells the version of the key that sealed.
func (v *Vault) open(ctx context.Context, f Field, sealed []byte) (Secret, int, error) {
	r, err := v.ring(ctx, f.Tenant)
	if err != nil {
		return Secret{}, 0, err
	}
	key, ok := r.find(sealed)
	if !ok {
		// Perhaps sealed a moment ago by a process that knows of a newer key.
		if r, err = v.reload(ctx, f.Tenant); err != nil {
			return Secret{}, 0, err
		}
		if key, ok = r.find(sealed); !ok {
			return Secret{}, 0, ErrSealed
		}
	}
	if key.err != nil {
		return Secret{}, 0, key.err
	}
	b, err := key.aead.Decrypt(sealed, f.aad())
	if err != nil {
		return Secret{}, 0, ErrSealed // the cause could show more than it should
	}
	return Secret{b}, key.version, nil
}

// report counts what is damaged and raises its alarm; other errors pass.
func (v *Vault) report(ctx context.Context, f Field, err error) error {
	if !errors.Is(err, ErrSealed) {
		return err
	}
	v.damaged.Add(1)
	if alarmErr := v.raiseDamaged(ctx, f); alarmErr != nil {
		return errors.Join(err, fmt.Errorf("raise the alarm: %w", alarmErr))
	}
	return err
}

// Run forgets data keys when they are rotated, and writes the counts of use, until ctx ends.
func (v *Vault) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.db.Listen(ctx, "galleria_key", v.rings.clear, func(payload string) {
			if id, err := tenant.ParseID(payload); err == nil {
				v.rings.forget(id)
			}
		})
	}()
	err := v.flushEvery(ctx)
	<-done
	return err
}
