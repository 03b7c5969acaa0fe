package listing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// PriceInput changes the prices of several products.
type PriceInput struct {
	Versions map[int64]int32 // by product, as they were shown; 0 takes any
	Change   catalog.PriceChange
	Dry      bool // only tell what would become of them
	Editor
}

// PriceRow is what became of one product's prices: Err is nil if they are as was asked for.
type PriceRow struct {
	ID int64
	catalog.Repriced
	Err error
}

// Reprice changes the prices of products, each in a transaction of its own: what cannot be done to
// one does not stop the others. What waits to be approved has AWAITS_APPROVAL. A product that has changed since it was shown is refused, so that
// the same form sent twice changes prices once. Faults: VALIDATION.
func (s *Service) Reprice(ctx context.Context, id tenant.ID, in PriceInput) ([]PriceRow, error) {
	if len(in.Versions) == 0 || len(in.Versions) > MaxBulk {
		return nil, fault.Invalidf("ids", "must be 1 to %d products", MaxBulk)
	}
	if err := in.Change.Check(); err != nil {
		return nil, err
	}
	rows := make([]PriceRow, 0, len(in.Versions))
	for _, productID := range slices.Sorted(maps.Keys(in.Versions)) {
		row := PriceRow{ID: productID}
		row.Repriced, row.Err = s.reprice(ctx, id, productID, in)
		if kind := fault.KindOf(row.Err); row.Err != nil && (kind == fault.Internal || kind == fault.Unavailable) {
			return rows, fmt.Errorf("reprice: %w", row.Err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// errRehearsed undoes a change that was only to be looked at.
var errRehearsed = errors.New("rehearsed")

func (s *Service) reprice(ctx context.Context, id tenant.ID, productID int64, in PriceInput) (out catalog.Repriced, err error) {
	awaits := false
	err = s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if in.Dry {
			if out, err = s.Catalog.RepriceTx(ctx, tx, productID, in.Versions[productID], in.Change); err != nil {
				return err
			}
			out.Version-- // as it is
			return errRehearsed
		}
		awaits, err = s.gated(ctx, tx, productID, in.Editor, func(tx tenantdb.Tx) error {
			if out, err = s.Catalog.RepriceTx(ctx, tx, productID, in.Versions[productID], in.Change); err != nil {
				return err
			}
			return s.Audit.RecordTx(ctx, tx, audit.Entry{
				Actor: in.Actor, Action: "product.repriced", Object: object(productID),
				Before: map[string]any{"low_fen": out.LowFen, "high_fen": out.HighFen}, After: map[string]any{"low_fen": out.ToLow, "high_fen": out.ToHigh},
			})
		})
		return err
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	if err == nil {
		err = waits(awaits)
	}
	return out, err
}
