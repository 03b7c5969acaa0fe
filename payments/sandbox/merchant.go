package sandbox

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// Key modes: which key the provider signs with for a merchant.
const (
	KeyModePublicKey   = "public_key"  // WeChat Pay public key; every merchant since late 2024
	KeyModeCertificate = "certificate" // platform certificate, the older mode
	KeyModeBoth        = "both"        // in the middle of the switch: callbacks alternate
)

// MerchantInput names a merchant.
type MerchantInput struct {
	MchID   string `json:"mchid"`    // 8 to 10 digits
	KeyMode string `json:"key_mode"` // "" means public_key
}

// Merchant is everything that a merchant would paste into our console.
type Merchant struct {
	MchID                 string `json:"mchid"`
	KeyMode               string `json:"key_mode"`
	APIv3Key              string `json:"apiv3_key"`        // 32 ASCII bytes
	PrivateKeyPEM         string `json:"private_key_pem"`  // PKCS#8, RSA-2048
	CertificateSerial     string `json:"merchant_cert_sn"` // 40 upper-case hex digits
	PublicKeyID           string `json:"public_key_id,omitempty"`
	PublicKeyPEM          string `json:"public_key_pem,omitempty"` // SPKI
	PlatformSerial        string `json:"platform_cert_sn,omitempty"`
	PlatformCertificate   string `json:"platform_cert_pem,omitempty"`
	PlatformEffectiveTime string `json:"platform_cert_effective_time,omitempty"`
	PlatformExpireTime    string `json:"platform_cert_expire_time,omitempty"`
}

// merchantRow adds the halves that the provider keeps to itself.
type merchantRow struct {
	Merchant
	WechatPrivatePEM   string `json:"wechat_private_pem,omitempty"`
	PlatformPrivatePEM string `json:"platform_private_pem,omitempty"`
}

// AppInput names a Mini Program.
type AppInput struct {
	AppID  string   `json:"app_id"`
	Secret string   `json:"secret,omitempty"` // "" keeps the old one or makes one
	MchIDs []string `json:"mchids,omitempty"` // merchants bound to the app; added to those it has
	Pages  []string `json:"pages,omitempty"`  // released pages; none means that any well-formed path exists
	Push   Push     `json:"push,omitzero"`    // where its messages go; none keeps the old one
}

// Push is where the provider sends an app's messages, in secure mode. It is what the merchant
// enters in the provider's console, where saving it asks the address for an echo.
type Push struct {
	URL    string `json:"url"`
	Token  string `json:"token"`
	AESKey string `json:"aes_key"` // 43 letters and digits
}

// App is a registered Mini Program.
type App struct {
	AppID  string   `json:"app_id"`
	Secret string   `json:"secret"`
	MchIDs []string `json:"mchids"`
	Pages  []string `json:"pages,omitempty"`
	Push   Push     `json:"push,omitzero"`
}

var (
	mchidPattern = regexp.MustCompile(`^[0-9]{8,10}$`)
	appidPattern = regexp.MustCompile(`^wx[0-9A-Za-z]{1,30}$`)
)

// AddMerchant registers a merchant and makes its keys. It is safe to repeat: the same
// merchant keeps its keys, also after a restart, and another key mode only adds the
// keys that are missing.
func (s *Server) AddMerchant(in MerchantInput) (Merchant, error) {
	if in.KeyMode == "" {
		in.KeyMode = KeyModePublicKey
	}
	if !mchidPattern.MatchString(in.MchID) {
		return Merchant{}, badControl(http.StatusBadRequest, "INVALID", "mchid %q is not 8 to 10 digits", in.MchID)
	}
	if !slices.Contains([]string{KeyModePublicKey, KeyModeCertificate, KeyModeBoth}, in.KeyMode) {
		return Merchant{}, badControl(http.StatusBadRequest, "INVALID", "key_mode %q is not public_key, certificate or both", in.KeyMode)
	}
	// RSA keys take a second: only others who want keys wait for them.
	s.making.Lock()
	defer s.making.Unlock()
	s.mu.Lock()
	row, known := s.books.merchants[in.MchID]
	s.mu.Unlock()
	if known && row.KeyMode == in.KeyMode {
		return row.Merchant, nil
	}
	row.MchID, row.KeyMode = in.MchID, in.KeyMode
	if err := s.fillKeys(&row); err != nil {
		return Merchant{}, fmt.Errorf("make keys of merchant %s: %w", in.MchID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(entry{Merchant: &row}); err != nil {
		return Merchant{}, err
	}
	delete(s.keyring, in.MchID)
	return row.Merchant, nil
}

func (s *Server) fillKeys(row *merchantRow) error {
	var err error
	if row.PrivateKeyPEM == "" {
		row.APIv3Key = s.letters(32)
		row.CertificateSerial = s.hexUpper(40)
		if row.PrivateKeyPEM, err = newPrivatePEM(); err != nil {
			return err
		}
	}
	if row.KeyMode != KeyModeCertificate && row.PublicKeyID == "" {
		row.PublicKeyID = "PUB_KEY_ID_01" + row.MchID + s.digits(16)
		if row.WechatPrivatePEM, err = newPrivatePEM(); err != nil {
			return err
		}
		if row.PublicKeyPEM, err = publicPEM(row.WechatPrivatePEM); err != nil {
			return err
		}
	}
	if row.KeyMode != KeyModePublicKey && row.PlatformSerial == "" {
		return s.fillPlatformCertificate(row)
	}
	return nil
}

// AddApp registers a Mini Program. It is safe to repeat: the secret stays unless a new
// one is given, merchants and pages are added.
func (s *Server) AddApp(in AppInput) (App, error) {
	if !appidPattern.MatchString(in.AppID) {
		return App{}, badControl(http.StatusBadRequest, "INVALID", "app_id %q does not look like wx…", in.AppID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, known := s.books.apps[in.AppID]
	app := App{
		AppID: in.AppID, Secret: in.Secret,
		MchIDs: union(old.MchIDs, in.MchIDs), Pages: union(old.Pages, in.Pages), Push: in.Push,
	}
	if app.Push == (Push{}) {
		app.Push = old.Push
	}
	if app.Secret == "" {
		app.Secret = old.Secret
	}
	if app.Secret == "" {
		app.Secret = s.hexLower(32)
	}
	same := known && app.Secret == old.Secret && len(app.MchIDs) == len(old.MchIDs) && len(app.Pages) == len(old.Pages) && app.Push == old.Push
	if same {
		return old, nil
	}
	return app, s.commit(entry{App: &app})
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

// merchantKeys is a merchant with its keys parsed.
type merchantKeys struct {
	merchantRow
	verify   *rsa.PublicKey  // of the merchant's own key
	wechat   *rsa.PrivateKey // behind PublicKeyID; nil in certificate mode
	platform *rsa.PrivateKey // behind PlatformSerial; nil in public-key mode
}

// keysOf returns the parsed keys of a merchant, or nil. s.mu must be held.
func (s *Server) keysOf(mchid string) *merchantKeys {
	if k, ok := s.keyring[mchid]; ok {
		return k
	}
	row, ok := s.books.merchants[mchid]
	if !ok {
		return nil
	}
	k, err := parseKeys(row)
	if err != nil {
		s.log.Error("merchant keys in the books do not parse", "mchid", mchid, "error", err)
		return nil
	}
	s.keyring[mchid] = k
	return k
}

func parseKeys(row merchantRow) (*merchantKeys, error) {
	own, err := parsePrivatePEM(row.PrivateKeyPEM)
	if err != nil {
		return nil, err
	}
	k := &merchantKeys{merchantRow: row, verify: &own.PublicKey, wechat: nil, platform: nil}
	if row.WechatPrivatePEM != "" {
		if k.wechat, err = parsePrivatePEM(row.WechatPrivatePEM); err != nil {
			return nil, err
		}
	}
	if row.PlatformPrivatePEM != "" {
		if k.platform, err = parsePrivatePEM(row.PlatformPrivatePEM); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// signer is a key with the id that Wechatpay-Serial announces.
type signer struct {
	id  string
	key *rsa.PrivateKey
}

// answerSigner picks the key for an answer: the one that the request's Wechatpay-Serial
// asks for, else the platform certificate while the merchant still has one in use.
func (k *merchantKeys) answerSigner(asked string) (signer, bool) {
	switch {
	case asked == k.PublicKeyID && asked != "" && k.KeyMode != KeyModeCertificate:
		return signer{k.PublicKeyID, k.wechat}, true
	case asked == k.PlatformSerial && asked != "" && k.KeyMode != KeyModePublicKey:
		return signer{k.PlatformSerial, k.platform}, true
	case asked != "":
		return signer{}, false
	case k.KeyMode == KeyModePublicKey:
		return signer{k.PublicKeyID, k.wechat}, true
	default:
		return signer{k.PlatformSerial, k.platform}, true
	}
}

// callbackSigner picks the key for the n-th callback; in the middle of the switch the
// provider uses both in turn.
func (k *merchantKeys) callbackSigner(n int) signer {
	usePublic := k.KeyMode == KeyModePublicKey || (k.KeyMode == KeyModeBoth && n%2 == 1)
	if usePublic {
		return signer{k.PublicKeyID, k.wechat}
	}
	return signer{k.PlatformSerial, k.platform}
}

func (s *Server) fillPlatformCertificate(row *merchantRow) error {
	var err error
	if row.PlatformPrivatePEM, err = newPrivatePEM(); err != nil {
		return err
	}
	key, err := parsePrivatePEM(row.PlatformPrivatePEM)
	if err != nil {
		return err
	}
	from := s.now().Add(-platformCertAge)
	template := platformTemplate(s.hexUpper(40), from)
	der, err := x509.CreateCertificate(s.random, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("issue platform certificate: %w", err)
	}
	row.PlatformSerial = fmt.Sprintf("%040X", template.SerialNumber)
	row.PlatformCertificate = encodePEM("CERTIFICATE", der)
	row.PlatformEffectiveTime = rfc3339(template.NotBefore)
	row.PlatformExpireTime = rfc3339(template.NotAfter)
	return nil
}
