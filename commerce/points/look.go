package points

import (
	"context"
	"fmt"
	"math"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Balance is what a member has.
type Balance struct {
	Available   int64
	Frozen      int64 // of orders whose money is not final
	Held        int64 // by orders that are not paid
	Debt        int64 // that the next points pay
	Ending      []Ending
	SignedToday bool
	Streak      int64 // days in a row, with today or up to yesterday
	Terms       Terms
}

// Ending is how many points end when.
type Ending struct {
	At     time.Time
	Points int64
}

// mostEndings is how many dates a balance tells.
const mostEndings = 12

// Balance returns what a member has, and what of it ends next. Points whose time is over are not
// in it, whether or not the job has been there.
func (s *Service) Balance(ctx context.Context, id tenant.ID, memberID int64) (b Balance, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		b, err = s.balance(ctx, r, memberID)
		return err
	})
	if err != nil {
		return Balance{}, fmt.Errorf("points of a member: %w", err)
	}
	return b, nil
}

func (s *Service) balance(ctx context.Context, r *tenantdb.Reader, memberID int64) (b Balance, err error) {
	now := r.Now()
	pipe := r.Pipeline()
	pipe.AddRead(func(q tenantdb.Querier) (err error) {
		b.Terms, err = s.terms(ctx, q)
		return err
	})
	pipe.AddRead(func(q tenantdb.Querier) error {
		a, err := s.q.Account(ctx, q, memberID)
		if tenantdb.NoRows(err) {
			return nil
		}
		today := tenant.BusinessDay(now)
		b.Frozen, b.Held, b.Debt, b.SignedToday = a.Frozen, a.Held, a.Debt, a.SignedOn.Equal(today)
		if b.SignedToday || a.SignedOn.Equal(today.AddDate(0, 0, -1)) {
			b.Streak = a.Streak
		}
		return err
	})
	pipe.AddRead(func(q tenantdb.Querier) (err error) {
		b.Available, err = s.q.Usable(ctx, q, memberID, now)
		return err
	})
	pipe.AddRead(func(q tenantdb.Querier) error {
		rows, err := s.q.Ending(ctx, q, memberID, now, mostEndings)
		for _, row := range rows {
			b.Ending = append(b.Ending, Ending{At: row.At, Points: row.Points})
		}
		return err
	})
	return b, pipe.Run(ctx)
}

// Entry is a change of what a member has.
type Entry struct {
	ID       int64
	MemberID int64
	Member   string // nickname
	At       time.Time
	Kind     EntryKind
	Change   int64
	Debt     int64 // more that is owed, or less
	Balance  int64 // that can be used then
	OrderNo  string
	Actor    string
	Reason   string
}

// EntryFilter chooses entries; zero values are all.
type EntryFilter struct {
	MemberID int64
	Kind     EntryKind
	Before   int64 // the id of the last one seen
}

const page = 20

// Entries returns a page of the journal, the newest first; next is 0 at the end.
func (s *Service) Entries(ctx context.Context, id tenant.ID, f EntryFilter) (list []Entry, next int64, err error) {
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Entries(ctx, r, f.MemberID, string(f.Kind), f.Before, page+1)
		for _, row := range rows {
			e := row.PointsEntry
			entry := Entry{
				ID: e.ID, MemberID: e.MemberID, Member: row.Nickname, At: e.At, Kind: EntryKind(e.Kind), Change: e.Change, Debt: e.Debt, Balance: e.Balance,
				Actor: e.Actor, Reason: e.Reason,
			}
			if e.OrderNo != nil {
				entry.OrderNo = *e.OrderNo
			}
			list = append(list, entry)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("journal of points: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}

// Report is what a shop has issued and owes.
type Report struct {
	Terms     Terms
	Days      []Day
	Sum       Day   // of these days
	Available int64 // what members can use now, or could but for the job,
	Held      int64 // what unpaid orders hold,
	Frozen    int64 // what waits for orders to be final; it is not owed yet,
	Debt      int64 // and what members owe
	Members   int64 // who have something to use
	WorthFen  money.Fen
	BookedFen money.Fen // what the books say; account by account, rounded down
}

// Outstanding is what members may use some day.
func (r Report) Outstanding() int64 { return r.Available + r.Held }

// Day is what happened on a day of Beijing.
type Day struct {
	Day     time.Time
	Issued  int64
	Spent   int64 // less what came back
	Expired int64
	Taken   int64 // back by refunds, for what was owed, or by staff
}

// mostDays is how long a report may be.
const mostDays = 366

// Report returns what happened between two days, both included, and what is owed now. Faults:
// VALIDATION.
func (s *Service) Report(ctx context.Context, id tenant.ID, from, to time.Time) (rep Report, err error) {
	if to.Before(from) || to.Sub(from) > mostDays*24*time.Hour {
		return Report{}, fault.Invalidf("to", "must be between the first day and a year after it")
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		if rep.Terms, err = s.terms(ctx, r); err != nil {
			return err
		}
		rows, err := s.q.Report(ctx, r, begin(from), begin(to.AddDate(0, 0, 1)))
		for _, row := range rows {
			d := Day{Day: row.Day, Issued: row.Issued, Spent: row.Spent, Expired: row.Expired, Taken: row.Taken}
			rep.Days = append(rep.Days, d)
			rep.Sum.Issued, rep.Sum.Spent = rep.Sum.Issued+d.Issued, rep.Sum.Spent+d.Spent
			rep.Sum.Expired, rep.Sum.Taken = rep.Sum.Expired+d.Expired, rep.Sum.Taken+d.Taken
		}
		if err != nil {
			return err
		}
		o, err := s.q.Outstanding(ctx, r)
		rep.Available, rep.Held, rep.Frozen, rep.Debt, rep.Members, rep.BookedFen = o.Available, o.Held, o.Frozen, o.Debt, o.Members, money.Fen(o.BookedFen)
		return err
	})
	if err != nil {
		return Report{}, fmt.Errorf("report of points: %w", err)
	}
	rep.WorthFen = rep.Terms.WorthFen(rep.Outstanding())
	return rep, nil
}

// begin is when a day in Beijing begins.
func begin(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}
