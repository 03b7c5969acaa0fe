package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// ByKey implements payments.Accounts.
func (s *Service) ByKey(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return s.open(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		row, err := s.q.AccountByKey(ctx, r, key)
		return accountdb.AccountByIDRow(row), err
	})
}

// ByID implements payments.Accounts.
func (s *Service) ByID(ctx context.Context, id tenant.ID, accountID int64) (payments.Account, error) {
	return s.open(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		return s.q.AccountByID(ctx, r, accountID)
	})
}

// ForApp implements payments.Accounts. Where two accounts collect for one AppID the
// older one does.
func (s *Service) ForApp(ctx context.Context, id tenant.ID, channel payments.Code, appID string) (payments.Account, error) {
	return s.open(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		row, err := s.q.AccountForApp(ctx, r, string(channel), appID)
		return accountdb.AccountByIDRow(row), err
	})
}

// open reads an account in one statement and opens its secrets, from memory if they have
// not changed.
func (s *Service) open(
	ctx context.Context, id tenant.ID, read func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error),
) (payments.Account, error) {
	var row accountdb.AccountByIDRow
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = read(r)
		return err
	})
	if tenantdb.NoRows(err) {
		return payments.Account{}, fault.ErrNotFound
	}
	if err != nil {
		return payments.Account{}, fmt.Errorf("read payment account: %w", err)
	}
	a := payments.Account{
		TenantID: id, ID: row.ID, Key: row.AccountKey, Channel: payments.Code(row.Channel), Mode: payments.Mode(row.Mode), Name: row.Name,
		MerchantNo: row.MerchantNo, AppIDs: row.AppIds, Enabled: row.Status == statusActive, Version: row.UpdatedAt,
	}
	if err := json.Unmarshal(row.Config, &a.Config); err != nil {
		return payments.Account{}, fmt.Errorf("stored payment account %d: %w", row.ID, err)
	}
	if a.Mode == payments.Sandbox && !s.mayTalkTo(a.Config.BaseURL) {
		return payments.Account{}, ErrForeignSandbox
	}
	if err := json.Unmarshal(row.ProviderKeys, &a.ProviderKeys); err != nil {
		return payments.Account{}, fmt.Errorf("stored payment account %d: %w", row.ID, err)
	}
	secrets, err := s.secrets(ctx, id, row)
	if err != nil {
		return payments.Account{}, err
	}
	a.PrivateKey, a.APIv3Key = secrets[fieldPrivateKey], secrets[fieldAPIv3Key]
	return a, nil
}

func (s *Service) secrets(ctx context.Context, id tenant.ID, row accountdb.AccountByIDRow) (map[string]vault.Secret, error) {
	key := secretKey{id, row.ID, row.UpdatedAt.UnixNano()}
	if found, ok := s.cache.get(key, s.d.Now()); ok {
		return found, nil
	}
	var stored []struct {
		Field  string `json:"field"`
		Sealed string `json:"sealed"`
	}
	if err := json.Unmarshal(row.Secrets, &stored); err != nil {
		return nil, fmt.Errorf("stored secrets of payment account %d: %w", row.ID, err)
	}
	opened := make(map[string]vault.Secret, len(stored))
	for _, f := range stored {
		// Postgres breaks base64 into lines.
		sealed, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(f.Sealed, "\n", ""))
		if err != nil {
			return nil, fmt.Errorf("stored secrets of payment account %d: %w", row.ID, err)
		}
		if opened[f.Field], err = s.d.Vault.Open(ctx, place(id, row.AccountKey, f.Field), sealed); err != nil {
			return nil, fmt.Errorf("secrets of payment account %d: %w", row.ID, err)
		}
	}
	s.cache.put(key, opened, s.d.Now())
	return opened, nil
}

const (
	secretsTTL  = 10 * time.Minute
	mostSecrets = 2000
)

// secretKey changes whenever the account does, so a stale entry is never asked for.
type secretKey struct {
	tenant  tenant.ID
	account int64
	version int64
}

type secretEntry struct {
	secrets map[string]vault.Secret
	until   time.Time
}

// secretCache keeps opened secrets, bounded in number and time.
type secretCache struct {
	mu      sync.Mutex
	entries map[secretKey]secretEntry
}

func newSecretCache() *secretCache {
	return &secretCache{mu: sync.Mutex{}, entries: map[secretKey]secretEntry{}}
}

func (c *secretCache) get(key secretKey, now time.Time) (map[string]vault.Secret, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	return e.secrets, ok && now.Before(e.until)
}

func (c *secretCache) put(key secretKey, secrets map[string]vault.Secret, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= mostSecrets {
		clear(c.entries)
	}
	c.entries[key] = secretEntry{secrets, now.Add(secretsTTL)}
}
