package alipaygw

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"regexp"
	"slices"
)

// Key modes of an app.
const (
	KeyModePublicKey   = "public_key"
	KeyModeCertificate = "certificate"
)

// What buyers are called by in an app.
const (
	IDOpen = "open_id" // apps made since 2023
	IDUser = "user_id"
)

// AppInput names an app.
type AppInput struct {
	AppID       string   `json:"app_id"`                 // 16 digits
	SellerID    string   `json:"seller_id"`              // 2088 and 12 digits
	KeyMode     string   `json:"key_mode,omitempty"`     // "" means public_key
	IDType      string   `json:"id_type,omitempty"`      // "" means open_id
	MiniProgram []string `json:"mini_program,omitempty"` // Mini Programs bound to its product; it is bound to itself
}

// App is everything that a merchant would paste into our console.
type App struct {
	AppID        string   `json:"app_id"`
	SellerID     string   `json:"seller_id"`
	KeyMode      string   `json:"key_mode"`
	IDType       string   `json:"id_type"`
	MiniProgram  []string `json:"mini_program,omitempty"`
	PrivateKey   string   `json:"private_key_pem"` // of the app; PKCS#8, RSA-2048
	BareKey      string   `json:"private_key"`     // the same as the provider's tools give it: Base64 of PKCS#8 without PEM
	AppPublicKey string   `json:"app_public_key_pem"`
	// AlipayPublicKey is what verifies the provider in public-key mode.
	AlipayPublicKey string `json:"alipay_public_key_pem,omitempty"`
	AppCert         string `json:"app_cert_pem,omitempty"` // appCertPublicKey_<appid>.crt
	AppCertSN       string `json:"app_cert_sn,omitempty"`
	AlipayCert      string `json:"alipay_cert_pem,omitempty"` // alipayCertPublicKey_RSA2.crt
	AlipayCertSN    string `json:"alipay_cert_sn,omitempty"`
	RootCert        string `json:"alipay_root_cert_pem,omitempty"` // alipayRootCert.crt
	RootCertSN      string `json:"alipay_root_cert_sn,omitempty"`
	AESKey          string `json:"aes_key"` // Base64 of 16 bytes, for my.getPhoneNumber
	GatewayPath     string `json:"gateway_path"`
}

// appRow adds the half that the provider keeps to itself.
type appRow struct {
	App
	AlipayPrivatePEM string `json:"alipay_private_pem"`
}

var (
	appIDPattern  = regexp.MustCompile(`^[0-9]{16}$`)
	sellerPattern = regexp.MustCompile(`^2088[0-9]{12}$`)
)

// AddApp registers an app and makes its keys. It is safe to repeat: the same app keeps its
// keys, also after a restart; another key mode only adds what is missing.
func (g *Gateway) AddApp(in AppInput) (App, error) {
	in.KeyMode, in.IDType = orElse(in.KeyMode, KeyModePublicKey), orElse(in.IDType, IDOpen)
	switch {
	case !appIDPattern.MatchString(in.AppID):
		return App{}, badControl("app_id %q is not 16 digits", in.AppID)
	case !sellerPattern.MatchString(in.SellerID):
		return App{}, badControl("seller_id %q is not 2088 and 12 digits", in.SellerID)
	case in.KeyMode != KeyModePublicKey && in.KeyMode != KeyModeCertificate:
		return App{}, badControl("key_mode %q is not public_key or certificate", in.KeyMode)
	case in.IDType != IDOpen && in.IDType != IDUser:
		return App{}, badControl("id_type %q is not open_id or user_id", in.IDType)
	}
	// RSA keys take a second: only others who want keys wait for them.
	g.making.Lock()
	defer g.making.Unlock()
	g.mu.Lock()
	row, known := g.books.apps[in.AppID]
	roots := g.books.roots
	g.mu.Unlock()
	if known && row.SellerID != in.SellerID {
		return App{}, badControl("app %s belongs to %s", in.AppID, row.SellerID)
	}
	bound := union(row.MiniProgram, in.MiniProgram)
	if known && row.KeyMode == in.KeyMode && row.IDType == in.IDType && len(bound) == len(row.MiniProgram) {
		return row.App, nil
	}
	row.AppID, row.SellerID, row.KeyMode, row.IDType, row.MiniProgram, row.GatewayPath = in.AppID, in.SellerID, in.KeyMode, in.IDType, bound, Path
	var made *rootsRow
	if in.KeyMode == KeyModeCertificate && roots.ChainPEM == "" {
		fresh, err := g.makeRoots()
		if err != nil {
			return App{}, err
		}
		roots, made = fresh, &fresh
	}
	if err := g.fillKeys(&row, roots); err != nil {
		return App{}, fmt.Errorf("make keys of app %s: %w", in.AppID, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.commit(entry{Roots: made, App: &row}); err != nil {
		return App{}, err
	}
	delete(g.keyring, in.AppID)
	return row.App, nil
}

func (g *Gateway) fillKeys(row *appRow, roots rootsRow) (err error) {
	if row.PrivateKey == "" {
		row.AESKey = base64.StdEncoding.EncodeToString(g.bytes(16))
		if row.PrivateKey, err = newPrivatePEM(); err != nil {
			return err
		}
		block, _ := pem.Decode([]byte(row.PrivateKey))
		row.BareKey = base64.StdEncoding.EncodeToString(block.Bytes)
		if row.AppPublicKey, err = publicPEM(row.PrivateKey); err != nil {
			return err
		}
		if row.AlipayPrivatePEM, err = newPrivatePEM(); err != nil {
			return err
		}
	}
	if row.KeyMode == KeyModePublicKey {
		row.AlipayPublicKey, err = publicPEM(row.AlipayPrivatePEM)
		return err
	}
	if row.AppCertSN != "" {
		return nil
	}
	if row.AppCert, row.AppCertSN, err = g.issue(roots, name(row.SellerID+"-"+row.AppID, "Alipay"), row.PrivateKey); err != nil {
		return err
	}
	if row.AlipayCert, row.AlipayCertSN, err = g.issue(roots, name("支付宝(沙箱)-"+row.SellerID, "Alipay"), row.AlipayPrivatePEM); err != nil {
		return err
	}
	row.AlipayCert += roots.IntermediatePEM // the provider's file holds its issuer too
	row.RootCert, row.RootCertSN = roots.ChainPEM, roots.ChainSN
	return nil
}

// appKeys is an app with its keys parsed.
type appKeys struct {
	appRow
	verify *rsa.PublicKey  // of the app's own key
	alipay *rsa.PrivateKey // signs for the provider
}

// bound tells whether a Mini Program may be paid in on behalf of the app.
func (k *appKeys) bound(opAppID string) bool {
	return opAppID == k.AppID || slices.Contains(k.MiniProgram, opAppID)
}

// keysOf returns the parsed keys of an app, or nil. g.mu must be held.
func (g *Gateway) keysOf(appID string) *appKeys {
	if k, ok := g.keyring[appID]; ok {
		return k
	}
	row, ok := g.books.apps[appID]
	if !ok {
		return nil
	}
	own, err := parsePrivatePEM(row.PrivateKey)
	if err == nil {
		var alipay *rsa.PrivateKey
		if alipay, err = parsePrivatePEM(row.AlipayPrivatePEM); err == nil {
			k := &appKeys{appRow: row, verify: &own.PublicKey, alipay: alipay}
			g.keyring[appID] = k
			return k
		}
	}
	g.log.Error("app keys in the books do not parse", "app_id", appID, "error", err)
	return nil
}

// ReissueCert gives an app a new certificate of the provider, with the same key and
// another serial number, as the provider does shortly before the old one expires.
func (g *Gateway) ReissueCert(appID string) (App, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	row, ok := g.books.apps[appID]
	if !ok || row.KeyMode != KeyModeCertificate {
		return App{}, badControl("app %q has no certificates", appID)
	}
	cert, sn, err := g.issue(g.books.roots, name("支付宝(沙箱)-"+row.SellerID, "Alipay"), row.AlipayPrivatePEM)
	if err != nil {
		return App{}, err
	}
	row.AlipayCert, row.AlipayCertSN = cert+g.books.roots.IntermediatePEM, sn
	delete(g.keyring, appID)
	return row.App, g.commit(entry{App: &row})
}

// certificate is alipay.open.app.alipaycert.download: the current certificate, by serial.
func (g *Gateway) certificate(c *call) (any, *refusal) {
	if c.keys.KeyMode != KeyModeCertificate || c.text("alipay_cert_sn") != c.keys.AlipayCertSN {
		return nil, business("CERT_NOT_EXIST", "证书不存在")
	}
	block, _ := pem.Decode([]byte(c.keys.AlipayCert))
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, business("CERT_NOT_EXIST", "证书不存在")
	}
	return struct {
		Content string `json:"alipay_cert_content"`
	}{base64.StdEncoding.EncodeToString([]byte(c.keys.AlipayCert))}, nil
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
