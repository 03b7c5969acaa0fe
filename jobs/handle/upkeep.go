package handle

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/idempotency"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

const (
	// TimerUpkeep is due once a day for every shop: what is kept for a while is over.
	TimerUpkeep outbox.Topic = "shop.upkeep"
	// UpkeepKey is the timer's key.
	UpkeepKey = "daily"
	// TimerKeyWatch is due after an hour in which an owner's keys were used; its key is the
	// owner and the hour.
	TimerKeyWatch outbox.Topic = "key.watch"
	// TopicKeyUnusual announces that a key was used in an unusual way.
	TopicKeyUnusual outbox.Topic = "key.unusual"

	upkeepEvery = 24 * time.Hour
	upkeepSoon  = time.Minute // when there was more than one run takes
	upkeepBatch = 500         // rows of a kind in a transaction
	upkeepTurns = 20          // transactions of a run
)

// UpkeepV1 is the payload of TimerUpkeep: where the last pass over the events ended.
type UpkeepV1 struct {
	AfterEvent int64 `json:"after_event"`
}

// KeyWatchV1 is the payload of TimerKeyWatch.
type KeyWatchV1 struct {
	Owner string    `json:"owner"`
	Hour  time.Time `json:"hour"`
}

// KeyUnusualV1 is the payload of TopicKeyUnusual.
type KeyUnusualV1 struct {
	Owner string    `json:"owner"`
	Kind  string    `json:"kind"` // "idle", "spike"
	Hour  time.Time `json:"hour"`
	Uses  int64     `json:"uses"`
}

// upkeepDue forgets what a shop has kept long enough: ended sessions, keys of requests,
// messages of providers, products in the bin; seals addresses and receivers
// from before they were; and counts what no event has counted. It goes in bounded transactions
// and sets its next time with the last of them.
func (h *Handlers) upkeepDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[UpkeepV1](ev)
	if err != nil {
		return err
	}
	if _, err := h.Pictures.Sweep(ctx, ev.TenantID); err != nil {
		// A store that does not answer is no reason to keep what is over: it is swept tomorrow.
		h.Log.WarnContext(ctx, "pictures not swept", "tenant_id", ev.TenantID.String(), "error", err)
	}
	if _, err := h.Pictures.SweepUnattached(ctx, ev.TenantID); err != nil {
		h.Log.WarnContext(ctx, "buyers' pictures not swept", "tenant_id", ev.TenantID.String(), "error", err)
	}
	for _, seal := range []func(context.Context, tenant.ID, int) (int, error){h.Members.SealAddresses, h.Orders.SealReceivers} {
		if err := sealAll(ctx, ev.TenantID, seal); err != nil {
			return fmt.Errorf("upkeep: %w", err)
		}
	}
	before := h.Now().Add(-h.BodiesKept)
	for turn := range upkeepTurns {
		more, reached := false, p.AfterEvent
		err := h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
			var err error
			if reached, more, err = h.forgetTx(ctx, tx, before, p.AfterEvent); err != nil {
				return err
			}
			if more && turn+1 < upkeepTurns {
				return nil
			}
			next := upkeepEvery
			if more {
				next = upkeepSoon
			} else if err := h.Shelf.WaneTx(ctx, tx); err != nil {
				return err
			}
			return h.Timers.Set(ctx, tx, TimerUpkeep, ev.Key, tx.Now().Add(next), UpkeepV1{AfterEvent: reached})
		})
		if err != nil {
			return fmt.Errorf("upkeep: %w", err)
		}
		if !more {
			return nil
		}
		p.AfterEvent = reached
	}
	return nil
}

// sealAll seals what was written before it was sealed, in the turns of a run.
func sealAll(ctx context.Context, id tenant.ID, seal func(context.Context, tenant.ID, int) (int, error)) error {
	for range upkeepTurns {
		sealed, err := seal(ctx, id, upkeepBatch)
		if err != nil || sealed < upkeepBatch {
			return err
		}
	}
	return nil
}

// forgetTx forgets a batch of each kind, of messages those from before a time and after an
// event, and returns the event it reached and whether there may be more of some kind.
func (h *Handlers) forgetTx(ctx context.Context, tx tenantdb.Tx, before time.Time, afterEvent int64) (reached int64, more bool, err error) {
	reached, _, left, err := h.Payments.PurgeBodiesTx(ctx, tx, before, afterEvent, upkeepBatch)
	if err != nil {
		return 0, false, err
	}
	sessions, err := h.Members.PurgeSessionsTx(ctx, tx, upkeepBatch)
	if err != nil {
		return 0, false, err
	}
	keys, err := idempotency.Purge(ctx, tx, upkeepBatch)
	if err != nil {
		return 0, false, err
	}
	told, err := h.Notices.PurgeTx(ctx, tx, upkeepBatch)
	if err != nil {
		return 0, false, err
	}
	goods, err := h.upkeepShelf(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	uncounted, err := h.Figures.CatchUpTx(ctx, tx, upkeepBatch)
	if err != nil {
		return 0, false, err
	}
	return reached, left || sessions == upkeepBatch || keys == upkeepBatch || told == upkeepBatch || goods || uncounted, nil
}

// keyWatchDue looks at one hour of use of an owner's keys.
func (h *Handlers) keyWatchDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[KeyWatchV1](ev)
	if err != nil {
		return err
	}
	hours, err := h.Vault.Hours(ctx, ev.TenantID, p.Owner, p.Hour)
	if err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		found, err := h.Vault.JudgeTx(ctx, tx, p.Owner, p.Hour, hours)
		if err != nil {
			return err
		}
		for _, u := range found {
			if err := h.Outbox.Append(ctx, tx, TopicKeyUnusual, p.Owner, KeyUnusualV1{Owner: p.Owner, Kind: string(u.Kind), Hour: u.Hour, Uses: u.Uses}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Keys judges how merchants' keys are used; *vault.Vault is one.
type Keys interface {
	Hours(ctx context.Context, id tenant.ID, owner string, hour time.Time) ([]vault.HourOfUse, error)
	JudgeTx(ctx context.Context, tx tenantdb.Tx, owner string, hour time.Time, hours []vault.HourOfUse) ([]vault.Unusual, error)
}
