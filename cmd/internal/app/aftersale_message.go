package app

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/aftersale"
	"galleria/commerce/picture"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// caseRefunds asks payments for the refunds of after-sales cases. The two rooms share no type.
type caseRefunds struct{ payments *payments.Service }

// AskTx asks for a case's money. What the provider closed goes on under the number that
// follows; anything else that ended without money is asked for anew.
func (r caseRefunds) AskTx(ctx context.Context, tx tenantdb.Tx, in aftersale.RefundAsk) (aftersale.RefundAsked, error) {
	if in.After != "" {
		no, err := r.payments.FollowRefundTx(ctx, tx, in.After, in.Actor)
		if !errors.Is(err, payments.ErrRefundState) {
			return aftersale.RefundAsked{OutRefundNo: no, Follows: true}, err
		}
	}
	asked, err := r.payments.AskRefundTx(ctx, tx, payments.AskInput{
		BusinessNo: in.OrderNo, AmountFen: in.AmountFen, Reason: payments.AfterSale, Note: "售后退款 " + in.Document,
		SourceKind: payments.SourceAfterSale, SourceNo: in.Document, Actor: in.Actor,
	})
	return aftersale.RefundAsked{OutRefundNo: asked.OutRefundNo}, err
}

// deskRefunds are refunds as staff move them. One that a case asked for and that failed is
// asked for anew by its case: a case that ended gave its pieces back, and money on top of them
// would go out for goods that are sold or claimed again.
type deskRefunds struct {
	*payments.Service
	db    *tenantdb.DB
	cases *aftersale.Service
}

// RetryRefund asks the provider again. Faults: those of payments, and AFTERSALE_STATE for a
// refund whose case does not wait for it.
func (r deskRefunds) RetryRefund(ctx context.Context, id tenant.ID, outRefundNo, actor string) (goesOn string, err error) {
	goesOn, err = r.Service.RetryRefund(ctx, id, outRefundNo, actor)
	if !errors.Is(err, payments.ErrRefundOfCase) {
		return goesOn, err
	}
	var source payments.Source
	err = r.db.Read(ctx, id, func(q *tenantdb.Reader) error {
		source, err = r.RefundSourceTx(ctx, q, outRefundNo)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("retry refund %s: %w", outRefundNo, err)
	}
	c, err := r.cases.RetryRefund(ctx, id, aftersale.CaseOf(source.No), actor)
	return c.OutRefundNo, err
}

// newCases builds the after-sales room.
func (s *Services) newCases() *aftersale.Service {
	return aftersale.New(aftersale.Deps{
		DB: s.DB, Orders: s.Orders, Inventory: s.Inventory, Refunder: caseRefunds{s.Payments}, Outbox: s.Outbox, Timers: s.Timers, Audit: s.Audit,
		Pictures: func(tx tenantdb.Tx, address string) bool { return picture.Owns(tx.TenantID(), address) },
	})
}
