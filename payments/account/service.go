package account

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Names of the sealed fields.
const (
	fieldPrivateKey = "private_key"
	fieldAPIv3Key   = "api_v3_key"
)

// Deps is what the service needs; all are required.
type Deps struct {
	DB       *tenantdb.DB
	Vault    *vault.Vault
	Registry *registry.Service
	Now      func() time.Time
	Rand     io.Reader
}

// Service keeps merchant accounts. Safe for concurrent use.
type Service struct {
	d     Deps
	q     *accountdb.Queries
	cache *secretCache
}

var _ payments.Accounts = (*Service)(nil)

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: accountdb.New(), cache: newSecretCache()} }

// AddInput is everything a merchant pastes in.
type AddInput struct {
	Channel                payments.Code
	Mode                   payments.Mode
	Name                   string // what the shop calls it
	MerchantNo             string // mchid
	AppIDs                 []tenant.AppID
	PrivateKeyPEM          vault.Secret // apiclient_key.pem, PKCS#8 or PKCS#1
	APIv3Key               vault.Secret // 32 bytes
	MerchantSerial         string       // of apiclient_cert.pem; may be empty if the certificate is given
	MerchantCertificatePEM string       // optional: apiclient_cert.pem, compared with the private key
	KeyMode                payments.KeyMode
	PublicKeyID            string // modes public_key and both
	PublicKeyPEM           string
	PlatformCertificatePEM string // optional in modes certificate and both
	BaseURL                string // sandbox accounts only
}

// Account is an account as people see it: no secret, only what it is recognised by.
type Account struct {
	ID           int64
	Key          string // in the callback path
	Channel      payments.Code
	Mode         payments.Mode
	Name         string
	MerchantNo   string
	AppIDs       []string
	Enabled      bool
	Config       payments.AccountConfig
	Secrets      []Secret
	ProviderKeys []ProviderKey
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Secret is a sealed field as people see it.
type Secret struct {
	Field       string    `json:"field"`
	Version     int       `json:"version"`
	Fingerprint string    `json:"fingerprint"`
	CreatedAt   time.Time `json:"created_at"`
}

// ProviderKey is a key of the provider as people see it.
type ProviderKey struct {
	Serial   string     `json:"serial"`
	NotAfter *time.Time `json:"not_after"` // nil: does not expire
}

// Add checks the keys, seals them and opens the account. It opens a platform and a
// tenant transaction. Not repeatable: the second time is MERCHANT_EXISTS. Faults:
// VALIDATION naming each wrong field, MERCHANT_EXISTS.
func (s *Service) Add(ctx context.Context, id tenant.ID, in AddInput) (Account, error) {
	p, err := in.check()
	if err != nil {
		return Account{}, err
	}
	key, err := s.newKey()
	if err != nil {
		return Account{}, err
	}
	sealed := map[string][]byte{}
	secrets := map[string]vault.Secret{fieldPrivateKey: p.privateKey, fieldAPIv3Key: in.APIv3Key}
	for field, secret := range secrets {
		if sealed[field], err = s.d.Vault.Seal(ctx, place(id, key, field), secret); err != nil {
			return Account{}, fmt.Errorf("add payment account: %w", err)
		}
	}
	if err := s.d.Registry.AddAccountRoute(ctx, key, string(in.Channel), in.MerchantNo, id); err != nil {
		return Account{}, fmt.Errorf("add payment account: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.insert(ctx, tx, key, in, p, sealed, secrets) })
	if tenantdb.Violates(err, "payment_account_channel_merchant_no_key") {
		return Account{}, ErrMerchantTaken
	}
	if err != nil {
		return Account{}, fmt.Errorf("add payment account: %w", err)
	}
	return s.find(ctx, id, key)
}

func (s *Service) insert(
	ctx context.Context, tx tenantdb.Tx, key string, in AddInput, p parsed, sealed map[string][]byte, secrets map[string]vault.Secret,
) error {
	config, err := json.Marshal(p.config)
	if err != nil {
		return fmt.Errorf("encode config: %w", err)
	}
	appIDs := make([]string, 0, len(in.AppIDs))
	for _, a := range in.AppIDs {
		appIDs = append(appIDs, a.String())
	}
	accountID, err := s.q.InsertAccount(ctx, tx, accountdb.InsertAccountParams{
		AccountKey: key, Channel: string(in.Channel), Mode: string(in.Mode), Name: in.Name, MerchantNo: in.MerchantNo,
		AppIds: appIDs, Config: config, Now: tx.Now(),
	})
	if err != nil {
		return err
	}
	for field, secret := range secrets {
		if err := s.q.InsertSecret(ctx, tx, accountID, field, 1, sealed[field], secret.Fingerprint(), tx.Now()); err != nil {
			return err
		}
	}
	return s.putKeys(ctx, tx, accountID, p.providerKeys)
}

func (s *Service) putKeys(ctx context.Context, tx tenantdb.Tx, accountID int64, keys []payments.ProviderKey) error {
	for _, k := range keys {
		if _, err := s.q.PutProviderKey(ctx, tx, accountID, k.Serial, k.PEM, k.NotAfter, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// AddProviderKeys keeps keys that a channel fetched from the provider. Keys that are
// known are left as they are. The account's version changes.
func (s *Service) AddProviderKeys(ctx context.Context, id tenant.ID, accountID int64, keys []payments.ProviderKey) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.putKeys(ctx, tx, accountID, keys); err != nil {
			return err
		}
		return s.q.TouchAccount(ctx, tx, tx.Now(), accountID)
	})
	if err != nil {
		return fmt.Errorf("keep provider keys: %w", err)
	}
	return nil
}

// List shows a shop's accounts in the order they were added.
func (s *Service) List(ctx context.Context, id tenant.ID) (list []Account, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Accounts(ctx, r)
		if err != nil {
			return err
		}
		list = make([]Account, 0, len(rows))
		for _, row := range rows {
			a, err := accountFromRow(row)
			if err != nil {
				return err
			}
			list = append(list, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list payment accounts: %w", err)
	}
	return list, nil
}

func (s *Service) find(ctx context.Context, id tenant.ID, key string) (Account, error) {
	list, err := s.List(ctx, id)
	if err != nil {
		return Account{}, err
	}
	for _, a := range list {
		if a.Key == key {
			return a, nil
		}
	}
	return Account{}, fault.ErrNotFound
}

// newKey makes a callback key: 26 characters, 128 random bits, nothing to guess.
func (s *Service) newKey() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(s.d.Rand, b[:]); err != nil {
		return "", fmt.Errorf("make account key: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])), nil
}

// place is where a secret of an account belongs; a ciphertext opens nowhere else.
func place(id tenant.ID, accountKey, field string) vault.Field {
	return vault.Field{Tenant: id, Owner: "payment_account:" + accountKey, Name: field}
}

func accountFromRow(r accountdb.AccountsRow) (Account, error) {
	a := Account{
		ID: r.ID, Key: r.AccountKey, Channel: payments.Code(r.Channel), Mode: payments.Mode(r.Mode), Name: r.Name, MerchantNo: r.MerchantNo,
		AppIDs: r.AppIds, Enabled: r.Status == statusActive, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Config: payments.AccountConfig{}, Secrets: nil, ProviderKeys: nil,
	}
	for raw, to := range map[*json.RawMessage]any{&r.Config: &a.Config, &r.Secrets: &a.Secrets, &r.ProviderKeys: &a.ProviderKeys} {
		if err := json.Unmarshal(*raw, to); err != nil {
			return Account{}, fmt.Errorf("stored payment account %d: %w", r.ID, err)
		}
	}
	return a, nil
}

const statusActive = "active"
