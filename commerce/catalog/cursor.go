package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"galleria/tenant"
	"galleria/tenant/fault"
)

// A cursor is key, id and a checksum over them and the list they belong to, in
// base64url. It holds nothing secret and nothing that reaches SQL as text.
const checksumSize, cursorSize = 8, 24

func writeCursor(id tenant.ID, in ListInput, at place) string {
	var b [cursorSize]byte
	binary.BigEndian.PutUint64(b[0:], uint64(at.key))
	binary.BigEndian.PutUint64(b[8:], uint64(at.id))
	sum := checksum(id, in, b[:16])
	copy(b[16:], sum[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// readCursor returns the place to go on from; an empty cursor is the start.
func readCursor(id tenant.ID, in ListInput) (place, error) {
	if in.Cursor == "" {
		if in.Query != "" {
			return place{math.MaxInt64, math.MaxInt64}, nil
		}
		return start(in.Sort), nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(in.Cursor)
	if err != nil || len(b) != cursorSize {
		return place{}, errCursor()
	}
	if sum := checksum(id, in, b[:16]); !bytes.Equal(sum[:], b[16:]) {
		return place{}, errCursor()
	}
	at := place{key: int64(binary.BigEndian.Uint64(b[0:])), id: int64(binary.BigEndian.Uint64(b[8:]))}
	if in.Sort == ByPlace && in.Query == "" && (at.key < math.MinInt32 || at.key > math.MaxInt32) {
		return place{}, errCursor()
	}
	return at, nil
}

func checksum(id tenant.ID, in ListInput, position []byte) (sum [checksumSize]byte) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s|%s|%d|%t|%q|%d|%q|%d|%d|", id, in.Sort, in.CategoryID, in.InStock, in.Query, in.BrandID, in.Tag, in.LowFen, in.HighFen)
	_, _ = h.Write(position)
	copy(sum[:], h.Sum(nil))
	return sum
}

func errCursor() error {
	return fault.Invalidf("cursor", "is not a cursor of this list; start from the first page")
}
