package unionpay

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	fieldSignature = "signature"
	fieldCert      = "signPubKeyCert"
	mostFields     = 100
)

// fields is a message: names and values as they are signed, not encoded.
type fields map[string]string

// signString is the text behind a signature: every field but the signature itself and
// empty ones, sorted by name, values as they are.
func (f fields) signString() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name == fieldSignature || f[name] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + f[name])
	}
	return b.String()
}

// sum is what RSA works on: SHA-256 of the lower-case hexadecimal text of the sign string's
// SHA-256.
func (f fields) sum() [sha256.Size]byte {
	first := sha256.Sum256([]byte(f.signString()))
	return sha256.Sum256([]byte(hex.EncodeToString(first[:])))
}

// sign returns the signature of f. The same fields have the same signature.
func (f fields) sign(key *rsa.PrivateKey) (string, error) {
	sum := f.sum()
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", errors.New("the merchant's key does not sign")
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// verify checks the signature that f carries.
func (f fields) verify(key *rsa.PublicKey) error {
	text := f[fieldSignature]
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // which the decoder overlooks
		return errSignature
	}
	sum := f.sum()
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) != nil {
		return errSignature
	}
	return nil
}

// encode is the body of a request.
func (f fields) encode() string {
	values := make(url.Values, len(f))
	for name, value := range f {
		values.Set(name, value)
	}
	return values.Encode()
}

// parseAnswer splits the body of an answer. Its values are not encoded: they hold "+", "="
// and line breaks, and inside braces also "&".
func parseAnswer(body string) (fields, error) {
	if !utf8.ValidString(body) {
		return nil, errAnswer
	}
	f, depth, from := fields{}, 0, 0
	for i := 0; i <= len(body); i++ {
		if i < len(body) {
			switch body[i] {
			case '{':
				depth++
				continue
			case '}':
				depth = max(depth-1, 0)
				continue
			case '&':
				if depth > 0 {
					continue
				}
			default:
				continue
			}
		}
		name, value, ok := strings.Cut(body[from:i], "=")
		if _, twice := f[name]; !ok || name == "" || twice || len(f) == mostFields {
			return nil, errAnswer
		}
		f[name] = value
		from = i + 1
	}
	return f, nil
}

// parseForm reads the body of a notification: a form whose fields appear once.
func parseForm(body string) (fields, error) {
	f := fields{}
	for part := range strings.SplitSeq(body, "&") {
		rawName, rawValue, ok := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || !ok || name == "" {
			return nil, errForm
		}
		value, err := url.QueryUnescape(rawValue)
		if _, twice := f[name]; err != nil || twice || len(f) == mostFields || !utf8.ValidString(value) || !utf8.ValidString(name) {
			return nil, errForm
		}
		f[name] = value
	}
	return f, nil
}
