package account

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"time"

	"galleria/payments"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

const (
	apiV3KeySize = 32
	smallestRSA  = 2048
)

var (
	merchantPattern    = regexp.MustCompile(`^[0-9]{8,10}$`)
	serialPattern      = regexp.MustCompile(`^[0-9A-F]{8,40}$`)
	publicKeyIDPattern = regexp.MustCompile(`^PUB_KEY_ID_[0-9]{8,40}$`)
)

// parsed is an AddInput whose keys have been read.
type parsed struct {
	config       payments.AccountConfig
	privateKey   vault.Secret // PKCS#8 PEM
	publicKey    string       // fingerprint of the merchant's public key
	certNotAfter *time.Time   // end of the merchant's certificate, if it was given
	providerKeys []payments.ProviderKey
}

// check reads and compares everything and collects what is wrong, by field.
func (in AddInput) check(now time.Time, sandbox func(base string) bool) (parsed, error) {
	var p parsed
	var fields []fault.Field
	bad := func(path, format string, args ...any) {
		fields = append(fields, fault.Field{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	in.checkNames(bad)
	p.config = payments.AccountConfig{MerchantSerial: strings.ToUpper(strings.TrimSpace(in.MerchantSerial)), KeyMode: in.KeyMode, BaseURL: in.BaseURL}
	private, err := parsePrivateKey(in.PrivateKeyPEM.Reveal())
	if err != nil {
		bad("private_key", "%s", err)
	} else if p.privateKey, err = pkcs8PEM(private); err != nil {
		bad("private_key", "%s", err)
	} else if p.publicKey, err = publicFingerprint(&private.PublicKey); err != nil {
		bad("private_key", "%s", err)
	}
	if in.MerchantCertificatePEM != "" {
		in.checkMerchantCertificate(&p, private, now, bad)
	}
	if !serialPattern.MatchString(p.config.MerchantSerial) {
		bad("merchant_serial", "must be the hexadecimal serial number of the merchant certificate")
	}
	if n := len(in.APIv3Key.Reveal()); n != apiV3KeySize {
		bad("api_v3_key", "must be exactly %d bytes, got %d", apiV3KeySize, n)
	}
	in.checkProviderKeys(&p, private, now, bad)
	in.checkBaseURL(sandbox, bad)
	if len(fields) > 0 {
		return parsed{}, fault.ErrValidation.With(fields...)
	}
	return p, nil
}

type complain func(path, format string, args ...any)

func (in AddInput) checkNames(bad complain) {
	if in.Channel != payments.WeChat {
		bad("channel", "is not supported")
	}
	if in.Name == "" || len(in.Name) > 60 {
		bad("name", "must have 1 to 60 bytes")
	}
	if !merchantPattern.MatchString(in.MerchantNo) {
		bad("merchant_no", "must be 8 to 10 digits")
	}
	if len(in.AppIDs) == 0 {
		bad("app_ids", "at least one AppID must be bound")
	}
	for i, id := range in.AppIDs {
		if id.String() == "" {
			bad(fmt.Sprintf("app_ids[%d]", i), "is empty")
		}
	}
}

// checkMerchantCertificate takes the serial from the certificate and sees that the
// private key is its.
func (in AddInput) checkMerchantCertificate(p *parsed, private *rsa.PrivateKey, now time.Time, bad complain) {
	cert, key, err := parseCertificate(in.MerchantCertificatePEM)
	if err != nil {
		bad("merchant_certificate", "%s", err)
		return
	}
	if !now.Before(cert.NotAfter) {
		bad("merchant_certificate", "ended on %s", cert.NotAfter.Format(time.DateOnly))
	}
	// The provider writes the merchant number into the certificate's name.
	if name := cert.Subject.CommonName; merchantPattern.MatchString(name) && name != in.MerchantNo {
		bad("merchant_certificate", "belongs to merchant %s", name)
	}
	p.certNotAfter = &cert.NotAfter
	serial := fmt.Sprintf("%X", cert.SerialNumber)
	if p.config.MerchantSerial != "" && strings.TrimLeft(p.config.MerchantSerial, "0") != serial {
		bad("merchant_serial", "is not the serial number of the certificate")
	}
	if p.config.MerchantSerial == "" {
		p.config.MerchantSerial = serial
	}
	if private != nil && !key.Equal(&private.PublicKey) {
		bad("private_key", "does not belong to the merchant certificate")
	}
}

func (in AddInput) checkProviderKeys(p *parsed, private *rsa.PrivateKey, now time.Time, bad complain) {
	switch in.KeyMode {
	case payments.KeyModePublicKey, payments.KeyModeBoth:
		p.config.PublicKeyID = strings.TrimSpace(in.PublicKeyID)
		if !publicKeyIDPattern.MatchString(p.config.PublicKeyID) {
			bad("public_key_id", "must be PUB_KEY_ID_ and digits")
		}
		key, err := parsePublicKey(in.PublicKeyPEM)
		switch {
		case err != nil:
			bad("public_key", "%s", err)
		case private != nil && key.Equal(&private.PublicKey):
			bad("public_key", "is the merchant's own key, not the provider's")
		}
		p.providerKeys = append(p.providerKeys, payments.ProviderKey{Serial: p.config.PublicKeyID, PEM: in.PublicKeyPEM, NotAfter: nil})
	case payments.KeyModeCertificate:
		if in.PublicKeyID != "" || in.PublicKeyPEM != "" {
			bad("public_key_id", "is not used in certificate mode; choose both")
		}
	default:
		bad("key_mode", "must be public_key, certificate or both")
	}
	if in.PlatformCertificatePEM != "" { // else fetched from the provider when first needed
		in.checkPlatformCertificate(p, private, now, bad)
	}
}

func (in AddInput) checkPlatformCertificate(p *parsed, private *rsa.PrivateKey, now time.Time, bad complain) {
	cert, key, err := parseCertificate(in.PlatformCertificatePEM)
	switch {
	case err != nil:
		bad("platform_certificate", "%s", err)
		return
	case in.KeyMode == payments.KeyModePublicKey:
		bad("platform_certificate", "is not used in public-key mode; choose both")
	case !now.Before(cert.NotAfter):
		bad("platform_certificate", "ended on %s", cert.NotAfter.Format(time.DateOnly))
	case private != nil && key.Equal(&private.PublicKey):
		bad("platform_certificate", "is the merchant's own certificate, not the platform's")
	}
	p.providerKeys = append(p.providerKeys, payments.ProviderKey{
		Serial: fmt.Sprintf("%040X", cert.SerialNumber), PEM: in.PlatformCertificatePEM, NotAfter: &cert.NotAfter,
	})
}

func (in AddInput) checkBaseURL(sandbox func(base string) bool, bad complain) {
	switch in.Mode {
	case payments.Live:
		if in.BaseURL != "" {
			bad("base_url", "a live account talks to the provider and nobody else")
		}
	case payments.Sandbox:
		if !sandbox(in.BaseURL) {
			bad("base_url", "must be the address of this installation's sandbox")
		}
	default:
		bad("mode", "must be live or sandbox")
	}
}

// parsePrivateKey reads an RSA private key in PKCS#8 or PKCS#1 PEM. Errors never quote
// the input.
func parsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, notPEMError("private key")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("is a PEM of type %q, not a private key", block.Type)
	}
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, notPEMError("RSA private key")
	}
	if private.N.BitLen() < smallestRSA {
		return nil, fmt.Errorf("has %d bits, at least %d are needed", private.N.BitLen(), smallestRSA)
	}
	return private, nil
}

// notPEMError is an input that is not the kind of PEM it should be.
type notPEMError string

func (e notPEMError) Error() string { return "is not a " + string(e) + " in PEM form" }

func pkcs8PEM(key *rsa.PrivateKey) (vault.Secret, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return vault.Secret{}, notPEMError("usable private key")
	}
	return vault.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Headers: nil, Bytes: der})), nil
}

// publicFingerprint is the SHA-256 of the public key, which the merchant can compute from
// the certificate and compare.
func publicFingerprint(key *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", notPEMError("usable private key")
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:16]), nil
}

func parsePublicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, notPEMError("public key")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(*rsa.PublicKey)
	if err != nil || !ok {
		return nil, notPEMError("RSA public key")
	}
	return public, nil
}

func parseCertificate(text string) (*x509.Certificate, *rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, nil, notPEMError("certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, notPEMError("certificate")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, nil, notPEMError("certificate of an RSA key")
	}
	return cert, key, nil
}
