package ledger

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments/ledger/internal/ledgerdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Deps is what the service needs; all are required.
type Deps struct {
	DB    *tenantdb.DB
	Audit *audit.Log
}

// Service keeps the books of all shops. Safe for concurrent use.
type Service struct {
	d Deps
	q *ledgerdb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: ledgerdb.New()} }

// ReverseInput names a journal and says why it is undone.
type ReverseInput struct {
	Tenant tenant.ID
	No     int64
	Reason string // 1 to 200 characters
	Actor  string // "staff:3"
}

// Journal is a posted fact.
type Journal struct {
	No         int64
	Kind       Kind
	Ref        string
	Day        time.Time // business day, midnight UTC
	At         time.Time
	PostedAt   time.Time
	Actor      string
	Note       string
	Reverses   int64 // 0: nothing
	ReversedBy int64 // 0: nothing
	Transfers  []Transfer
}

// Balance is a line of the trial balance.
type Balance struct {
	Account    Account
	Class      Class
	DebitFen   money.Fen // in the period
	CreditFen  money.Fen // in the period
	BalanceFen money.Fen // at the period's end, positive on the side on which the class grows
}

// Entry is a line of one account.
type Entry struct {
	Journal

	Other     Account   // the transfer's other side
	AmountFen money.Fen // positive where the account was debited
}

// Period is a run of business days, both included.
type Period struct{ From, To time.Time }

// TrialBalance lists every account that was ever used until the period's end. The sums of
// all debits and of all credits are equal.
func (s *Service) TrialBalance(ctx context.Context, id tenant.ID, p Period) (list []Balance, err error) {
	var debits []ledgerdb.DebitsRow
	var credits []ledgerdb.CreditsRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			debits, err = s.q.Debits(ctx, q, p.From, p.To)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			credits, err = s.q.Credits(ctx, q, p.From, p.To)
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("trial balance: %w", err)
	}
	lines := map[Account]*Balance{}
	line := func(name string) *Balance {
		a := Account(name)
		if lines[a] == nil {
			class, _ := a.Class()
			lines[a] = &Balance{Account: a, Class: class}
		}
		return lines[a]
	}
	for _, d := range debits {
		b := line(d.Account)
		b.DebitFen, b.BalanceFen = money.Fen(d.PeriodFen), b.BalanceFen+money.Fen(d.TotalFen)
	}
	for _, c := range credits {
		b := line(c.Account)
		b.CreditFen, b.BalanceFen = money.Fen(c.PeriodFen), b.BalanceFen-money.Fen(c.TotalFen)
	}
	for _, b := range lines {
		if !b.Class.DebitIncreases() {
			b.BalanceFen = -b.BalanceFen
		}
		list = append(list, *b)
	}
	slices.SortFunc(list, func(a, b Balance) int {
		if d := order(a.Class) - order(b.Class); d != 0 {
			return d
		}
		return strings.Compare(string(a.Account), string(b.Account))
	})
	return list, nil
}

// order is the place of a class in the books.
func order(c Class) int { return slices.Index([]Class{Asset, Liability, Income, Expense}, c) }

// EntriesInput asks for a page of an account.
type EntriesInput struct {
	Account Account
	Period  Period
	Before  int64 // journals before this one; 0 is from the newest
	Limit   int   // 1 to 200; 0 is 50
}

// Entries lists an account's lines, newest first. Faults: NOT_FOUND for a name that is no
// account.
func (s *Service) Entries(ctx context.Context, id tenant.ID, in EntriesInput) (list []Entry, err error) {
	if _, ok := in.Account.Class(); !ok {
		return nil, fault.ErrNotFound
	}
	if in.Before <= 0 {
		in.Before = math.MaxInt64
	}
	if in.Limit <= 0 || in.Limit > 200 {
		in.Limit = 50
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Entries(ctx, r, string(in.Account), in.Period.From, in.Period.To, in.Before, int32(in.Limit))
		if err != nil {
			return err
		}
		list = make([]Entry, 0, len(rows))
		for _, row := range rows {
			list = append(list, Entry{
				Journal: Journal{
					No: row.No, Kind: Kind(row.Kind), Ref: row.Ref, Day: row.Day, At: row.OccurredAt, Actor: row.Actor, Note: row.Note,
					Reverses: orZero(row.Reverses), ReversedBy: row.ReversedBy,
				},
				Other: Account(row.Other), AmountFen: money.Fen(row.AmountFen),
			})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	return list, nil
}

// Show reads one journal. Faults: NOT_FOUND.
func (s *Service) Show(ctx context.Context, id tenant.ID, no int64) (j Journal, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		j, err = s.journal(ctx, r, no)
		return err
	})
	if err != nil {
		return Journal{}, fmt.Errorf("read journal: %w", err)
	}
	return j, nil
}

func (s *Service) journal(ctx context.Context, q tenantdb.Querier, no int64) (j Journal, err error) {
	rows, err := s.q.Journal(ctx, q, no)
	if err != nil {
		return Journal{}, err
	}
	if len(rows) == 0 {
		return Journal{}, fault.ErrNotFound
	}
	for _, r := range rows {
		j = Journal{
			No: r.No, Kind: Kind(r.Kind), Ref: r.Ref, Day: r.Day, At: r.OccurredAt, PostedAt: r.PostedAt, Actor: r.Actor, Note: r.Note,
			Reverses: orZero(r.Reverses), ReversedBy: r.ReversedBy,
			Transfers: append(j.Transfers, Transfer{Debit: Account(r.Debit), Credit: Account(r.Credit), AmountFen: r.AmountFen}),
		}
	}
	return j, nil
}

func orZero(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}
