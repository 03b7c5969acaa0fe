package payments

import (
	"fmt"
	"io"
	"time"
)

// numberAlphabet has no letters that are read as digits.
const numberAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewNumber is newNumber for the rooms that pay out.
func NewNumber(now time.Time, random io.Reader) (string, error) { return newNumber(now, random) }

// newNumber makes a number for a provider: the moment in UTC to the second, so that
// people can place it, and 60 random bits. Letters and digits, 26 characters: every
// channel takes that.
func newNumber(now time.Time, random io.Reader) (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make number: %w", err)
	}
	for i, c := range b {
		b[i] = numberAlphabet[c%32]
	}
	return now.UTC().Format("20060102150405") + string(b[:]), nil
}
