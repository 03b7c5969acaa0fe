package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// tokenBytes is the length of a session token and of a visitor mark.
const tokenBytes = 32

// newToken returns 256 random bits as text.
func newToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// wellFormed tells whether s can be a token at all, so that junk costs no statement.
func wellFormed(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == tokenBytes
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// FormGuard makes and checks the tokens of forms.
type FormGuard struct {
	key []byte
}

// NewFormGuard derives the forms' key from the installation's secret, which must be
// the same on every process and at least 32 bytes.
func NewFormGuard(secret []byte) FormGuard {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("galleria console form token v1"))
	return FormGuard{key: mac.Sum(nil)}
}

// Token returns the form token bound to a session token or a visitor mark.
func (g FormGuard) Token(binding string) string {
	mac := hmac.New(sha256.New, g.key)
	mac.Write([]byte(hex.EncodeToString(hashToken(binding))))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Valid tells, in constant time, whether token was made for binding.
func (g FormGuard) Valid(binding, token string) bool {
	return binding != "" && hmac.Equal([]byte(g.Token(binding)), []byte(token))
}
