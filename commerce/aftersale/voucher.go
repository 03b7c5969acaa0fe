package aftersale

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// VouchersDueTx is what the end of an order's vouchers means: what is unused of them goes back by
// itself, where the terms say so, by a case that nobody has to answer. If money of the order that
// went back before does not leave enough, the case waits for a person. Joins the caller's
// transaction. Faults: NOT_FOUND, those of the refund.
func (s *Service) VouchersDueTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	over, err := s.d.Orders.VouchersDueTx(ctx, tx, orderNo)
	if err != nil || len(over.Lines) == 0 {
		return err
	}
	opened, err := s.openTx(ctx, tx, OpenInput{OrderNo: orderNo, Kind: RefundOnly, Lines: over.Lines, Reason: Lapsed, Actor: string(System)})
	if err == nil && over.Covered {
		err = s.passTx(ctx, tx, opened.CaseNo)
	}
	if err != nil {
		return fmt.Errorf("vouchers of %s that were not used: %w", orderNo, err)
	}
	return nil
}

// passTx is a yes that needs nobody.
func (s *Service) passTx(ctx context.Context, tx tenantdb.Tx, caseNo string) error {
	a, err := s.begin(ctx, tx, caseNo, 0, System, string(System), EventApprove)
	if err != nil {
		return err
	}
	return a.end(ctx, nil)
}
