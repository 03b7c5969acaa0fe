package app

import (
	"context"
	"errors"

	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant"
)

// reprice closes an order's payments at their providers, then changes what it costs. The
// order's lock keeps a new payment from beginning in between; one that did refuses the
// change, and one that succeeded pays the order as it was.
func (s *Services) reprice(ctx context.Context, id tenant.ID, in order.RepriceInput) error {
	outcome, err := s.Payments.CloseAll(ctx, id, in.OrderNo)
	if err == nil && outcome != payments.Closed {
		err = order.ErrPayUnderWay
	}
	if err != nil {
		return errors.Join(err)
	}
	in.Idle = s.Payments.IdleTx
	return s.Orders.Reprice(ctx, id, in)
}
