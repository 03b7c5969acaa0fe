package order

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Unfinished counts the orders that are neither completed nor closed: a shop is not closed
// for good over them.
func (s *Service) Unfinished(ctx context.Context, id tenant.ID) (n int64, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		n, err = s.q.CountUnfinished(ctx, r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count unfinished orders: %w", err)
	}
	return n, nil
}
