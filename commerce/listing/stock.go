package listing

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"galleria/commerce/inventory"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	maxNote  = 200
	maxCodes = 500
)

// CorrectStock corrects what is on hand and records who did it, all changes or none. Opens a
// transaction. Safe to repeat with the same document. Faults: VALIDATION, NOT_FOUND,
// SKU_NOT_FOUND, STOCK_RESERVED, STOCK_CHANGED.
func (s *Service) CorrectStock(ctx context.Context, id tenant.ID, in inventory.Correction) error {
	if err := checkNote(in.Note); err != nil {
		return err
	}
	for _, c := range in.Changes {
		if c.Delta == 0 || c.Delta > MaxStock || c.Delta < -MaxStock {
			return fault.Invalidf("delta", "must be up to %d, and not 0", MaxStock)
		}
	}
	return s.inShop(ctx, id, "correct stock", func(tx tenantdb.Tx) error {
		if err := s.Inventory.CorrectTx(ctx, tx, in); err != nil {
			return err
		}
		return s.toldStock(ctx, tx, in, len(in.Changes))
	})
}

// CorrectStockEachTx is CorrectStockEach in the caller's transaction.
func (s *Service) CorrectStockEachTx(ctx context.Context, tx tenantdb.Tx, in inventory.Correction) ([]inventory.Corrected, error) {
	out, err := s.Inventory.CorrectEachTx(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	good := 0
	for _, o := range out {
		if o.Problem == nil {
			good++
		}
	}
	if good == 0 {
		return out, nil
	}
	return out, s.toldStock(ctx, tx, in, good)
}

// CorrectStockEach is CorrectStock for a list whose lines stand for themselves: what cannot be
// done is told in its entry, the rest is done. Faults: VALIDATION, NOT_FOUND (the place).
func (s *Service) CorrectStockEach(ctx context.Context, id tenant.ID, in inventory.Correction) (out []inventory.Corrected, err error) {
	if err := checkNote(in.Note); err != nil {
		return nil, err
	}
	err = s.inShop(ctx, id, "correct stock", func(tx tenantdb.Tx) error {
		out, err = s.CorrectStockEachTx(ctx, tx, in)
		return err
	})
	return out, err
}

func (s *Service) toldStock(ctx context.Context, tx tenantdb.Tx, in inventory.Correction, skus int) error {
	detail := map[string]any{"document": in.Document, "skus": skus, "reason": string(in.Reason), "location_id": in.LocationID}
	if len(in.Changes) == 1 {
		detail["sku_id"], detail["delta"] = in.Changes[0].SKUID, in.Changes[0].Delta
	}
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "stock.corrected", Object: "stock:" + in.Document, Detail: detail})
}

// FindStock returns the SKUs that bear codes or barcodes; at most 500 codes are looked for.
func (s *Service) FindStock(ctx context.Context, id tenant.ID, codes []string, locationID int64) (found []inventory.Code, err error) {
	if len(codes) > maxCodes {
		return nil, fault.Invalidf("codes", "at most %d", maxCodes)
	}
	err = s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		found, err = s.Inventory.FindCodes(ctx, r, codes, locationID)
		return err
	})
	return found, err
}

// MoveStock moves goods from one place to another. Opens a transaction. Safe to repeat with
// the same document. Faults: VALIDATION, NOT_FOUND, SKU_NOT_FOUND, STOCK_RESERVED.
func (s *Service) MoveStock(ctx context.Context, id tenant.ID, in inventory.Transfer) error {
	if err := checkNote(in.Note); err != nil {
		return err
	}
	return s.inShop(ctx, id, "move stock", func(tx tenantdb.Tx) error {
		if err := s.Inventory.TransferTx(ctx, tx, in); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "stock.moved", Object: "stock:" + in.Document, Detail: map[string]any{
			"document": in.Document, "skus": len(in.Lines), "from": in.From, "to": in.To,
		}})
	})
}

// MoveStockEach is MoveStock for a list whose lines stand for themselves: what cannot be moved is
// told in its entry, the rest is moved. Opens a transaction. Safe to repeat with the same document.
// Faults: VALIDATION, NOT_FOUND (a place).
func (s *Service) MoveStockEach(ctx context.Context, id tenant.ID, in inventory.Transfer) (out []inventory.Moved, err error) {
	if err := checkNote(in.Note); err != nil {
		return nil, err
	}
	err = s.inShop(ctx, id, "move stock", func(tx tenantdb.Tx) error {
		if out, err = s.Inventory.TransferEachTx(ctx, tx, in); err != nil {
			return err
		}
		good := 0
		for _, o := range out {
			if o.Problem == nil {
				good++
			}
		}
		if good == 0 {
			return nil
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: in.Actor, Action: "stock.moved", Object: "stock:" + in.Document, Detail: map[string]any{
			"document": in.Document, "skus": good, "from": in.From, "to": in.To,
		}})
	})
	return out, err
}

// SetLowAt sets at how many pieces a SKU counts as scarce. Opens a transaction. Faults:
// VALIDATION, SKU_NOT_FOUND.
func (s *Service) SetLowAt(ctx context.Context, id tenant.ID, skuID, lowAt int64, actor string) error {
	if lowAt < 0 || lowAt > MaxStock {
		return fault.Invalidf("low_at", "must be 0 to %d", MaxStock)
	}
	return s.inShop(ctx, id, "set alarm level", func(tx tenantdb.Tx) error {
		if err := s.Inventory.SetLowAtTx(ctx, tx, skuID, lowAt); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "stock.alarm_level", Object: "sku:" + strconv.FormatInt(skuID, 10), Detail: map[string]any{"low_at": lowAt},
		})
	})
}

// SeeStockAlarms notes that somebody knows of these SKUs' alarms. Opens a transaction.
func (s *Service) SeeStockAlarms(ctx context.Context, id tenant.ID, skuIDs []int64, actor string) error {
	return s.inShop(ctx, id, "see alarms", func(tx tenantdb.Tx) error { return s.Inventory.SeeAlarmsTx(ctx, tx, skuIDs, actor) })
}

// Locations lists the places where goods lie, the main one first.
func (s *Service) Locations(ctx context.Context, id tenant.ID) (list []inventory.Location, err error) {
	err = s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		list, err = s.Inventory.Locations(ctx, r)
		return err
	})
	return list, err
}

// SaveLocation adds a place or renames one; 0 is the main one unless add is true. Opens a
// transaction. Faults: VALIDATION, NOT_FOUND, LOCATION_NAME, LOCATION_LIMIT.
func (s *Service) SaveLocation(ctx context.Context, id tenant.ID, placeID int64, add bool, name, actor string) error {
	return s.inShop(ctx, id, "save place", func(tx tenantdb.Tx) error {
		placeID, err := s.Inventory.SaveLocationTx(ctx, tx, placeID, add, name)
		if err != nil {
			return err
		}
		action := "location.renamed"
		if add {
			action = "location.added"
		}
		return s.toldPlace(ctx, tx, action, placeID, name, actor)
	})
}

// CloseLocation closes an empty place, or opens it again. Opens a transaction. Faults:
// NOT_FOUND, LOCATION_IN_USE.
func (s *Service) CloseLocation(ctx context.Context, id tenant.ID, placeID int64, closed bool, actor string) error {
	return s.inShop(ctx, id, "close place", func(tx tenantdb.Tx) error {
		name, err := s.Inventory.CloseLocationTx(ctx, tx, placeID, closed)
		if err != nil {
			return err
		}
		action := "location.opened"
		if closed {
			action = "location.closed"
		}
		return s.toldPlace(ctx, tx, action, placeID, name, actor)
	})
}

func (s *Service) toldPlace(ctx context.Context, tx tenantdb.Tx, action string, placeID int64, name, actor string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: actor, Action: action, Object: "location:" + strconv.FormatInt(placeID, 10), Detail: map[string]any{"name": name},
	})
}

func (s *Service) inShop(ctx context.Context, id tenant.ID, what string, fn func(tx tenantdb.Tx) error) error {
	if err := s.DB.InTenant(ctx, id, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func checkNote(note string) error {
	if !utf8.ValidString(note) || utf8.RuneCountInString(note) > maxNote {
		return fault.Invalidf("note", "at most %d characters", maxNote)
	}
	return nil
}
