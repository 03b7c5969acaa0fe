package listing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"galleria/commerce/catalog"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// Purge removes a product from the bin for good. Opens a transaction. Faults: NOT_FOUND,
// SHELF_STATE.
func (s *Service) Purge(ctx context.Context, id tenant.ID, productID int64, actor string) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.Catalog.PurgeTx(ctx, tx, productID); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "product.purged", Object: object(productID)})
	})
	if err != nil {
		return fmt.Errorf("purge product: %w", err)
	}
	return nil
}

// PurgeOldTx removes what has been in the bin for too long, at most limit products, and
// returns how many there were. It joins the caller's transaction.
func (s *Service) PurgeOldTx(ctx context.Context, tx tenantdb.Tx, limit int32) (int, error) {
	ids, err := s.Catalog.PurgeOldTx(ctx, tx, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), s.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: "system", Action: "product.purged", Object: "product", Detail: map[string]any{"ids": ids},
	})
}

// ShelfDueTx does what the clock asks of a product now. It joins the caller's transaction and
// is safe to repeat.
func (s *Service) ShelfDueTx(ctx context.Context, tx tenantdb.Tx, productID int64) error {
	from, to, err := s.Catalog.ShelfDueTx(ctx, tx, productID)
	switch {
	case err != nil || from == "":
		return err
	case to == "":
		e, err := s.entered(ctx, tx, productID)
		if err != nil {
			return err
		}
		return s.submitted(ctx, tx, catalog.Request{SPUID: productID, PutUp: true, AskedBy: "system"}, e.Title)
	}
	return s.moved(ctx, tx, productID, from, to, "system")
}

// CopyInput asks for a copy of a product.
type CopyInput struct {
	ID     int64
	Suffix string // of the copy's title
	Key    string // of the form: sent twice, it makes one copy
	Editor
}

// Copy makes a draft like a product, without stock, and returns its id. Opens a transaction.
// Faults: NOT_FOUND, NOTHING_TO_SELL, QUOTA_EXCEEDED.
func (s *Service) Copy(ctx context.Context, id tenant.ID, in CopyInput) (copied int64, err error) {
	err = s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		key := idempotency.Key{Scope: in.Actor + ":product.copy", Value: in.Key, Body: fmt.Append(nil, in.ID)}
		copied, _, err = idempotency.Do(ctx, tx, key, func() (int64, error) {
			product, err := s.Catalog.CopyTx(ctx, tx, in.ID, in.Suffix)
			if err != nil {
				return 0, err
			}
			if g, err := s.gate(ctx, tx, product.ID, in.Approves); err != nil {
				return 0, err
			} else if err := s.changed(ctx, tx, g, product.ID, false, in.Actor); err != nil {
				return 0, err
			}
			return product.ID, s.Audit.RecordTx(ctx, tx, audit.Entry{
				Actor: in.Actor, Action: "product.copied", Object: object(product.ID), Detail: map[string]any{"of": in.ID, "title": product.Title},
			})
		})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("copy product: %w", err)
	}
	return copied, nil
}

// BulkAct is what can be done to several products at once.
type BulkAct string

// The acts.
const (
	BulkOn       BulkAct = "on"
	BulkOff      BulkAct = "off"
	BulkBin      BulkAct = "bin"
	BulkRestore  BulkAct = "restore"
	BulkPurge    BulkAct = "purge"
	BulkCategory BulkAct = "category"
)

// MaxBulk is how many products one call takes.
const MaxBulk = 100

// BulkInput names products and what to do to them.
type BulkInput struct {
	IDs        []int64
	Act        BulkAct
	CategoryID int64 // of BulkCategory
	Editor
}

// BulkRow is what became of one product: Err is nil if it is as it was asked for.
type BulkRow struct {
	ID  int64
	Err error
}

// Bulk does one thing to several products, each in a transaction of its own: what cannot be
// done to one of them does not stop the others. Only trouble with the database ends it early,
// with the rows so far. Faults: VALIDATION.
func (s *Service) Bulk(ctx context.Context, id tenant.ID, in BulkInput) ([]BulkRow, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(in.IDs)))
	if len(ids) == 0 || len(ids) > MaxBulk {
		return nil, fault.Invalidf("ids", "must be 1 to %d products", MaxBulk)
	}
	rows := make([]BulkRow, 0, len(ids))
	for _, productID := range ids {
		err := s.act(ctx, id, productID, in)
		if kind := fault.KindOf(err); err != nil && (kind == fault.Internal || kind == fault.Unavailable) {
			return rows, fmt.Errorf("bulk %s: %w", in.Act, err)
		}
		rows = append(rows, BulkRow{ID: productID, Err: err})
	}
	return rows, nil
}

func (s *Service) act(ctx context.Context, id tenant.ID, productID int64, in BulkInput) error {
	switch in.Act {
	case BulkOn:
		return s.SetShelf(ctx, id, productID, catalog.OnShelf, in.Editor)
	case BulkOff:
		return s.SetShelf(ctx, id, productID, catalog.OffShelf, in.Editor)
	case BulkBin:
		return s.Bin(ctx, id, productID, in.Actor)
	case BulkRestore:
		return s.SetShelf(ctx, id, productID, catalog.OffShelf, in.Editor)
	case BulkPurge:
		return s.Purge(ctx, id, productID, in.Actor)
	case BulkCategory:
		return s.SetCategory(ctx, id, productID, in.CategoryID, in.Editor)
	}
	return fault.Invalidf("act", "is unknown")
}

// Bin puts a product into the bin, off the shelf first. Opens a transaction. Faults: NOT_FOUND,
// SHELF_STATE.
func (s *Service) Bin(ctx context.Context, id tenant.ID, productID int64, actor string) error {
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		from, err := s.Catalog.SetShelfTx(ctx, tx, productID, catalog.Recycled)
		was := from
		if errors.Is(err, catalog.ErrShelfState) && from == catalog.OnShelf {
			if _, err = s.Catalog.SetShelfTx(ctx, tx, productID, catalog.OffShelf); err == nil {
				_, err = s.Catalog.SetShelfTx(ctx, tx, productID, catalog.Recycled)
			}
		}
		if err != nil || was == catalog.Recycled {
			return err
		}
		return s.moved(ctx, tx, productID, was, catalog.Recycled, actor)
	})
	if err != nil {
		return fmt.Errorf("bin product: %w", err)
	}
	return nil
}

// SetCategory moves a product to another category. Opens a transaction. Faults: NOT_FOUND,
// VALIDATION, CHANGE_WAITS; with AWAITS_APPROVAL it was taken and takes effect when somebody
// approves it.
func (s *Service) SetCategory(ctx context.Context, id tenant.ID, productID, categoryID int64, by Editor) error {
	awaits := false
	err := s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		awaits, err = s.gated(ctx, tx, productID, by, func(tx tenantdb.Tx) error {
			if err := s.Catalog.SetCategoryTx(ctx, tx, productID, categoryID); err != nil {
				return err
			}
			return s.Audit.RecordTx(ctx, tx, audit.Entry{
				Actor: by.Actor, Action: "product.moved", Object: object(productID), After: map[string]any{"category_id": categoryID},
			})
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("set category: %w", err)
	}
	return waits(awaits)
}
