package voucher

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
)

const codeDigits = 16

func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(codeDigits), nil))
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}

// IsCode reports whether what somebody typed has the form of a voucher's code.
func IsCode(typed string) bool {
	_, ok := parseCode(typed)
	return ok
}

// parseCode takes out the spaces and dashes that people type.
func parseCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, typed)
	return code, len(code) == codeDigits && strings.Trim(code, "0123456789") == ""
}
