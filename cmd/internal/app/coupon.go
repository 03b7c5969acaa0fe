package app

import (
	"context"
	"crypto/rand"

	"galleria/commerce/coupon"
	"galleria/tenant/tenantdb"
)

// newCoupons builds the room of coupons, which asks the orders that are built after it.
func (s *Services) newCoupons() *coupon.Service {
	return coupon.New(coupon.Deps{
		DB: s.DB, Outbox: s.Outbox, Timers: s.Timers, Audit: s.Audit, Rand: rand.Reader,
		HasPaid: func(ctx context.Context, q tenantdb.Querier, memberID int64) (bool, error) {
			return s.Orders.HasPaid(ctx, q, memberID)
		},
	})
}
