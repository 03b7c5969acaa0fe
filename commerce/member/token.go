package member

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"galleria/tenant"
)

// Forms of the tokens, with t the 12 characters of the tenant's id:
//
//	m_tttttttttttt_<43: 256 bits>            access
//	r_tttttttttttt_<22: family><43: 256 bits> refresh
const (
	accessStem, refreshStem  = "m_", "r_"
	tenantChars              = 12
	headChars                = 2 + tenantChars + 1
	secretBytes, familyBytes = 32, 16
	secretChars, familyChars = 43, 22
)

func tokenHead(stem string, id tenant.ID) string {
	return stem + strings.TrimPrefix(id.String(), "t_") + "_"
}

// checkToken refuses a token that cannot be one of this tenant, by its text alone.
func checkToken(token, stem string, id tenant.ID, chars int) error {
	if token == "" {
		return ErrAuthRequired
	}
	if len(token) != headChars+chars || !strings.HasPrefix(token, stem) || token[headChars-1] != '_' {
		return ErrAuthInvalid
	}
	if token[:headChars] != tokenHead(stem, id) {
		return ErrWrongTenant
	}
	return nil
}

// hash is what the database keeps of a token or family.
func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// family is the part a refresh token shares with its successors; the token must have
// passed checkToken.
func family(refreshToken string) string {
	return refreshToken[headChars : headChars+familyChars]
}

func (s *Service) random(bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := io.ReadFull(s.rand, b); err != nil {
		return "", fmt.Errorf("draw token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// newPair draws an access token and a refresh token of the family.
func (s *Service) newPair(id tenant.ID, family string) (access, refresh string, err error) {
	a, err := s.random(secretBytes)
	if err != nil {
		return "", "", err
	}
	r, err := s.random(secretBytes)
	if err != nil {
		return "", "", err
	}
	return tokenHead(accessStem, id) + a, tokenHead(refreshStem, id) + family + r, nil
}
