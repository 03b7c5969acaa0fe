package miniprogram

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// Mode says whether a Mini Program is served by its provider or by the sandbox. It is what
// the app was added as, and never changes.
type Mode string

// The modes.
const (
	Live    Mode = "live"
	Sandbox Mode = "sandbox"
)

// KeysInput is the keys of a Mini Program as the merchant pastes them. Only the fields of
// the app's provider are read.
type KeysInput struct {
	Secret vault.Secret // WeChat: the AppSecret
	Alipay AlipayInput
}

// Config is what is kept of an app's keys in clear.
type Config struct {
	KeyMode        KeyMode       `json:"key_mode,omitempty"`         // Alipay
	Fingerprint    string        `json:"fingerprint,omitempty"`      // Alipay: of the app's public key, 16 hex digits
	AppCertSN      string        `json:"app_cert_sn,omitempty"`      // Alipay, certificate mode
	RootSN         string        `json:"root_sn,omitempty"`          // Alipay, certificate mode
	AppCertUntil   time.Time     `json:"app_cert_until,omitzero"`    // Alipay, certificate mode
	ProviderKeys   []ProviderKey `json:"provider_keys,omitempty"`    // Alipay: what its answers are verified with
	HasContentKey  bool          `json:"has_content_key,omitempty"`  // Alipay: phone numbers can be decrypted
	ContentKeyEnds string        `json:"content_key_ends,omitempty"` // its last four characters
}

// ProviderKey is a public key of Alipay's.
type ProviderKey struct {
	Serial string    `json:"serial,omitempty"` // alipay_cert_sn; empty in public-key mode
	PEM    string    `json:"pem"`              // public key, or certificate
	Until  time.Time `json:"until,omitzero"`
}

// keys is what was made of a KeysInput.
type keys struct {
	secret  vault.Secret // WeChat: the AppSecret; Alipay: the app's private key as PKCS#8 PEM
	ends    string       // what people recognise it by
	config  Config
	content vault.Secret // Alipay: the AES key as Base64, zero if there is none
}

// Words that stand for what is wrong with a field; the console has a sentence for each.
const (
	wrongForm     = "form"       // not of the form the provider gives it
	wrongMissing  = "missing"    // needed and empty
	wrongSize     = "size"       // a key too short to be safe
	wrongKind     = "kind"       // another kind of key: a public one for a private one, not RSA
	wrongMatch    = "match"      // does not belong to the key beside it
	wrongSame     = "same"       // the app's own public key in the place of Alipay's
	wrongExpired  = "expired"    // a certificate that has ended
	wrongLength   = "length"     // a name too long or empty
	wrongProvider = "provider"   // not a maker of Mini Programs
	wrongBase     = "not_served" // the installation has no such sandbox
)

// wrong is one refused field.
func wrong(path, word string) *fault.Error {
	return fault.ErrValidation.With(fault.Field{Path: path, Message: word})
}

var (
	wechatAppID  = regexp.MustCompile(`^wx[0-9a-f]{16}$`)
	alipayAppID  = regexp.MustCompile(`^20[0-9]{14}$`)
	wechatSecret = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// parseAppID reads an AppID as its provider writes them.
func parseAppID(provider tenant.Provider, text string) (tenant.AppID, error) {
	form := map[tenant.Provider]*regexp.Regexp{tenant.WeChat: wechatAppID, tenant.Alipay: alipayAppID}[provider]
	if form == nil {
		return tenant.AppID{}, wrong("provider", wrongProvider)
	}
	text = strings.TrimSpace(text)
	id, ok := tenant.ParseAppID(text)
	switch {
	case text == "":
		return tenant.AppID{}, wrong("app_id", wrongMissing)
	case !ok || !form.MatchString(text):
		return tenant.AppID{}, wrong("app_id", wrongForm)
	}
	return id, nil
}

const maxName = 30 // characters, as the providers allow

func parseName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n == 0 || n > maxName || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", wrong("name", wrongLength)
	}
	return text, nil
}

// parseKeys reads the keys of an app: parsed, measured, and held against each other.
func parseKeys(provider tenant.Provider, in KeysInput, now time.Time) (keys, error) {
	if provider == tenant.Alipay {
		return parseAlipay(in.Alipay, now)
	}
	text := strings.TrimSpace(string(in.Secret.Reveal()))
	switch {
	case text == "":
		return keys{}, wrong("secret", wrongMissing)
	case !wechatSecret.MatchString(text):
		return keys{}, wrong("secret", wrongForm)
	}
	secret := vault.NewSecret([]byte(text))
	return keys{secret: secret, ends: secret.Last4()}, nil
}

func (c Config) encode() (json.RawMessage, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode app config: %w", err)
	}
	return raw, nil
}

func decodeConfig(raw json.RawMessage) (c Config, err error) {
	if err = json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("stored app config: %w", err)
	}
	return c, nil
}
