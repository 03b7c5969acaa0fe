package payments

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Unfinished counts the payments that may still succeed and the refunds that are under
// way: a shop is not closed for good over them.
func (s *Service) Unfinished(ctx context.Context, id tenant.ID) (n int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		n, err = s.q.CountUnfinished(ctx, r)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count unfinished payments: %w", err)
	}
	return n, nil
}
