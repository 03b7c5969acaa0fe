package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// PutBackTx is ReceiveTx for goods that go to several places: lines by place, 0 for the main one.
// The same document again, with the same places, changes nothing. Faults: LOCATION_CLOSED with
// location_id in its data, SKU_NOT_FOUND.
func (s *Service) PutBackTx(ctx context.Context, tx tenantdb.Tx, document string, lines map[int64][]Line, actor string) error {
	places := slices.Sorted(maps.Keys(lines))
	var all []int64
	for _, place := range places {
		ids, _, err := columns(lines[place])
		if err == nil {
			err = s.open(ctx, tx, place, ids)
		}
		if errors.Is(err, fault.ErrNotFound) {
			err = ErrLocationClosed.WithData(map[string]any{"location_id": place})
		}
		if err != nil {
			return fmt.Errorf("put back %s: %w", document, err)
		}
		all = append(all, ids...)
	}
	if len(places) > 1 { // the places are booked one after the other, the SKUs are taken in one order
		if _, err := s.q.LockLevels(ctx, tx, all); err != nil {
			return fmt.Errorf("put back %s: %w", document, err)
		}
	}
	for _, place := range places {
		if err := s.receive(ctx, tx, document, place, lines[place], actor); err != nil {
			return err
		}
	}
	return nil
}

// LeftFrom returns the place from which most pieces of each SKU went to an order, as far as it is
// open; SKUs that are not named left from the main one. One statement.
func (s *Service) LeftFrom(ctx context.Context, q tenantdb.Querier, orderNo string, skuIDs []int64) (map[int64]int64, error) {
	rows, err := s.q.LeftFrom(ctx, q, orderNo, skuIDs)
	if err != nil {
		return nil, fmt.Errorf("where %s left from: %w", orderNo, err)
	}
	out := map[int64]int64{}
	for _, r := range rows {
		if r.Away > r.Main {
			out[r.SkuID] = r.LocationID
		}
	}
	return out, nil
}
