package cart

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx puts one member's cart into another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveCart(ctx, tx, to, MaxLines, from); err != nil {
		return fmt.Errorf("move the cart of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx empties the cart of a member who has left.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetCart(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget the cart of a member: %w", err)
	}
	return nil
}
