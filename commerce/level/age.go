package level

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// portion is how many members one transaction looks at.
const portion = 200

// ReviewTx reviews a portion of the levels whose days are over. more means that there may be
// others, for another transaction; the last one sets the next day's time, if there will be any.
func (s *Service) ReviewTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error) {
	members, err := s.q.DueMembers(ctx, tx, tx.Now(), portion)
	if err != nil {
		return false, fmt.Errorf("review levels: %w", err)
	}
	for _, m := range members {
		if err := s.within(ctx, tx, m, system, func(a *account) error { return a.review(ctx) }); err != nil {
			return false, err
		}
	}
	if len(members) == portion {
		return true, nil
	}
	some, err := s.q.Reviewed(ctx, tx)
	if err == nil && some {
		err = s.reviewAfterToday(ctx, tx)
	}
	if err != nil {
		return false, fmt.Errorf("review levels: %w", err)
	}
	return false, nil
}

// review decides a level anew once its time has come.
func (a *account) review(ctx context.Context) error {
	if a.ReviewAt == nil || a.ReviewAt.After(a.tx.Now()) { // somebody was faster
		return nil
	}
	here := a.place()
	if here < 0 {
		return a.move(ctx, a.reached(), Ended)
	}
	if keep := min(a.levels[here].KeepGrowth, a.Growth); keep > 0 {
		if _, err := a.grow(ctx, entry{kind: EntryKeep, n: -keep}); err != nil {
			return err
		}
	}
	switch there := a.reached(); {
	case there == here:
		return a.move(ctx, here, Kept)
	case there > here:
		return a.move(ctx, there, Upgrade)
	default:
		return a.move(ctx, there, Downgrade)
	}
}

// ArrangeTx moves a portion of the members whom changed levels have left where they do not
// belong; more means that there may be others, for another transaction.
func (s *Service) ArrangeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error) {
	members, err := s.q.Misplaced(ctx, tx, portion)
	if err != nil {
		return false, fmt.Errorf("arrange levels: %w", err)
	}
	for _, m := range members {
		if err := s.within(ctx, tx, m, system, func(a *account) error { return a.settle(ctx) }); err != nil {
			return false, err
		}
	}
	return len(members) == portion, nil
}
