package app

import (
	"context"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/payments"
	"galleria/tenant/tenantdb"
)

// payers erases who paid the orders of a member who has left. Payments and shipping uploads
// know orders by number and nobody's member; so this meets here.
type payers struct {
	orders   *order.Service
	payments *payments.Service
	delivery *delivery.Service
}

// MoveMemberTx implements member.Belongings: a payment is its order's, whoever's that is.
func (payers) MoveMemberTx(context.Context, tenantdb.Tx, int64, int64) error { return nil }

// ForgetMemberTx implements member.Belongings. Three statements.
func (p payers) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	numbers, err := p.orders.NumbersOfTx(ctx, tx, memberID)
	if err != nil || len(numbers) == 0 {
		return err
	}
	if err := p.payments.ForgetPayersTx(ctx, tx, numbers); err != nil {
		return err
	}
	return p.delivery.ForgetPayersTx(ctx, tx, numbers)
}
