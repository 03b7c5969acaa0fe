package alipaygw

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5" // the provider's serial numbers are MD5
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	rsaBits = 2048
	// certAge puts NotBefore into the past: a merchant's clock may be behind.
	certAge  = 30 * 24 * time.Hour
	certLife = 5 * 365 * 24 * time.Hour
	rootLife = 20 * 365 * 24 * time.Hour
)

var errNotPEM = errors.New("alipaygw: not a PKCS#8 RSA key in PEM")

func newPrivatePEM() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return "", fmt.Errorf("make RSA key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode RSA key: %w", err)
	}
	return encodePEM("PRIVATE KEY", der), nil
}

func parsePrivatePEM(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errNotPEM
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errNotPEM
	}
	return private, nil
}

func publicPEM(privatePEM string) (string, error) {
	key, err := parsePrivatePEM(privatePEM)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("encode public key: %w", err)
	}
	return encodePEM("PUBLIC KEY", der), nil
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: nil, Bytes: der}))
}

func signBase64(key *rsa.PrivateKey, text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sig), nil
}

func verifies(key *rsa.PublicKey, text, signature string) bool {
	sig, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(text))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

func digestHex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// certSN is the provider's serial number of a certificate: the MD5 of the issuer, its
// parts in reverse of their order in the file, and the serial in decimal.
func certSN(der []byte) (string, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return "", fmt.Errorf("certificate: %w", err)
	}
	var names pkix.RDNSequence
	if _, err := asn1.Unmarshal(cert.RawIssuer, &names); err != nil {
		return "", fmt.Errorf("issuer: %w", err)
	}
	labels := map[string]string{"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU"}
	var parts []string
	for i := len(names) - 1; i >= 0; i-- {
		for _, attribute := range names[i] {
			parts = append(parts, fmt.Sprintf("%s=%v", labels[attribute.Type.String()], attribute.Value))
		}
	}
	sum := md5.Sum([]byte(strings.Join(parts, ",") + cert.SerialNumber.String()))
	return hex.EncodeToString(sum[:]), nil
}

// rootSN joins the serial numbers of the roots that were signed with RSA. The others, of
// which some use curves that nobody but the provider reads, are skipped.
func rootSN(chain string) (string, error) {
	rest, all := []byte(chain), []string(nil)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return strings.Join(all, "_"), nil
		}
		var outer struct {
			TBS       asn1.RawValue
			Algorithm pkix.AlgorithmIdentifier
			Signature asn1.BitString
		}
		if _, err := asn1.Unmarshal(block.Bytes, &outer); err != nil {
			return "", fmt.Errorf("root certificate: %w", err)
		}
		if !strings.HasPrefix(outer.Algorithm.Algorithm.String(), "1.2.840.113549.1.1.") {
			continue
		}
		sn, err := certSN(block.Bytes)
		if err != nil {
			return "", err
		}
		all = append(all, sn)
	}
}

// rootsRow is the provider's own certificates, the same for every app.
type rootsRow struct {
	ChainPEM        string `json:"chain_pem,omitempty"` // alipayRootCert.crt
	ChainSN         string `json:"chain_sn,omitempty"`
	IntermediatePEM string `json:"intermediate_pem,omitempty"`
	PrivatePEM      string `json:"private_pem,omitempty"` // of the intermediate
}

func name(common, unit string) pkix.Name {
	return pkix.Name{Country: []string{"CN"}, Organization: []string{"Galleria Sandbox"}, OrganizationalUnit: []string{unit}, CommonName: common}
}

func authority(subject pkix.Name, serial *big.Int, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial, Subject: subject, NotBefore: now.Add(-certAge), NotAfter: now.Add(rootLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// makeRoots makes what alipayRootCert.crt holds in real life too: an RSA root that
// counts, one on an elliptic curve, and one on a curve that Go cannot read.
func (g *Gateway) makeRoots() (rootsRow, error) {
	now := g.now()
	rootKey, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return rootsRow{}, fmt.Errorf("make root key: %w", err)
	}
	curveKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return rootsRow{}, fmt.Errorf("make root key: %w", err)
	}
	rootTemplate := authority(name("Galleria Sandbox Certification Authority R1", "Certification Authority"), g.serial(), now)
	rsaRoot, err := x509.CreateCertificate(rand.Reader, rootTemplate, rootTemplate, &rootKey.PublicKey, rootKey)
	if err != nil {
		return rootsRow{}, fmt.Errorf("issue root: %w", err)
	}
	curveTemplate := authority(name("Galleria Sandbox Certification Authority E1", "Certification Authority"), g.serial(), now)
	curveRoot, err := x509.CreateCertificate(rand.Reader, curveTemplate, curveTemplate, &curveKey.PublicKey, curveKey)
	if err != nil {
		return rootsRow{}, fmt.Errorf("issue root: %w", err)
	}
	row := rootsRow{}
	if row.PrivatePEM, err = newPrivatePEM(); err != nil {
		return rootsRow{}, err
	}
	middleKey, err := parsePrivatePEM(row.PrivatePEM)
	if err != nil {
		return rootsRow{}, err
	}
	middleTemplate := authority(name("Galleria Sandbox Certification Authority Class 2 R1", "Certification Authority"), g.serial(), now)
	middle, err := x509.CreateCertificate(rand.Reader, middleTemplate, rootTemplate, &middleKey.PublicKey, rootKey)
	if err != nil {
		return rootsRow{}, fmt.Errorf("issue intermediate: %w", err)
	}
	row.IntermediatePEM = encodePEM("CERTIFICATE", middle)
	row.ChainPEM = encodePEM("CERTIFICATE", likeSM2(curveRoot)) + encodePEM("CERTIFICATE", rsaRoot) + encodePEM("CERTIFICATE", curveRoot)
	row.ChainSN, err = rootSN(row.ChainPEM)
	return row, err
}

// likeSM2 puts the identifier of the SM2 curve where P-256's was: as in the provider's own
// file, a certificate that Go refuses to parse.
func likeSM2(der []byte) []byte {
	p256 := []byte{0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}
	sm2 := []byte{0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D}
	return bytes.Replace(der, p256, sm2, 1)
}

// issue makes a certificate of an app or of the provider under the intermediate.
func (g *Gateway) issue(roots rootsRow, subject pkix.Name, privatePEM string) (certPEM, sn string, err error) {
	key, err := parsePrivatePEM(privatePEM)
	if err != nil {
		return "", "", err
	}
	issuerKey, err := parsePrivatePEM(roots.PrivatePEM)
	if err != nil {
		return "", "", err
	}
	block, _ := pem.Decode([]byte(roots.IntermediatePEM))
	if block == nil {
		return "", "", errNotPEM
	}
	issuer, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", "", fmt.Errorf("intermediate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: g.serial(), Subject: subject, NotBefore: g.now().Add(-certAge), NotAfter: g.now().Add(certLife),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return "", "", fmt.Errorf("issue certificate: %w", err)
	}
	sn, err = certSN(der)
	return encodePEM("CERTIFICATE", der), sn, err
}

func (g *Gateway) serial() *big.Int {
	return new(big.Int).SetBytes(append([]byte{0x20}, g.bytes(15)...))
}

// sealAES is the provider's content encryption: AES-CBC with a zero IV and PKCS#7.
func sealAES(keyBase64 string, plain []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(keyBase64)
	if err != nil {
		return "", fmt.Errorf("AES key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("AES key: %w", err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(padded, padded)
	return base64.StdEncoding.EncodeToString(padded), nil
}

func (g *Gateway) bytes(n int) []byte {
	b := make([]byte, n)
	if _, err := g.random.Read(b); err != nil {
		panic(fmt.Sprintf("alipaygw: no randomness: %v", err)) // crypto/rand never fails
	}
	return b
}

func (g *Gateway) letters(n int) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	out := g.bytes(n)
	for i, b := range out {
		out[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(out)
}

func (g *Gateway) digits(n int) string {
	out := g.bytes(n)
	for i, b := range out {
		out[i] = '0' + b%10
	}
	return string(out)
}
