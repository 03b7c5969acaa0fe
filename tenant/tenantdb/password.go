package tenantdb

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// RolePasswords derives the passwords of the login roles from one secret, as hex. The
// migrations set them and the pools use them, so that only the secret is configured
// and changing it (then migrating) changes them all.
func RolePasswords(secret []byte) func(role string) string {
	return func(role string) string {
		m := hmac.New(sha256.New, secret)
		m.Write([]byte("galleria role " + role))
		return hex.EncodeToString(m.Sum(nil))
	}
}
