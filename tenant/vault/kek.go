package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KEK wraps data keys. A key service fits behind it as well as a key in a file.
type KEK interface {
	// ID names the key, so that a row knows what wrapped it.
	ID() string
	// Wrap encrypts plaintext, authenticating aad with it.
	Wrap(ctx context.Context, plaintext, aad []byte) ([]byte, error)
	// Unwrap reverses Wrap; another aad or another key is an error.
	Unwrap(ctx context.Context, ciphertext, aad []byte) ([]byte, error)
}

// LocalKEK is a 256-bit key held by this process, from a file or the environment.
type LocalKEK struct {
	id   string
	aead tink.AEAD
}

var errWeakKEK = errors.New("vault: the key-encryption key must be 32 bytes and not constant")

// NewLocalKEK returns a KEK from 32 random bytes. Its id is derived from the key.
func NewLocalKEK(key Secret) (*LocalKEK, error) {
	raw := key.Reveal()
	if len(raw) != 32 || constant(raw) {
		return nil, errWeakKEK
	}
	a, err := subtle.NewAESGCM(raw)
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("galleria kek id"), raw...))
	return &LocalKEK{id: "local-" + hex.EncodeToString(sum[:4]), aead: a}, nil
}

// ID implements KEK.
func (k *LocalKEK) ID() string { return k.id }

// Wrap implements KEK.
func (k *LocalKEK) Wrap(_ context.Context, plaintext, aad []byte) ([]byte, error) {
	return k.aead.Encrypt(plaintext, aad)
}

// Unwrap implements KEK.
func (k *LocalKEK) Unwrap(_ context.Context, ciphertext, aad []byte) ([]byte, error) {
	return k.aead.Decrypt(ciphertext, aad)
}

func constant(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
