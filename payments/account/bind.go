package account

import (
	"context"
	"fmt"

	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ownApps sees that AppIDs are of the shop and of a provider that the channel collects for:
// WeChat Pay serves WeChat's own, the others any.
func (s *Service) ownApps(ctx context.Context, id tenant.ID, channel payments.Code, appIDs []tenant.AppID) error {
	if len(appIDs) == 0 {
		return nil
	}
	apps, err := s.d.Registry.Apps(ctx, id)
	if err != nil {
		return fmt.Errorf("apps of the shop: %w", err)
	}
	providers := map[tenant.AppID]tenant.Provider{}
	for _, a := range apps {
		providers[a.ID] = a.Provider
	}
	var fields []fault.Field
	for i, appID := range appIDs {
		path := fmt.Sprintf("app_ids[%d]", i)
		switch provider, known := providers[appID]; {
		case !known:
			fields = append(fields, ErrForeignApp.At(path))
		case channel == payments.WeChat && provider != tenant.WeChat:
			fields = append(fields, ErrAppOfOtherProvider.At(path))
		}
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// BindInput makes an account the one that serves an AppID on its channel.
type BindInput struct {
	AccountID int64
	AppID     tenant.AppID
	From      int64  // the account that serves it so far, as the person saw it; 0 for none
	Actor     string // for the log; "" is "system"
}

// Bind makes an account the one that serves an AppID, or moves that from the account that
// did: from a test account to a live one, say. It is recorded in the same transaction. What
// was begun at the former account ends there. Repeating it is no error. Faults: NOT_FOUND,
// VALIDATION for an AppID that is not the shop's or not the channel's, BINDING_MOVED.
func (s *Service) Bind(ctx context.Context, id tenant.ID, in BindInput) error {
	shown, err := s.Show(ctx, id, in.AccountID)
	if err != nil {
		return fmt.Errorf("bind app: %w", err)
	}
	if err := s.ownApps(ctx, id, shown.Channel, []tenant.AppID{in.AppID}); err != nil {
		return err
	}
	if !shown.Config.Serves(in.AppID.String()) {
		return fault.ErrValidation.With(errNotServed.At("app_ids[0]", shown.Config.SubAppID))
	}
	if in.From == in.AccountID {
		return nil
	}
	actor, channel, appID := actorOr(ctx, in.Actor), string(shown.Channel), in.AppID.String()
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		var n int64
		if in.From == 0 {
			n, err = s.q.Bind(ctx, tx, channel, appID, shown.ID, actor, tx.Now())
		} else {
			n, err = s.q.MoveBinding(ctx, tx, shown.ID, actor, tx.Now(), channel, appID, in.From)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrBindingMoved
		}
		return s.rebound(ctx, tx, in.Actor, "payment_account.app_bound", shown, appID, in.From)
	})
	if err != nil {
		return fmt.Errorf("bind app: %w", err)
	}
	return nil
}

// Unbind ends that an account serves an AppID; nothing serves it then. Recorded in the same
// transaction. Repeating it is no error. Faults: NOT_FOUND.
func (s *Service) Unbind(ctx context.Context, id tenant.ID, accountID int64, appID, actor string) error {
	shown, err := s.Show(ctx, id, accountID)
	if err != nil {
		return fmt.Errorf("unbind app: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.Unbind(ctx, tx, string(shown.Channel), appID, accountID)
		if err != nil || n == 0 {
			return err
		}
		return s.rebound(ctx, tx, actor, "payment_account.app_unbound", shown, appID, 0)
	})
	if err != nil {
		return fmt.Errorf("unbind app: %w", err)
	}
	return nil
}

// rebound renews the accounts' versions and records who serves the AppID now.
func (s *Service) rebound(ctx context.Context, tx tenantdb.Tx, actor, action string, shown Account, appID string, from int64) error {
	for _, accountID := range []int64{shown.ID, from} {
		if accountID == 0 {
			continue
		}
		if err := s.q.TouchAccount(ctx, tx, tx.Now(), accountID); err != nil {
			return err
		}
	}
	detail := map[string]any{"app_id": appID, "channel": string(shown.Channel), "mode": string(shown.Mode), "merchant_no": shown.MerchantNo, "name": shown.Name}
	if from != 0 {
		detail["from"] = object(from)
	}
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(shown.ID), Detail: detail})
}

// Rename gives an account another name. Recorded in the same transaction. Faults:
// VALIDATION, NOT_FOUND.
func (s *Service) Rename(ctx context.Context, id tenant.ID, accountID int64, name, actor string) error {
	var fields []fault.Field
	AddInput{Name: name}.checkNames(func(path string, why *fault.Error, args ...any) { fields = append(fields, why.At(path, args...)) })
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.q.Rename(ctx, tx, name, tx.Now(), accountID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil || was == name {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "payment_account.renamed", Object: object(accountID),
			Before: map[string]any{"name": was}, After: map[string]any{"name": name},
		})
	})
	if err != nil {
		return fmt.Errorf("rename payment account: %w", err)
	}
	return nil
}

// SetEnabled lets an account collect, or not: a disabled one begins nothing new, and its
// callbacks and refunds go on. Recorded in the same transaction; repeating it changes
// nothing. Faults: NOT_FOUND.
func (s *Service) SetEnabled(ctx context.Context, id tenant.ID, accountID int64, enabled bool, actor string) error {
	shown, err := s.Show(ctx, id, accountID)
	if err != nil {
		return fmt.Errorf("enable payment account: %w", err)
	}
	status, action := statusDisabled, "payment_account.disabled"
	if enabled {
		status, action = statusActive, "payment_account.enabled"
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.SetStatus(ctx, tx, status, tx.Now(), accountID)
		if err != nil || n == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: action, Object: object(accountID),
			Detail: map[string]any{"name": shown.Name, "merchant_no": shown.MerchantNo},
		})
	})
	if err != nil {
		return fmt.Errorf("enable payment account: %w", err)
	}
	return nil
}
