package distribution

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Overview is what a distributor sees first.
type Overview struct {
	Distributor
	EstimatedFen money.Fen // of unpaid orders
	ConfirmedFen money.Fen // of paid ones
	PendingFen   money.Fen // of received ones
	EarnedFen    money.Fen // that became available, less what went back of it
	First        int64     // whom the distributor brought
	Second       int64     // and whom they brought
	Plan         Plan
}

// Overview returns where a member stands as a distributor; one who is none has no status.
func (s *Service) Overview(ctx context.Context, id tenant.ID, memberID int64) (o Overview, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		o.Plan, err = s.plan(ctx, r)
		if err != nil {
			return err
		}
		row, err := s.q.Distributor(ctx, r, memberID)
		if tenantdb.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		o.Distributor = distributorOf(row)
		owed, err := s.q.Owed(ctx, r, memberID)
		if err != nil {
			return err
		}
		o.EstimatedFen, o.ConfirmedFen, o.PendingFen, o.EarnedFen = money.Fen(owed.EstimatedFen), money.Fen(owed.ConfirmedFen), money.Fen(owed.PendingFen), money.Fen(owed.EarnedFen)
		size, err := s.q.TeamSize(ctx, r, memberID, s.d.Now())
		o.First, o.Second = size.First, size.Second
		return err
	})
	if err != nil {
		return Overview{}, fmt.Errorf("overview of distributor: %w", err)
	}
	return o, nil
}

// TeamMember is somebody whom a distributor brought, or whom they brought.
type TeamMember struct {
	BondID           int64
	MemberID         int64
	Nickname, Avatar string
	Since            time.Time
	Orders           int64 // paid ones that the distributor is owed for
}

// Team returns a page of a distributor's team of a tier, the newest first; next is 0 at the end.
func (s *Service) Team(ctx context.Context, id tenant.ID, distributorID int64, tier int, before int64) (list []TeamMember, next int64, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Team(ctx, r, distributorID, s.d.Now(), from(before), int32(tier), page+1)
		for _, row := range rows {
			list = append(list, TeamMember{BondID: row.ID, MemberID: row.MemberID, Nickname: row.Nickname, Avatar: row.Avatar, Since: row.Since, Orders: row.Orders})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("team of distributor: %w", err)
	}
	list, next = cut(list, func(m TeamMember) int64 { return m.BondID })
	return list, next, nil
}

// Rank is a distributor's place among all in a time.
type Rank struct {
	MemberID         int64
	Nickname, Avatar string
	EarnedFen        money.Fen
	Orders           int64
}

// mostRanked is how long the ranking is.
const mostRanked = 50

// Ranking lists who has earned most of what became available in a month of Asia/Shanghai, less
// what went back of it; "" is the present month. Faults: VALIDATION.
func (s *Service) Ranking(ctx context.Context, id tenant.ID, month string) (list []Rank, err error) {
	first, err := time.Parse("2006-01", month)
	if month == "" {
		today := tenant.BusinessDay(s.d.Now())
		first, err = today.AddDate(0, 0, 1-today.Day()), nil
	}
	if err != nil {
		return nil, fault.Invalidf("month", "must be like 2026-11")
	}
	since, until := midnight(first), midnight(first.AddDate(0, 1, 0))
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Ranking(ctx, r, since, until, mostRanked)
		for _, row := range rows {
			list = append(list, Rank{MemberID: row.DistributorID, Nickname: row.Nickname, Avatar: row.Avatar, EarnedFen: money.Fen(row.Fen), Orders: row.Orders})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ranking of distributors: %w", err)
	}
	return list, nil
}

// Filter chooses distributors; zero values are all.
type Filter struct {
	Status   Status
	Query    string // a code, a nickname or a member's id
	BeforeAt time.Time
	BeforeID int64
}

// Distributors returns a page of distributors, the latest application first; more says whether
// there is another.
func (s *Service) Distributors(ctx context.Context, id tenant.ID, f Filter) (list []Distributor, more bool, err error) {
	if f.BeforeAt.IsZero() {
		f.BeforeAt, f.BeforeID = s.d.Now().AddDate(1, 0, 0), 0
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Distributors(ctx, r, string(f.Status), f.Query, f.BeforeAt, f.BeforeID, page+1)
		for _, row := range rows {
			d := distributorOf(row.Distributor)
			d.Nickname, d.Avatar, d.Level, d.Team = row.Nickname, row.Avatar, row.Level, row.Team
			list = append(list, d)
		}
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("list distributors: %w", err)
	}
	if len(list) > page {
		return list[:page], true, nil
	}
	return list, false, nil
}

// Counts counts distributors by status.
func (s *Service) Counts(ctx context.Context, id tenant.ID) (counts map[Status]int64, err error) {
	counts = map[Status]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.CountDistributors(ctx, r)
		for _, row := range rows {
			counts[Status(row.Status)] = row.N
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count distributors: %w", err)
	}
	return counts, nil
}
