package level

import (
	"context"
	"fmt"
	"strconv"

	"galleria/commerce/level/internal/leveldb"
	"galleria/tenant/tenantdb"
)

// Concerns reports whether an event may have to do with levels: it cannot in a shop that has
// never had any. One statement.
func (s *Service) Concerns(ctx context.Context, q tenantdb.Querier) (bool, error) {
	concerns, err := s.q.Concerns(ctx, q)
	if err != nil {
		return false, fmt.Errorf("levels of a shop: %w", err)
	}
	return concerns, nil
}

// FollowOrderTx brings the growth by an order to where the order stands: it counts once its money
// is final, and no longer as far as that goes back. Unknown orders and tests count for nothing.
// Joins the caller's transaction; safe to repeat, in any order of events.
func (s *Service) FollowOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	o, err := s.q.LockOrder(ctx, tx, orderNo)
	if tenantdb.NoRows(err) || (err == nil && !o.Paid) {
		return nil
	}
	if err == nil {
		err = s.follow(ctx, tx, o)
	}
	if err != nil {
		return fmt.Errorf("growth by order %s: %w", orderNo, err)
	}
	return nil
}

func (s *Service) follow(ctx context.Context, tx tenantdb.Tx, o leveldb.LockOrderRow) error {
	g, err := s.q.Grown(ctx, tx, o.ID)
	fresh := tenantdb.NoRows(err)
	if err != nil && !fresh {
		return err
	}
	if fresh {
		if g.Grown, err = s.worth(ctx, tx, o); err != nil || g.Grown == 0 {
			return err
		}
	}
	back := g.Grown - g.Reversed - stays(o, g.Grown)
	if !fresh && back == 0 {
		return nil
	}
	return s.within(ctx, tx, o.MemberID, system, func(a *account) error {
		if fresh {
			if err := s.q.AddOrder(ctx, tx, o.ID, g.Grown); err != nil {
				return err
			}
			if _, err := a.grow(ctx, entry{kind: EntryOrder, n: g.Grown, orderNo: o.OrderNo, key: "order:" + o.OrderNo}); err != nil {
				return err
			}
		}
		if back > 0 {
			if err := s.q.Reverse(ctx, tx, back, o.ID); err != nil {
				return err
			}
			if _, err := a.grow(ctx, entry{kind: EntryReverse, n: -back, orderNo: o.OrderNo}); err != nil {
				return err
			}
		}
		return a.settle(ctx)
	})
}

// worth is what an order counts for that has not counted yet; 0: it does not, or not yet.
func (s *Service) worth(ctx context.Context, tx tenantdb.Tx, o leveldb.LockOrderRow) (int64, error) {
	if !o.Final || o.Closed {
		return 0, nil
	}
	row, err := s.q.TermsAt(ctx, tx, o.PlacedAt)
	if tenantdb.NoRows(err) {
		return 0, nil
	}
	t := termsOf(row)
	if err != nil || !t.Enabled {
		return 0, err
	}
	return part(int64(o.PayableFen-o.FreightFen), t.EarnGrowth, int64(t.EarnFen)) + t.OrderGrowth, nil
}

// stays is what of an order's growth its refunds leave: in proportion to the money.
func stays(o leveldb.LockOrderRow, grown int64) int64 {
	switch {
	case o.Closed:
		return 0
	case o.PayableFen == 0:
		return grown
	}
	return part(grown, int64(o.PayableFen-o.RefundedFen), int64(o.PayableFen))
}

// ReviewedTx counts a review of goods that others see, once. Joins the caller's transaction.
func (s *Service) ReviewedTx(ctx context.Context, tx tenantdb.Tx, reviewID, memberID int64) error {
	t, err := s.terms(ctx, tx)
	if err != nil {
		return fmt.Errorf("growth by a review: %w", err)
	}
	there, err := s.q.MemberThere(ctx, tx, memberID)
	if err != nil || !there || !t.Enabled || t.ReviewGrowth == 0 {
		return err
	}
	return s.within(ctx, tx, memberID, system, func(a *account) error {
		_, err := a.grow(ctx, entry{kind: EntryReview, n: t.ReviewGrowth, key: "review:" + strconv.FormatInt(reviewID, 10)})
		if err != nil {
			return err
		}
		return a.settle(ctx)
	})
}
