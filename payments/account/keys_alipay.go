package account

import (
	"crypto/md5" //nolint:gosec // the provider's own way to name a certificate; nothing rests on it
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"regexp"
	"strings"

	"galleria/payments"
	"galleria/tenant/vault"
)

var (
	pidPattern     = regexp.MustCompile(`^2088[0-9]{12}$`)
	signAppPattern = regexp.MustCompile(`^[0-9]{16}$`)
)

// AlipayKeys is what a merchant has of Alipay.
type AlipayKeys struct {
	SignAppID         string       // the application whose key signs; stays for an account's life
	PrivateKey        vault.Secret // of the application
	KeyMode           payments.KeyMode
	PublicKey         string // mode public_key: Alipay's, not the application's
	AppCertificate    string // mode certificate: appCertPublicKey_….crt
	AlipayCertificate string // alipayCertPublicKey_RSA2.crt
	RootCertificate   string // alipayRootCert.crt

	// What stays of the certificates that are not stored whole.
	keptSerial, keptRoot string
}

var _ Keys = AlipayKeys{}

// Channel implements Keys.
func (AlipayKeys) Channel() payments.Code { return payments.Alipay }

func (k AlipayKeys) check(c *checking) {
	if !pidPattern.MatchString(c.in.MerchantNo) {
		c.bad("merchant_no", errPID)
	}
	c.p.config.SignAppID, c.p.config.KeyMode = trim(k.SignAppID), k.KeyMode
	if !signAppPattern.MatchString(c.p.config.SignAppID) {
		c.bad("sign_app_id", errSignApp)
	}
	private := readPrivate("private_key", k.PrivateKey.Reveal(), ".txt", c.bad)
	c.p.setPrivate(private)
	switch k.KeyMode {
	case payments.KeyModePublicKey:
		k.checkPublicKey(c, private)
	case payments.KeyModeCertificate:
		if trim(k.PublicKey) != "" {
			c.bad("public_key", errUnusedKey)
		}
		k.checkAppCertificate(c, private)
		k.checkAlipay(c, private)
	case payments.KeyModeBoth:
		c.bad("key_mode", errKeyMode)
	default:
		c.bad("key_mode", errKeyMode)
	}
}

func (k AlipayKeys) checkPublicKey(c *checking, private *rsa.PrivateKey) {
	for path, text := range map[string]string{
		"app_certificate": k.AppCertificate, "alipay_certificate": k.AlipayCertificate, "root_certificate": k.RootCertificate,
	} {
		if trim(text) != "" {
			c.bad(path, errUnusedCert)
		}
	}
	key := readPublic("public_key", k.PublicKey, c.bad)
	if key == nil {
		return
	}
	if own(key, private) {
		c.bad("public_key", errOwnKey)
	}
	text, sum := publicPEM(key)
	c.p.config.PublicKeyID = "ALIPAY_PUBLIC_KEY_" + sum[:16]
	c.p.providerKeys = []payments.ProviderKey{{Serial: c.p.config.PublicKeyID, PEM: text, NotAfter: nil}}
}

// checkAppCertificate sees that the application's certificate is its private key's.
func (k AlipayKeys) checkAppCertificate(c *checking, private *rsa.PrivateKey) {
	if k.AppCertificate == "" && k.keptSerial != "" {
		c.p.config.MerchantSerial = k.keptSerial
		return
	}
	certs := readCertificates("app_certificate", k.AppCertificate, "appCertPublicKey.crt", c.bad)
	if len(certs) == 0 {
		return
	}
	c.certOf("app_certificate", certs[0])
	switch {
	case certs[0].IsCA:
		c.bad("app_certificate", errIsCA)
	case private != nil && !own(rsaOf(certs[0]), private):
		c.bad("app_certificate", errOtherKey)
	}
	c.p.config.MerchantSerial = alipaySerial(certs[0])
}

// checkAlipay reads Alipay's certificate and the roots, and compares them as far as what
// was given allows.
func (k AlipayKeys) checkAlipay(c *checking, private *rsa.PrivateKey) {
	certs := readCertificates("alipay_certificate", k.AlipayCertificate, "alipayCertPublicKey_RSA2.crt", c.bad)
	if len(certs) > 0 {
		inTime("alipay_certificate", certs[0], c.now, c.bad)
		switch {
		case own(rsaOf(certs[0]), private):
			c.bad("alipay_certificate", errOwnCert)
		case certs[0].IsCA:
			c.bad("alipay_certificate", errIsCA)
		}
		c.addCertificate(alipaySerial(certs[0]), certs[0])
	}
	if k.RootCertificate == "" && k.keptRoot != "" {
		c.p.config.RootSerial = k.keptRoot
		return
	}
	roots := readCertificates("root_certificate", k.RootCertificate, "alipayRootCert.crt", c.bad)
	if len(roots) == 0 {
		return
	}
	if !roots[0].IsCA {
		c.bad("root_certificate", errNotCA)
		return
	}
	if c.p.config.RootSerial = alipayRootSerial(roots); c.p.config.RootSerial == "" {
		c.bad("root_certificate", errRootSerial)
	}
	if len(certs) > 0 && misissued(certs[0], append(certs[1:], roots...)) {
		c.bad("alipay_certificate", errChain)
	}
}

// alipaySerial is how Alipay names a certificate: the MD5 of its issuer, most specific
// part first, and its serial number in decimal.
func alipaySerial(cert *x509.Certificate) string {
	sum := md5.Sum([]byte(cert.Issuer.String() + cert.SerialNumber.String())) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// alipayRootSerial names the roots that were signed with RSA, in the file's order.
func alipayRootSerial(roots []*x509.Certificate) string {
	var names []string
	for _, cert := range roots {
		if hashOf(cert) != 0 {
			names = append(names, alipaySerial(cert))
		}
	}
	return strings.Join(names, "_")
}

func (k AlipayKeys) merge(shown Account, now payments.Account, bad complain) Keys {
	k.SignAppID = shown.Config.SignAppID
	keptPrivate := keepSecret("private_key", &k.PrivateKey, now.PrivateKey, bad)
	forgetMasked(&k.PublicKey, &k.AppCertificate, &k.AlipayCertificate, &k.RootCertificate)
	if k.KeyMode == "" {
		k.KeyMode = shown.Config.KeyMode
	}
	if k.KeyMode == payments.KeyModePublicKey {
		if k.PublicKey == "" {
			k.PublicKey = providerPEM(now.ProviderKeys, shown.Config.PublicKeyID)
		}
		return k
	}
	if shown.Config.KeyMode != payments.KeyModeCertificate {
		return k
	}
	if keptPrivate || samePrivate(k.PrivateKey, now.PrivateKey) {
		k.keptSerial = shown.Config.MerchantSerial
	}
	k.keptRoot = shown.Config.RootSerial
	if k.AlipayCertificate == "" {
		k.AlipayCertificate = newestCertificate(now.ProviderKeys)
	}
	return k
}

// newestCertificate is the stored certificate that ends last.
func newestCertificate(keys []payments.ProviderKey) (text string) {
	var newest payments.ProviderKey
	for _, key := range keys {
		if key.NotAfter != nil && (newest.NotAfter == nil || key.NotAfter.After(*newest.NotAfter)) {
			newest = key
		}
	}
	return newest.PEM
}
