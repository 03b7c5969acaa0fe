package level

import (
	"context"
	"fmt"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// mostByHand is how much growth staff give or take at once.
const mostByHand = 100_000_000

// AdjustInput is what growth staff give a member, or, below zero, take.
type AdjustInput struct {
	MemberID int64
	Growth   int64
	Reason   string // for the audit; 1 to 100 characters
	Key      string // unique for each deed, so that a repeat changes nothing
	Actor    string
}

// Adjust gives a member growth, or takes what there is. Repeating it with its key changes nothing.
// Opens a transaction. Faults: VALIDATION, NOT_FOUND, LEVEL_GROWTH_SHORT.
func (s *Service) Adjust(ctx context.Context, id tenant.ID, in AdjustInput) error {
	switch n := utf8.RuneCountInString(in.Reason); {
	case in.Growth == 0 || in.Growth > mostByHand || in.Growth < -mostByHand:
		return fault.Invalidf("growth", "must be between 1 and %d", mostByHand)
	case n < 1 || n > 100:
		return fault.Invalidf("reason", "must have 1 to 100 characters")
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		there, err := s.q.MemberThere(ctx, tx, in.MemberID)
		if err != nil {
			return err
		}
		if !there {
			return fault.ErrNotFound
		}
		return s.within(ctx, tx, in.MemberID, in.Actor, func(a *account) error { return a.adjust(ctx, in) })
	})
	if err != nil {
		return fmt.Errorf("adjust growth: %w", err)
	}
	return nil
}

func (a *account) adjust(ctx context.Context, in AdjustInput) error {
	e := entry{kind: EntryGive, n: in.Growth, key: "staff:" + in.Key, reason: in.Reason}
	had := a.Growth
	if in.Growth < 0 {
		e.kind = EntryTake
	}
	fresh, err := a.grow(ctx, e)
	if err != nil || !fresh {
		return err
	}
	if in.Growth < 0 && had < -in.Growth {
		return ErrShort
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	return a.d.Audit.RecordTx(ctx, a.tx, audit.Entry{
		Actor: in.Actor, Action: "level.adjust", Object: actorOf(in.MemberID), Detail: map[string]any{"growth": in.Growth, "reason": in.Reason},
	})
}
