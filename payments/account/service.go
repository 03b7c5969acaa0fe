package account

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
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
	Audit    *audit.Log
	Outbox   *outbox.Outbox
	Timers   *timer.Timers
	Now      func() time.Time
	Rand     io.Reader
	// SandboxBase says which address a sandbox account may talk to, when it is added and
	// whenever it is opened: egress.Only the configured sandbox; nil allows none.
	SandboxBase func(base string) bool
}

// Service keeps merchant accounts. Safe for concurrent use.
type Service struct {
	d     Deps
	q     *accountdb.Queries
	cache *secretCache
	rows  *rowCache
}

var _ payments.Accounts = (*Service)(nil)

// New returns the service.
func New(d Deps) *Service {
	return &Service{d: d, q: accountdb.New(), cache: newSecretCache(), rows: newRowCache()}
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
	KeyVersion   int
	Secrets      []Secret
	KeySets      []KeySet // newest first
	ProviderKeys []ProviderKey
	LastUsed     map[vault.Purpose]time.Time // missing: not in the last 90 days
	Check        Check                       // the last live check
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Secret is a sealed field as people see it.
type Secret struct {
	Field       string    `json:"field"`
	Version     int       `json:"version"`
	Fingerprint string    `json:"fingerprint"` // of a private key: SHA-256 of its public key, shortened
	Last4       string    `json:"last4"`       // "" for keys that end alike
	CreatedAt   time.Time `json:"created_at"`
}

// Masked is what a form shows in the place of the secret. Sent back, it changes nothing.
func (s Secret) Masked() string { return mask + s.Last4 }

// KeySet is one version of an account's keys as people see it.
type KeySet struct {
	Version      int        `json:"version"`
	Serial       string     `json:"serial"`         // of the merchant's certificate
	CertNotAfter *time.Time `json:"cert_not_after"` // nil: the certificate was not given
	CreatedBy    string     `json:"created_by"`
	CreatedAt    time.Time  `json:"created_at"`
	DestroyAt    *time.Time `json:"destroy_at"`   // nil: in use
	DestroyedAt  *time.Time `json:"destroyed_at"` // nil: still there
}

// ProviderKey is a key of the provider as people see it.
type ProviderKey struct {
	Serial   string     `json:"serial"`
	NotAfter *time.Time `json:"not_after"` // nil: does not expire
}

// Add checks the keys, seals them and opens the account. It opens a platform and a
// tenant transaction. Of its AppIDs it serves those that no other account serves. Not
// repeatable: the second time is MERCHANT_EXISTS. Faults: VALIDATION naming each wrong
// field, MERCHANT_EXISTS.
func (s *Service) Add(ctx context.Context, id tenant.ID, in AddInput) (Account, error) {
	p, err := in.check(s.d.Now(), s.mayTalkTo)
	if err != nil {
		return Account{}, err
	}
	channel := in.Keys.Channel()
	if err := s.ownApps(ctx, id, channel, in.AppIDs); err != nil {
		return Account{}, err
	}
	key, err := s.newKey()
	if err != nil {
		return Account{}, err
	}
	sealed := map[string][]byte{}
	for field, secret := range p.secrets() {
		if sealed[field], err = s.d.Vault.Seal(ctx, place(id, key, field), secret); err != nil {
			return Account{}, fmt.Errorf("add payment account: %w", err)
		}
	}
	if err := s.d.Registry.AddAccountRoute(ctx, key, string(channel), in.MerchantNo, id); err != nil {
		return Account{}, fmt.Errorf("add payment account: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.insert(ctx, tx, key, in, p, sealed) })
	if tenantdb.Violates(err, onePerNumber) {
		return Account{}, ErrMerchantTaken
	}
	if err != nil {
		return Account{}, fmt.Errorf("add payment account: %w", err)
	}
	return s.find(ctx, id, key)
}

func (s *Service) insert(
	ctx context.Context, tx tenantdb.Tx, key string, in AddInput, p parsed, sealed map[string][]byte,
) error {
	channel := string(in.Keys.Channel())
	config, err := json.Marshal(p.config)
	if err != nil {
		return fmt.Errorf("encode config: %w", err)
	}
	appIDs := make([]string, 0, len(in.AppIDs))
	for _, a := range in.AppIDs {
		appIDs = append(appIDs, a.String())
	}
	accountID, err := s.q.InsertAccount(ctx, tx, accountdb.InsertAccountParams{
		AccountKey: key, Channel: channel, Mode: string(in.Mode), Name: in.Name, MerchantNo: in.MerchantNo,
		Config: config, Now: tx.Now(),
	})
	if err != nil {
		return err
	}
	if _, err := s.q.BindFree(ctx, tx, channel, accountID, actorOr(ctx, in.Actor), tx.Now(), appIDs); err != nil {
		return err
	}
	if err := s.q.InsertKeySet(ctx, tx, accountID, 1, config, p.certNotAfter, actorOr(ctx, in.Actor), tx.Now()); err != nil {
		return err
	}
	for field, secret := range p.secrets() {
		if err := s.insertSecret(ctx, tx, accountID, 1, field, secret, p, sealed[field]); err != nil {
			return err
		}
	}
	if err := s.putKeys(ctx, tx, accountID, p.providerKeys); err != nil {
		return err
	}
	if err := s.d.Timers.Set(ctx, tx, payments.TimerKeyExpiry, key, tx.Now(), struct{}{}); err != nil {
		return err
	}
	if err := s.d.Timers.Set(ctx, tx, payments.TimerBills, key, tx.Now().Add(24*time.Hour), payments.BillsV1{AccountID: accountID}); err != nil {
		return err
	}
	after := map[string]any{
		"channel": channel, "mode": string(in.Mode), "name": in.Name, "merchant_no": in.MerchantNo, "app_ids": appIDs,
		"private_key_fingerprint": p.publicKey,
	}
	if p.config.Partner() {
		after["sp_mchid"], after["sp_appid"] = p.config.SpMchID, p.config.SpAppID
	}
	if !p.apiV3Key.IsZero() {
		after["api_v3_key_fingerprint"] = p.apiV3Key.Fingerprint()
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "payment_account.added", Object: object(accountID), After: after})
}

// insertSecret stores a sealed field with what people recognise it by.
func (s *Service) insertSecret(
	ctx context.Context, tx tenantdb.Tx, accountID int64, version int, field string, secret vault.Secret, p parsed, sealed []byte,
) error {
	row := accountdb.InsertSecretParams{
		AccountID: accountID, Field: field, Version: int32(version), Sealed: sealed, Fingerprint: secret.Fingerprint(), Last4: secret.Last4(), Now: tx.Now(),
	}
	if field == fieldPrivateKey { // every PEM ends alike, and its public half is no secret
		row.Fingerprint, row.Last4 = p.publicKey, ""
	}
	return s.q.InsertSecret(ctx, tx, row)
}

// object names an account in the audit log.
func object(accountID int64) string { return "payment_account:" + strconv.FormatInt(accountID, 10) }

// actorOr is who acts: as said, or else as the log will say.
func actorOr(ctx context.Context, actor string) string {
	if actor == "" {
		return audit.Actor(ctx)
	}
	return actor
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
		if err := s.lookAtExpiry(ctx, tx, accountID); err != nil {
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
	const recently = -90
	uses, err := s.d.Vault.Usage(ctx, id, s.d.Now().AddDate(0, 0, recently))
	if err != nil {
		return nil, fmt.Errorf("list payment accounts: %w", err)
	}
	for i, a := range list {
		list[i].LastUsed = map[vault.Purpose]time.Time{}
		for _, u := range uses {
			if u.Owner == payments.KeyOwner(a.Key) {
				list[i].LastUsed[u.Purpose] = u.LastAt
			}
		}
	}
	return list, nil
}

// Show shows one account. Faults: NOT_FOUND.
func (s *Service) Show(ctx context.Context, id tenant.ID, accountID int64) (Account, error) {
	list, err := s.List(ctx, id)
	if err != nil {
		return Account{}, err
	}
	for _, a := range list {
		if a.ID == accountID {
			return a, nil
		}
	}
	return Account{}, fault.ErrNotFound
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

func (s *Service) mayTalkTo(base string) bool { return s.d.SandboxBase != nil && s.d.SandboxBase(base) }

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
	return vault.Field{Tenant: id, Owner: payments.KeyOwner(accountKey), Name: field}
}

func accountFromRow(r accountdb.AccountsRow) (Account, error) {
	a := Account{
		ID: r.ID, Key: r.AccountKey, Channel: payments.Code(r.Channel), Mode: payments.Mode(r.Mode), Name: r.Name, MerchantNo: r.MerchantNo,
		AppIDs: r.AppIds, Enabled: r.Status == statusActive, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Config: payments.AccountConfig{}, KeyVersion: int(r.KeyVersion), Secrets: nil, KeySets: nil, ProviderKeys: nil, LastUsed: nil,
		Check: checkFromRow(r),
	}
	for raw, to := range map[*json.RawMessage]any{
		&r.Config: &a.Config, &r.Secrets: &a.Secrets, &r.KeySets: &a.KeySets, &r.ProviderKeys: &a.ProviderKeys,
	} {
		if err := json.Unmarshal(*raw, to); err != nil {
			return Account{}, fmt.Errorf("stored payment account %d: %w", r.ID, err)
		}
	}
	return a, nil
}

const (
	statusActive   = "active"
	statusDisabled = "disabled"
	// onePerNumber is the index that keeps a merchant number from being added twice.
	onePerNumber = "payment_account_one"
)
