package unionpaygw

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxBody        = 64 << 10
	fieldSignature = "signature"
	fieldCert      = "signPubKeyCert"
	formType       = "application/x-www-form-urlencoded"
)

// signString is the text that is signed: every field but the signature, sorted by name,
// values as they are.
func signString(fields map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != fieldSignature && fields[name] != "" {
			parts = append(parts, name+"="+fields[name])
		}
	}
	return strings.Join(parts, "&")
}

// digest is SHA-256 of the sign string in lower-case hexadecimal; that text is what RSA
// signs, hashing it once more.
func digest(fields map[string]string) string {
	sum := sha256.Sum256([]byte(signString(fields)))
	return hex.EncodeToString(sum[:])
}

func sign(fields map[string]string, key *rsa.PrivateKey) (string, error) {
	sum := sha256.Sum256([]byte(digest(fields)))
	raw, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

func verify(fields map[string]string, key *rsa.PublicKey) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(fields[fieldSignature])
	if err != nil || strings.ContainsAny(fields[fieldSignature], "\r\n") { // which the decoder overlooks
		return false
	}
	sum := sha256.Sum256([]byte(digest(fields)))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw) == nil
}

// readForm reads the fields of a request, each once and none empty.
func readForm(r *http.Request) (map[string]string, *refusal) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := params["charset"]; err != nil || kind != formType || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, refuse(codeFormat, "Content-Type")
	}
	if r.URL.RawQuery != "" {
		return nil, refuse(codeFormat, "query string")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return nil, refuse(codeFormat, "body")
	}
	return parseForm(string(body))
}

func parseForm(body string) (map[string]string, *refusal) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(body, "&") {
		rawName, rawValue, ok := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || !ok || name == "" {
			return nil, refuse(codeFormat, "form")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil || !utf8.ValidString(value) {
			return nil, refuse(codeFormat, "%s", name)
		}
		if _, twice := fields[name]; twice || value == "" {
			return nil, refuse(codeFormat, "%s appears twice or empty", name)
		}
		fields[name] = value
	}
	return fields, nil
}

// encodeForm is the body of a notification: a normal form, which percent-encodes.
func encodeForm(fields map[string]string) []byte {
	values := url.Values{}
	for name, value := range fields {
		values.Set(name, value)
	}
	return []byte(values.Encode())
}

// encodeAnswer is the body of an answer, where nothing is encoded: values hold "+", "=",
// line breaks and, inside braces, "&".
func encodeAnswer(fields map[string]string) []byte {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, name+"="+fields[name])
	}
	return []byte(strings.Join(parts, "&"))
}

// signed adds certificate and signature. UnionPay's PEM has CRLF line ends.
func (g *Gateway) signed(fields map[string]string, with SignWith, withCertID bool) (map[string]string, error) {
	by, err := g.signerOf(with)
	if err != nil {
		return nil, err
	}
	out := maps.Clone(fields)
	out["signMethod"] = "01"
	out[fieldCert] = strings.ReplaceAll(by.pem, "\n", "\r\n")
	if withCertID {
		out["certId"] = by.cert.SerialNumber.String()
	}
	out[fieldSignature], err = sign(out, by.key)
	return out, err
}
