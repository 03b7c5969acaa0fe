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

// Holder is somebody who has, or had, a coupon.
type Holder struct {
	GrantID    int64
	MemberID   int64
	Nickname   string
	Status     GrantStatus
	Source     string // claim, code, gift, staff
	GrantedAt  time.Time
	ValidUntil time.Time
	OrderNo    string // that holds or has used it
	OffFen     money.Fen
}

// Revocable reports whether it can be taken back.
func (h Holder) Revocable() bool { return h.Status == Granted || h.Status == Active }

// Holders returns a page of who has a coupon, the latest first; status "" is all, before 0 the
// beginning, next 0 the end.
func (s *Service) Holders(ctx context.Context, id tenant.ID, couponID int64, status GrantStatus, before int64) (list []Holder, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Holders(ctx, r, couponID, string(status), before, page+1)
		for _, g := range rows {
			list = append(list, Holder{
				GrantID: g.ID, MemberID: g.MemberID, Nickname: g.Nickname, Status: GrantStatus(g.Status), Source: g.Source, GrantedAt: g.GrantedAt, ValidUntil: g.ValidUntil,
				OrderNo: g.OrderNo, OffFen: g.OffFen,
			})
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("holders of a coupon: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].GrantID
	}
	return list, next, nil
}

// Stats is what became of a coupon.
type Stats struct {
	Grants  map[GrantStatus]int64
	SoldFen money.Fen // paid for orders that used it, less what went back
}

// Given is how many there were.
func (s Stats) Given() (n int64) {
	for _, of := range s.Grants {
		n += of
	}
	return n
}

// Stats counts what became of a coupon.
func (s *Service) Stats(ctx context.Context, id tenant.ID, couponID int64) (out Stats, err error) {
	out.Grants = map[GrantStatus]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Stats(ctx, r, couponID)
		for _, row := range rows {
			out.Grants[GrantStatus(row.Status)] = row.N
			out.SoldFen += money.Fen(row.SoldFen)
		}
		return err
	})
	if err != nil {
		return Stats{}, fmt.Errorf("what became of a coupon: %w", err)
	}
	return out, nil
}

// CountByStatus counts coupons by status.
func (s *Service) CountByStatus(ctx context.Context, id tenant.ID) (counts map[Status]int64, err error) {
	counts = map[Status]int64{}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.CountByStatus(ctx, r)
		for _, row := range rows {
			counts[Status(row.Status)] = row.N
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count coupons: %w", err)
	}
	return counts, nil
}
