package inventory

import (
	"context"
	"fmt"
	"slices"

	"galleria/commerce/inventory/internal/inventorydb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Moved is what became of one line of a transfer.
type Moved struct {
	SKUID   int64
	Problem error // nil, ErrUnknownSKU or ErrReserved; then nothing of it was moved
}

// TransferEachTx is TransferTx for a list whose lines stand for themselves: what cannot be moved
// is told in its entry, the rest is moved. Lines that the document has moved before stay moved
// and are no problem. Faults: VALIDATION, NOT_FOUND (a place).
func (s *Service) TransferEachTx(ctx context.Context, tx tenantdb.Tx, in Transfer) ([]Moved, error) {
	if in.From == in.To {
		return nil, fault.Invalidf("to", "must be another place")
	}
	ids, qtys, err := columns(in.Lines)
	if err != nil {
		return nil, fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	for _, place := range []int64{in.From, in.To} {
		if err := s.open(ctx, tx, place, ids); err != nil {
			return nil, fmt.Errorf("transfer %s: %w", in.Document, err)
		}
	}
	free, err := s.freeIn(ctx, tx, in.From, ids)
	if err != nil {
		return nil, fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	before, err := s.q.TransferredBy(ctx, tx, in.Document, ids)
	if err != nil {
		return nil, fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	out := make([]Moved, len(ids))
	row := inventorydb.TransferParams{FromID: in.From, ToID: in.To, Document: in.Document, Actor: in.Actor, At: tx.Now(), Note: in.Note}
	for i, id := range ids {
		n, known := free[id]
		out[i].SKUID = id
		switch {
		case slices.Contains(before, id):
		case !known:
			out[i].Problem = ErrUnknownSKU
		case n < qtys[i]:
			out[i].Problem = ErrReserved.WithData(map[string]any{"sku_id": id})
		default:
			row.SkuIds, row.Qtys = append(row.SkuIds, id), append(row.Qtys, qtys[i])
		}
	}
	if len(row.SkuIds) == 0 {
		return out, nil
	}
	if _, err := s.q.Transfer(ctx, tx, row); err != nil {
		return nil, fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	return out, nil
}
