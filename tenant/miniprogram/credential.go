package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram/internal/miniprogramdb"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const wechatBase = "https://api.weixin.qq.com"

// CredentialInput is a Mini Program's keys as a tool gives them.
type CredentialInput struct {
	AppID    tenant.AppID
	Provider tenant.Provider
	Secret   vault.Secret // WeChat
	Alipay   AlipayInput  // Alipay
	APIBase  string       // empty for the provider itself; the sandbox's address for a sandbox app
}

// App is a Mini Program of a shop, without its secrets.
type App struct {
	ID        tenant.AppID
	Provider  tenant.Provider
	Name      string
	Enabled   bool
	Mode      Mode
	APIBase   string
	KeyEnds   string // what people recognise the keys by; empty: none are stored
	Config    Config
	Check     Check // of the present keys
	CreatedAt time.Time
	KeysSince time.Time

	Push PushState

	revision int32
}

// PutCredential seals and stores the keys of an app that is bound already, replacing
// earlier ones. Whether it is live or of the sandbox follows from the address. Faults:
// VALIDATION.
func (s *Service) PutCredential(ctx context.Context, id tenant.ID, in CredentialInput) error {
	if in.AppID.String() == "" {
		return wrong("app_id", wrongMissing)
	}
	mode := Live
	if !s.fits(in.Provider, mode, in.APIBase) {
		mode = Sandbox
	}
	if !s.fits(in.Provider, mode, in.APIBase) {
		return fault.Invalidf("api_base", "must be an origin of the provider's such as https://api.weixin.qq.com")
	}
	k, err := parseKeys(in.Provider, KeysInput{Secret: in.Secret, Alipay: in.Alipay}, s.now())
	if err != nil {
		return err
	}
	sealed, err := s.seal(ctx, id, in.AppID, k)
	if err != nil {
		return fmt.Errorf("put app credential: %w", err)
	}
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.store(ctx, tx, in.AppID, in.Provider, mode, in.APIBase, k, sealed); err != nil {
			return err
		}
		after := k.shown()
		after["provider"] = string(in.Provider)
		return s.audit.RecordTx(ctx, tx, audit.Entry{Action: "app.secret_set", Object: appOwner + in.AppID.String(), After: after})
	})
}

// Apps lists a shop's Mini Programs, oldest first.
func (s *Service) Apps(ctx context.Context, id tenant.ID) ([]App, error) { return s.apps(ctx, id, "") }

// App returns one of a shop's Mini Programs. Faults: NOT_FOUND, for another shop's as for none.
func (s *Service) App(ctx context.Context, id tenant.ID, app tenant.AppID) (App, error) {
	if app.String() == "" {
		return App{}, fault.ErrNotFound
	}
	list, err := s.apps(ctx, id, app.String())
	if err != nil {
		return App{}, err
	}
	if len(list) == 0 {
		return App{}, fault.ErrNotFound
	}
	return list[0], nil
}

func (s *Service) apps(ctx context.Context, id tenant.ID, which string) (list []App, err error) {
	var rows []miniprogramdb.AppsRow
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.Apps(ctx, r, which)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list apps: %w", err)
	}
	list = make([]App, 0, len(rows))
	for _, row := range rows {
		app, err := appFromRow(row)
		if err != nil {
			return nil, err
		}
		list = append(list, app)
	}
	return list, nil
}

func appFromRow(row miniprogramdb.AppsRow) (App, error) {
	id, ok := tenant.ParseAppID(row.AppID)
	if !ok {
		return App{}, fmt.Errorf("stored app id %q is malformed", row.AppID)
	}
	config, err := decodeConfig(row.Config)
	if err != nil {
		return App{}, err
	}
	check, err := decodeCheck(row.CheckResult)
	if err != nil {
		return App{}, err
	}
	if row.CheckedAt != nil {
		check.At = row.CheckedAt.UTC()
	}
	return App{
		ID: id, Provider: tenant.Provider(row.Provider), Name: row.Name, Enabled: row.Status == "active", Mode: Mode(row.Mode), APIBase: row.ApiBase,
		KeyEnds: row.SecretLast4, Config: config, Check: check, CreatedAt: row.CreatedAt, KeysSince: row.UpdatedAt, revision: row.Revision,
		Push: PushState{Keys: row.PushKeys, ReadyAt: row.PushReadyAt, HeardAt: row.PushHeardAt},
	}, nil
}

// credential is an opened secret and where to use it.
type credential struct {
	appID    string
	provider tenant.Provider
	secret   string
	base     string
	config   Config
	revision int32
	pushed   bool // WeChat can tell us something
}

// open reads the credential afresh each time, so that a rotated secret counts at once.
func (s *Service) open(ctx context.Context, id tenant.ID, app tenant.AppID) (credential, error) {
	var row miniprogramdb.CredentialRow
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.Credential(ctx, r, app.String())
		return err
	})
	switch {
	case tenantdb.NoRows(err):
		return credential{}, ErrNoCredential
	case err != nil:
		return credential{}, fmt.Errorf("app credential: %w", err)
	}
	secret, err := s.vault.Open(ctx, secretField(id, app), row.SecretSealed)
	if errors.Is(err, vault.ErrSealed) {
		return credential{}, ErrConfiguration.Because(err) // the alarm has been raised
	}
	if err != nil {
		return credential{}, fmt.Errorf("app credential: %w", err)
	}
	if !s.fits(tenant.Provider(row.Provider), Mode(row.Mode), row.ApiBase) {
		return credential{}, ErrConfiguration.Because(errForeignBase)
	}
	config, err := decodeConfig(row.Config)
	if err != nil {
		return credential{}, err
	}
	c := credential{
		appID: app.String(), provider: tenant.Provider(row.Provider), secret: string(secret.Reveal()), base: row.ApiBase, config: config, revision: row.Revision, pushed: row.PushReadyAt != nil,
	}
	if c.base == "" && c.provider == tenant.WeChat {
		c.base = wechatBase
	}
	return c, nil
}

// openWeChat is open for calls that only WeChat has.
func (s *Service) openWeChat(ctx context.Context, id tenant.ID, app tenant.AppID) (credential, error) {
	c, err := s.open(ctx, id, app)
	if err == nil && c.provider != tenant.WeChat {
		return credential{}, ErrConfiguration.Because(fmt.Errorf("%q has no such call", c.provider))
	}
	return c, err
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

// SealedSecretColumn describes app_secret.sealed for the rotation of data keys.
func SealedSecretColumn() vault.Column {
	q := miniprogramdb.New()
	return vault.Column{
		Name: "app_secret.sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
			if after != "" {
				return nil, nil
			}
			rows, err := q.SealedAppSecrets(ctx, db)
			if err != nil {
				return nil, err
			}
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				page = append(page, vault.Row{Key: r.AppID + "/" + r.Field, Owner: appOwner + r.AppID, Field: r.Field, Prefix: vault.Prefix(r.Sealed), Sealed: r.Sealed})
			}
			return page, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			app, _, _ := strings.Cut(row.Key, "/")
			return q.ResealAppSecret(ctx, tx, sealed, app, row.Field, row.Sealed)
		},
	}
}

// What the sealed secrets of a Mini Program are bound to.
const (
	appOwner      = "app:"
	appSecret     = "secret"
	contentKey    = "content_key"
	contentKeyOld = "content_key_old" // the one before, for what is under way
)

func secretField(id tenant.ID, app tenant.AppID) vault.Field { return appField(id, app, appSecret) }

func appField(id tenant.ID, app tenant.AppID, name string) vault.Field {
	return vault.Field{Tenant: id, Owner: appOwner + app.String(), Name: name}
}

var errForeignBase = errors.New("the stored api_base is not one that serves the app's mode")

// providerSite reports whether base is one of WeChat's sites. The address carries the app's
// secret.
func providerSite(base string) bool {
	switch base {
	case wechatBase, "https://api2.weixin.qq.com", "https://sh.api.weixin.qq.com", "https://sz.api.weixin.qq.com", "https://hk.api.weixin.qq.com":
		return true
	}
	return false
}
