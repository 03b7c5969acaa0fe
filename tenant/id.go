package tenant

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"hash/fnv"
	"strings"
)

// Lanes is the number of gateway roles and connection pools tenants hash onto. It
// is fixed: role memberships in every database were granted by it.
const Lanes = 8

const idPrefix, idRandom = "t_", 12

// ID identifies a tenant. It is opaque, carries no name, and is also the name of
// the tenant's schema and role. The zero ID is no tenant.
type ID struct{ v string }

// ParseID reads an ID. Anything but the exact form is an error, so that an ID can
// be written into an identifier position without further care.
func ParseID(s string) (ID, error) {
	rest, ok := strings.CutPrefix(s, idPrefix)
	if !ok || len(rest) != idRandom {
		return ID{}, fmt.Errorf("tenant: %.40q is not a tenant id", s)
	}
	for i := range len(rest) {
		if c := rest[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ID{}, fmt.Errorf("tenant: %.40q is not a tenant id", s)
		}
	}
	return ID{s}, nil
}

// NewID returns a fresh random ID (60 bits, so that ids cannot be guessed from
// each other or counted).
func NewID() ID {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return ID{idPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:idRandom]}
}

// String returns the ID's text, the empty string for the zero ID.
func (id ID) String() string { return id.v }

// IsZero reports whether id is no tenant.
func (id ID) IsZero() bool { return id.v == "" }

// Lane is the number of the gateway role and pool this tenant belongs to, 0 to
// Lanes-1.
func (id ID) Lane() int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id.v))
	return int(h.Sum32() % Lanes)
}

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.v), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(b []byte) error {
	parsed, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
