package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// maxReason bounds a reason, in characters.
const maxReason = 200

// MoveInput is one event in a shop's life.
type MoveInput struct {
	ID     tenant.ID
	Event  Event
	Reason string // people of the shop read it; needed for suspending and closing
	Actor  string // who did it, as the audit log names people: "staff:12", "system"
	// Recorded: the caller writes the audit entries, in the same transaction.
	Recorded bool
}

// Move makes one move of a shop in a transaction of its own. Faults: those of MoveTx.
func (s *Service) Move(ctx context.Context, in MoveInput) error {
	return s.db.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.MoveTx(ctx, tx, in) })
}

// MoveTx makes one move of a shop in the caller's platform transaction, together with its
// entry in the audit log and the word to every process. Events that waited because the
// shop was suspended become due. Repeating a move that was made is no error and leaves no
// second entry. Faults: VALIDATION for a missing reason, TENANT_STATE, NOT_FOUND.
func (s *Service) MoveTx(ctx context.Context, tx tenantdb.Tx, in MoveInput) error {
	_, err := s.MovedTx(ctx, tx, in)
	return err
}

// MovedTx is MoveTx that tells whether it made the move: false if it was made before.
func (s *Service) MovedTx(ctx context.Context, tx tenantdb.Tx, in MoveInput) (fresh bool, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if needsReason(in.Event) && in.Reason == "" || utf8.RuneCountInString(in.Reason) > maxReason {
		return false, fault.Invalidf("reason", "1–%d 个字", maxReason)
	}
	from, to, past := moves(in.Event)
	moved, err := s.q.Move(ctx, tx, in.Reason, tx.Now(), in.ID.String(), from, to, past)
	if tenantdb.NoRows(err) {
		return false, s.madeBefore(ctx, tx, in, to)
	}
	if err != nil {
		return false, fmt.Errorf("%s shop: %w", in.Event, err)
	}
	if moved.WasStatus == string(tenant.Suspended) {
		if err := s.q.WakeEvents(ctx, tx, in.ID.String()); err != nil {
			return false, fmt.Errorf("%s shop: %w", in.Event, err)
		}
	}
	if in.Recorded {
		return true, s.q.NotifyTenant(ctx, tx, in.ID.String())
	}
	err = s.audit.RecordTx(ctx, tx, audit.Entry{
		TenantID: in.ID, Actor: in.Actor, Action: "tenant." + string(in.Event),
		Object: "tenant:" + in.ID.String(),
		Before: map[string]any{"status": moved.WasStatus}, After: map[string]any{"status": moved.Status, "reason": in.Reason},
	})
	if err != nil {
		return false, err
	}
	return true, s.q.NotifyTenant(ctx, tx, in.ID.String())
}

// madeBefore tells a repeated move from one that the shop's state does not allow.
func (s *Service) madeBefore(ctx context.Context, tx tenantdb.Tx, in MoveInput, to []string) error {
	r, err := s.q.ByID(ctx, tx, in.ID.String())
	if err != nil {
		return notFound(err)
	}
	if !slices.Contains(to, r.Status) {
		return ErrStatus.Because(fmt.Errorf("%s of %s, which is %s", in.Event, in.ID, r.Status))
	}
	return nil
}

// SetStatus is Move by the status it should lead to, on behalf of the system. Faults: as
// Move.
func (s *Service) SetStatus(ctx context.Context, id tenant.ID, to tenant.Status, reason string) error {
	t, err := s.ByID(ctx, id)
	if err != nil {
		return err
	}
	for _, row := range Transitions() {
		if row.To != to || (row.From != t.Status && t.Status != to) {
			continue
		}
		if reason == "" && row.Guard == GuardReason {
			reason = "system"
		}
		return s.Move(ctx, MoveInput{ID: id, Event: row.Event, Reason: reason, Actor: audit.Actor(ctx)})
	}
	return ErrStatus.Because(fmt.Errorf("%s is %s, wanted %s", id, t.Status, to))
}
