package figures

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// MoveMemberTx makes two members one buyer, of the past too. The room of orders must have
// moved its orders before.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.Alone(ctx, tx) })
	// Counted while there still is somebody to count.
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.CountMember(ctx, tx, from) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveBuyer(ctx, tx, to, from) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveMember(ctx, tx, to, from) })
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.MoveLooks(ctx, tx, to, from) })
	if err := pipe.Run(ctx); err != nil {
		return fmt.Errorf("move figures of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx forgets what a member who has left looked at. What was bought stays under
// the member's number, as orders do.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetLooks(ctx, tx, memberID); err != nil {
		return fmt.Errorf("forget figures of a member: %w", err)
	}
	return nil
}
