package level

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes one member's growth another's; the better level stays, and the sum may have
// grown to a still better one.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.join(ctx, tx, from, to); err != nil {
		return fmt.Errorf("move the level of a member: %w", err)
	}
	return nil
}

func (s *Service) join(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	// In the order of their numbers, as whoever else locks two.
	a, err := s.open(ctx, tx, min(from, to), system)
	if err != nil {
		return err
	}
	b, err := s.open(ctx, tx, max(from, to), system)
	if err != nil {
		return err
	}
	gone, stays := a, b
	if from > to {
		gone, stays = b, a
	}
	if err := s.q.MoveEntries(ctx, tx, to, from); err != nil {
		return err
	}
	if err := s.q.MoveChanges(ctx, tx, to, from); err != nil {
		return err
	}
	if err := s.q.DropAccount(ctx, tx, from); err != nil {
		return err
	}
	had := stays.LevelID
	stays.Growth += gone.Growth
	if gone.place() > stays.place() || (stays.LevelID == nil && gone.LevelID != nil) {
		stays.LevelID, stays.Since, stays.ReviewAt = gone.LevelID, gone.Since, gone.ReviewAt
	}
	if stays.LevelID != nil {
		if err := stays.moved(ctx, had, "", Merged); err != nil {
			return err
		}
	}
	if err := stays.settle(ctx); err != nil {
		return err
	}
	return stays.close(ctx)
}

// ForgetMemberTx ends the level of a member who has left. The journal stays, without words.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	return s.within(ctx, tx, memberID, system, func(a *account) error {
		if a.LevelID != nil {
			if err := a.move(ctx, -1, Left); err != nil {
				return err
			}
		}
		return s.q.ForgetReasons(ctx, tx, memberID)
	})
}
