package account

import (
	"crypto/x509"
	"fmt"
	"time"

	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// AddInput is everything that makes an account.
type AddInput struct {
	Mode       payments.Mode
	Name       string         // what the shop calls it
	MerchantNo string         // mchid, PID or merId
	AppIDs     []tenant.AppID // it serves these at once, as far as no other account does; may be none
	Keys       Keys           // says which channel
	BaseURL    string         // sandbox accounts only
	Actor      string         // who adds it, for the log: "staff:12"; "" is "system"
}

// Keys is what a merchant pastes in for one channel: WeChatKeys, AlipayKeys or
// UnionPayKeys.
type Keys interface {
	// Channel says whose keys they are.
	Channel() payments.Code
	// check reads them, compares them with each other and notes what is wrong.
	check(c *checking)
	// merge completes the keys of a replacement with what stays.
	merge(shown Account, now payments.Account, bad complain) Keys
}

// parsed is keys that have been read.
type parsed struct {
	config       payments.AccountConfig
	privateKey   vault.Secret // PKCS#8 PEM
	apiV3Key     vault.Secret // WeChat Pay only
	publicKey    string       // fingerprint of the merchant's public key
	certNotAfter *time.Time   // end of the merchant's certificate, if it was given
	providerKeys []payments.ProviderKey
}

// secrets lists what is to be sealed, by field.
func (p parsed) secrets() map[string]vault.Secret {
	all := map[string]vault.Secret{fieldPrivateKey: p.privateKey}
	if !p.apiV3Key.IsZero() {
		all[fieldAPIv3Key] = p.apiV3Key
	}
	return all
}

// checking is one look at an account's keys.
type checking struct {
	in  AddInput
	now time.Time
	p   parsed
	bad complain
}

// check reads and compares everything and collects what is wrong, by field.
func (in AddInput) check(now time.Time, sandbox func(base string) bool) (parsed, error) {
	var fields []fault.Field
	c := checking{in: in, now: now, bad: func(path string, why *fault.Error, args ...any) {
		fields = append(fields, why.At(path, args...))
	}}
	c.p.config.BaseURL = in.BaseURL
	in.checkNames(c.bad)
	if in.Keys == nil {
		c.bad("channel", errChannel)
	} else {
		in.Keys.check(&c)
	}
	in.checkBaseURL(sandbox, c.bad)
	if len(fields) > 0 {
		return parsed{}, fault.ErrValidation.With(fields...)
	}
	return c.p, nil
}

func (in AddInput) checkNames(bad complain) {
	if in.Name == "" || len(in.Name) > 60 {
		bad("name", errName)
	}
	for i, id := range in.AppIDs {
		if id.String() == "" {
			bad(fmt.Sprintf("app_ids[%d]", i), errAppID)
		}
	}
}

func (in AddInput) checkBaseURL(sandbox func(base string) bool, bad complain) {
	switch in.Mode {
	case payments.Live:
		if in.BaseURL != "" {
			bad("base_url", errLiveBase)
		}
	case payments.Sandbox:
		if !sandbox(in.BaseURL) {
			bad("base_url", errSandbox)
		}
	default:
		bad("mode", errMode)
	}
}

// certOf keeps when the merchant's certificate ends.
func (c *checking) certOf(path string, cert *x509.Certificate) {
	inTime(path, cert, c.now, c.bad)
	c.p.certNotAfter = &cert.NotAfter
}

// addCertificate keeps a certificate of the provider's under the serial that messages name.
func (c *checking) addCertificate(serial string, cert *x509.Certificate) {
	c.p.providerKeys = append(c.p.providerKeys, payments.ProviderKey{Serial: serial, PEM: certificatePEM(cert), NotAfter: &cert.NotAfter})
}

// keepSecret takes the stored secret where the form left the field empty or sent it back
// masked; false where it is a new one. A stored one that cannot be read must be given anew.
func keepSecret(path string, to *vault.Secret, stays vault.Secret, bad complain) (kept bool) {
	if !unchanged(string(to.Reveal())) {
		return false
	}
	if *to = stays; stays.IsZero() {
		bad(path, errLost)
	}
	return true
}

// forgetMasked empties the texts that came back as they were shown.
func forgetMasked(texts ...*string) {
	for _, text := range texts {
		if unchanged(*text) {
			*text = ""
		}
	}
}

// providerPEM finds a stored key of the provider by its serial.
func providerPEM(keys []payments.ProviderKey, serial string) string {
	for _, k := range keys {
		if serial != "" && k.Serial == serial {
			return k.PEM
		}
	}
	return ""
}
