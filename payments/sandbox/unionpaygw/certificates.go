package unionpaygw

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

const (
	rsaBits = 2048
	// backdate puts NotBefore into the past: a merchant's clock may be behind.
	backdate  = 30 * 24 * time.Hour
	caLife    = 20 * 365 * 24 * time.Hour
	leafLife  = 5 * 365 * 24 * time.Hour
	pemCert   = "CERTIFICATE"
	pemKey    = "PRIVATE KEY"
	keySigner = "signer"
)

// credential is a certificate with its key.
type credential struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
	pem  string // of the certificate
}

// authority is the sandbox's own root and middle and what UnionPay signs with.
type authority struct {
	RootPEM   string `json:"root_pem"`
	MiddlePEM string `json:"middle_pem"`
	MiddleKey string `json:"middle_key"`
	SignerPEM string `json:"signer_pem"`
	SignerKey string `json:"signer_key"`
}

// MerchantInput names a merchant.
type MerchantInput struct {
	MerID    string `json:"mer_id"`         // 15 digits
	Name     string `json:"name,omitempty"` // in its certificate
	Password string `json:"password,omitempty"`
}

// Merchant is everything that a merchant gets from UnionPay, as files.
type Merchant struct {
	MerID      string    `json:"mer_id"`
	Name       string    `json:"name"`
	CertID     string    `json:"cert_id"` // serial of the signing certificate, decimal
	PFX        []byte    `json:"pfx"`     // key and chain; Base64 in JSON
	Password   string    `json:"password"`
	PrivateKey string    `json:"private_key_pem"` // what is in the PFX, in PKCS#8
	CertPEM    string    `json:"cert_pem"`
	RootPEM    string    `json:"root_pem"`   // acpsdk.rootCert.path
	MiddlePEM  string    `json:"middle_pem"` // acpsdk.middleCert.path
	NotAfter   time.Time `json:"not_after"`
}

type merchantRow struct{ Merchant }

var (
	merIDPattern    = regexp.MustCompile(`^[0-9]{15}$`)
	passwordPattern = regexp.MustCompile(`^[0-9A-Za-z]{6,32}$`)
)

// AddMerchant registers a merchant and makes its signing certificate. It is safe to
// repeat: the same merchant keeps its files, also after a restart.
func (g *Gateway) AddMerchant(in MerchantInput) (Merchant, error) {
	in.Password, in.Name = orElse(in.Password, "000000"), orElse(in.Name, textShop)
	if !merIDPattern.MatchString(in.MerID) {
		return Merchant{}, badControl(http.StatusBadRequest, "INVALID", "mer_id %q is not 15 digits", in.MerID)
	}
	if !passwordPattern.MatchString(in.Password) {
		return Merchant{}, badControl(http.StatusBadRequest, "INVALID", "password is not 6 to 32 letters and digits")
	}
	g.making.Lock()
	defer g.making.Unlock()
	g.mu.Lock()
	row, known := g.books.merchants[in.MerID]
	g.mu.Unlock()
	if known {
		return row.Merchant, nil
	}
	made, err := g.makeMerchant(in)
	if err != nil {
		return Merchant{}, fmt.Errorf("make files of merchant %s: %w", in.MerID, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return made, g.commit(entry{Merchant: &merchantRow{made}})
}

// makeMerchant needs g.making.
func (g *Gateway) makeMerchant(in MerchantInput) (Merchant, error) {
	a, err := g.ensureAuthority()
	if err != nil {
		return Merchant{}, err
	}
	middle, err := parseCredential(a.MiddlePEM, a.MiddleKey)
	if err != nil {
		return Merchant{}, err
	}
	root, err := parseCertificate(a.RootPEM)
	if err != nil {
		return Merchant{}, err
	}
	own, err := g.issue("041@8"+in.MerID+"@"+in.Name+"@00000001", middle, g.now().Add(-backdate), leafLife)
	if err != nil {
		return Merchant{}, err
	}
	// Three keys with SHA-1 and triple DES: what the CFCA tool still hands out.
	pfx, err := pkcs12.LegacyDES.Encode(own.key, own.cert, []*x509.Certificate{middle.cert, root}, in.Password)
	if err != nil {
		return Merchant{}, fmt.Errorf("pack PFX: %w", err)
	}
	key, err := keyPEM(own.key)
	if err != nil {
		return Merchant{}, err
	}
	return Merchant{
		MerID: in.MerID, Name: in.Name, CertID: own.cert.SerialNumber.String(), PFX: pfx, Password: in.Password, PrivateKey: key,
		CertPEM: own.pem, RootPEM: a.RootPEM, MiddlePEM: a.MiddlePEM, NotAfter: own.cert.NotAfter,
	}, nil
}

// ensureAuthority makes the certificates of the gateway when they are first needed. It
// needs g.making.
func (g *Gateway) ensureAuthority() (authority, error) {
	g.mu.Lock()
	have := g.books.authority
	g.mu.Unlock()
	if have != nil {
		return *have, nil
	}
	a, err := g.newAuthority()
	if err != nil {
		return authority{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return a, g.commit(entry{Authority: &a})
}

func (g *Gateway) newAuthority() (authority, error) {
	from := g.now().Add(-backdate)
	root, err := g.issue("Galleria Sandbox UnionPay Root CA", nil, from, caLife)
	if err != nil {
		return authority{}, err
	}
	middle, err := g.issueCA("Galleria Sandbox UnionPay Middle CA", root, from)
	if err != nil {
		return authority{}, err
	}
	signer, err := g.issue(nameTestSigner, middle, from, leafLife)
	if err != nil {
		return authority{}, err
	}
	a := authority{RootPEM: root.pem, MiddlePEM: middle.pem, SignerPEM: signer.pem}
	if a.MiddleKey, err = keyPEM(middle.key); err != nil {
		return authority{}, err
	}
	a.SignerKey, err = keyPEM(signer.key)
	return a, err
}

func (g *Gateway) issueCA(name string, by *credential, from time.Time) (*credential, error) {
	return g.make(name, by, true, from, caLife)
}

// issue makes a certificate; without an issuer it is a root.
func (g *Gateway) issue(name string, by *credential, from time.Time, life time.Duration) (*credential, error) {
	return g.make(name, by, by == nil, from, life)
}

func (g *Gateway) make(name string, by *credential, ca bool, from time.Time, life time.Duration) (*credential, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return nil, fmt.Errorf("make RSA key: %w", err)
	}
	serial, _ := new(big.Int).SetString("1"+g.digits(10), 10) // as short as CFCA's
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Country: []string{"CN"}, Organization: []string{"Galleria Sandbox"}},
		NotBefore: from, NotAfter: from.Add(life), IsCA: ca, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ca {
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("issue certificate %s: %w", name, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue certificate %s: %w", name, err)
	}
	return &credential{cert, key, encodePEM(pemCert, der)}, nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyPEM(key *rsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode RSA key: %w", err)
	}
	return encodePEM(pemKey, der), nil
}

var errNotPEM = errors.New("unionpaygw: not the PEM that was expected")

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != pemCert {
		return nil, errNotPEM
	}
	return x509.ParseCertificate(block.Bytes)
}

func parseCredential(certPEM, privatePEM string) (*credential, error) {
	cert, err := parseCertificate(certPEM)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(privatePEM))
	if block == nil {
		return nil, errNotPEM
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errNotPEM
	}
	return &credential{cert, private, certPEM}, nil
}

// signer is what the gateway signs with, made when first needed.
func (g *Gateway) signer() (*credential, error) {
	return g.cached(keySigner, func() (*credential, error) {
		a, err := g.ensureAuthority()
		if err != nil {
			return nil, err
		}
		return parseCredential(a.SignerPEM, a.SignerKey)
	})
}

// merchantCredential is a merchant's own certificate and key.
func (g *Gateway) merchantCredential(merID string) (*credential, error) {
	return g.cached(merID, func() (*credential, error) {
		g.mu.Lock()
		row, ok := g.books.merchants[merID]
		g.mu.Unlock()
		if !ok {
			return nil, badControl(http.StatusNotFound, "NOT_FOUND", "no merchant %q", merID)
		}
		return parseCredential(row.CertPEM, row.PrivateKey)
	})
}

// SignWith says who signs a message.
type SignWith string

// Who signs. Everything but SignRight must not verify.
const (
	SignRight         SignWith = ""                    // UnionPay
	SignWrongKey      SignWith = "wrong_key"           // its certificate, but another key
	SignOtherChain    SignWith = "other_chain"         // the same names under a root of its own
	SignExpired       SignWith = "expired_certificate" // a certificate of UnionPay's that ended
	SignOtherMerchant SignWith = "merchant_certificate"
	SignOtherName     SignWith = "other_name" // rightly issued, to somebody who is not UnionPay
)

// signerOf returns the certificate and key behind a SignWith; what is odd is made when
// first needed.
func (g *Gateway) signerOf(with SignWith) (*credential, error) {
	right, err := g.signer()
	if err != nil || with == SignRight {
		return right, err
	}
	return g.cached("odd:"+string(with), func() (*credential, error) {
		a, err := g.ensureAuthority()
		if err != nil {
			return nil, err
		}
		middle, err := parseCredential(a.MiddlePEM, a.MiddleKey)
		if err != nil {
			return nil, err
		}
		from := g.now().Add(-backdate)
		switch with {
		case SignWrongKey:
			odd, err := g.issue(nameTestSigner, middle, from, leafLife)
			if err == nil {
				odd.cert, odd.pem = right.cert, right.pem
			}
			return odd, err
		case SignExpired:
			return g.issue(nameTestSigner, middle, from, backdate/2)
		case SignOtherMerchant:
			made, err := g.makeMerchant(MerchantInput{MerID: "999999999999999", Name: textShop, Password: "000000"})
			if err != nil {
				return nil, err
			}
			return parseCredential(made.CertPEM, made.PrivateKey)
		case SignOtherName:
			return g.issue("041@Z12@"+nameUnionPay+textShop+"@00000012", middle, from, leafLife)
		case SignRight, SignOtherChain:
		}
		other, err := g.newAuthority()
		if err != nil {
			return nil, err
		}
		return parseCredential(other.SignerPEM, other.SignerKey)
	})
}

// cached returns a credential that was parsed or made before, or makes it, one at a time.
func (g *Gateway) cached(name string, make func() (*credential, error)) (*credential, error) {
	look := func() *credential {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.keyring[name]
	}
	if c := look(); c != nil {
		return c, nil
	}
	g.making.Lock()
	defer g.making.Unlock()
	if c := look(); c != nil {
		return c, nil
	}
	c, err := make()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keyring[name] = c
	return c, nil
}
