package sandbox

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"
)

const (
	rsaBits = 2048
	// platformCertAge puts NotBefore into the past: a merchant's clock may be behind.
	platformCertAge  = 30 * 24 * time.Hour
	platformCertLife = 5 * 365 * 24 * time.Hour
)

var errNotPEM = errors.New("sandbox: not a PKCS#8 RSA key in PEM")

func newPrivatePEM() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return "", fmt.Errorf("make RSA key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode RSA key: %w", err)
	}
	return encodePEM("PRIVATE KEY", der), nil
}

func publicPEM(privatePEM string) (string, error) {
	key, err := parsePrivatePEM(privatePEM)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return encodePEM("PUBLIC KEY", der), nil
}

func parsePrivatePEM(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errNotPEM
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotPEM, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errNotPEM
	}
	return key, nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: nil, Bytes: der}))
}

func platformTemplate(serialHex string, from time.Time) *x509.Certificate {
	serial, _ := new(big.Int).SetString(serialHex, 16)
	// RFC 5280 allows 20 octets with the sign bit clear; the top digit must not be zero
	// either, or the printed serial would be shorter than WeChat's 40 digits.
	serial.SetBit(serial, 159, 0).SetBit(serial, 158, 1)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			CommonName: "Tenpay.com sign", Organization: []string{"Tenpay.com"}, Country: []string{"CN"},
		},
		NotBefore: from, NotAfter: from.Add(platformCertLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageDataEncipherment, BasicConstraintsValid: true,
	}
}

func signBase64(key *rsa.PrivateKey, text string) (string, error) {
	digest := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}

func verifyBase64(key *rsa.PublicKey, text, signature string) bool {
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	digest := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sig) == nil
}

// seal is AEAD_AES_256_GCM as the provider uses it: Base64 of ciphertext and tag.
func seal(apiV3Key, nonce, associated string, plain []byte) (string, error) {
	block, err := aes.NewCipher([]byte(apiV3Key))
	if err != nil {
		return "", fmt.Errorf("APIv3 key: %w", err)
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		return "", fmt.Errorf("GCM nonce: %w", err)
	}
	return base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), plain, []byte(associated))), nil
}

const (
	alphabetDigits = "0123456789"
	alphabetUpper  = "0123456789ABCDEF"
	alphabetLower  = "0123456789abcdef"
	alphabetLetter = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

func (s *Server) digits(n int) string   { return s.pick(alphabetDigits, n) }
func (s *Server) hexUpper(n int) string { return s.pick(alphabetUpper, n) }
func (s *Server) hexLower(n int) string { return s.pick(alphabetLower, n) }
func (s *Server) letters(n int) string  { return s.pick(alphabetLetter, n) }

// pick draws n characters. A random source that fails leaves crypto/rand, which cannot.
func (s *Server) pick(alphabet string, n int) string {
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		_, _ = rand.Read(raw)
	}
	var out strings.Builder
	for _, b := range raw {
		out.WriteByte(alphabet[int(b)%len(alphabet)])
	}
	return out.String()
}

func digestHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// OpenID is the openid of a buyer inside an app: "o" and 27 characters, the same in
// every sandbox, so that seeded members can be who they were.
func OpenID(appID, buyer string) string {
	sum := sha256.Sum256([]byte(appID + "\x00" + buyer))
	return "o" + base64.RawURLEncoding.EncodeToString(sum[:])[:27]
}

// rfc3339 is the provider's time format, always in China's zone.
func rfc3339(t time.Time) string {
	return t.In(chinaTime()).Format(time.RFC3339)
}

// chinaTime is UTC+8; China has had no summer time since 1991.
func chinaTime() *time.Location { return time.FixedZone("CST", 8*60*60) }
