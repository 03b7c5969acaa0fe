package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// Key is one stored secret of a merchant account, by fingerprint only.
type Key struct {
	Field       string
	Version     int64
	Fingerprint string
	CreatedAt   time.Time
}

// ProviderKey is a key of the provider that verifies its messages.
type ProviderKey struct {
	Serial   string
	NotAfter *time.Time
}

// Account is a merchant account at a payment provider.
type Account struct {
	ID           int64
	AccountKey   string // part of the callback address
	Channel      string
	Mode         string // live or sandbox
	Name         string
	MerchantNo   string
	AppIDs       []string
	KeyMode      string // how the provider's messages are verified
	Serial       string // of the merchant's own certificate
	PublicKeyID  string
	SpMchID      string // WeChat Pay: the service provider that signs; empty for a direct merchant
	SpAppID      string
	SubAppID     string
	SignAppID    string // Alipay: the application whose key signs
	RootSerial   string // Alipay, certificate mode
	Status       string
	UpdatedAt    time.Time
	KeyVersion   int64
	CertNotAfter *time.Time // end of the merchant's certificate; nil where it was not given
	Overlap      *time.Time // until when replaced keys still open messages; nil for none
	CheckedAt    *time.Time // last live check of the keys; nil for never
	CheckOutcome string
	CheckCode    string // the provider's own
	CheckMessage string
	CheckCurrent bool // it tried the keys in use
	Keys         []Key
	ProviderKeys []ProviderKey
	Anomalies    []Anomaly // unresolved, newest first, with or without an order; at most 20 over all accounts
}

const (
	accounts = `SELECT a.id, a.account_key, a.channel, a.mode, a.name, a.merchant_no,
       ARRAY(SELECT b.app_id FROM payment_binding b WHERE b.account_id = a.id ORDER BY b.app_id),
       coalesce(a.config->>'key_mode', ''), coalesce(a.config->>'serial', ''), coalesce(a.config->>'public_key_id', ''),
       coalesce(a.config->>'sp_mchid', ''), coalesce(a.config->>'sp_appid', ''), coalesce(a.config->>'sub_appid', ''),
       coalesce(a.config->>'sign_app_id', ''), coalesce(a.config->>'root_sn', ''), a.status, a.updated_at, a.key_version::bigint,
       (SELECT k.cert_not_after FROM payment_key_set k WHERE k.account_id = a.id AND k.version = a.key_version),
       (SELECT max(k.destroy_at) FROM payment_key_set k WHERE k.account_id = a.id AND k.destroyed_at IS NULL),
       a.checked_at, a.check_outcome, a.check_code, a.check_message, a.check_version = a.key_version
  FROM payment_account a ORDER BY a.id LIMIT 100`
	accountKeys = `SELECT DISTINCT ON (s.account_id, s.field) s.account_id, s.field, s.version::bigint, s.fingerprint, s.created_at
  FROM payment_secret s ORDER BY s.account_id, s.field, s.version DESC`
	providerKeys = "SELECT k.account_id, k.serial, k.not_after FROM payment_provider_key k ORDER BY k.account_id, k.fetched_at DESC, k.serial"
)

const openAnomalies = `SELECT a.account_id, a.event_id, a.out_trade_no, a.reason, a.blocking, coalesce(a.detail->>'expected', ''),
       coalesce(a.detail->>'got', ''), a.seen::bigint, a.first_at, a.resolved_at
  FROM payment_anomaly a WHERE a.resolved_at IS NULL ORDER BY a.id DESC LIMIT 20`

// Accounts returns the shop's merchant accounts, oldest first, with the fingerprints
// of their current keys.
func (s *Store) Accounts(ctx context.Context, shop tenant.ID) (list []Account, err error) {
	var keys []ofAccount[Key]
	var provider []ofAccount[ProviderKey]
	var open []ofAccount[Anomaly]
	err = s.read(ctx, shop, "payment accounts", func(b *pgx.Batch) {
		collect(b, &list, accountRow, accounts)
		collect(b, &keys, func(row pgx.CollectableRow) (k ofAccount[Key], err error) {
			err = row.Scan(&k.account, &k.value.Field, &k.value.Version, &k.value.Fingerprint, &k.value.CreatedAt)
			return k, err
		}, accountKeys)
		collect(b, &provider, func(row pgx.CollectableRow) (k ofAccount[ProviderKey], err error) {
			err = row.Scan(&k.account, &k.value.Serial, &k.value.NotAfter)
			return k, err
		}, providerKeys)
		collect(b, &open, func(row pgx.CollectableRow) (a ofAccount[Anomaly], err error) {
			v := &a.value
			err = row.Scan(&a.account, &v.EventID, &v.OutTradeNo, &v.Reason, &v.Blocking, &v.Expected, &v.Got, &v.Seen, &v.FirstAt, &v.ResolvedAt)
			return a, err
		}, openAnomalies)
	})
	for i := range list {
		list[i].Keys = valuesOf(keys, list[i].ID)
		list[i].ProviderKeys = valuesOf(provider, list[i].ID)
		list[i].Anomalies = valuesOf(open, list[i].ID)
	}
	return list, err
}

// ofAccount is a row that belongs to an account.
type ofAccount[T any] struct {
	account int64
	value   T
}

// valuesOf picks the rows of one account.
func valuesOf[T any](rows []ofAccount[T], account int64) (values []T) {
	for _, row := range rows {
		if row.account == account {
			values = append(values, row.value)
		}
	}
	return values
}

func accountRow(row pgx.CollectableRow) (a Account, err error) {
	err = row.Scan(&a.ID, &a.AccountKey, &a.Channel, &a.Mode, &a.Name, &a.MerchantNo, &a.AppIDs,
		&a.KeyMode, &a.Serial, &a.PublicKeyID, &a.SpMchID, &a.SpAppID, &a.SubAppID, &a.SignAppID, &a.RootSerial, &a.Status, &a.UpdatedAt, &a.KeyVersion, &a.CertNotAfter, &a.Overlap,
		&a.CheckedAt, &a.CheckOutcome, &a.CheckCode, &a.CheckMessage, &a.CheckCurrent)
	return a, err
}
