package catalog

import (
	"context"
	"fmt"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TimerShelf is due when a product comes on the shelf or leaves it; its key is the product
// and "on" or "off".
const TimerShelf outbox.Topic = "catalog.shelf"

// ShelfDueV1 is the payload of TimerShelf.
type ShelfDueV1 struct {
	SPUID int64 `json:"spu_id"`
}

// ShelfDueTx does what the clock asks of a product now, in the caller's transaction, and
// returns where it was and is: both are empty if nothing is due, and only to is if the product now
// waits for approval. Of two times that are over the later one counts. What cannot be done (nothing
// to sell, in the bin) is given up. Safe to repeat: a time that was met is forgotten.
func (s *Service) ShelfDueTx(ctx context.Context, tx tenantdb.Tx, spuID int64) (from, to ShelfStatus, err error) {
	row, err := s.q.LockSchedule(ctx, tx, spuID)
	if tenantdb.NoRows(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("shelf due: %w", err)
	}
	switch {
	case row.OffDue && (!row.OnDue || row.OffAt.After(*row.OnAt)):
		to = OffShelf
	case row.OnDue:
		to = OnShelf
	default:
		return "", "", nil
	}
	if err := s.q.ClearSchedule(ctx, tx, row.OnDue, row.OffDue, spuID); err != nil {
		return "", "", fmt.Errorf("shelf due: %w", err)
	}
	return s.shelve(ctx, tx, spuID, ShelfStatus(row.Status), to, row.Free)
}

// shelve moves a product whose time has come, if it can be moved; what is not free to be sold waits.
func (s *Service) shelve(ctx context.Context, tx tenantdb.Tx, spuID int64, is, to ShelfStatus, free bool) (from, now ShelfStatus, err error) {
	if is == to || !movable(is, to) {
		return "", "", nil
	}
	if to == OnShelf {
		if !free {
			return is, "", s.AskTx(ctx, tx, Request{SPUID: spuID, PutUp: true, AskedBy: "system"})
		}
		n, err := s.q.CountEnabledSKUs(ctx, tx, spuID)
		if err != nil || n == 0 {
			return "", "", err
		}
	}
	if _, err := s.q.SetShelf(ctx, tx, string(to), tx.Now(), spuID, string(is)); err != nil {
		return "", "", fmt.Errorf("shelf due: %w", err)
	}
	return is, to, s.tell(ctx, tx)
}
