package payments

import (
	"context"

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
