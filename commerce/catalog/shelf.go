package catalog

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ShelfStatus is where a product stands.
type ShelfStatus string

// The shelf states. Only OnShelf is visible to buyers.
const (
	Draft    ShelfStatus = "draft"
	OnShelf  ShelfStatus = "on_shelf"
	OffShelf ShelfStatus = "off_shelf"
	Recycled ShelfStatus = "recycled" // in the bin: it can be restored
	Purged   ShelfStatus = "purged"   // gone but for its number
)

// Move is a change of shelf state that exists.
type Move struct{ From, To ShelfStatus }

// Moves lists every change of shelf state that exists.
func Moves() []Move {
	return []Move{
		{Draft, OnShelf},
		{Draft, Recycled},
		{OnShelf, OffShelf},
		{OffShelf, OnShelf},
		{OffShelf, Recycled},
		{Recycled, OffShelf},
		{Recycled, Purged},
	}
}

func movable(from, to ShelfStatus) bool {
	for _, m := range Moves() {
		if m.From == from && m.To == to {
			return true
		}
	}
	return false
}

// SetShelf moves a product to another shelf state; being there already is no error.
// Opens a transaction. Faults: NOT_FOUND, SHELF_STATE, NOTHING_TO_SELL.
func (s *Service) SetShelf(ctx context.Context, id tenant.ID, spuID int64, to ShelfStatus) error {
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := s.SetShelfTx(ctx, tx, spuID, to)
		return err
	})
}

// SetShelfTx is SetShelf in the caller's transaction; it returns where the product was.
func (s *Service) SetShelfTx(ctx context.Context, tx tenantdb.Tx, spuID int64, to ShelfStatus) (from ShelfStatus, err error) {
	now, err := s.q.LockSPU(ctx, tx, spuID)
	if tenantdb.NoRows(err) {
		return "", fault.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("set shelf: %w", err)
	}
	if from = ShelfStatus(now); from == to {
		return from, nil
	}
	if !movable(from, to) || to == Purged { // PurgeTx does that
		return from, ErrShelfState
	}
	if to == OnShelf {
		n, err := s.q.CountEnabledSKUs(ctx, tx, spuID)
		if err != nil {
			return from, fmt.Errorf("set shelf: %w", err)
		}
		if n == 0 {
			return from, ErrNothingToSell
		}
	}
	n, err := s.q.SetShelf(ctx, tx, string(to), tx.Now(), spuID, now)
	if err != nil {
		return from, fmt.Errorf("set shelf: %w", err)
	}
	if n == 0 {
		return from, fault.ErrConflict
	}
	return from, s.tell(ctx, tx)
}
