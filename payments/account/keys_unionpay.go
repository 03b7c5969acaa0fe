package account

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"galleria/payments"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

var merIDPattern = regexp.MustCompile(`^[0-9]{15}$`)

// UnionPayKeys is what a merchant has of UnionPay's online gateway: a PFX with its
// password, or the key and the certificate taken out of it, and the certificates that
// UnionPay's own are verified against.
type UnionPayKeys struct {
	PFX         vault.Secret // the file's bytes, or their Base64
	Password    vault.Secret // of the PFX; not kept
	PrivateKey  vault.Secret // instead of a PFX
	Certificate string       // instead of a PFX: the signing certificate
	Middle      string       // acp_prod_middle.cer
	Root        string       // acp_prod_root.cer

	keptSerial string // what stays of a certificate that is not stored
}

var _ Keys = UnionPayKeys{}

// Channel implements Keys.
func (UnionPayKeys) Channel() payments.Code { return payments.UnionPay }

func (k UnionPayKeys) check(c *checking) {
	if !merIDPattern.MatchString(c.in.MerchantNo) {
		c.bad("merchant_no", errMerID)
	}
	c.p.config.KeyMode = payments.KeyModeCertificate
	private, cert, path := k.signing(c)
	c.p.setPrivate(private)
	switch {
	case cert != nil:
		c.certOf(path, cert)
		c.live(path, cert)
		if private != nil && !own(rsaOf(cert), private) {
			c.bad(path, errOtherKey)
		}
		c.p.config.MerchantSerial = cert.SerialNumber.String()
	case k.keptSerial != "":
		c.p.config.MerchantSerial = k.keptSerial
	}
	k.checkChain(c, private)
}

// signing reads the key that signs and its certificate. path is the field that gave the
// certificate.
func (k UnionPayKeys) signing(c *checking) (private *rsa.PrivateKey, cert *x509.Certificate, path string) {
	if !k.PFX.IsZero() {
		private, cert = openPFX(k.PFX.Reveal(), string(k.Password.Reveal()), c.bad)
		return private, cert, "pfx"
	}
	if k.PrivateKey.IsZero() && k.Certificate == "" {
		c.bad("pfx", errMissing)
		return nil, nil, "pfx"
	}
	private = readPrivate("private_key", k.PrivateKey.Reveal(), ".key", c.bad)
	if k.Certificate == "" && k.keptSerial != "" {
		return private, nil, "certificate"
	}
	if certs := readCertificates("certificate", k.Certificate, ".cer", c.bad); len(certs) > 0 {
		cert = certs[0]
	}
	return private, cert, "certificate"
}

// openPFX takes key and certificate out of a PFX.
func openPFX(file []byte, password string, bad complain) (*rsa.PrivateKey, *x509.Certificate) {
	der := file
	if plain, ok := bare(file); ok {
		der = plain
	}
	if !isPFX(der) {
		bad("pfx", errPFX)
		return nil, nil
	}
	key, cert, _, err := pkcs12.DecodeChain(der, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		bad("pfx_password", errPFXPassword)
		return nil, nil
	case err != nil:
		bad("pfx", errPFX)
		return nil, nil
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok || rsaOf(cert) == nil {
		bad("pfx", errNotRSA)
		return nil, nil
	}
	if bits := private.N.BitLen(); bits < smallestRSA {
		bad("pfx", errSmall, bits)
	}
	return private, cert
}

// checkChain reads the two certificates above UnionPay's own and sees that one issued the
// other.
func (k UnionPayKeys) checkChain(c *checking, private *rsa.PrivateKey) {
	middle := c.issuer("middle_certificate", k.Middle, private)
	root := c.issuer("root_certificate", k.Root, private)
	if middle == nil || root == nil {
		return
	}
	switch {
	case !bytes.Equal(root.RawSubject, root.RawIssuer):
		c.bad("root_certificate", errNotRoot)
	case !issued(middle, root):
		c.bad("middle_certificate", errChain)
	}
	c.addCertificate(middle.SerialNumber.String(), middle)
	if middle.SerialNumber.Cmp(root.SerialNumber) != 0 {
		c.addCertificate(root.SerialNumber.String(), root)
	}
}

// issuer reads one certificate that issues others.
func (c *checking) issuer(path, text string, private *rsa.PrivateKey) *x509.Certificate {
	certs := readCertificates(path, text, ".cer", c.bad)
	if len(certs) == 0 {
		return nil
	}
	cert := certs[0]
	inTime(path, cert, c.now, c.bad)
	c.live(path, cert)
	switch {
	case own(rsaOf(cert), private):
		c.bad(path, errOwnCert)
		return nil
	case !cert.IsCA:
		c.bad(path, errNotCA)
		return nil
	}
	return cert
}

// live refuses a certificate of the provider's test environment in a live account.
func (c *checking) live(path string, cert *x509.Certificate) {
	if c.in.Mode != payments.Live {
		return
	}
	for _, name := range []string{cert.Subject.String(), cert.Issuer.String()} {
		if strings.Contains(strings.ToUpper(name), "TEST") || strings.Contains(name, "00040000:SIGN") {
			c.bad(path, errTestCert)
			return
		}
	}
}

func (k UnionPayKeys) merge(shown Account, now payments.Account, bad complain) Keys {
	if k.PFX.IsZero() {
		k.Password = vault.Secret{}
		kept := keepSecret("pfx", &k.PrivateKey, now.PrivateKey, bad)
		if kept || samePrivate(k.PrivateKey, now.PrivateKey) {
			k.keptSerial = shown.Config.MerchantSerial
		}
	}
	forgetMasked(&k.Certificate, &k.Middle, &k.Root)
	for _, key := range now.ProviderKeys {
		certs := readCertificates("", key.PEM, "", func(string, *fault.Error, ...any) {})
		switch {
		case len(certs) == 0:
		case bytes.Equal(certs[0].RawSubject, certs[0].RawIssuer) && k.Root == "":
			k.Root = key.PEM
		case !bytes.Equal(certs[0].RawSubject, certs[0].RawIssuer) && k.Middle == "":
			k.Middle = key.PEM
		}
	}
	return k
}

// issued reports that cert was signed by issuer. crypto/x509 refuses SHA-1, with which the
// providers' older roots are signed; here both certificates are given by hand, so that
// nobody could have chosen them to collide.
func issued(cert, issuer *x509.Certificate) bool {
	hash, key := hashOf(cert), rsaOf(issuer)
	if hash == 0 || key == nil || !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
		return false
	}
	h := hash.New()
	h.Write(cert.RawTBSCertificate)
	return rsa.VerifyPKCS1v15(key, hash, h.Sum(nil), cert.Signature) == nil
}

// misissued reports a certificate whose issuer is among the given ones and did not sign it.
// Where the issuer is not given nothing is known.
func misissued(cert *x509.Certificate, given []*x509.Certificate) bool {
	named := false
	for _, g := range given {
		if bytes.Equal(cert.RawIssuer, g.RawSubject) {
			if named = true; issued(cert, g) {
				return false
			}
		}
	}
	return named
}

// hashOf is the hash of a certificate's RSA signature; 0 for any other.
func hashOf(cert *x509.Certificate) crypto.Hash {
	switch cert.SignatureAlgorithm { //nolint:exhaustive // the RSA family
	case x509.SHA1WithRSA:
		return crypto.SHA1
	case x509.SHA256WithRSA:
		return crypto.SHA256
	case x509.SHA384WithRSA:
		return crypto.SHA384
	case x509.SHA512WithRSA:
		return crypto.SHA512
	}
	return 0
}
