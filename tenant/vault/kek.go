package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KEK wraps data keys. A key service fits behind it as well as a key in a file: the key
// never leaves it, and what is authenticated with a wrap is the service's encryption
// context.
type KEK interface {
	// ID names the key and its version, so that a row knows what wrapped it.
	ID() string
	// Wrap encrypts plaintext, authenticating aad with it.
	Wrap(ctx context.Context, plaintext, aad []byte) ([]byte, error)
	// Unwrap reverses Wrap. A text that is not authentic is ErrSealed; any other error
	// means that the key cannot be asked now.
	Unwrap(ctx context.Context, ciphertext, aad []byte) ([]byte, error)
}

// LocalKEK is a 256-bit key held by this process, from a file or the environment.
type LocalKEK struct {
	id   string
	aead tink.AEAD
}

// NewLocalKEK returns a KEK from 32 random bytes. Its id is derived from the key.
func NewLocalKEK(key Secret) (*LocalKEK, error) {
	raw := key.Reveal()
	if len(raw) != 32 || stepwise(raw) {
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
	plain, err := k.aead.Decrypt(ciphertext, aad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Guessable recognises keys that somebody typed or copied instead of drawing them: all
// printable, few different bytes, or one byte after the other. 32 random bytes are none of
// these but once in 10^13 times.
func Guessable(key Secret) bool {
	raw := key.Reveal()
	different, printable := map[byte]struct{}{}, true
	for _, c := range raw {
		different[c] = struct{}{}
		printable = printable && c >= ' ' && c <= '~'
	}
	const fewest = 16
	return len(different) < fewest || printable || stepwise(raw)
}

// stepwise reports equal steps from byte to byte: 0, 0, 0 … and 0, 1, 2 ….
func stepwise(b []byte) bool {
	for i := 2; i < len(b); i++ {
		if b[i]-b[i-1] != b[1]-b[0] {
			return false
		}
	}
	return true
}
