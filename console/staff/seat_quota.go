package staff

import (
	"context"

	"galleria/tenant"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// putSeatTx gives a person a place in a shop, and counts it against the shop's plan. Having
// one already counts nothing. Faults: QUOTA_EXCEEDED.
func (s *Service) putSeatTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, staffID int64) error {
	n, err := s.q.PutSeat(ctx, tx, shop.String(), staffID, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	return s.Plans.TakeForTx(ctx, tx, shop, plan.Staff, 1)
}

// dropSeatTx takes the place of a person who has no role left in the shop, and gives it
// back to the plan.
func (s *Service) dropSeatTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, staffID int64) error {
	n, err := s.q.DropSeat(ctx, tx, shop.String(), staffID)
	if err != nil || n == 0 {
		return err
	}
	return s.Plans.GiveBackForTx(ctx, tx, shop, plan.Staff, 1)
}
