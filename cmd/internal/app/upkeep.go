package app

import (
	"context"
	"fmt"
	"time"

	"galleria/jobs/handle"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// watchAfter is how long after its hour's end a key's use is looked at: every process has
// written its counts.
const watchAfter = 2 * time.Minute

// watchKeys has the hours looked at in which keys were used, one timer an owner and hour.
func (s *Services) watchKeys(ctx context.Context, hours []vault.UsedHour) error {
	plans := make([]timer.Plan, 0, len(hours))
	for _, h := range hours {
		plans = append(plans, timer.Plan{
			Tenant: h.Tenant, Key: h.Owner + "@" + h.Hour.Format("2006010215"), Due: h.Hour.Add(time.Hour + watchAfter),
			Payload: handle.KeyWatchV1{Owner: h.Owner, Hour: h.Hour},
		})
	}
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.Timers.SetNew(ctx, tx, handle.TimerKeyWatch, plans) })
}

// bodiesKept is how long the messages of providers are kept.
func (c Config) bodiesKept() time.Duration {
	if c.CallbackDays <= 0 {
		return payments.BodiesKept
	}
	return time.Duration(c.CallbackDays) * 24 * time.Hour
}

// beginUpkeep sets a new shop's daily upkeep. It is a provisioning step: safe to repeat.
func beginUpkeep(db *tenantdb.DB, timers *timer.Timers) func(ctx context.Context, t tenant.Tenant) error {
	return func(ctx context.Context, t tenant.Tenant) error {
		err := db.InPlatform(ctx, func(tx tenantdb.Tx) error {
			return timers.SetNew(ctx, tx, handle.TimerUpkeep, []timer.Plan{{
				Tenant: t.ID, Key: handle.UpkeepKey, Due: tx.Now().Add(24 * time.Hour), Payload: handle.UpkeepV1{},
			}})
		})
		if err != nil {
			return fmt.Errorf("begin upkeep: %w", err)
		}
		return nil
	}
}
