package order

import (
	"context"
	"fmt"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Buyer is whom news about an order is for, and what it is called.
type Buyer struct {
	MemberID int64
	AppID    string
	Title    string // as on its bill
}

// Buyer returns who placed an order, in any status, read in the caller's transaction.
// Faults: NOT_FOUND.
func (s *Service) Buyer(ctx context.Context, q tenantdb.Querier, orderNo string) (Buyer, error) {
	row, err := s.q.Buyer(ctx, q, orderNo)
	if tenantdb.NoRows(err) {
		return Buyer{}, fault.ErrNotFound
	}
	if err != nil {
		return Buyer{}, fmt.Errorf("buyer of an order: %w", err)
	}
	return Buyer{MemberID: row.MemberID, AppID: row.AppID, Title: billTitle(row.FirstTitle, row.Kinds)}, nil
}
