package account

import (
	"context"
	"fmt"
	"time"

	"galleria/payments"
	"galleria/payments/account/internal/accountdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const day = 24 * time.Hour

// thresholds are the days before a certificate's end at which its shop is told; 0 is the end.
func thresholds() []int64 { return []int64{60, 30, 7, 0} }

// passed returns the last threshold that lies behind now, and when the next one is due.
func passed(notAfter, now time.Time) (days *int64, next time.Time) {
	for _, t := range thresholds() {
		due := notAfter.Add(-time.Duration(t) * day)
		if now.Before(due) {
			return days, due
		}
		days = &t
	}
	return days, time.Time{}
}

// CheckExpiry looks at an account's certificates: for one that passed a threshold it keeps
// the alarm and announces it, once per threshold, and it sets the timer of the next one. It
// serves payments.TimerKeyExpiry. Safe to repeat.
func (s *Service) CheckExpiry(ctx context.Context, id tenant.ID, accountKey string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.Expiries(ctx, tx, accountKey)
		if tenantdb.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		var next time.Time
		for name, notAfter := range ends(row) {
			days, due := passed(notAfter, tx.Now())
			if !due.IsZero() && (next.IsZero() || due.Before(next)) {
				next = due
			}
			if days == nil {
				continue
			}
			if err := s.announceExpiry(ctx, tx, row, name, notAfter, *days); err != nil {
				return err
			}
		}
		if next.IsZero() {
			return nil
		}
		return s.d.Timers.Set(ctx, tx, payments.TimerKeyExpiry, accountKey, next, struct{}{})
	})
	if err != nil {
		return fmt.Errorf("look at the certificates of %s: %w", accountKey, err)
	}
	return nil
}

// ends lists what ends. The platform's certificates are replaced by fetching: only the end
// of the newest one matters.
func ends(row accountdb.ExpiriesRow) map[string]time.Time {
	const never = 9999
	all := map[string]time.Time{}
	if row.MerchantNotAfter != nil {
		all["merchant_certificate"] = *row.MerchantNotAfter
	}
	if row.PlatformNotAfter.UTC().Year() < never-1 {
		all["platform_certificate"] = row.PlatformNotAfter
	}
	return all
}

func (s *Service) announceExpiry(ctx context.Context, tx tenantdb.Tx, row accountdb.ExpiriesRow, name string, notAfter time.Time, days int64) error {
	worse, err := s.d.Vault.RaiseTx(ctx, tx, vault.AlarmInput{
		Owner: payments.KeyOwner(row.AccountKey), Kind: vault.Expiry, Subject: name, DaysLeft: &days,
		Detail: map[string]string{"not_after": notAfter.UTC().Format(time.RFC3339), "merchant_no": row.MerchantNo, "name": row.Name},
	})
	if err != nil || !worse {
		return err
	}
	return s.d.Outbox.Append(ctx, tx, payments.TopicKeyExpiring, row.AccountKey, payments.KeyExpiringV1{
		AccountKey: row.AccountKey, Certificate: name, DaysLeft: days, NotAfter: notAfter.UTC(),
	})
}

// lookAtExpiry has an account's certificates looked at at once: they have changed.
func (s *Service) lookAtExpiry(ctx context.Context, tx tenantdb.Tx, accountID int64) error {
	key, err := s.q.AccountKey(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if err := s.d.Vault.ResolveSubjectTx(ctx, tx, payments.KeyOwner(key), vault.Expiry, "platform_certificate"); err != nil {
		return err
	}
	return s.d.Timers.Set(ctx, tx, payments.TimerKeyExpiry, key, tx.Now(), struct{}{})
}
