package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	// overlap is how long replaced keys still verify and open messages under way.
	overlap = 7 * 24 * time.Hour

	mask = "••••••••"
)

// ReplaceInput is new keys for an account. What is left empty, or sent back masked as it was
// shown, stays as it is.
type ReplaceInput struct {
	AccountID int64
	Actor     string // who does it, for the log: "staff:12"; "" is "system"
	Keys      Keys   // of the account's channel
	// Probe, if set, tries the new keys at the provider before they are stored; its error is
	// returned and nothing is changed.
	Probe func(ctx context.Context, acc payments.Account) error
}

// Replace gives an account a new set of keys. The replaced set still verifies and opens
// messages for seven days and is then destroyed. The act is recorded in its own transaction.
// Nothing changed is no new set. Faults: NOT_FOUND, VALIDATION naming each wrong field,
// CONFLICT if somebody else replaced them meanwhile, those of Probe.
func (s *Service) Replace(ctx context.Context, id tenant.ID, in ReplaceInput) (Account, error) {
	shown, err := s.Show(ctx, id, in.AccountID)
	if err != nil {
		return Account{}, fmt.Errorf("replace keys: %w", err)
	}
	now, err := s.ByID(ctx, id, in.AccountID)
	damaged := errors.Is(err, vault.ErrSealed) // such a set can be replaced as a whole
	if err != nil && !damaged {
		return Account{}, fmt.Errorf("replace keys: %w", err)
	}
	whole, err := in.merge(shown, now)
	if err != nil {
		return Account{}, err
	}
	p, err := whole.check(s.d.Now(), s.mayTalkTo)
	if err != nil {
		return Account{}, err
	}
	changed := map[string]vault.Secret{}
	if !p.privateKey.Equal(now.PrivateKey) {
		changed[fieldPrivateKey] = p.privateKey
	}
	if !p.apiV3Key.Equal(now.APIv3Key) {
		changed[fieldAPIv3Key] = p.apiV3Key
	}
	if len(changed) == 0 && p.config == shown.Config && p.certNotAfter == nil && !newKeyAmong(p.providerKeys, shown.ProviderKeys) {
		return shown, nil
	}
	if in.Probe != nil {
		trial := payments.Account{
			TenantID: id, ID: shown.ID, Key: shown.Key, Channel: shown.Channel, Mode: shown.Mode, Name: shown.Name, MerchantNo: shown.MerchantNo,
			AppIDs: shown.AppIDs, Enabled: shown.Enabled, Config: p.config, PrivateKey: p.privateKey, APIv3Key: p.apiV3Key,
			ProviderKeys: append(p.providerKeys, now.ProviderKeys...), Version: s.d.Now(), Earlier: nil, Meter: nil,
		}
		if err := in.Probe(ctx, trial); err != nil {
			return Account{}, fmt.Errorf("try the new keys: %w", err)
		}
	}
	return s.store(ctx, id, in, shown, p, changed, damaged)
}

// newKeyAmong reports a key of the provider that is not known yet.
func newKeyAmong(keys []payments.ProviderKey, known []ProviderKey) bool {
	return slices.ContainsFunc(keys, func(k payments.ProviderKey) bool {
		return !slices.ContainsFunc(known, func(have ProviderKey) bool { return have.Serial == k.Serial })
	})
}

// merge completes the input with what stays. now has no secrets if they are damaged.
func (in ReplaceInput) merge(shown Account, now payments.Account) (AddInput, error) {
	if in.Keys == nil || in.Keys.Channel() != shown.Channel {
		return AddInput{}, fault.ErrValidation.With(errChannel.At("channel"))
	}
	var fields []fault.Field
	keys := in.Keys.merge(shown, now, func(path string, why *fault.Error, args ...any) { fields = append(fields, why.At(path, args...)) })
	if fields != nil {
		return AddInput{}, fault.ErrValidation.With(fields...)
	}
	return AddInput{
		Mode: shown.Mode, Name: shown.Name, MerchantNo: shown.MerchantNo, AppIDs: nil, Keys: keys,
		BaseURL: shown.Config.BaseURL, Actor: in.Actor,
	}, nil
}

// unchanged recognises a value that a form left empty or sends back as it was shown.
func unchanged(text string) bool {
	return strings.TrimSpace(text) == "" || strings.HasPrefix(strings.TrimSpace(text), mask[:len("••••")])
}

// samePrivate compares keys, whatever form they are written in.
func samePrivate(a, b vault.Secret) bool {
	ignore := func(string, *fault.Error, ...any) {}
	given, have := readPrivate("", a.Reveal(), "", ignore), readPrivate("", b.Reveal(), "", ignore)
	return given != nil && have != nil && given.Equal(have)
}

func (s *Service) store(
	ctx context.Context, id tenant.ID, in ReplaceInput, shown Account, p parsed, changed map[string]vault.Secret, damaged bool,
) (Account, error) {
	sealed := map[string][]byte{}
	for field, secret := range changed {
		var err error
		if sealed[field], err = s.d.Vault.Seal(ctx, place(id, shown.Key, field), secret); err != nil {
			return Account{}, fmt.Errorf("replace keys: %w", err)
		}
	}
	config, err := json.Marshal(p.config)
	if err != nil {
		return Account{}, fmt.Errorf("replace keys: %w", err)
	}
	certNotAfter := p.certNotAfter
	if certNotAfter == nil && p.config.MerchantSerial == shown.Config.MerchantSerial && len(shown.KeySets) > 0 {
		certNotAfter = shown.KeySets[0].CertNotAfter // the certificate stays
	}
	next := keySet{config: config, certNotAfter: certNotAfter, sealed: sealed, changed: changed, replacesDamaged: damaged}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.storeSet(ctx, tx, in, shown, p, next); err != nil {
			return err
		}
		return s.announceReplaced(ctx, tx, in, shown, p, changed)
	})
	if err != nil {
		return Account{}, fmt.Errorf("replace keys: %w", err)
	}
	return s.Show(ctx, id, shown.ID)
}

// keySet is a set of keys about to be stored.
type keySet struct {
	config          json.RawMessage
	certNotAfter    *time.Time
	sealed          map[string][]byte // of the changed fields
	changed         map[string]vault.Secret
	replacesDamaged bool
}

// storeSet writes the next set of keys and ends the present one.
func (s *Service) storeSet(ctx context.Context, tx tenantdb.Tx, in ReplaceInput, shown Account, p parsed, next keySet) error {
	from, to, kept := int32(shown.KeyVersion), shown.KeyVersion+1, overlap
	if next.replacesDamaged {
		kept = 0 // it opens nothing any more
	}
	if p.config.SpMchID != shown.Config.SpMchID {
		// What was begun would be asked about under another's name, and denied.
		begun, err := s.q.HasCollected(ctx, tx, shown.ID)
		if err != nil {
			return err
		}
		if begun {
			return fault.ErrValidation.With(errRelationOn.At("relation"))
		}
	}
	n, err := s.q.SetKeyVersion(ctx, tx, int32(to), next.config, tx.Now(), shown.ID, from)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrConflict
	}
	if _, err := s.q.SupersedeKeySet(ctx, tx, tx.Now().Add(kept), shown.ID, from); err != nil {
		return err
	}
	if err := s.q.InsertKeySet(ctx, tx, shown.ID, int32(to), next.config, next.certNotAfter, actorOr(ctx, in.Actor), tx.Now()); err != nil {
		return err
	}
	for _, field := range []string{fieldPrivateKey, fieldAPIv3Key} {
		if secret, ok := next.changed[field]; ok {
			err = s.insertSecret(ctx, tx, shown.ID, to, field, secret, p, next.sealed[field])
		} else {
			_, err = s.q.CopySecret(ctx, tx, int32(to), shown.ID, field, from)
		}
		if err != nil {
			return err
		}
	}
	if err := s.putKeys(ctx, tx, shown.ID, p.providerKeys); err != nil || !next.replacesDamaged {
		return err
	}
	return s.destroyDue(ctx, tx, shown.ID)
}

// announceReplaced sets what is to follow, ends the alarms and records the act.
func (s *Service) announceReplaced(
	ctx context.Context, tx tenantdb.Tx, in ReplaceInput, shown Account, p parsed, changed map[string]vault.Secret,
) error {
	key := fmt.Sprintf("%s:%d", shown.Key, shown.KeyVersion)
	if err := s.d.Timers.Set(ctx, tx, payments.TimerKeysDestroy, key, tx.Now().Add(overlap), payments.KeysV1{AccountID: shown.ID}); err != nil {
		return err
	}
	if err := s.d.Timers.Set(ctx, tx, payments.TimerKeyExpiry, shown.Key, tx.Now(), struct{}{}); err != nil {
		return err
	}
	if err := s.d.Vault.ResolveTx(ctx, tx, payments.KeyOwner(shown.Key), vault.Damaged, vault.Expiry); err != nil {
		return err
	}
	what := []string{}
	for _, field := range []string{fieldPrivateKey, fieldAPIv3Key} {
		if _, ok := changed[field]; ok {
			what = append(what, field)
		}
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: in.Actor, Action: "payment_account.keys_replaced", Object: object(shown.ID),
		Detail: map[string]any{
			"merchant_no": shown.MerchantNo, "key_version": shown.KeyVersion + 1, "fields": what,
			"serial": p.config.MerchantSerial, "key_mode": string(p.config.KeyMode), "public_key_id": p.config.PublicKeyID, "sp_mchid": p.config.SpMchID,
		},
	})
}

// DestroyReplaced deletes an account's replaced keys whose time is over. It serves
// payments.TimerKeysDestroy. Safe to repeat.
func (s *Service) DestroyReplaced(ctx context.Context, id tenant.ID, accountID int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.destroyDue(ctx, tx, accountID) })
	if err != nil {
		return fmt.Errorf("destroy replaced keys: %w", err)
	}
	return nil
}

func (s *Service) destroyDue(ctx context.Context, tx tenantdb.Tx, accountID int64) error {
	versions, err := s.q.DestroyKeySets(ctx, tx, tx.Now(), accountID)
	if err != nil || len(versions) == 0 {
		return err
	}
	if _, err := s.q.DeleteSecrets(ctx, tx, accountID, versions); err != nil {
		return err
	}
	if err := s.q.TouchAccount(ctx, tx, tx.Now(), accountID); err != nil {
		return err
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: "system", Action: "payment_account.keys_destroyed", Object: object(accountID),
		Detail: map[string]any{"key_versions": versions},
	})
}

// SealedColumn describes payment_secret.sealed for the rotation of data keys. Accounts are
// few: one page holds their keys.
func SealedColumn() vault.Column {
	q := accountdb.New()
	key := func(accountID int64, version int32, field string) string {
		return fmt.Sprintf("%d/%d/%s", accountID, version, field)
	}
	return vault.Column{
		Name: "payment_secret.sealed",
		Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
			if after != "" {
				return nil, nil
			}
			rows, err := q.SealedSecrets(ctx, db)
			if err != nil {
				return nil, err
			}
			page := make([]vault.Row, 0, len(rows))
			for _, r := range rows {
				page = append(page, vault.Row{
					Key: key(r.AccountID, r.Version, r.Field), Owner: payments.KeyOwner(r.AccountKey), Field: r.Field,
					Prefix: vault.Prefix(r.Sealed), Sealed: r.Sealed,
				})
			}
			return page, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			var accountID int64
			var version int32
			var field string
			if _, err := fmt.Sscanf(strings.ReplaceAll(row.Key, "/", " "), "%d %d %s", &accountID, &version, &field); err != nil {
				return 0, fmt.Errorf("key %q: %w", row.Key, err)
			}
			return q.Reseal(ctx, tx, sealed, accountID, field, version, row.Sealed)
		},
	}
}
