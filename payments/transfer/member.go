package transfer

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes payouts to one member another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveTransfers(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move payouts of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx keeps all: payouts belong to the books.
func (*Service) ForgetMemberTx(context.Context, tenantdb.Tx, int64) error { return nil }

// OpenOfTx counts the payouts that are on their way to a member.
func (s *Service) OpenOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) (int64, error) {
	n, err := s.q.OpenTransfers(ctx, q, memberID)
	if err != nil {
		return 0, fmt.Errorf("open payouts of a member: %w", err)
	}
	return n, nil
}
