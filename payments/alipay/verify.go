package alipay

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"galleria/payments"
)

var errSignature = errors.New("the signature does not verify")

// keyring is the provider's keys of one version of an account.
type keyring struct {
	now  func() time.Time
	keys []providerKey
}

type providerKey struct {
	serial   string
	notAfter time.Time // zero: a public key, which does not expire
	key      *rsa.PublicKey
}

// newKeyring takes the keys that fit the account's mode: the public key in use, or the
// certificates.
func newKeyring(acc payments.Account, now func() time.Time) (keyring, error) {
	ring := keyring{now: now, keys: nil}
	certMode := acc.Config.KeyMode == payments.KeyModeCertificate
	for _, k := range acc.ProviderKeys {
		block, _ := pem.Decode([]byte(k.PEM))
		if block == nil {
			return ring, fmt.Errorf("provider key %s is not PEM", k.Serial)
		}
		if isCert := block.Type == "CERTIFICATE"; isCert != certMode || (!certMode && k.Serial != acc.Config.PublicKeyID) {
			continue
		}
		parsed, err := parseProviderKey(block)
		if err != nil {
			return ring, fmt.Errorf("provider key %s: %w", k.Serial, err)
		}
		parsed.serial = k.Serial
		ring.keys = append(ring.keys, parsed)
	}
	if len(ring.keys) == 0 {
		return ring, errors.New("there is no key that verifies the provider")
	}
	return ring, nil
}

func parseProviderKey(block *pem.Block) (providerKey, error) {
	var key any
	out := providerKey{}
	if block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return out, errors.New("the certificate does not parse")
		}
		key, out.notAfter = cert.PublicKey, cert.NotAfter
	} else {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return out, errors.New("the public key does not parse")
		}
		key = parsed
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return out, errors.New("not an RSA key")
	}
	out.key = public
	return out, nil
}

// verify checks a signature over a text. In certificate mode a message names its
// certificate: a known one must not have expired; an unknown one is a reissue, which has
// the key of one that we know.
func (r keyring) verify(certSN, text, signature string) error {
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return fmt.Errorf("%w: not Base64", errSignature)
	}
	sum := sha256.Sum256([]byte(text))
	for _, k := range r.keys {
		if certSN == k.serial && !k.notAfter.IsZero() && r.now().After(k.notAfter) {
			return fmt.Errorf("%w: certificate %.40q has expired", errSignature, certSN)
		}
	}
	for _, k := range r.keys {
		if rsa.VerifyPKCS1v15(k.key, crypto.SHA256, sum[:], raw) == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: certificate %.40q", errSignature, certSN)
}
