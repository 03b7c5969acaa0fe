package notice

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes the messages to one member another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveMessages(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move messages of a member: %w", err)
	}
	if err := s.q.MoveInbox(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move the inbox of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx erases which messages a member who has left allowed.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetConsents(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget messages of a member: %w", err)
	}
	if err := s.q.ForgetForms(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget the forms of a member: %w", err)
	}
	if err := s.q.ForgetInbox(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget the inbox of a member: %w", err)
	}
	return nil
}
