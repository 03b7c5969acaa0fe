package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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
	row, err := s.read(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		row, err := s.q.AccountByKey(ctx, r, key)
		return accountdb.AccountByIDRow(row), err
	})
	if err != nil {
		return payments.Account{}, err
	}
	s.rows.put(rowKey{id, key}, row, s.d.Now())
	return s.unseal(ctx, id, row)
}

// Recent implements payments.Accounts. It asks Postgres only for what it has not read in
// the last ten minutes.
func (s *Service) Recent(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	row, ok := s.rows.get(rowKey{id, key}, s.d.Now())
	if !ok {
		return s.ByKey(ctx, id, key)
	}
	acc, err := s.unseal(ctx, id, row)
	acc.Recalled = true
	return acc, err
}

// ByID implements payments.Accounts.
func (s *Service) ByID(ctx context.Context, id tenant.ID, accountID int64) (payments.Account, error) {
	return s.open(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		return s.q.AccountByID(ctx, r, accountID)
	})
}

// ForApp implements payments.Accounts: the binding says which.
func (s *Service) ForApp(ctx context.Context, id tenant.ID, channel payments.Code, appID string) (payments.Account, error) {
	return s.open(ctx, id, func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error) {
		row, err := s.q.AccountForApp(ctx, r, string(channel), appID)
		return accountdb.AccountByIDRow(row), err
	})
}

// Serving implements payments.Accounts.
func (s *Service) Serving(ctx context.Context, q tenantdb.Querier, appID string) ([]payments.Serving, error) {
	rows, err := s.q.Serving(ctx, q, appID)
	if err != nil {
		return nil, fmt.Errorf("accounts that serve %s: %w", appID, err)
	}
	all := make([]payments.Serving, 0, len(rows))
	for _, r := range rows {
		all = append(all, payments.Serving{Channel: payments.Code(r.Channel), Mode: payments.Mode(r.Mode), Damaged: r.Damaged})
	}
	return all, nil
}

// open reads an account in one statement and opens its secrets.
func (s *Service) open(
	ctx context.Context, id tenant.ID, read func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error),
) (payments.Account, error) {
	row, err := s.read(ctx, id, read)
	if err != nil {
		return payments.Account{}, err
	}
	return s.unseal(ctx, id, row)
}

func (s *Service) read(
	ctx context.Context, id tenant.ID, read func(r *tenantdb.Reader) (accountdb.AccountByIDRow, error),
) (row accountdb.AccountByIDRow, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = read(r)
		return err
	})
	if tenantdb.NoRows(err) {
		return row, fault.ErrNotFound
	}
	if err != nil {
		return row, fmt.Errorf("read payment account: %w", err)
	}
	return row, nil
}

// unseal opens an account's secrets, from memory if they have not changed.
func (s *Service) unseal(ctx context.Context, id tenant.ID, row accountdb.AccountByIDRow) (payments.Account, error) {
	a := payments.Account{
		TenantID: id, ID: row.ID, Key: row.AccountKey, Channel: payments.Code(row.Channel), Mode: payments.Mode(row.Mode), Name: row.Name,
		MerchantNo: row.MerchantNo, AppIDs: row.AppIds, Enabled: row.Status == statusActive, Version: row.UpdatedAt, Meter: s.d.Vault,
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
		return a, err // with what is not secret, for a repair
	}
	a.PrivateKey, a.APIv3Key = secrets[versioned{fieldPrivateKey, int(row.KeyVersion)}], secrets[versioned{fieldAPIv3Key, int(row.KeyVersion)}]
	a.Earlier, err = earlier(row, secrets)
	return a, err
}

// earlier reads what of replaced sets may still be needed.
func earlier(row accountdb.AccountByIDRow, secrets opened) ([]payments.KeySet, error) {
	var stored []struct {
		Version int                    `json:"version"`
		Config  payments.AccountConfig `json:"config"`
		Until   time.Time              `json:"until"`
	}
	if err := json.Unmarshal(row.Earlier, &stored); err != nil {
		return nil, fmt.Errorf("stored payment account %d: %w", row.ID, err)
	}
	sets := make([]payments.KeySet, 0, len(stored))
	for _, k := range stored {
		sets = append(sets, payments.KeySet{Config: k.Config, APIv3Key: secrets[versioned{fieldAPIv3Key, k.Version}], Until: k.Until})
	}
	return sets, nil
}

// versioned is one field of one set of keys.
type versioned struct {
	field   string
	version int
}

// opened is an account's secrets in clear.
type opened map[versioned]vault.Secret

func (s *Service) secrets(ctx context.Context, id tenant.ID, row accountdb.AccountByIDRow) (opened, error) {
	key := secretKey{id, row.ID, row.UpdatedAt.UnixNano()}
	if found, err, ok := s.cache.get(key, s.d.Now()); ok {
		return found, err
	}
	all, err := s.openSecrets(ctx, id, row)
	if err == nil || errors.Is(err, vault.ErrSealed) {
		s.cache.put(key, all, err, s.d.Now())
	}
	return all, err
}

func (s *Service) openSecrets(ctx context.Context, id tenant.ID, row accountdb.AccountByIDRow) (opened, error) {
	var stored []struct {
		Field   string `json:"field"`
		Version int    `json:"version"`
		Sealed  string `json:"sealed"`
	}
	if err := json.Unmarshal(row.Secrets, &stored); err != nil {
		return nil, fmt.Errorf("stored secrets of payment account %d: %w", row.ID, err)
	}
	all := make(opened, len(stored))
	for _, f := range stored {
		// Postgres breaks base64 into lines.
		sealed, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(f.Sealed, "\n", ""))
		if err != nil {
			return nil, fmt.Errorf("stored secrets of payment account %d: %w", row.ID, err)
		}
		secret, err := s.d.Vault.Open(ctx, place(id, row.AccountKey, f.Field), sealed)
		if errors.Is(err, vault.ErrSealed) && f.Version != int(row.KeyVersion) {
			continue // the account goes on without its replaced keys; the alarm has been raised
		}
		if err != nil {
			return nil, fmt.Errorf("secrets of payment account %d: %w", row.ID, err)
		}
		all[versioned{f.Field, f.Version}] = secret
	}
	return all, nil
}

const (
	secretsTTL  = 10 * time.Minute
	damagedTTL  = time.Minute // a damaged account is not looked at for every request
	mostSecrets = 2000
)

// secretKey changes whenever the account does, so a stale entry is never asked for.
type secretKey struct {
	tenant  tenant.ID
	account int64
	version int64
}

type secretEntry struct {
	secrets opened
	damaged error // instead of secrets
	until   time.Time
}

// secretCache keeps opened secrets, bounded in number and time. It hands out copies and
// overwrites its own when they leave it.
type secretCache struct {
	mu      sync.Mutex
	entries map[secretKey]secretEntry
}

func newSecretCache() *secretCache {
	return &secretCache{mu: sync.Mutex{}, entries: map[secretKey]secretEntry{}}
}

func (c *secretCache) get(key secretKey, now time.Time) (opened, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if ok && !now.Before(e.until) {
		c.drop(key)
		ok = false
	}
	if !ok {
		return nil, nil, false
	}
	return e.secrets.clone(), e.damaged, true
}

func (c *secretCache) put(key secretKey, secrets opened, damaged error, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.entries {
		// An earlier version of the account is not asked for again.
		if len(c.entries) >= mostSecrets || (old.tenant == key.tenant && old.account == key.account) {
			c.drop(old)
		}
	}
	ttl := secretsTTL
	if damaged != nil {
		ttl = damagedTTL
	}
	c.entries[key] = secretEntry{secrets.clone(), damaged, now.Add(ttl)}
}

func (c *secretCache) drop(key secretKey) {
	for _, s := range c.entries[key].secrets {
		clear(s.Reveal())
	}
	delete(c.entries, key)
}

func (o opened) clone() opened {
	copied := make(opened, len(o))
	for k, s := range o {
		copied[k] = vault.NewSecret(s.Reveal())
	}
	return copied
}
