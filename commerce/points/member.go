package points

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes one member's points another's: accounts add up, and what one of them owes
// is paid with what the other has.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.move(ctx, tx, from, to); err != nil {
		return fmt.Errorf("move points of a member: %w", err)
	}
	return nil
}

func (s *Service) move(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	// In the order of their numbers, as whoever else locks two.
	a, err := s.open(ctx, tx, min(from, to))
	if err != nil {
		return err
	}
	b, err := s.open(ctx, tx, max(from, to))
	if err != nil {
		return err
	}
	gone, stays := a, b
	if from > to {
		gone, stays = b, a
	}
	if err := s.q.MoveLots(ctx, tx, to, from); err != nil {
		return err
	}
	if err := s.q.MoveEntries(ctx, tx, to, from); err != nil {
		return err
	}
	if err := s.q.MallMoveCounts(ctx, tx, to, from); err != nil {
		return err
	}
	if err := s.q.MallMove(ctx, tx, to, from); err != nil {
		return err
	}
	stays.merge(gone)
	if err := s.q.DropAccount(ctx, tx, from); err != nil {
		return err
	}
	if err := stays.payDebt(ctx); err != nil {
		return err
	}
	return stays.close(ctx, system)
}

// merge adds an account that is no more. Its notes are the other's.
func (a *account) merge(gone *account) {
	a.Available, a.Frozen, a.Held, a.Debt = a.Available+gone.Available, a.Frozen+gone.Frozen, a.Held+gone.Held, a.Debt+gone.Debt
	a.BookedFen += gone.BookedFen
	r, g := &a.row, gone.row
	r.Kinds, r.Changes, r.Debts = append(r.Kinds, g.Kinds...), append(r.Changes, g.Changes...), append(r.Debts, g.Debts...)
	r.Balances, r.OrderNos, r.Reasons = append(r.Balances, g.Balances...), append(r.OrderNos, g.OrderNos...), append(r.Reasons, g.Reasons...)
	r.RequestKeys = append(r.RequestKeys, g.RequestKeys...)
	if gone.SignedOn.After(a.SignedOn) {
		a.SignedOn, a.Streak = gone.SignedOn, gone.Streak
	}
}

// ForgetMemberTx takes what a member who has left could still use or would have earned. The
// journal stays, without words.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	err := s.within(ctx, tx, memberID, system, func(a *account) error {
		frozen, err := s.q.VoidFrozen(ctx, tx, memberID)
		if err != nil {
			return err
		}
		a.Frozen -= frozen
		took, err := s.q.Take(ctx, tx, 0, memberID, a.Available)
		if err != nil {
			return err
		}
		a.change(EntryTake, -took, "", "")
		return s.q.ForgetReasons(ctx, tx, memberID)
	})
	if err != nil {
		return fmt.Errorf("forget points of a member: %w", err)
	}
	return nil
}
