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

// AppFor is the Mini Program by which a member is told of an event that no order stands behind; empty
// for who has none. One statement.
func (s *Service) AppFor(ctx context.Context, q tenantdb.Querier, memberID int64, event string) (string, error) {
	appID, err := s.q.AppFor(ctx, q, memberID, event)
	if err != nil && !tenantdb.NoRows(err) {
		return "", fmt.Errorf("the app for a message: %w", err)
	}
	return appID, nil
}
