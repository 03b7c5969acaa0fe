package payments

import (
	"context"
	"fmt"

	"galleria/commerce/money"
	"galleria/tenant/tenantdb"
)

// CountedTx returns the attempt whose money pays a bill. found is false for a bill that
// nothing was paid for. One statement.
func (s *Service) CountedTx(ctx context.Context, q tenantdb.Querier, businessNo string) (a Attempt, found bool, err error) {
	attempts, err := s.relevant(ctx, q, businessNo)
	for _, a := range attempts {
		if a.Status == StatusSucceeded && !a.Surplus {
			return a, true, nil
		}
	}
	return Attempt{}, false, err
}

// IdleTx tells whether no payment of a bill can succeed any more and none has. Whoever
// holds the bill's row keeps a new one from beginning. One statement.
func (s *Service) IdleTx(ctx context.Context, tx tenantdb.Tx, businessNo string) (bool, error) {
	attempts, err := s.relevant(ctx, tx, businessNo)
	return err == nil && len(attempts) == 0, err
}

// GoingBackTx is how much of the money that pays a bill is on its way back, and how much
// has arrived; both 0 for a bill that nobody paid. Until the transaction ends no further
// refund of it can be asked for. One statement.
func (s *Service) GoingBackTx(ctx context.Context, tx tenantdb.Tx, businessNo string) (underWay, gone money.Fen, err error) {
	row, err := s.q.GoingBack(ctx, tx, businessNo)
	if tenantdb.NoRows(err) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read what goes back of %s: %w", businessNo, err)
	}
	return row.RefundReservedFen, row.RefundedFen, nil
}
