package unionpay

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // CFCA's older certificates are signed so; their issuers are pinned
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"galleria/payments"
	"galleria/tenant/vault"
)

// mostLeaves bounds the certificates that are remembered per account. UnionPay has one or
// two at a time; only those that verified are kept.
const mostLeaves = 16

// chain is what an account's messages are verified against.
type chain struct {
	acc     payments.Account
	middles []*issuer
	mu      sync.Mutex
	leaves  map[[sha256.Size]byte]*leaf // by the text of the certificate
}

// issuer is a middle certificate with the root behind it.
type issuer struct{ cert, root *x509.Certificate }

// leaf is a certificate that a middle one issued to UnionPay.
type leaf struct {
	cert *x509.Certificate
	key  *rsa.PublicKey
	by   *issuer
}

// newChain reads the certificates that are pinned in an account: at least one root and one
// middle certificate that it issued.
func newChain(acc payments.Account) (*chain, error) {
	c := &chain{acc: acc, leaves: map[[sha256.Size]byte]*leaf{}}
	var roots, rest []*x509.Certificate
	for _, k := range acc.ProviderKeys {
		cert, err := parseCertificate(k.PEM)
		if err != nil {
			return nil, fmt.Errorf("certificate %.40s does not parse", k.Serial)
		}
		if acc.Mode != payments.Sandbox && isTest(cert) {
			return nil, fmt.Errorf("certificate %.40s is of a test environment", k.Serial)
		}
		if bytes.Equal(cert.RawSubject, cert.RawIssuer) && issued(cert, cert) {
			roots = append(roots, cert)
		} else {
			rest = append(rest, cert)
		}
	}
	for _, cert := range rest {
		for _, root := range roots {
			if cert.IsCA && issued(root, cert) {
				c.middles = append(c.middles, &issuer{cert, root})
			}
		}
	}
	if len(c.middles) == 0 {
		return nil, errors.New("a root certificate and a middle certificate that it issued are needed")
	}
	return c, nil
}

// isTest tells the certificates of test environments by the names that they give themselves.
func isTest(cert *x509.Certificate) bool {
	name := strings.ToUpper(cert.Subject.String())
	return strings.Contains(name, "TEST") || strings.Contains(name, "SANDBOX")
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errCertificate
	}
	return x509.ParseCertificate(block.Bytes)
}

// issued says that parent may issue certificates and signed this one.
func issued(parent, child *x509.Certificate) bool {
	key, ok := parent.PublicKey.(*rsa.PublicKey)
	mayIssue := parent.IsCA && parent.BasicConstraintsValid && (parent.KeyUsage == 0 || parent.KeyUsage&x509.KeyUsageCertSign != 0)
	if !ok || !mayIssue || !bytes.Equal(child.RawIssuer, parent.RawSubject) {
		return false
	}
	if child.SignatureAlgorithm == x509.SHA1WithRSA {
		sum := sha1.Sum(child.RawTBSCertificate) //nolint:gosec // see the import
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], child.Signature) == nil
	}
	return parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature) == nil
}

// verify believes a message that came in at a time, or says why not.
func (c *chain) verify(f fields, at time.Time) error {
	if f["signMethod"] != "01" || f["version"] != "5.1.0" {
		return fmt.Errorf("%w: signMethod %.4q, version %.8q", errSignature, f["signMethod"], f["version"])
	}
	found, err := c.find(f[fieldCert])
	if err != nil {
		return err
	}
	for _, cert := range []*x509.Certificate{found.cert, found.by.cert, found.by.root} {
		if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
			return fmt.Errorf("%w: %.60q is not valid now", errCertificate, cert.Subject.CommonName)
		}
	}
	if id := f["certId"]; id != "" && id != found.cert.SerialNumber.String() {
		return fmt.Errorf("%w: certId %.40q is another", errCertificate, id)
	}
	c.acc.Used(vault.Verify)
	return f.verify(found.key)
}

// find reads the certificate of a message and sees that a pinned issuer gave it to
// UnionPay.
func (c *chain) find(text string) (*leaf, error) {
	id := sha256.Sum256([]byte(text))
	c.mu.Lock()
	known := c.leaves[id]
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Some senders end lines with a carriage return alone.
	cert, err := parseCertificate(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	if err != nil {
		return nil, errCertificate
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || cert.IsCA || (cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0) {
		return nil, fmt.Errorf("%w: it does not sign messages", errCertificate)
	}
	if !c.named(cert.Subject.CommonName) {
		return nil, fmt.Errorf("%w: it names %.60q", errCertificate, cert.Subject.CommonName)
	}
	for _, by := range c.middles {
		if issued(by.cert, cert) {
			found := &leaf{cert, key, by}
			c.keep(id, found)
			return found, nil
		}
	}
	return nil, fmt.Errorf("%w: nobody whom we know issued it", errCertificate)
}

// named says that a common name is UnionPay's: the third part between "@", or in the
// sandbox the test environment's name.
func (c *chain) named(commonName string) bool {
	if parts := strings.Split(commonName, "@"); len(parts) >= 3 && parts[2] == nameUnionPay {
		return true
	}
	return c.acc.Mode == payments.Sandbox && commonName == nameTestSigner
}

func (c *chain) keep(id [sha256.Size]byte, found *leaf) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.leaves) >= mostLeaves {
		clear(c.leaves)
	}
	c.leaves[id] = found
}
