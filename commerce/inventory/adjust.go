package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/inventory/internal/inventorydb"
	"galleria/tenant/tenantdb"
)

// Change is a correction of what is on hand of one SKU: pieces more, or fewer if negative.
type Change struct {
	SKUID int64
	Delta int64
	// Version is the level's as the person saw it; 0 corrects whatever there is.
	Version int64
}

// Reason says why people change what is on hand.
type Reason string

// The reasons.
const (
	Count    Reason = "count"    // somebody counted
	Purchase Reason = "purchase" // goods came in
	Damage   Reason = "damage"
	Loss     Reason = "loss"
	Sample   Reason = "sample" // given away or used
	Return   Reason = "return" // came back outside an order
	Mistake  Reason = "mistake"
	Other    Reason = "other"
)

// Reasons lists them in the order a form shows them.
func Reasons() []Reason {
	return []Reason{Purchase, Count, Return, Damage, Loss, Sample, Mistake, Other}
}

// Correction is a document that changes what is on hand in one place.
type Correction struct {
	Document   string // its number; the same again changes nothing
	LocationID int64  // 0 is the main place
	Reason     Reason // may be empty
	Note       string // at most 200 characters
	Cards      bool   // virtual cards that come or go: nothing else changes the stock of their SKUs
	Changes    []Change
	Actor      string
}

// Corrected is what became of one change.
type Corrected struct {
	SKUID       int64
	Before, Now int64 // on hand in the place
	Delta       int64 // what was asked for
	Reserved    int64 // held there by orders
	Problem     error // nil, ErrUnknownSKU, ErrReserved, ErrChanged or ErrCardStock; then nothing was changed
}

// AdjustTx corrects what is on hand under a document's number, all changes or none. A
// change says how many more or fewer, never how many: what was sold since somebody counted
// stays sold. Changes of 0 are left out. The same document again changes nothing. Faults:
// SKU_NOT_FOUND, STOCK_RESERVED. One statement, and one more when a coarse state changes.
func (s *Service) AdjustTx(ctx context.Context, tx tenantdb.Tx, document string, changes []Change, actor string) error {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Delta == 0 })
	return s.CorrectTx(ctx, tx, Correction{Document: document, Changes: changes, Actor: actor})
}

// CorrectTx is AdjustTx for any place, with a reason, and against versions: a SKU that
// somebody else has corrected meanwhile is refused with what they did. Orders are no
// correction. Faults: SKU_NOT_FOUND, STOCK_RESERVED, STOCK_CHANGED, CARD_STOCK, NOT_FOUND (the place).
func (s *Service) CorrectTx(ctx context.Context, tx tenantdb.Tx, in Correction) error {
	if len(in.Changes) == 0 {
		return nil
	}
	done, err := s.correct(ctx, tx, in, false)
	if err != nil {
		return err
	}
	for _, d := range done {
		if d.Problem != nil {
			return fmt.Errorf("adjust %s: %w", in.Document, d.Problem)
		}
	}
	return nil
}

// CorrectEachTx is CorrectTx for a list in which each line stands for itself: what cannot be
// done is told, and the rest is done. The answer has one entry for each change, by SKU.
// Faults: NOT_FOUND (the place).
func (s *Service) CorrectEachTx(ctx context.Context, tx tenantdb.Tx, in Correction) ([]Corrected, error) {
	if len(in.Changes) == 0 {
		return nil, nil
	}
	return s.correct(ctx, tx, in, true)
}

func (s *Service) correct(ctx context.Context, tx tenantdb.Tx, in Correction, single bool) ([]Corrected, error) {
	changes := slices.SortedFunc(slices.Values(in.Changes), func(a, b Change) int { return cmp.Compare(a.SKUID, b.SKUID) })
	ids, deltas, versions := make([]int64, len(changes)), make([]int64, len(changes)), make([]int64, len(changes))
	for i, c := range changes {
		ids[i], deltas[i], versions[i] = c.SKUID, c.Delta, c.Version
	}
	if err := s.open(ctx, tx, in.LocationID, ids); err != nil {
		return nil, fmt.Errorf("adjust %s: %w", in.Document, err)
	}
	// A statement that waits for several levels sees some of them as they were: it begins after.
	levels, err := s.q.LockLevels(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("adjust %s: %w", in.Document, err)
	}
	refused := cardStock(levels, in.Cards, ids, deltas)
	if len(refused) > 0 && !single {
		return nil, fmt.Errorf("adjust %s: %w", in.Document, ErrCardStock)
	}
	rows, err := s.q.Adjust(ctx, tx, inventorydb.AdjustParams{
		SkuIds: ids, Deltas: deltas, Versions: versions, LocationID: in.LocationID, Document: in.Document, Kind: "adjust", Single: single,
		Actor: in.Actor, At: tx.Now(), Reason: string(in.Reason), Note: in.Note,
	})
	if err != nil {
		return nil, fmt.Errorf("adjust %s: %w", in.Document, err)
	}
	found := make(map[int64]inventorydb.AdjustRow, len(rows))
	told := crossings{}
	for _, r := range rows {
		found[r.SkuID] = r
		told.see(r.SkuID, r.OnHand-r.Reserved, r.OnHand-r.Reserved+r.Changed, r.LowAt)
	}
	out := make([]Corrected, len(changes))
	for i, c := range changes {
		r, known := found[c.SKUID]
		out[i] = Corrected{SKUID: c.SKUID, Before: r.Here, Now: r.Here + r.Changed, Delta: c.Delta, Reserved: r.Held}
		switch {
		case !known:
			out[i].Problem = ErrUnknownSKU
		case refused[c.SKUID]:
			out[i].Problem = ErrCardStock
		case r.Ok:
		case r.Stale:
			if out[i].Problem, err = s.changed(ctx, tx, r); err != nil {
				return nil, err
			}
		default:
			out[i].Problem = ErrReserved.WithData(map[string]any{"sku_id": r.SkuID, "reserved": r.Held})
		}
	}
	return out, s.tell(ctx, tx, told)
}

// cardStock are the SKUs whose stock is not to be changed so, and it lets them be: cards change
// that of virtual goods, and only that.
func cardStock(levels []inventorydb.LockLevelsRow, cards bool, ids, deltas []int64) map[int64]bool {
	refused := map[int64]bool{}
	for _, l := range levels {
		if l.Carded != cards {
			refused[l.SkuID] = true
			deltas[slices.Index(ids, l.SkuID)] = 0
		}
	}
	return refused
}

// Earlier is a correction that came first, as ErrChanged names it.
type Earlier struct {
	Kind   string    `json:"kind"`
	Delta  int64     `json:"delta"`
	Reason string    `json:"reason"`
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
}

// changed is the refusal of a correction that somebody else preceded.
func (s *Service) changed(ctx context.Context, tx tenantdb.Tx, r inventorydb.AdjustRow) (refusal, err error) {
	rows, err := s.q.Since(ctx, tx, r.SkuID, 3)
	if err != nil {
		return nil, fmt.Errorf("who changed SKU %d: %w", r.SkuID, err)
	}
	list := make([]Earlier, len(rows))
	for i, m := range rows {
		list[i] = Earlier{Kind: m.Kind, Delta: m.OnHandDelta, Reason: m.Reason, Actor: m.Actor, At: m.At}
	}
	return ErrChanged.WithData(map[string]any{"sku_id": r.SkuID, "on_hand": r.Here, "version": r.Version, "since": list}), nil
}

// Code is a SKU found by what is printed on it.
type Code struct {
	Code        string // as it was asked for: its code or barcode
	SKUID       int64
	Title, Spec string
	Version     int64
	OnHand      int64 // in the place
}

// FindCodes returns the SKUs that bear one of these codes or barcodes, with what is on hand of
// them in a place. One code may be on several. One statement.
func (s *Service) FindCodes(ctx context.Context, q tenantdb.Querier, codes []string, locationID int64) ([]Code, error) {
	rows, err := s.q.FindCodes(ctx, q, locationID, codes)
	if err != nil {
		return nil, fmt.Errorf("find codes: %w", err)
	}
	out := make([]Code, len(rows))
	for i, r := range rows {
		out[i] = Code{Code: r.Code, SKUID: r.ID, Title: r.Title, Spec: r.Spec, Version: r.Version, OnHand: r.MainOnHand}
		if locationID != 0 {
			out[i].OnHand = r.AwayOnHand
		}
	}
	return out, nil
}
