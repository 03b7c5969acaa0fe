package inventory

import (
	"context"
	"fmt"

	"galleria/tenant/tenantdb"
)

// Item is a SKU as a file names it, with what is on hand of it in a place.
type Item struct {
	Called      string // the code, barcode or number that it was found by
	ByID        bool   // Called is its number
	SKUID       int64
	Title, Spec string
	Version     int64
	OnHand      int64
}

// FindItems returns the SKUs of numbers and of codes or barcodes. One statement.
func (s *Service) FindItems(ctx context.Context, q tenantdb.Querier, ids []int64, codes []string, place int64) ([]Item, error) {
	rows, err := s.q.FindForPort(ctx, q, place, ids, codes)
	if err != nil {
		return nil, fmt.Errorf("find SKUs: %w", err)
	}
	out := make([]Item, len(rows))
	for i, r := range rows {
		out[i] = Item{Called: r.Called, ByID: r.ByID, SKUID: r.ID, Title: r.Title, Spec: r.Spec, Version: r.Version, OnHand: r.MainOnHand}
		if place != 0 {
			out[i].OnHand = r.AwayOnHand
		}
	}
	return out, nil
}

// Held is what lies of a SKU in one place.
type Held struct {
	SKUID       int64
	Code        string
	Title, Spec string
	LocationID  int64
	OnHand      int64
	Reserved    int64
}

// HeldAfter returns what lies where of the next so many SKUs behind a number, and the last of
// them; 0 when there is none left. Two statements.
func (s *Service) HeldAfter(ctx context.Context, q tenantdb.Querier, after int64, limit int32) (list []Held, last int64, err error) {
	if last, err = s.q.LastSKUAfter(ctx, q, after, limit); err != nil || last == 0 {
		return nil, 0, err
	}
	rows, err := s.q.StockAfter(ctx, q, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list stock: %w", err)
	}
	for _, r := range rows {
		if r.LocationID != 0 && r.OnHand == 0 {
			continue
		}
		list = append(list, Held{SKUID: r.ID, Code: r.Code, Title: r.Title, Spec: r.Spec, LocationID: r.LocationID, OnHand: r.OnHand, Reserved: r.Reserved})
	}
	return list, last, nil
}
