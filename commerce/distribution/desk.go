package distribution

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Find returns a distributor as staff see him, whatever his status. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, memberID int64) (Overview, error) {
	o, err := s.Overview(ctx, id, memberID)
	if err == nil && o.Status == "" {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Overview{}, fmt.Errorf("find distributor: %w", err)
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		person, err := s.q.Person(ctx, r, memberID)
		o.Nickname, o.Avatar, o.Level = person.Nickname, person.Avatar, person.Level
		return err
	})
	if err != nil {
		return Overview{}, fmt.Errorf("find distributor: %w", err)
	}
	return o, nil
}

// Brought is somebody whom a distributor has brought, now or before.
type Brought struct {
	Bond
	Member string // nickname
}

// Brought returns a page of everybody whom a distributor has brought, with how that is known,
// the latest first; next is 0 at the end.
func (s *Service) Brought(ctx context.Context, id tenant.ID, distributorID, before int64) (list []Brought, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Brought(ctx, r, distributorID, from(before), page+1)
		if err != nil {
			return err
		}
		for _, row := range rows {
			b, err := bondOf(distributiondb.BondsRow(row))
			if err != nil {
				return err
			}
			b.Distributor = ""
			list = append(list, Brought{Bond: b, Member: row.Nickname})
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("whom a distributor brought: %w", err)
	}
	list, next = cut(list, func(b Brought) int64 { return b.ID })
	return list, next, nil
}

// Sum is how many commissions there are, and what is left of them.
type Sum struct {
	N   int64
	Fen money.Fen
}

// Sums adds up what the shop owes to all distributors, by how far it is.
func (s *Service) Sums(ctx context.Context, id tenant.ID) (sums map[EntryStatus]Sum, err error) {
	sums = map[EntryStatus]Sum{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Sums(ctx, r)
		for _, row := range rows {
			sums[EntryStatus(row.Status)] = Sum{N: row.N, Fen: money.Fen(row.Fen)}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sums of commission: %w", err)
	}
	return sums, nil
}

// atOnce is how many rows of an export are read at a time.
const atOnce = 500

// EachEntry gives every commission that f chooses to take, the newest first, in bounded memory.
func (s *Service) EachEntry(ctx context.Context, id tenant.ID, f EntryFilter, take func(Entry) error) error {
	for {
		list, err := s.listEntries(ctx, id, f, atOnce)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := take(e); err != nil {
				return err
			}
		}
		if len(list) < atOnce {
			return nil
		}
		f.Before = list[len(list)-1].ID
	}
}

// FindWithdrawal returns one withdrawal. Faults: NOT_FOUND.
func (s *Service) FindWithdrawal(ctx context.Context, id tenant.ID, no string) (w Withdrawal, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.WithdrawalShown(ctx, r, no)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		w = withdrawalOf(row.Withdrawal, row.Nickname)
		return err
	})
	if err != nil {
		return Withdrawal{}, fmt.Errorf("withdrawal %s: %w", no, err)
	}
	return w, nil
}

// Period is a time in which withdrawals were paid out, [Since, Until).
type Period struct {
	DistributorID int64 // 0: of all
	Since, Until  time.Time
}

// ParsePeriod reads a year ("2026") or a month ("2026-11") of Asia/Shanghai. Faults: VALIDATION.
func ParsePeriod(text string) (Period, error) {
	if first, err := time.Parse("2006-01", text); err == nil {
		return Period{Since: midnight(first), Until: midnight(first.AddDate(0, 1, 0))}, nil
	}
	first, err := time.Parse("2006", text)
	if err != nil {
		return Period{}, fault.Invalidf("period", "must be like 2026 or 2026-11")
	}
	return Period{Since: midnight(first), Until: midnight(first.AddDate(1, 0, 0))}, nil
}

// EachPaidOut gives every withdrawal that was paid out in a time to take, the oldest first.
func (s *Service) EachPaidOut(ctx context.Context, id tenant.ID, p Period, take func(Withdrawal) error) error {
	for after := int64(0); ; {
		var rows []distributiondb.PaidOutRow
		err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			rows, err = s.q.PaidOut(ctx, r, p.Since, p.Until, p.DistributorID, after, atOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("withdrawals that were paid out: %w", err)
		}
		for _, row := range rows {
			if err := take(withdrawalOf(row.Withdrawal, row.Nickname)); err != nil {
				return err
			}
			after = row.Withdrawal.ID
		}
		if len(rows) < atOnce {
			return nil
		}
	}
}

// MonthPaid is what a distributor was paid in a month, and what was withheld of it.
type MonthPaid struct {
	DistributorID             int64
	Distributor               string // nickname
	Month                     string // like 2026-11
	N                         int64
	AmountFen, FeeFen, TaxFen money.Fen
	PayFen                    money.Fen
}

// PaidByMonth adds up what was paid out in a time, one line for each distributor and month.
func (s *Service) PaidByMonth(ctx context.Context, id tenant.ID, p Period) (list []MonthPaid, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.PaidOutBy(ctx, r, p.Since, p.Until, p.DistributorID)
		for _, row := range rows {
			list = append(list, MonthPaid{
				DistributorID: row.DistributorID, Distributor: row.Nickname, Month: row.Month, N: row.N, AmountFen: money.Fen(row.AmountFen),
				FeeFen: money.Fen(row.FeeFen), TaxFen: money.Fen(row.TaxFen), PayFen: money.Fen(row.PayFen),
			})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("what was paid out by month: %w", err)
	}
	return list, nil
}
