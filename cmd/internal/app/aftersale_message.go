package app

import (
	"context"
	"errors"

	"galleria/commerce/aftersale"
	"galleria/commerce/picture"
	"galleria/payments"
	"galleria/tenant/tenantdb"
)

// caseRefunds asks payments for the refunds of after-sales cases. The two rooms share no type.
type caseRefunds struct{ payments *payments.Service }

// AskTx asks for a case's money. What the provider closed goes on under the number that
// follows; anything else that ended without money is asked for anew.
func (r caseRefunds) AskTx(ctx context.Context, tx tenantdb.Tx, in aftersale.RefundAsk) (outRefundNo string, err error) {
	if in.After != "" {
		outRefundNo, err = r.payments.FollowRefundTx(ctx, tx, in.After, in.Actor)
		if !errors.Is(err, payments.ErrRefundState) {
			return outRefundNo, err
		}
	}
	asked, err := r.payments.AskRefundTx(ctx, tx, payments.AskInput{
		BusinessNo: in.OrderNo, AmountFen: in.AmountFen, Reason: payments.AfterSale, Note: "售后退款 " + in.Document,
		SourceKind: payments.SourceAfterSale, SourceNo: in.Document, Actor: in.Actor,
	})
	return asked.OutRefundNo, err
}

// newCases builds the after-sales room.
func (s *Services) newCases() *aftersale.Service {
	return aftersale.New(aftersale.Deps{
		DB: s.DB, Orders: s.Orders, Inventory: s.Inventory, Refunder: caseRefunds{s.Payments}, Outbox: s.Outbox, Timers: s.Timers, Audit: s.Audit,
		Pictures: func(tx tenantdb.Tx, address string) bool { return picture.Owns(tx.TenantID(), address) },
	})
}
