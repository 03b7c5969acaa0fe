package voucher

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/voucher/internal/voucherdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Hold is what an after-sales case takes of a line.
type Hold struct {
	Untouched int64     // pieces of which nothing was used
	Started   int64     // pieces of which something was, for what is left of them
	ShareFen  money.Fen // what was paid for all that
	Free      int64     // pieces that there were to take
}

// WorthFen is what the unused uses of a piece were paid for: their part, rounded down; what was
// used is the rest.
func WorthFen(paid money.Fen, uses, used int64) money.Fen {
	return paid * money.Fen(uses-used) / money.Fen(uses)
}

// HoldTx takes pieces of an order's lines for a case, those of which nothing was used first: they
// cannot be used while it goes on. Lines of which there is not enough have fewer than was wanted,
// and then nothing is written; with dry set nothing is, either. The caller holds the order's lock.
func (s *Service) HoldTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string, want map[int64]int64, dry bool) (map[int64]Hold, error) {
	lineIDs := make([]int64, 0, len(want))
	for id := range want {
		lineIDs = append(lineIDs, id)
	}
	rows, err := s.q.Free(ctx, tx, orderNo, lineIDs)
	if err != nil {
		return nil, fmt.Errorf("hold vouchers: %w", err)
	}
	out, ids, total := map[int64]Hold{}, []int64(nil), int64(0)
	for _, r := range rows {
		h := out[r.LineID]
		h.Free++
		if h.Untouched+h.Started < want[r.LineID] {
			ids = append(ids, r.ID)
			h.ShareFen += WorthFen(r.PaidFen, int64(r.Uses), int64(r.Used))
			if r.Used == 0 {
				h.Untouched++
			} else {
				h.Started++
			}
		}
		out[r.LineID] = h
	}
	for _, qty := range want {
		total += qty
	}
	if dry || int64(len(ids)) != total {
		return out, nil
	}
	n, err := s.q.Hold(ctx, tx, holder, ids)
	if err == nil && n != total {
		err = fault.ErrConflict
	}
	if err != nil {
		return nil, fmt.Errorf("hold vouchers: %w", err)
	}
	return out, nil
}

// PayBackTx ends what a case holds with its money.
func (s *Service) PayBackTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string) error {
	if err := s.q.PayBack(ctx, tx, tx.Now(), orderNo, holder); err != nil {
		return fmt.Errorf("pay vouchers back: %w", err)
	}
	return nil
}

// ReleaseTx gives back what a case held: it can be used again. With lapse, what is over meanwhile
// ends without money.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo, holder string, lapse bool) error {
	if err := s.q.Release(ctx, tx, lapse, tx.Now(), orderNo, holder); err != nil {
		return fmt.Errorf("release vouchers: %w", err)
	}
	return nil
}

// VoidTx ends all vouchers of an order whose whole money went back.
func (s *Service) VoidTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	if err := s.q.Void(ctx, tx, tx.Now(), orderNo); err != nil {
		return fmt.Errorf("void vouchers: %w", err)
	}
	return nil
}

// Over is what of an order's vouchers is over by the database's clock and has to be paid back.
type Over struct {
	Pieces   map[int64]int64 // by line id; empty if nothing is
	WorthFen money.Fen
}

// ExpireTx ends those vouchers of an order that are over and give no money back, and tells which
// do. The caller holds the order's lock. Two statements.
func (s *Service) ExpireTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (out Over, err error) {
	if err := s.q.Expire(ctx, tx, tx.Now(), orderNo); err != nil {
		return Over{}, fmt.Errorf("expire vouchers: %w", err)
	}
	rows, err := s.q.Over(ctx, tx, orderNo)
	if err != nil {
		return Over{}, fmt.Errorf("expire vouchers: %w", err)
	}
	out.Pieces = map[int64]int64{}
	for _, r := range rows {
		out.Pieces[r.LineID] = r.Pieces
		out.WorthFen += money.Fen(r.WorthFen)
	}
	return out, nil
}

// OutlookTx says how many of an order's vouchers have not ended, and when the first of those ends
// that nothing holds; nil if there is none.
func (s *Service) OutlookTx(ctx context.Context, q tenantdb.Querier, orderNo string) (active int64, next *time.Time, err error) {
	row, err := s.q.Outlook(ctx, q, orderNo)
	if err != nil {
		return 0, nil, fmt.Errorf("outlook of vouchers: %w", err)
	}
	return row.Active, nextEnd(row), nil
}

func nextEnd(row voucherdb.OutlookRow) *time.Time {
	at, ok := row.NextEnd.(time.Time)
	if !ok {
		return nil
	}
	return &at
}
