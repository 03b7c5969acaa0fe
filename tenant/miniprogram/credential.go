package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram/internal/miniprogramdb"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const wechatBase = "https://api.weixin.qq.com"

// CredentialInput is a Mini Program's secret as the merchant gives it.
type CredentialInput struct {
	AppID    tenant.AppID
	Provider tenant.Provider
	Secret   vault.Secret
	APIBase  string // empty for the provider itself; the sandbox's address for a sandbox app
}

// Credential is what may be shown of a stored secret.
type Credential struct {
	AppID       string
	Provider    tenant.Provider
	SecretLast4 string
	APIBase     string
	UpdatedAt   time.Time
}

// PutCredential seals and stores a secret, replacing an earlier one of the same app.
// Faults: VALIDATION.
func (s *Service) PutCredential(ctx context.Context, id tenant.ID, in CredentialInput) error {
	if in.AppID.String() == "" {
		return fault.Invalidf("app_id", "must not be empty")
	}
	if n := len(in.Secret.Reveal()); n < 8 || n > 256 {
		return fault.Invalidf("secret", "must have 8 to 256 characters")
	}
	if !s.permitted(in.APIBase) {
		return fault.Invalidf("api_base", "must be an origin of the provider's such as https://api.weixin.qq.com")
	}
	sealed, err := s.vault.Seal(ctx, secretField(id, in.AppID), in.Secret)
	if err != nil {
		return fmt.Errorf("put app credential: %w", err)
	}
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutCredential(ctx, tx, in.AppID.String(), string(in.Provider), sealed, in.Secret.Last4(), in.APIBase); err != nil {
			return fmt.Errorf("put app credential: %w", err)
		}
		tx.AfterCommit(func() { s.tokens.forget(tokenKey(id, in.AppID)) })
		if err := s.vault.ResolveTx(ctx, tx, secretField(id, in.AppID).Owner, vault.Damaged); err != nil {
			return fmt.Errorf("put app credential: %w", err)
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "app.secret_set", Object: "app:" + in.AppID.String(),
			After: map[string]any{"provider": string(in.Provider), "secret_last4": in.Secret.Last4(), "secret_fingerprint": in.Secret.Fingerprint()},
		})
	})
}

// Credentials lists what is stored, without the secrets.
func (s *Service) Credentials(ctx context.Context, id tenant.ID) (list []Credential, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Credentials(ctx, r)
		if err != nil {
			return fmt.Errorf("list app credentials: %w", err)
		}
		list = make([]Credential, 0, len(rows))
		for _, row := range rows {
			list = append(list, Credential{
				AppID: row.AppID, Provider: tenant.Provider(row.Provider), SecretLast4: row.SecretLast4,
				APIBase: row.ApiBase, UpdatedAt: row.UpdatedAt,
			})
		}
		return nil
	})
	return list, err
}

// credential is an opened secret and where to use it.
type credential struct {
	appID  string
	secret string
	base   string
}

// open reads the credential afresh each time, so that a rotated secret counts at once.
func (s *Service) open(ctx context.Context, id tenant.ID, app tenant.AppID) (credential, error) {
	var (
		sealed         []byte
		provider, base string
	)
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Credential(ctx, r, app.String())
		if err != nil {
			return err
		}
		sealed, provider, base = row.SecretSealed, row.Provider, row.ApiBase
		return nil
	})
	switch {
	case tenantdb.NoRows(err):
		return credential{}, ErrNoCredential
	case err != nil:
		return credential{}, fmt.Errorf("app credential: %w", err)
	case tenant.Provider(provider) != tenant.WeChat:
		return credential{}, ErrConfiguration.Because(fmt.Errorf("no client for provider %q", provider))
	}
	secret, err := s.vault.Open(ctx, secretField(id, app), sealed)
	if errors.Is(err, vault.ErrSealed) {
		return credential{}, ErrConfiguration.Because(err) // the alarm has been raised
	}
	if err != nil {
		return credential{}, fmt.Errorf("app credential: %w", err)
	}
	if !s.permitted(base) {
		return credential{}, ErrConfiguration.Because(errForeignBase)
	}
	if base == "" {
		base = wechatBase
	}
	return credential{appID: app.String(), secret: string(secret.Reveal()), base: base}, nil
}

// SealedColumn describes app_credential.secret_sealed for the rotation of data keys. Shops
// have few Mini Programs: one page holds them.
func SealedColumn() vault.Column {
	q := miniprogramdb.New()
	return vault.Column{
		Name: "app_credential.secret_sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
			if after != "" {
				return nil, nil
			}
			rows, err := q.SealedCredentials(ctx, db)
			if err != nil {
				return nil, err
			}
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				page = append(page, vault.Row{Key: r.AppID, Owner: appOwner + r.AppID, Field: appSecret, Prefix: vault.Prefix(r.SecretSealed), Sealed: r.SecretSealed})
			}
			return page, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			return q.ResealCredential(ctx, tx, sealed, row.Key, row.Sealed)
		},
	}
}

// What the sealed secret of a Mini Program is bound to.
const (
	appOwner  = "app:"
	appSecret = "secret"
)

func secretField(id tenant.ID, app tenant.AppID) vault.Field {
	return vault.Field{Tenant: id, Owner: appOwner + app.String(), Name: appSecret}
}

var errForeignBase = errors.New("the stored api_base is neither the provider's nor the sandbox's")

// permitted reports whether an app may be served by base: by the provider, at any of its
// sites, or by the sandbox. The address carries the app's secret.
func (s *Service) permitted(base string) bool {
	if base == "" || (s.mayTalkTo != nil && s.mayTalkTo(base)) {
		return true
	}
	switch base {
	case wechatBase, "https://api2.weixin.qq.com", "https://sh.api.weixin.qq.com", "https://sz.api.weixin.qq.com", "https://hk.api.weixin.qq.com":
		return true
	}
	return false
}
