package account

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

const smallestRSA = 2048

// piece is one thing found in what a merchant pasted or chose as a file. Exactly one of
// the fields is set, or unfit says why it is of no use.
type piece struct {
	private *rsa.PrivateKey
	public  *rsa.PublicKey
	cert    *x509.Certificate
	p12     bool
	unfit   *fault.Error
}

// pieces reads text in all the forms that people have keys in: PEM, also with CRLF, on one
// line, with \n written out or with remarks around it; Base64 without PEM's armour, as the
// key tools write it; DER of a file. Nothing it returns quotes the text.
func pieces(text []byte) (found []piece) {
	if plain := strings.TrimFunc(string(text), blank); strings.Contains(plain, "-----BEGIN ") {
		return armoured(strings.ReplaceAll(plain, `\n`, "\n"))
	}
	if der, ok := bare(text); ok {
		return []piece{classify(der)}
	}
	if len(text) > 0 && text[0] == 0x30 { // a SEQUENCE: a file that is no text
		return []piece{classify(text)}
	}
	return nil
}

// armoured reads every block between BEGIN and END.
func armoured(text string) (found []piece) {
	for {
		_, rest, ok := strings.Cut(text, "-----BEGIN ")
		if !ok {
			return found
		}
		kind, rest, _ := strings.Cut(rest, "-----")
		body, rest, _ := strings.Cut(rest, "-----END ")
		text = rest
		if strings.Contains(body, "ENCRYPTED") || strings.Contains(kind, "ENCRYPTED") {
			found = append(found, piece{unfit: errEncrypted})
			continue
		}
		if der, ok := bare([]byte(body)); ok {
			found = append(found, classify(der))
		}
	}
}

// bare decodes Base64 whatever blanks are in it.
func bare(text []byte) ([]byte, bool) {
	joined := strings.Map(func(r rune) rune {
		if blank(r) {
			return -1
		}
		return r
	}, string(text))
	der, err := base64.StdEncoding.DecodeString(joined)
	return der, err == nil && len(der) > 0 && der[0] == 0x30
}

// blank is what may stand around or in what was copied: spaces of every width, and what
// cannot be seen.
func blank(r rune) bool {
	return r == '\u200b' || r == '\ufeff' || r == '\u2060' || strings.ContainsRune(" \t\r\n\v\f\u00a0\u3000", r)
}

// trim takes away what was copied around a short value.
func trim(text string) string { return strings.TrimFunc(text, blank) }

// classify says what a piece of DER is.
func classify(der []byte) piece {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return ofPrivate(key)
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return ofPrivate(key)
	}
	if cert, err := x509.ParseCertificate(der); err == nil {
		return piece{cert: cert}
	}
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return ofPublic(key)
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return ofPublic(key)
	}
	if _, err := x509.ParseCertificateRequest(der); err == nil {
		return piece{unfit: errIsRequest}
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil || curved(der) {
		return piece{unfit: errNotRSA}
	}
	return piece{p12: isPFX(der), unfit: nil}
}

// curved recognises keys on a curve by the object identifiers that lie in their DER: the
// SM2 curve's own, and that of keys on any curve.
func curved(der []byte) bool {
	return bytes.Contains(der, []byte{0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}) ||
		bytes.Contains(der, []byte{0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01})
}

// isPFX recognises PKCS#12 by its beginning: a sequence of version 3 and contents.
func isPFX(der []byte) bool {
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MacData  asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(der, &pfx)
	return err == nil && pfx.Version == 3
}

func ofPrivate(key any) piece {
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return piece{unfit: errNotRSA}
	}
	return piece{private: private}
}

func ofPublic(key any) piece {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return piece{unfit: errNotRSA}
	}
	return piece{public: public}
}

// complain notes that a field is wrong.
type complain func(path string, why *fault.Error, args ...any)

// readPrivate reads an RSA private key, or complains and returns nil. file is where a
// merchant with a .p12 finds it.
func readPrivate(path string, text []byte, file string, bad complain) *rsa.PrivateKey {
	if len(bytes.TrimSpace(text)) == 0 {
		bad(path, errMissing)
		return nil
	}
	why := errNotPrivate
	for _, p := range pieces(text) {
		switch {
		case p.private != nil && p.private.N.BitLen() < smallestRSA:
			bad(path, errSmall, p.private.N.BitLen())
			return nil
		case p.private != nil:
			return p.private
		case p.p12:
			bad(path, errIsP12, file)
			return nil
		case p.unfit != nil:
			why = p.unfit
		case p.public != nil:
			why = errIsPublic
		case p.cert != nil:
			why = errIsCert
		}
	}
	bad(path, why)
	return nil
}

// readPublic reads an RSA public key, or complains and returns nil.
func readPublic(path, text string, bad complain) *rsa.PublicKey {
	if trim(text) == "" {
		bad(path, errMissing)
		return nil
	}
	why := errNotPublic
	for _, p := range pieces([]byte(text)) {
		switch {
		case p.public != nil && p.public.N.BitLen() < smallestRSA:
			bad(path, errSmall, p.public.N.BitLen())
			return nil
		case p.public != nil:
			return p.public
		case p.private != nil:
			why = errIsPrivate
		case p.unfit != nil:
			why = p.unfit
		case p.cert != nil:
			why = errIsCert
		}
	}
	bad(path, why)
	return nil
}

// readCertificates reads all certificates of RSA keys in the text, or complains and
// returns none. Certificates that cannot be read stand beside others in some files and
// are passed over.
func readCertificates(path, text, file string, bad complain) (certs []*x509.Certificate) {
	if trim(text) == "" {
		bad(path, errMissing)
		return nil
	}
	why, args := errNotCert, []any(nil)
	for _, p := range pieces([]byte(text)) {
		switch {
		case p.cert != nil:
			if _, ok := p.cert.PublicKey.(*rsa.PublicKey); ok {
				certs = append(certs, p.cert)
			} else {
				why = errNotRSA
			}
		case p.private != nil:
			why = errIsPrivate
		case p.public != nil:
			why = errIsKey
		case p.p12:
			why, args = errIsP12, []any{file}
		case p.unfit != nil:
			why = p.unfit
		}
	}
	if len(certs) == 0 {
		bad(path, why, args...)
	}
	return certs
}

// inTime complains about a certificate that has ended or not begun.
func inTime(path string, cert *x509.Certificate, now time.Time, bad complain) {
	switch {
	case !now.Before(cert.NotAfter):
		bad(path, errEnded, cert.NotAfter.Format(time.DateOnly))
	case now.Before(cert.NotBefore):
		bad(path, errFuture, cert.NotBefore.Format(time.DateOnly))
	}
}

// rsaOf is the key of a certificate that readCertificates returned.
func rsaOf(cert *x509.Certificate) *rsa.PublicKey {
	key, _ := cert.PublicKey.(*rsa.PublicKey)
	return key
}

// own reports that a key of the provider is the merchant's.
func own(public *rsa.PublicKey, private *rsa.PrivateKey) bool {
	return private != nil && public.Equal(&private.PublicKey)
}

// PublicText is what a form may show again of a key or certificate that was pasted: the
// public keys and certificates in it, written anew, and nothing where there is anything
// else. What cannot be read may be half a secret.
func PublicText(text string) string {
	var public strings.Builder
	for _, p := range pieces([]byte(text)) {
		switch {
		case p.public != nil:
			key, _ := publicPEM(p.public)
			public.WriteString(key)
		case p.cert != nil:
			public.WriteString(certificatePEM(p.cert))
		default:
			return ""
		}
	}
	return public.String()
}

func certificatePEM(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Headers: nil, Bytes: cert.Raw}))
}

// publicPEM writes a public key and its SHA-256.
func publicPEM(key *rsa.PublicKey) (text, sum string) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil { // an RSA key that was parsed
		return "", ""
	}
	digest := sha256.Sum256(der)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Headers: nil, Bytes: der})), hex.EncodeToString(digest[:])
}

// setPrivate puts the merchant's key into what was read: as PKCS#8, and recognisable by
// the SHA-256 of its public half, which the merchant can compute and compare.
func (p *parsed) setPrivate(key *rsa.PrivateKey) {
	if key == nil {
		return
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil { // an RSA key that was parsed
		return
	}
	p.privateKey = vault.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Headers: nil, Bytes: der}))
	_, sum := publicPEM(&key.PublicKey)
	p.publicKey = sum[:32]
}
