package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"galleria/tenant/tenantdb"
)

// Change is a correction of what is on hand of one SKU: pieces more, or fewer if negative.
type Change struct {
	SKUID int64
	Delta int64
}

// AdjustTx corrects what is on hand under a document's number, all changes or none. A
// change says how many more or fewer, never how many: what was sold since somebody counted
// stays sold. Changes of 0 are left out. The same document again changes nothing. Faults:
// SKU_NOT_FOUND, STOCK_RESERVED. One statement, and one more when a coarse state changes.
func (s *Service) AdjustTx(ctx context.Context, tx tenantdb.Tx, document string, changes []Change, actor string) error {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Delta == 0 })
	if len(changes) == 0 {
		return nil
	}
	slices.SortFunc(changes, func(a, b Change) int { return cmp.Compare(a.SKUID, b.SKUID) })
	ids, deltas := make([]int64, len(changes)), make([]int64, len(changes))
	for i, c := range changes {
		ids[i], deltas[i] = c.SKUID, c.Delta
	}
	rows, err := s.q.Adjust(ctx, tx, ids, deltas, document, actor, tx.Now())
	if err != nil {
		return fmt.Errorf("adjust %s: %w", document, err)
	}
	if len(rows) < len(ids) {
		return fmt.Errorf("adjust %s: %w", document, ErrUnknownSKU)
	}
	crossed := false
	for _, r := range rows {
		if r.OnHand+r.Delta < r.Reserved {
			return fmt.Errorf("adjust %s: %w", document, ErrReserved.WithData(map[string]any{"sku_id": r.SkuID}))
		}
		crossed = crossed || crosses(r.OnHand-r.Reserved, r.OnHand-r.Reserved+r.Changed, r.LowAt)
	}
	return s.tell(ctx, tx, crossed)
}
