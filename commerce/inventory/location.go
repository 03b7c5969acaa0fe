package inventory

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/commerce/inventory/internal/inventorydb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// MaxLocations is the most open places of a shop besides the main one.
const MaxLocations = 20

// Location is a place where goods lie. The main one has the id 0 and is there from the
// beginning.
type Location struct {
	ID     int64
	Name   string // of the main one empty until it is given
	Closed bool
}

// Locations lists the places, the main one first. Two statements.
func (s *Service) Locations(ctx context.Context, q tenantdb.Querier) ([]Location, error) {
	name, err := s.q.MainPlace(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	rows, err := s.q.Locations(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	out := []Location{{Name: name}}
	for _, r := range rows {
		out = append(out, Location(r))
	}
	return out, nil
}

// SaveLocationTx adds a place (id 0 with add) or renames one; the main one is 0. Faults:
// VALIDATION, NOT_FOUND, LOCATION_NAME, LOCATION_LIMIT.
func (s *Service) SaveLocationTx(ctx context.Context, tx tenantdb.Tx, id int64, add bool, name string) (int64, error) {
	name = strings.TrimSpace(name)
	const longest = 60
	if n := utf8.RuneCountInString(name); !utf8.ValidString(name) || n < 1 || n > longest {
		return 0, fault.Invalidf("name", "must be 1 to %d characters", longest)
	}
	var err error
	changed := int64(1)
	switch {
	case add:
		id, err = s.q.InsertLocation(ctx, tx, name, MaxLocations)
		if tenantdb.NoRows(err) {
			return 0, ErrLocationLimit
		}
	case id == 0:
		changed, err = s.q.RenameMain(ctx, tx, name)
	default:
		changed, err = s.q.RenameLocation(ctx, tx, name, id)
	}
	if tenantdb.Violates(err, "stock_location_name") {
		return 0, ErrLocationName
	}
	if err == nil && changed == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("save place: %w", err)
	}
	return id, nil
}

// CloseLocationTx closes a place in which nothing is left, or opens it again. Faults:
// NOT_FOUND, LOCATION_IN_USE.
func (s *Service) CloseLocationTx(ctx context.Context, tx tenantdb.Tx, id int64, closed bool) (name string, err error) {
	row, err := s.q.LockLocation(ctx, tx, id)
	if tenantdb.NoRows(err) {
		return "", fault.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("close place: %w", err)
	}
	if closed && row.OnHand > 0 {
		return "", ErrLocationInUse
	}
	return row.Name, s.q.CloseLocation(ctx, tx, closed, tx.Now(), id)
}

// Transfer is a document that moves goods from one place to another.
type Transfer struct {
	Document string // its number; the same again changes nothing
	From, To int64  // 0 is the main place
	Lines    []Line
	Note     string
	Actor    string
}

// TransferTx moves goods between places, all lines or none. What orders hold in a place stays
// there. Nothing of it is seen by buyers. Faults: VALIDATION, NOT_FOUND (a place),
// SKU_NOT_FOUND, STOCK_RESERVED.
func (s *Service) TransferTx(ctx context.Context, tx tenantdb.Tx, in Transfer) error {
	if in.From == in.To {
		return fault.Invalidf("to", "must be another place")
	}
	ids, qtys, err := columns(in.Lines)
	if err != nil {
		return fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	for _, place := range []int64{in.From, in.To} {
		if err := s.open(ctx, tx, place, ids); err != nil {
			return fmt.Errorf("transfer %s: %w", in.Document, err)
		}
	}
	free, err := s.freeIn(ctx, tx, in.From, ids)
	if err != nil {
		return fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	moved, err := s.q.Transfer(ctx, tx, inventorydb.TransferParams{
		SkuIds: ids, Qtys: qtys, FromID: in.From, ToID: in.To, Document: in.Document, Actor: in.Actor, At: tx.Now(), Note: in.Note,
	})
	if tenantdb.Violates(err, "stock_away") || tenantdb.Violates(err, "stock_away_on_hand") || tenantdb.Violates(err, "stock_away_reserved") {
		return ErrReserved.Because(err)
	}
	if err != nil {
		return fmt.Errorf("transfer %s: %w", in.Document, err)
	}
	if moved == 0 {
		return nil // the document was booked before
	}
	for i, id := range ids {
		n, known := free[id]
		if !known {
			return fmt.Errorf("transfer %s: %w", in.Document, ErrUnknownSKU)
		}
		if n < qtys[i] {
			return fmt.Errorf("transfer %s: %w", in.Document, ErrReserved.WithData(map[string]any{"sku_id": id}))
		}
	}
	return nil
}

// open makes room for SKUs in a place. Faults: NOT_FOUND for one that is not there or closed.
func (s *Service) open(ctx context.Context, tx tenantdb.Tx, place int64, ids []int64) error {
	if place == 0 {
		return nil
	}
	row, err := s.q.KeepLocation(ctx, tx, place)
	if tenantdb.NoRows(err) || err == nil && row.Closed {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	return s.q.OpenAway(ctx, tx, ids, place)
}

// freeIn locks the levels and returns what no order holds of them in a place.
func (s *Service) freeIn(ctx context.Context, tx tenantdb.Tx, place int64, ids []int64) (map[int64]int64, error) {
	levels, err := s.q.LockLevels(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	free := make(map[int64]int64, len(levels))
	for _, l := range levels {
		free[l.SkuID] = l.MainOnHand - l.MainReserved
	}
	if place == 0 {
		return free, nil
	}
	rows, err := s.q.Away(ctx, tx, place, ids)
	for _, r := range rows {
		free[r.SkuID] = r.OnHand - r.Reserved
	}
	return free, err
}
