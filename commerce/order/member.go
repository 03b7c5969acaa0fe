package order

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes one member's orders another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveOrders(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move orders of a member: %w", err)
	}
	return s.CountTradesTx(ctx, tx, []int64{from, to})
}

// ForgetMemberTx erases who received the orders of a member who has left, and what was written
// on them. Amounts, goods and dates stay: the books need them.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetOrders(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget orders of a member: %w", err)
	}
	return nil
}

// NumbersOfTx lists the numbers of all orders of a member, for rooms that know orders by them.
func (s *Service) NumbersOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) ([]string, error) {
	numbers, err := s.q.NumbersOf(ctx, q, memberID)
	if err != nil {
		return nil, fmt.Errorf("orders of a member: %w", err)
	}
	return numbers, nil
}

// OpenOfTx counts a member's orders that are under way or may still be complained about.
func (s *Service) OpenOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) (int64, error) {
	n, err := s.q.OpenOf(ctx, q, memberID)
	if err != nil {
		return 0, fmt.Errorf("open orders of a member: %w", err)
	}
	return n, nil
}

// HasPaid reports whether a member has ever paid an order, tests aside.
func (s *Service) HasPaid(ctx context.Context, q tenantdb.Querier, memberID int64) (bool, error) {
	paid, err := s.q.HasPaid(ctx, q, memberID)
	if err != nil {
		return false, fmt.Errorf("orders of a member: %w", err)
	}
	return paid, nil
}

// CountTradesTx counts anew what members, each named once, have bought, for the shop's list of
// members. Test orders are left out. Joins the caller's transaction and locks the members; safe to
// repeat.
func (s *Service) CountTradesTx(ctx context.Context, tx tenantdb.Tx, memberIDs []int64) error {
	if len(memberIDs) == 0 {
		return nil
	}
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.LockTrades(ctx, tx, memberIDs) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.CountTrades(ctx, tx, memberIDs) })
	if err := pipe.Run(ctx); err != nil {
		return fmt.Errorf("count what members bought: %w", err)
	}
	return nil
}
