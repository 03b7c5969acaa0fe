package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"galleria/commerce/inventory/internal/inventorydb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Line is a quantity of one SKU, in pieces.
type Line struct {
	SKUID int64
	Qty   int64
}

// Deps is what the service needs.
type Deps struct {
	// NotifyChannel is told the tenant's id when a SKU's coarse state changes
	// (catalog.NotifyChannel).
	NotifyChannel string
}

// Service moves stock. Safe for concurrent use.
type Service struct {
	channel string
	q       *inventorydb.Queries
}

// New returns the service.
func New(deps Deps) *Service {
	return &Service{channel: deps.NotifyChannel, q: inventorydb.New()}
}

// ReserveTx holds lines for an order, all of them or none: ErrShort names what is missing.
// Two lines of one SKU are a defect of the caller and refused. actor says who caused it
// ("member:7"). Run it last: until the transaction ends it keeps other buyers of these SKUs
// waiting. One statement, one more when a coarse state changes, and one more when the main
// place has too little and others have the rest.
func (s *Service) ReserveTx(ctx context.Context, tx tenantdb.Tx, orderNo string, lines []Line, actor string) error {
	ids, qtys, err := columns(lines)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	rows, err := s.q.Reserve(ctx, tx, ids, qtys, orderNo, tx.Now(), actor)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	if short := missing(ids, qtys, rows); len(short) > 0 {
		return ShortOf(short)
	}
	if !rows[0].Whole { // there is enough, but not all of it in the main place
		if err := s.q.ReserveAway(ctx, tx, orderNo, actor, tx.Now(), ids, qtys); err != nil {
			return fmt.Errorf("reserve for %s: %w", orderNo, err)
		}
	}
	told := crossings{}
	for _, r := range rows {
		told.see(r.SkuID, r.OnHand-r.Reserved, r.OnHand-r.Reserved-r.Qty, r.LowAt)
	}
	return s.tell(ctx, tx, told)
}

// missing lists the wanted SKUs that have no level or less than was asked for.
func missing(ids, qtys []int64, rows []inventorydb.ReserveRow) []Short {
	available := make(map[int64]int64, len(rows))
	for _, r := range rows {
		available[r.SkuID] = r.OnHand - r.Reserved
	}
	short := []Short{}
	for i, id := range ids {
		if left := available[id]; left < qtys[i] {
			short = append(short, Short{SKUID: id, State: ShortState(left)})
		}
	}
	return short
}

// CommitTx takes what the order holds off the shelf, once it is paid. A repeat, or an
// order that holds nothing, is no error. One statement.
func (s *Service) CommitTx(ctx context.Context, tx tenantdb.Tx, orderNo, actor string) error {
	return s.settle(ctx, tx, orderNo, actor, "commit", "committed")
}

// ReleaseTx gives back what the order holds, once it is closed. A repeat, or an order that
// holds nothing, is no error. One statement, and one more when a coarse state changes.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, actor string) error {
	return s.settle(ctx, tx, orderNo, actor, "release", "released")
}

func (s *Service) settle(ctx context.Context, tx tenantdb.Tx, orderNo, actor, kind, state string) error {
	rows, err := s.q.Settle(ctx, tx, orderNo, state, tx.Now(), kind, actor)
	if err != nil {
		return fmt.Errorf("%s stock of %s: %w", kind, orderNo, err)
	}
	if slices.ContainsFunc(rows, func(r inventorydb.SettleRow) bool { return r.Spread }) {
		if err := s.q.SettleAway(ctx, tx, kind, state, orderNo, actor, tx.Now()); err != nil {
			return fmt.Errorf("%s stock of %s: %w", kind, orderNo, err)
		}
	}
	if state == "committed" {
		return nil // on hand and reserved fall alike: what is available stays
	}
	told := crossings{}
	for _, r := range rows {
		told.see(r.SkuID, r.OnHand-r.Reserved, r.OnHand-r.Reserved+r.Qty, r.LowAt)
	}
	return s.tell(ctx, tx, told)
}

// ReceiveTx books stock that came in under a document's number. The same document again
// changes nothing; a SKU without a level is ErrUnknownSKU and nothing is booked. One
// statement, and one more when a coarse state changes.
func (s *Service) ReceiveTx(ctx context.Context, tx tenantdb.Tx, document string, lines []Line, actor string) error {
	ids, qtys, err := columns(lines)
	if err != nil {
		return fmt.Errorf("receive %s: %w", document, err)
	}
	rows, err := s.q.Receive(ctx, tx, ids, qtys, document, actor, tx.Now())
	if err != nil {
		return fmt.Errorf("receive %s: %w", document, err)
	}
	if len(rows) < len(ids) {
		return fmt.Errorf("receive %s: %w", document, ErrUnknownSKU) // the caller's transaction ends, and the booked lines with it
	}
	told := crossings{}
	for _, r := range rows {
		told.see(r.SkuID, r.OnHand-r.Reserved, r.OnHand-r.Reserved+r.Received, r.LowAt)
	}
	return s.tell(ctx, tx, told)
}

// columns turns lines into parallel arrays in SKU order.
func columns(lines []Line) (ids, qtys []int64, err error) {
	if len(lines) == 0 {
		return nil, nil, fault.Invalidf("lines", "must not be empty")
	}
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b Line) int { return cmp.Compare(a.SKUID, b.SKUID) })
	for i, l := range sorted {
		if l.Qty <= 0 {
			return nil, nil, fault.Invalidf("lines", "quantity of SKU %d must be positive", l.SKUID)
		}
		if i > 0 && l.SKUID == sorted[i-1].SKUID {
			return nil, nil, fault.Invalidf("lines", "SKU %d is named twice", l.SKUID)
		}
		ids, qtys = append(ids, l.SKUID), append(qtys, l.Qty)
	}
	return ids, qtys, nil
}
