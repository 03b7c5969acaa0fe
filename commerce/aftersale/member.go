package aftersale

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes one member's cases another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveCases(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move after-sales of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx erases what was said and shown in the cases of a member who has left, and the
// parcels that would tell where they lived. Goods, amounts and steps stay.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetCases(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget after-sales of a member: %w", err)
	}
	return nil
}

// OpenOfTx counts a member's cases that have not ended.
func (s *Service) OpenOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) (int64, error) {
	n, err := s.q.OpenOf(ctx, q, memberID)
	if err != nil {
		return 0, fmt.Errorf("open after-sales of a member: %w", err)
	}
	return n, nil
}
