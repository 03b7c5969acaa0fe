package reconcile

import (
	"context"
	"fmt"

	"galleria/payments"
	"galleria/payments/reconcile/internal/reconciledb"
	"galleria/tenant/tenantdb"
)

// matchedAtOnce is how many lines one statement matches: short enough for its time limit on
// a slow machine, long enough to be few.
const matchedAtOnce = 10_000

// match compares a whole day: first it finds what belongs together, then what does not
// agree. Doing it again finds the same.
func (s *Service) match(ctx context.Context, acc account, d day) error {
	trade, fund := d.files[payments.TradeBill].id, d.files[payments.FundBill].id
	from, until := acc.reader.BillSpan(d.date)
	err := s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		if err := s.q.Patient(ctx, tx); err != nil {
			return err
		}
		if err := s.q.LockDays(ctx, tx, acc.ID, d.id); err != nil {
			return err
		}
		return s.matchLines(ctx, tx, acc, trade)
	})
	if err != nil {
		return fmt.Errorf("match lines: %w", err)
	}
	err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		if err := s.q.Patient(ctx, tx); err != nil {
			return err
		}
		if err := s.q.LockDays(ctx, tx, acc.ID, d.id); err != nil {
			return err
		}
		sources, to := transitions.Sources(eventMatched)
		n, err := s.q.Move(ctx, tx, string(to), tx.Now(), nil, d.id, sources)
		if err == nil && n == 0 {
			err = ErrSettled // closed or fetched again in the meantime
		}
		if err != nil {
			return err
		}
		if err := s.q.HealOurs(ctx, tx, acc.ID); err != nil {
			return err
		}
		err = s.q.FindDifferences(ctx, tx, reconciledb.FindDifferencesParams{
			AccountID: acc.ID, DayID: d.id, Now: tx.Now(), TradeFile: trade, FundFile: fund, BeginsAt: &from, EndsAt: &until,
		})
		if err != nil {
			return err
		}
		if err := s.q.SumDay(ctx, tx, d.id, trade, fund, acc.ID, &from, &until); err != nil {
			return err
		}
		return s.q.CountOpen(ctx, tx, acc.ID)
	})
	if err != nil {
		return fmt.Errorf("match day: %w", err)
	}
	return nil
}

// matchLines finds what of ours the lines of a file are.
func (s *Service) matchLines(ctx context.Context, tx tenantdb.Tx, acc account, trade int64) error {
	bounds, err := s.q.LineBounds(ctx, tx, trade)
	if err != nil || bounds.LastLine == 0 {
		return err
	}
	for _, by := range []func(ctx context.Context, db reconciledb.DBTX, accountID, file, first, last int64) (int64, error){
		s.q.MatchPaymentsByProvider, s.q.MatchPaymentsByOwn, s.q.MatchRefundsByOwn, s.q.MatchRefundsByProvider,
	} {
		for first := bounds.FirstLine; first <= bounds.LastLine; first += matchedAtOnce {
			if _, err := by(ctx, tx, acc.ID, trade, first, first+matchedAtOnce-1); err != nil {
				return err
			}
		}
	}
	return nil
}
