package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret holds a secret in clear. Whatever prints, marshals or logs it gets
// "[redacted]"; Reveal is the only way to the bytes, so a search for Reveal finds
// every use.
type Secret struct{ v []byte }

// NewSecret wraps a secret. b is copied.
func NewSecret(b []byte) Secret { return Secret{append([]byte(nil), b...)} }

// Reveal returns the secret in clear. Callers must not keep or modify it.
func (s Secret) Reveal() []byte { return s.v }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return len(s.v) == 0 }

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool { return subtle.ConstantTimeCompare(s.v, o.v) == 1 }

// Last4 returns the last four characters for people to recognise a secret by, and
// nothing of a secret shorter than sixteen.
func (s Secret) Last4() string {
	if len(s.v) < 16 {
		return ""
	}
	return string(s.v[len(s.v)-4:])
}

// Fingerprint returns 16 hex digits that tell two secrets apart and nothing else.
func (s Secret) Fingerprint() string {
	m := hmac.New(sha256.New, []byte("galleria secret fingerprint"))
	m.Write(s.v)
	return hex.EncodeToString(m.Sum(nil))[:16]
}

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// Format implements fmt.Formatter for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, and thereby JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
