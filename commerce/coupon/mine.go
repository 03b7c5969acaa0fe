package coupon

import (
	"context"
	"fmt"
	"math"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Offer is a coupon of the hall, as one member may take it.
type Offer struct {
	Coupon
	Taken   int64 // that the member has had
	CanTake bool  // no limit of the member stands in the way
}

// Hall lists what buyers can take now, the newest first. One statement.
func (s *Service) Hall(ctx context.Context, id tenant.ID, memberID int64, now time.Time) (list []Offer, err error) {
	today, _ := day(now)
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Hall(ctx, r, today, memberID, now)
		list = make([]Offer, len(rows))
		for i, row := range rows {
			c := couponOf(row.Coupon, row.CouponTerm, 0)
			list[i] = Offer{Coupon: c, Taken: row.Taken, CanTake: row.Taken < c.PerMember && (c.PerDay == nil || row.TakenToday < *c.PerDay)}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("coupons to take: %w", err)
	}
	return list, nil
}

// Held is a coupon in a member's hands.
type Held struct {
	ID         int64
	Title      string
	Kind       Kind
	Terms      Terms
	Status     GrantStatus
	ValidFrom  time.Time
	ValidUntil time.Time // exclusive
	OrderNo    string    // that holds or has used it
	OffFen     money.Fen // that it takes off there
}

// Mine lists a member's coupons in these statuses, the newest first; before 0 is the beginning.
// next is 0 at the end. One whose time is over is told as expired, whether or not the job has
// been there. One statement.
func (s *Service) Mine(ctx context.Context, id tenant.ID, memberID int64, statuses []GrantStatus, now time.Time, before int64) (list []Held, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Mine(ctx, r, now, memberID, texts(statuses), before, page+1)
		for _, row := range rows {
			h := Held{
				ID: row.ID, Title: row.Title, Kind: Kind(row.Kind), Terms: termsOf(row.CouponTerm), Status: GrantStatus(row.Status),
				ValidFrom: row.ValidFrom, ValidUntil: row.ValidUntil, OffFen: row.OffFen,
			}
			if row.OrderNo != nil {
				h.OrderNo = *row.OrderNo
			}
			list = append(list, h)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("coupons of a member: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// Code is a code that gives one coupon.
type Code struct {
	Code     string
	MadeAt   time.Time
	MemberID int64 // who used it; 0: nobody
}

// Codes returns up to 1,000 codes of a coupon after the given one, in their order.
func (s *Service) Codes(ctx context.Context, id tenant.ID, couponID int64, after string) (list []Code, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Codes(ctx, r, couponID, after, 1000)
		list = make([]Code, len(rows))
		for i, row := range rows {
			list[i] = Code{Code: row.Code, MadeAt: row.MadeAt, MemberID: or(row.MemberID)}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("codes of a coupon: %w", err)
	}
	return list, nil
}
