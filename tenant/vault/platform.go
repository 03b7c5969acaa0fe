package vault

import (
	"context"
	"fmt"
)

// PlatformField is the place of a secret that belongs to no tenant, such as a person's
// authenticator. A ciphertext opens only there.
type PlatformField struct {
	Owner string // "staff:12"
	Name  string // "totp"
}

func (f PlatformField) aad() []byte {
	return []byte("galleria|platform|" + f.Owner + "|" + f.Name + "|1")
}

// PlatformSealed is a secret sealed by the key-encryption key itself, and that key's
// name: whoever changes the key has to seal these anew.
type PlatformSealed struct {
	KekID string
	Bytes []byte
}

// SealPlatform encrypts a secret of the platform for its field.
func (v *Vault) SealPlatform(ctx context.Context, f PlatformField, s Secret) (PlatformSealed, error) {
	sealed, err := v.kek.Wrap(ctx, s.Reveal(), f.aad())
	if err != nil {
		return PlatformSealed{}, fmt.Errorf("seal %s: %w", f.Name, err)
	}
	return PlatformSealed{KekID: v.kek.ID(), Bytes: sealed}, nil
}

// OpenPlatform decrypts what SealPlatform made for the same field, or fails with
// ErrSealed.
func (v *Vault) OpenPlatform(ctx context.Context, f PlatformField, sealed PlatformSealed) (Secret, error) {
	if sealed.KekID != v.kek.ID() {
		return Secret{}, fmt.Errorf("%s is sealed by %q, this process has %q: %w", f.Name, sealed.KekID, v.kek.ID(), ErrSealed)
	}
	b, err := v.kek.Unwrap(ctx, sealed.Bytes, f.aad())
	if err != nil {
		return Secret{}, fmt.Errorf("open %s of %s: %w", f.Name, f.Owner, ErrSealed)
	}
	return Secret{b}, nil
}
