package account

import (
	"crypto/rsa"
	"fmt"
	"regexp"
	"strings"

	"galleria/payments"
	"galleria/tenant/vault"
)

const apiV3KeySize = 32

var (
	wechatAppPattern   = regexp.MustCompile(`^wx[0-9A-Za-z]{1,30}$`)
	mchidPattern       = regexp.MustCompile(`^[0-9]{8,10}$`)
	serialPattern      = regexp.MustCompile(`^[0-9A-F]{8,40}$`)
	publicKeyIDPattern = regexp.MustCompile(`^PUB_KEY_ID_[0-9]{8,40}$`)
)

// Relation is who signs for a merchant of WeChat Pay.
type Relation string

// The relations.
const (
	DirectMerchant  Relation = "direct"  // the merchant itself
	ServiceProvider Relation = "partner" // a service provider, for the sub-merchant
)

// WeChatKeys is what a merchant has of WeChat Pay (APIv3). In service-provider mode the
// account's merchant number is the sub-merchant's, and the keys are the provider's.
type WeChatKeys struct {
	Relation            Relation     // "" is direct; of a replacement: as it was
	SpMchID             string       // the service provider's number
	SpAppID             string       // an app that is bound to it
	SubAppID            string       // optional: the one app of the merchant's that the provider serves
	PrivateKey          vault.Secret // apiclient_key.pem
	APIv3Key            vault.Secret // 32 bytes
	Serial              string       // of apiclient_cert.pem; may be empty if the certificate is given
	Certificate         string       // optional: apiclient_cert.pem, compared with the private key
	KeyMode             payments.KeyMode
	PublicKeyID         string // modes public_key and both
	PublicKey           string
	PlatformCertificate string // optional in modes certificate and both; else fetched when first needed
}

var _ Keys = WeChatKeys{}

// Channel implements Keys.
func (WeChatKeys) Channel() payments.Code { return payments.WeChat }

func (k WeChatKeys) check(c *checking) {
	if !mchidPattern.MatchString(c.in.MerchantNo) {
		c.bad("merchant_no", errMchid)
	}
	k.checkRelation(c)
	c.p.config.MerchantSerial, c.p.config.KeyMode = strings.ToUpper(strings.ReplaceAll(trim(k.Serial), ":", "")), k.KeyMode
	private := readPrivate("private_key", k.PrivateKey.Reveal(), "apiclient_key.pem", c.bad)
	c.p.setPrivate(private)
	if trim(k.Certificate) != "" {
		k.checkCertificate(c, private)
	}
	if !serialPattern.MatchString(c.p.config.MerchantSerial) {
		c.bad("merchant_serial", errSerial)
	}
	key := trim(string(k.APIv3Key.Reveal()))
	c.p.apiV3Key = vault.NewSecret([]byte(key))
	if len(key) != apiV3KeySize {
		c.bad("api_v3_key", errAPIv3Key, len(key))
	}
	k.checkProvider(c, private)
}

// checkRelation reads who signs. Fields of service-provider mode are not silently dropped.
func (k WeChatKeys) checkRelation(c *checking) {
	given := [3]string{trim(k.SpMchID), trim(k.SpAppID), trim(k.SubAppID)}
	switch k.Relation {
	case DirectMerchant, "":
		for i, path := range []string{"sp_mchid", "sp_appid", "sub_appid"} {
			if given[i] != "" {
				c.bad(path, errDirect)
			}
		}
		return
	case ServiceProvider:
	default:
		c.bad("relation", errRelation)
		return
	}
	c.p.config.SpMchID, c.p.config.SpAppID, c.p.config.SubAppID = given[0], given[1], given[2]
	switch {
	case !mchidPattern.MatchString(given[0]):
		c.bad("sp_mchid", errSpMchid)
	case given[0] == c.in.MerchantNo:
		c.bad("sp_mchid", errSpIsSub)
	}
	if !wechatAppPattern.MatchString(given[1]) {
		c.bad("sp_appid", errWeChatApp)
	}
	switch {
	case given[2] == "":
	case !wechatAppPattern.MatchString(given[2]):
		c.bad("sub_appid", errWeChatApp)
	case given[2] == given[1]:
		c.bad("sub_appid", errSubIsSp)
	}
	for i, id := range c.in.AppIDs {
		if !c.p.config.Serves(id.String()) {
			c.bad(fmt.Sprintf("app_ids[%d]", i), errNotServed, given[2])
		}
	}
}

// checkCertificate takes the serial from the certificate and sees that the private key is
// its.
func (k WeChatKeys) checkCertificate(c *checking, private *rsa.PrivateKey) {
	certs := readCertificates("merchant_certificate", k.Certificate, "apiclient_cert.pem", c.bad)
	if len(certs) == 0 {
		return
	}
	cert := certs[0]
	c.certOf("merchant_certificate", cert)
	// The provider writes the merchant number into the certificate's name.
	signer := c.in.MerchantNo
	if k.Relation == ServiceProvider {
		signer = c.p.config.SpMchID
	}
	if name := cert.Subject.CommonName; mchidPattern.MatchString(name) && name != signer {
		c.bad("merchant_certificate", errOtherNo, name)
	}
	serial := fmt.Sprintf("%X", cert.SerialNumber)
	if c.p.config.MerchantSerial == "" {
		c.p.config.MerchantSerial = serial
	}
	if strings.TrimLeft(c.p.config.MerchantSerial, "0") != serial {
		c.bad("merchant_serial", errSerialCert, serial)
	}
	if private != nil && !own(rsaOf(cert), private) {
		c.bad("private_key", errOtherKey)
	}
}

func (k WeChatKeys) checkProvider(c *checking, private *rsa.PrivateKey) {
	switch k.KeyMode {
	case payments.KeyModePublicKey, payments.KeyModeBoth:
		c.p.config.PublicKeyID = trim(k.PublicKeyID)
		if !publicKeyIDPattern.MatchString(c.p.config.PublicKeyID) {
			c.bad("public_key_id", errPubKeyID)
		}
		key := readPublic("public_key", k.PublicKey, c.bad)
		if key == nil {
			break
		}
		if own(key, private) {
			c.bad("public_key", errOwnKey)
		}
		text, _ := publicPEM(key)
		c.p.providerKeys = append(c.p.providerKeys, payments.ProviderKey{Serial: c.p.config.PublicKeyID, PEM: text, NotAfter: nil})
	case payments.KeyModeCertificate:
		if trim(k.PublicKeyID) != "" || trim(k.PublicKey) != "" {
			c.bad("public_key_id", errUnusedPub)
		}
	default:
		c.bad("key_mode", errKeyMode)
	}
	if trim(k.PlatformCertificate) != "" {
		k.checkPlatform(c, private)
	}
}

func (k WeChatKeys) checkPlatform(c *checking, private *rsa.PrivateKey) {
	if k.KeyMode == payments.KeyModePublicKey {
		c.bad("platform_certificate", errUnusedCert)
		return
	}
	certs := readCertificates("platform_certificate", k.PlatformCertificate, "wechatpay_….pem", c.bad)
	if len(certs) == 0 {
		return
	}
	inTime("platform_certificate", certs[0], c.now, c.bad)
	if own(rsaOf(certs[0]), private) {
		c.bad("platform_certificate", errOwnCert)
	}
	c.addCertificate(fmt.Sprintf("%040X", certs[0].SerialNumber), certs[0])
}

func (k WeChatKeys) merge(shown Account, now payments.Account, bad complain) Keys {
	keptPrivate := keepSecret("private_key", &k.PrivateKey, now.PrivateKey, bad)
	keepSecret("api_v3_key", &k.APIv3Key, now.APIv3Key, bad)
	if k.Relation == "" {
		k.Relation = DirectMerchant
		if shown.Config.Partner() {
			k.Relation = ServiceProvider
		}
	}
	if k.Relation == ServiceProvider && k.SpMchID == "" && k.SpAppID == "" {
		k.SpMchID, k.SpAppID, k.SubAppID = shown.Config.SpMchID, shown.Config.SpAppID, shown.Config.SubAppID
	}
	forgetMasked(&k.Serial, &k.Certificate, &k.PublicKeyID, &k.PublicKey, &k.PlatformCertificate)
	if k.Serial == "" && k.Certificate == "" {
		if !keptPrivate && !samePrivate(k.PrivateKey, now.PrivateKey) {
			bad("merchant_serial", errNewSerial)
		}
		k.Serial = shown.Config.MerchantSerial
	}
	if k.KeyMode == "" {
		k.KeyMode = shown.Config.KeyMode
	}
	if k.KeyMode != payments.KeyModeCertificate && k.PublicKeyID == "" {
		k.PublicKeyID = shown.Config.PublicKeyID
	}
	if k.PublicKey == "" {
		k.PublicKey = providerPEM(now.ProviderKeys, k.PublicKeyID)
	}
	return k
}
