package miniprogram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram/internal/miniprogramdb"
	"galleria/tenant/plan"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// AddInput is a Mini Program as its merchant enters it.
type AddInput struct {
	AppID    string
	Provider tenant.Provider
	Name     string
	Mode     Mode
	APIBase  string // of the sandbox, for an app of it; empty for a live one
	Keys     KeysInput
}

// Add binds an AppID to the shop and seals its keys, in one transaction with its audit
// entry. The first live app and the first of the sandbox are in every plan. Faults:
// VALIDATION with a word per field, APP_HERE, APP_TAKEN (recorded, too), FEATURE_NOT_IN_PLAN.
func (s *Service) Add(ctx context.Context, id tenant.ID, in AddInput) (tenant.AppID, error) {
	app, k, err := s.parse(in)
	if err != nil {
		return tenant.AppID{}, err
	}
	sealed, err := s.seal(ctx, id, app.ID, k)
	if err != nil {
		return tenant.AppID{}, err
	}
	more := s.plans.Need(ctx, id, plan.ManyApps) // asked outside of the transaction, told within it
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.LockShop(ctx, tx); err != nil {
			return fmt.Errorf("add app: %w", err)
		}
		n, err := s.q.CountApps(ctx, tx, string(in.Mode))
		if err != nil {
			return fmt.Errorf("add app: %w", err)
		}
		if err := s.registry.ClaimAppTx(ctx, tx, app); err != nil {
			return err
		}
		if n > 0 && more != nil {
			return more
		}
		if err := s.store(ctx, tx, app.ID, app.Provider, in.Mode, in.APIBase, k, sealed); err != nil {
			return err
		}
		after := k.shown()
		after["name"], after["provider"], after["mode"] = app.Name, string(app.Provider), string(in.Mode)
		return s.audit.RecordTx(ctx, tx, audit.Entry{Action: "app.bound", Object: appOwner + app.ID.String(), After: after})
	})
	if errors.Is(err, registry.ErrAppTaken) {
		return tenant.AppID{}, errors.Join(err, s.refusedClaim(ctx, id, app))
	}
	if err != nil {
		return tenant.AppID{}, err
	}
	return app.ID, nil
}

// parse reads everything the merchant entered and reports every field that is wrong.
func (s *Service) parse(in AddInput) (tenant.App, keys, error) {
	var bad []fault.Field
	note := func(err error) {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			bad = append(bad, f.Fields()...)
		}
	}
	appID, err := parseAppID(in.Provider, in.AppID)
	note(err)
	name, err := parseName(in.Name)
	note(err)
	k, err := parseKeys(in.Provider, in.Keys, s.now())
	note(err)
	if !s.fits(in.Provider, in.Mode, in.APIBase) {
		note(wrong("mode", wrongBase))
	}
	if len(bad) > 0 {
		return tenant.App{}, keys{}, fault.ErrValidation.With(bad...)
	}
	return tenant.App{ID: appID, Provider: in.Provider, Name: name, Enabled: true}, k, nil
}

// fits reports whether an app of a mode may be served by base, when its keys are stored and
// whenever they are used: a live app never talks to the sandbox, nor the reverse.
func (s *Service) fits(provider tenant.Provider, mode Mode, base string) bool {
	switch mode {
	case Live:
		return base == "" || (provider == tenant.WeChat && providerSite(base))
	case Sandbox:
		return base != "" && s.mayTalkTo != nil && s.mayTalkTo(base)
	}
	return false
}

// refusedClaim keeps that an AppID was claimed that another shop has, in the claimant's log
// and in the platform's: its people decide if both say that it is theirs.
func (s *Service) refusedClaim(ctx context.Context, id tenant.ID, app tenant.App) error {
	return s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		return s.audit.RecordBothTx(ctx, tx, audit.Entry{
			TenantID: id, Action: "app.claim_refused", Object: appOwner + app.ID.String(), Detail: map[string]any{"provider": string(app.Provider)},
		})
	})
}

// sealedKeys are an app's secrets as they are stored.
type sealedKeys struct{ secret, content []byte }

// seal may open a platform transaction; therefore it comes before the tenant's.
func (s *Service) seal(ctx context.Context, id tenant.ID, app tenant.AppID, k keys) (out sealedKeys, err error) {
	if out.secret, err = s.vault.Seal(ctx, secretField(id, app), k.secret); err != nil {
		return out, fmt.Errorf("seal app keys: %w", err)
	}
	if !k.content.IsZero() {
		if out.content, err = s.vault.Seal(ctx, appField(id, app, contentKey), k.content); err != nil {
			return out, fmt.Errorf("seal app keys: %w", err)
		}
	}
	return out, nil
}

// store writes an app's keys; those that were there before are gone.
func (s *Service) store(
	ctx context.Context, tx tenantdb.Tx, app tenant.AppID, provider tenant.Provider, mode Mode, base string, k keys, sealed sealedKeys,
) error {
	config, err := k.config.encode()
	if err != nil {
		return err
	}
	err = s.q.PutCredential(ctx, tx, miniprogramdb.PutCredentialParams{
		AppID: app.String(), Provider: string(provider), SecretSealed: sealed.secret, SecretLast4: k.ends, ApiBase: base, Mode: string(mode), Config: config,
	})
	if err == nil && sealed.content != nil {
		err = s.q.PutAppSecret(ctx, tx, app.String(), contentKey, sealed.content, k.content.Last4())
	}
	if err == nil {
		err = s.vault.ResolveTx(ctx, tx, appOwner+app.String(), vault.Damaged)
	}
	if err != nil {
		return fmt.Errorf("store app keys: %w", err)
	}
	id := tx.TenantID()
	tx.AfterCommit(func() { s.tokens.forget(tokenKey(id, app)) })
	return nil
}

// shown is what an audit entry says of keys.
func (k keys) shown() map[string]any {
	out := map[string]any{"secret_ends": k.ends, "secret_fingerprint": k.secret.Fingerprint()}
	if k.config.KeyMode != "" {
		out["key_mode"], out["app_cert_sn"], out["content_key"] = string(k.config.KeyMode), k.config.AppCertSN, k.config.HasContentKey
	}
	return out
}

// ReplaceKeys gives an app new keys; they count from the next call on, and were not checked
// yet. An Alipay app that is given no content key keeps the one it has; one that it replaces
// goes on decrypting what was under way. Faults: VALIDATION, NOT_FOUND.
func (s *Service) ReplaceKeys(ctx context.Context, id tenant.ID, app tenant.AppID, in KeysInput) error {
	old, err := s.App(ctx, id, app)
	if err != nil {
		return err
	}
	k, err := parseKeys(old.Provider, in, s.now())
	if err != nil {
		return err
	}
	sealed, err := s.seal(ctx, id, app, k)
	if err != nil {
		return err
	}
	was, err := s.contentKeys(ctx, id, app)
	if err != nil {
		return err
	}
	var kept []byte
	if len(was) > 0 && sealed.content != nil {
		if kept, err = s.vault.Seal(ctx, appField(id, app, contentKeyOld), was[0]); err != nil {
			return fmt.Errorf("seal app keys: %w", err)
		}
	}
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		found, err := s.registry.AppTx(ctx, tx, app)
		if err != nil {
			return err
		}
		if sealed.content == nil {
			k.config.HasContentKey, k.config.ContentKeyEnds = old.Config.HasContentKey, old.Config.ContentKeyEnds
		}
		if kept != nil {
			if err := s.q.PutAppSecret(ctx, tx, app.String(), contentKeyOld, kept, was[0].Last4()); err != nil {
				return fmt.Errorf("store app keys: %w", err)
			}
		}
		if err := s.store(ctx, tx, app, found.Provider, old.Mode, old.APIBase, k, sealed); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "app.secret_set", Object: appOwner + app.String(),
			Before: map[string]any{"secret_ends": old.KeyEnds}, After: k.shown(),
		})
	})
}

// Rename changes what the shop calls an app. Faults: VALIDATION, NOT_FOUND.
func (s *Service) Rename(ctx context.Context, id tenant.ID, app tenant.AppID, name string) error {
	name, err := parseName(name)
	if err != nil {
		return err
	}
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.registry.AppTx(ctx, tx, app)
		if err != nil || was.Name == name {
			return err
		}
		if err := s.registry.RenameAppTx(ctx, tx, app, name); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "app.renamed", Object: appOwner + app.String(), Before: map[string]any{"name": was.Name}, After: map[string]any{"name": name},
		})
	})
}

// SetEnabled lets buyers use an app, or no longer: its requests are then answered as if it
// did not exist. Repeating it does nothing. Faults: NOT_FOUND.
func (s *Service) SetEnabled(ctx context.Context, id tenant.ID, app tenant.AppID, on bool) error {
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.registry.AppTx(ctx, tx, app)
		if err != nil || was.Enabled == on {
			return err
		}
		if err := s.registry.EnableAppTx(ctx, tx, app, on); err != nil {
			return err
		}
		action := "app.disabled"
		if on {
			action = "app.enabled"
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: action, Object: appOwner + app.String(), Before: map[string]any{"enabled": was.Enabled}, After: map[string]any{"enabled": on},
		})
	})
}

// Remove forgets an app and its keys, and frees its AppID. free says, in the same
// transaction, whether something still depends on it; its error is the answer. Faults:
// NOT_FOUND.
func (s *Service) Remove(ctx context.Context, id tenant.ID, app tenant.AppID, free func(ctx context.Context, tx tenantdb.Tx) error) error {
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.registry.AppTx(ctx, tx, app)
		if err != nil {
			return err
		}
		if err := free(ctx, tx); err != nil {
			return err
		}
		if _, err := s.q.DropCredential(ctx, tx, app.String()); err != nil {
			return fmt.Errorf("remove app: %w", err)
		}
		if err := s.vault.ResolveTx(ctx, tx, appOwner+app.String(), vault.Damaged, vault.Expiry); err != nil {
			return fmt.Errorf("remove app: %w", err)
		}
		if err := s.registry.DropAppTx(ctx, tx, app); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.tokens.forget(tokenKey(id, app)) })
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Action: "app.removed", Object: appOwner + app.String(), Before: map[string]any{"name": was.Name, "provider": string(was.Provider)},
		})
	})
}

// contentKeys opens the keys of encrypted contents, the present one first.
func (s *Service) contentKeys(ctx context.Context, id tenant.ID, app tenant.AppID) (list []vault.Secret, err error) {
	var rows []miniprogramdb.ContentKeysRow
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		rows, err = s.q.ContentKeys(ctx, r, app.String())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("content keys: %w", err)
	}
	for _, row := range rows {
		secret, err := s.vault.Open(ctx, appField(id, app, row.Field), row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("content keys: %w", err)
		}
		list = append(list, secret)
	}
	return list, nil
}

// decodeCheck reads a stored check; nothing was stored for keys that were never checked.
func decodeCheck(raw json.RawMessage) (c Check, err error) {
	if len(raw) == 0 || strings.TrimSpace(string(raw)) == "{}" {
		return c, nil
	}
	if err = json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("stored check: %w", err)
	}
	return c, nil
}
