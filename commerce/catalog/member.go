package catalog

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes what one member looked for another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveSearches(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move searches of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx erases what a member who has left looked for.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetSearches(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget searches of a member: %w", err)
	}
	return nil
}
