package coupon

import (
	"context"
	"fmt"
	"math"
	"time"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// OfferState is whether a member can take a coupon of the hall.
type OfferState string

// The states of an offer.
const (
	Claimable OfferState = "claimable"
	Claimed   OfferState = "claimed" // as many as this member may have, in all or today
	UsedUp    OfferState = "used_up" // by others, or its budget is spent
	TooLow    OfferState = "level"   // for members of a higher level
	NotYet    OfferState = "not_yet"
)

// Offer is a coupon of the hall, as one member may take it.
type Offer struct {
	Coupon
	Taken int64 // that the member has had
	State OfferState
}

// Hall lists what buyers can take now or soon, the newest first: of the shop, or only what is
// for one product (0: all). One statement.
func (s *Service) Hall(ctx context.Context, id tenant.ID, memberID, spuID int64) (list []Offer, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		now := r.Now()
		today, _ := day(now)
		rows, err := s.q.Hall(ctx, r, today, memberID, now, spuID)
		list = make([]Offer, len(rows))
		for i, row := range rows {
			c := couponOf(row.Coupon, row.CouponTerm, 0, row.LevelName)
			list[i] = Offer{Coupon: c, Taken: row.Taken, State: c.stateFor(row.Taken, row.TakenToday, now)}
			if !row.May && list[i].State != UsedUp {
				list[i].State = TooLow
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("coupons to take: %w", err)
	}
	return list, nil
}

func (c Coupon) stateFor(taken, today int64, now time.Time) OfferState {
	switch {
	case taken >= c.PerMember || (c.PerDay != nil && today >= *c.PerDay):
		return Claimed
	case (c.Total != nil && c.Issued >= *c.Total) || c.UsedUp():
		return UsedUp
	case c.ClaimFrom != nil && now.Before(*c.ClaimFrom):
		return NotYet
	}
	return Claimable
}

// Counts is how many coupons a member has.
type Counts struct {
	Usable, Locked, Used, Expired int64
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
// been there. counts are of all of them. Two statements in one round trip.
func (s *Service) Mine(ctx context.Context, id tenant.ID, memberID int64, statuses []GrantStatus, before int64) (list []Held, counts Counts, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		var rows []coupondb.MineRow
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			rows, err = s.q.Mine(ctx, q, r.Now(), memberID, texts(statuses), before, page+1)
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) error {
			c, err := s.q.CountMine(ctx, q, r.Now(), memberID)
			counts = Counts(c)
			return err
		})
		err := pipe.Run(ctx)
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
		return nil, counts, 0, fmt.Errorf("coupons of a member: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, counts, next, nil
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
