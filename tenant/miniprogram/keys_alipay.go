package miniprogram

import (
	"crypto/md5" //nolint:gosec // serial numbers of Alipay's certificates are MD5 by its protocol
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// KeyMode is how Alipay and an app know each other's signatures.
type KeyMode string

// The modes of keys.
const (
	PublicKeyMode   KeyMode = "public_key"
	CertificateMode KeyMode = "certificate"
)

// AlipayInput is the keys of an Alipay Mini Program. Keys may come as PEM or as the bare
// Base64 that Alipay's tools write.
type AlipayInput struct {
	KeyMode    KeyMode
	PrivateKey vault.Secret // the app's, RSA, PKCS#1 or PKCS#8
	PublicKey  string       // public-key mode: Alipay's, not the app's
	AppCert    string       // certificate mode: appCertPublicKey_….crt
	AlipayCert string       // alipayCertPublicKey_RSA2.crt
	RootCert   string       // alipayRootCert.crt
	ContentKey vault.Secret // optional AES key of encrypted contents, Base64
}

const (
	minRSA      = 2048     // bits
	maxKeyText  = 32 << 10 // bytes; Alipay's root file has about 5 kB
	contentSize = 16       // bytes of an AES-128 key
)

func parseAlipay(in AlipayInput, now time.Time) (keys, error) {
	private, problem := parsePrivate(in.PrivateKey)
	var bad []fault.Field
	refuse := func(path, word string) {
		if word != "" {
			bad = append(bad, fault.Field{Path: path, Message: word})
		}
	}
	refuse("private_key", problem)
	content, problem := parseContentKey(in.ContentKey)
	refuse("content_key", problem)
	k := keys{content: content, config: Config{KeyMode: in.KeyMode}}
	switch in.KeyMode {
	case PublicKeyMode:
		key, problem := parseProviderKey(in.PublicKey, private)
		refuse("public_key", problem)
		k.config.ProviderKeys = []ProviderKey{key}
	case CertificateMode:
		certs := parseCertificates(in, private, now)
		for _, b := range certs.bad {
			refuse(b.Path, b.Message)
		}
		k.config.AppCertSN, k.config.AppCertUntil, k.config.RootSN = certs.appSN, certs.appUntil, certs.rootSN
		k.config.ProviderKeys = []ProviderKey{certs.alipay}
	default:
		refuse("key_mode", wrongMissing)
	}
	if len(bad) > 0 {
		return keys{}, fault.ErrValidation.With(bad...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return keys{}, wrong("private_key", wrongKind)
	}
	k.secret = vault.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	k.config.Fingerprint = fingerprint(&private.PublicKey)
	k.ends = k.config.Fingerprint[len(k.config.Fingerprint)-4:]
	k.config.HasContentKey, k.config.ContentKeyEnds = !content.IsZero(), content.Last4()
	return k, nil
}

// parsePrivate reads the app's private key; problem is the word for what is wrong with it.
func parsePrivate(in vault.Secret) (key *rsa.PrivateKey, problem string) {
	text := string(in.Reveal())
	if strings.TrimSpace(text) == "" {
		return nil, wrongMissing
	}
	der, ok := unwrap(text)
	if !ok {
		return nil, wrongForm
	}
	if parsed, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		if key, ok = parsed.(*rsa.PrivateKey); !ok {
			return nil, wrongKind
		}
	} else if key, err = x509.ParsePKCS1PrivateKey(der); err != nil {
		if _, err := x509.ParsePKIXPublicKey(der); err == nil {
			return nil, wrongKind
		}
		return nil, wrongForm
	}
	if key.N.BitLen() < minRSA {
		return nil, wrongSize
	}
	return key, ""
}

// parseProviderKey reads the public key that Alipay shows once the app's own was uploaded.
// Merchants often paste their own instead: then every call works and no answer verifies.
func parseProviderKey(text string, private *rsa.PrivateKey) (k ProviderKey, problem string) {
	if strings.TrimSpace(text) == "" {
		return k, wrongMissing
	}
	der, ok := unwrap(text)
	if !ok {
		return k, wrongForm
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return k, wrongForm
	}
	key, ok := parsed.(*rsa.PublicKey)
	switch {
	case !ok:
		return k, wrongKind
	case key.N.BitLen() < minRSA:
		return k, wrongSize
	case private != nil && key.Equal(&private.PublicKey):
		return k, wrongSame
	}
	return ProviderKey{PEM: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}, ""
}

// certificates is what was read from the three files of certificate mode.
type certificates struct {
	appSN, rootSN string
	appUntil      time.Time
	alipay        ProviderKey
	bad           []fault.Field
}

func parseCertificates(in AlipayInput, private *rsa.PrivateKey, now time.Time) (c certificates) {
	app, alipay, roots := c.read("app_cert", in.AppCert), c.read("alipay_cert", in.AlipayCert), c.read("root_cert", in.RootCert)
	if len(app) > 0 {
		c.takeApp(app[0], private, now)
	}
	if len(alipay) > 0 {
		c.takeAlipay(alipay, roots, private, now)
	}
	if len(roots) > 0 {
		if c.rootSN = rootSerial(roots); c.rootSN == "" {
			c.refuse("root_cert", wrongKind)
		}
	}
	return c
}

func (c *certificates) refuse(path, word string) {
	c.bad = append(c.bad, fault.Field{Path: path, Message: word})
}

// read parses the certificates of a field, which must have one.
func (c *certificates) read(path, text string) []*x509.Certificate {
	list := certificatesOf(text)
	switch {
	case strings.TrimSpace(text) == "":
		c.refuse(path, wrongMissing)
	case len(list) == 0:
		c.refuse(path, wrongForm)
	}
	return list
}

// takeApp takes the application's own certificate, which belongs to the private key.
func (c *certificates) takeApp(cert *x509.Certificate, private *rsa.PrivateKey, now time.Time) {
	own, isRSA := cert.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		c.refuse("app_cert", wrongKind)
	case private != nil && !own.Equal(&private.PublicKey):
		c.refuse("app_cert", wrongMatch)
	case now.After(cert.NotAfter):
		c.refuse("app_cert", wrongExpired)
	}
	c.appSN, c.appUntil = serialOf(cert), cert.NotAfter.UTC()
}

// takeAlipay takes the provider's certificate, which one of the roots has issued.
func (c *certificates) takeAlipay(chain, roots []*x509.Certificate, private *rsa.PrivateKey, now time.Time) {
	cert := chain[0]
	theirs, isRSA := cert.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		c.refuse("alipay_cert", wrongKind)
	case private != nil && theirs.Equal(&private.PublicKey):
		c.refuse("alipay_cert", wrongSame)
	case now.After(cert.NotAfter):
		c.refuse("alipay_cert", wrongExpired)
	case len(roots) > 0 && !issued(chain, roots):
		c.refuse("alipay_cert", wrongMatch)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	c.alipay = ProviderKey{Serial: serialOf(cert), PEM: string(block), Until: cert.NotAfter.UTC()}
}

// certificatesOf reads every certificate of a file. Some of Alipay's roots have SM2 keys,
// which Go does not know: what does not parse is passed over.
func certificatesOf(text string) (list []*x509.Certificate) {
	if len(text) > maxKeyText {
		return nil
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return list
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			list = append(list, cert)
		}
	}
}

// issued reports whether the first certificate of a file leads to one of the roots, by way
// of the file's other certificates. Whether one of the chain has ended meanwhile does not
// matter for whose it is.
func issued(chain, roots []*x509.Certificate) bool {
	at := chain[0]
	for range chain {
		for _, root := range roots {
			if at.Equal(root) || at.CheckSignatureFrom(root) == nil {
				return true
			}
		}
		var next *x509.Certificate
		for _, c := range chain[1:] {
			if !c.Equal(at) && at.CheckSignatureFrom(c) == nil {
				next = c
				break
			}
		}
		if next == nil {
			return false
		}
		at = next
	}
	return false
}

// serialOf is app_cert_sn and alipay_cert_sn: MD5 over the issuer's name, last part first,
// and the serial number in decimal.
func serialOf(c *x509.Certificate) string {
	sum := md5.Sum([]byte(c.Issuer.String() + c.SerialNumber.String())) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// rootSerial is alipay_root_cert_sn: the serials of the roots signed with RSA, in the
// file's order.
func rootSerial(roots []*x509.Certificate) string {
	var parts []string
	for _, c := range roots {
		switch c.SignatureAlgorithm { //nolint:exhaustive // the RSA family, as Alipay's own tools choose it
		case x509.SHA1WithRSA, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA:
			parts = append(parts, serialOf(c))
		}
	}
	return strings.Join(parts, "_")
}

func parseContentKey(in vault.Secret) (key vault.Secret, problem string) {
	text := strings.TrimSpace(string(in.Reveal()))
	if text == "" {
		return vault.Secret{}, ""
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return vault.Secret{}, wrongForm
	case len(raw) != contentSize:
		return vault.Secret{}, wrongSize
	}
	return vault.NewSecret([]byte(text)), ""
}

// unwrap takes the armour from a key, or reads bare Base64.
func unwrap(text string) (der []byte, ok bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxKeyText {
		return nil, false
	}
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, true
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return der, err == nil && len(der) > 0
}

// fingerprint tells the keys of apps apart.
func fingerprint(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return strings.Repeat("0", 16)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])[:16]
}
