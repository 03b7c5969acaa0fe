package payments

import (
	"context"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Code names a channel, as it stands in callback paths and in the tables.
type Code string

// The channels.
const (
	WeChat   Code = "wechat"
	Alipay   Code = "alipay"
	UnionPay Code = "unionpay"
)

// Mode says whether an account moves real money.
type Mode string

// The modes.
const (
	Live    Mode = "live"
	Sandbox Mode = "sandbox" // talks to the base URL of its config instead of the provider
)

// KeyMode says which keys the provider's messages to an account are verified with.
type KeyMode string

// The key modes.
const (
	KeyModePublicKey   KeyMode = "public_key"  // the provider's public key
	KeyModeCertificate KeyMode = "certificate" // the provider's certificates; WeChat Pay's are fetched, UnionPay has no other mode
	KeyModeBoth        KeyMode = "both"        // WeChat Pay only: during the provider's change-over
)

// AccountConfig is the public facts of an account that only its channel reads.
type AccountConfig struct {
	// MerchantSerial names the merchant's certificate: its hexadecimal serial (WeChat Pay),
	// app_cert_sn (Alipay, certificate mode) or certId, the decimal serial (UnionPay).
	MerchantSerial string  `json:"serial"`
	KeyMode        KeyMode `json:"key_mode"`                // which keys verify the provider
	PublicKeyID    string  `json:"public_key_id,omitempty"` // PUB_KEY_ID_… or ALIPAY_PUBLIC_KEY_…: which of the provider's keys is in use
	SignAppID      string  `json:"sign_app_id,omitempty"`   // Alipay: the application whose key signs
	RootSerial     string  `json:"root_sn,omitempty"`       // Alipay, certificate mode: alipay_root_cert_sn
	BaseURL        string  `json:"base_url,omitempty"`      // sandbox accounts only
	// WeChat Pay's service-provider mode: the provider that signs for the merchant, and the
	// app it is known by; both empty for a merchant that signs itself. SubAppID is the
	// merchant's own app, if the account is to serve no other of its apps.
	SpMchID  string `json:"sp_mchid,omitempty"`
	SpAppID  string `json:"sp_appid,omitempty"`
	SubAppID string `json:"sub_appid,omitempty"`
}

// ProviderKey is a key that verifies the provider's messages: a public key or a
// certificate, in PEM, under the serial that a message names.
type ProviderKey struct {
	Serial   string     `json:"serial"`
	PEM      string     `json:"pem"`
	NotAfter *time.Time `json:"not_after"` // nil for a public key, which does not expire
}

// Account is a merchant account with its secrets in clear, as a channel needs it. It is
// passed into every call of a channel and kept by none beyond what it derives per
// Version.
type Account struct {
	TenantID     tenant.ID
	ID           int64
	Key          string // random, in the callback path
	Channel      Code
	Mode         Mode
	Name         string
	MerchantNo   string   // mchid, sub_mchid, PID or merId: whose money it is
	AppIDs       []string // the AppIDs it serves
	Enabled      bool     // a disabled account collects nothing new; callbacks and refunds go on
	Config       AccountConfig
	PrivateKey   vault.Secret // PKCS#8 PEM
	APIv3Key     vault.Secret // WeChat Pay only: 32 bytes
	ProviderKeys []ProviderKey
	Version      time.Time // changes with every change of the account or its keys
	Recalled     bool      // from memory: Version may be out of date
	Earlier      []KeySet  // replaced sets, newest first, that messages under way may still need
	Meter        KeyMeter  // counts the uses of the keys; may be nil
}

// Partner reports that a service provider signs for the merchant.
func (c AccountConfig) Partner() bool { return c.SpMchID != "" }

// Serves reports that the account may collect for an app: any, unless its service provider
// knows it with one app of its own.
func (c AccountConfig) Serves(appID string) bool {
	return c.SubAppID == "" || appID == c.SubAppID || appID == c.SpAppID
}

// SignerNo is the merchant number that the keys are of.
func (a Account) SignerNo() string {
	if a.Config.Partner() {
		return a.Config.SpMchID
	}
	return a.MerchantNo
}

// KeySet is what is left of replaced keys: enough to verify and open a message that was
// under way.
type KeySet struct {
	Config   AccountConfig
	APIv3Key vault.Secret // zero if it no longer opens
	Until    time.Time    // not used from then on
}

// KeyMeter counts uses of keys; it must cost no statement. vault.Vault is one.
type KeyMeter interface {
	Count(id tenant.ID, owner string, purpose vault.Purpose)
}

// Used counts one use of the account's keys.
func (a Account) Used(purpose vault.Purpose) {
	if a.Meter != nil {
		a.Meter.Count(a.TenantID, KeyOwner(a.Key), purpose)
	}
}

// Accounts finds merchant accounts; payments/account is the one.
type Accounts interface {
	// ByKey finds an account by its callback key. Faults: NOT_FOUND.
	ByKey(ctx context.Context, id tenant.ID, key string) (Account, error)
	// Recent is ByKey, perhaps as it was some minutes ago (Recalled): the caller acts on it
	// only where it sees that Version still holds. Faults: NOT_FOUND.
	Recent(ctx context.Context, id tenant.ID, key string) (Account, error)
	// ByID finds an account by its row id. Faults: NOT_FOUND.
	ByID(ctx context.Context, id tenant.ID, accountID int64) (Account, error)
	// ForApp finds the account that is bound to an AppID and enabled. Faults: NOT_FOUND.
	ForApp(ctx context.Context, id tenant.ID, channel Code, appID string) (Account, error)
	// Serving lists the enabled accounts that are bound to an AppID, one of a channel, in
	// one statement and without their keys.
	Serving(ctx context.Context, q tenantdb.Querier, appID string) ([]Serving, error)
}
