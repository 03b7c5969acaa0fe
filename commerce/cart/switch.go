package cart

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// SwitchInput puts one variant of a product in the place of another one.
type SwitchInput struct {
	From, To int64 // SKUs of one product
	Qty      int   // pieces of the new one, 1 to MaxQty; 0: as many as there were
}

// Switch changes the variant of a line and returns the cart. If the new variant has a line
// already, both become one: their pieces are added, at most MaxQty, and it is selected if one
// of them was. Opens a transaction of two statements in two round trips. Switching again is
// NOT_FOUND, because the line is no longer there. Faults: VALIDATION for a SKU of another
// product, NOT_FOUND, SKU_UNAVAILABLE.
func (s *Service) Switch(ctx context.Context, id tenant.ID, memberID int64, in SwitchInput) (Cart, error) {
	if in.Qty < 0 || in.Qty > MaxQty {
		return Cart{}, errQty()
	}
	if in.From == in.To {
		return Cart{}, fault.Invalidf("to_sku_id", "must be another one")
	}
	out, err := s.change(ctx, id, memberID, func(q tenantdb.Querier) error {
		n, err := s.q.SwitchSKU(ctx, q, memberID, in.To, int32(in.Qty), MaxQty, in.From)
		if err != nil || n > 0 {
			return err
		}
		why, err := s.q.Switchable(ctx, q, memberID, in.From, in.To)
		switch {
		case err != nil:
			return err
		case !why.There:
			return fault.ErrNotFound
		case !why.Related:
			return fault.Invalidf("to_sku_id", "is not a variant of this product")
		}
		return ErrSKUUnavailable
	})
	if err != nil {
		return Cart{}, fmt.Errorf("switch cart line: %w", err)
	}
	return out, nil
}
