package order

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MarkTest makes an order that waits for its money one that only proves the shop's setup:
// it takes the same way, but gives its goods back when it is paid, adds nothing to sales
// and is not revenue. Repeating it is no error. Opens a transaction. Faults: NOT_FOUND,
// CONFLICT for an order that is paid or closed.
func (s *Service) MarkTest(ctx context.Context, id tenant.ID, orderNo string) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if !wellFormed(orderNo) {
			return fault.ErrNotFound
		}
		n, err := s.q.MarkTest(ctx, tx, orderNo)
		if err == nil && n == 0 {
			return fault.ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("mark order %s as a test: %w", orderNo, err)
	}
	return nil
}
