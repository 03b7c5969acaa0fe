package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"galleria/commerce/inventory/internal/inventorydb"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
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
	// Outbox carries what becomes scarce to the staff; without one they see it on the stock page alone.
	Outbox *outbox.Outbox
}

// Service moves stock. Safe for concurrent use.
type Service struct {
	channel string
	outbox  *outbox.Outbox
	q       *inventorydb.Queries
}

// New returns the service.
func New(deps Deps) *Service {
	return &Service{channel: deps.NotifyChannel, outbox: deps.Outbox, q: inventorydb.New()}
}

// ReserveTx holds lines for an order, all of them or none: ErrShort names what is missing.
// Two lines of one SKU are a defect of the caller and refused. actor says who caused it
// ("member:7"). Run it last: until the transaction ends it keeps other buyers of these SKUs
// waiting. One statement, and one more when a coarse state changes; three more for goods that
// lie in several places.
func (s *Service) ReserveTx(ctx context.Context, tx tenantdb.Tx, orderNo string, lines []Line, actor string) error {
	ids, qtys, err := columns(lines)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	told := crossings{}
	rows, err := s.q.Reserve(ctx, tx, ids, qtys, orderNo, tx.Now(), actor)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	for _, r := range rows {
		told.see(r.SkuID, r.OnHand-r.Reserved, r.OnHand-r.Reserved-r.Qty, r.LowAt)
	}
	if len(rows) < len(ids) {
		if err := s.reserveRest(ctx, tx, orderNo, actor, ids, qtys, rows, told); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, told)
}

// reserveRest holds the lines that lie in several places, or says which are short. An error
// undoes what is held with the caller's transaction.
func (s *Service) reserveRest(ctx context.Context, tx tenantdb.Tx, orderNo, actor string, ids, qtys []int64, held []inventorydb.ReserveRow, told crossings) error {
	var restIDs, restQtys []int64
	for i, id := range ids {
		if !slices.ContainsFunc(held, func(r inventorydb.ReserveRow) bool { return r.SkuID == id }) {
			restIDs, restQtys = append(restIDs, id), append(restQtys, qtys[i])
		}
	}
	levels, err := s.q.Levels(ctx, tx, restIDs)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	available, elsewhere := make(map[int64]int64, len(levels)), false
	for _, l := range levels {
		available[l.SkuID] = l.OnHand - l.Reserved
		elsewhere = elsewhere || l.AwayOnHand > 0
	}
	short := missing(restIDs, restQtys, available)
	if len(short) == 0 && elsewhere && len(held) == 0 { // or it would lock out of order
		return s.reserveAway(ctx, tx, orderNo, actor, ids, qtys, told)
	}
	if len(short) == 0 { // some came back between the two statements: the next try has them
		for _, id := range restIDs {
			short = append(short, Short{SKUID: id, State: ShortState(available[id])})
		}
	}
	return ShortOf(short)
}

// reserveAway holds lines of goods that lie in several places.
func (s *Service) reserveAway(ctx context.Context, tx tenantdb.Tx, orderNo, actor string, ids, qtys []int64, told crossings) error {
	locked, err := s.q.LockLevels(ctx, tx, ids)
	if err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	available := make(map[int64]int64, len(locked))
	for _, l := range locked {
		available[l.SkuID] = l.OnHand - l.Reserved
	}
	if short := missing(ids, qtys, available); len(short) > 0 {
		return ShortOf(short)
	}
	for i, l := range locked { // both are in the order of the ids
		told.see(l.SkuID, l.OnHand-l.Reserved, l.OnHand-l.Reserved-qtys[i], l.LowAt)
	}
	if err := s.q.ReserveAway(ctx, tx, orderNo, actor, tx.Now(), ids, qtys); err != nil {
		return fmt.Errorf("reserve for %s: %w", orderNo, err)
	}
	return nil
}

// missing lists the wanted SKUs of which less than was asked for is available, or nothing is
// known.
func missing(ids, qtys []int64, available map[int64]int64) []Short {
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

// ResendTx takes lines off the shelf at once, for goods that are sent once more: under a
// movement of their own, all of them or none. parcelNo is the document, and new. Like ReserveTx,
// run it last. Faults: OUT_OF_STOCK.
func (s *Service) ResendTx(ctx context.Context, tx tenantdb.Tx, parcelNo string, lines []Line, actor string) error {
	if err := s.ReserveTx(ctx, tx, parcelNo, lines, actor); err != nil {
		return err
	}
	return s.settle(ctx, tx, parcelNo, actor, "resend", "committed")
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

// ReceiveTx books stock that came into the main place under a document's number. The same document
// again changes nothing; a SKU without a level is ErrUnknownSKU and nothing is booked. One
// statement, and one more when a coarse state changes.
func (s *Service) ReceiveTx(ctx context.Context, tx tenantdb.Tx, document string, lines []Line, actor string) error {
	return s.receive(ctx, tx, document, 0, lines, actor)
}

func (s *Service) receive(ctx context.Context, tx tenantdb.Tx, document string, place int64, lines []Line, actor string) error {
	ids, qtys, err := columns(lines)
	if err != nil {
		return fmt.Errorf("receive %s: %w", document, err)
	}
	rows, err := s.q.Receive(ctx, tx, ids, qtys, document, actor, tx.Now(), place)
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
