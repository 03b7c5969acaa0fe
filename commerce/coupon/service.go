package coupon

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Timers *timer.Timers
	Audit  *audit.Log
	Rand   io.Reader
	// HasPaid reports whether a member has ever paid an order.
	HasPaid func(ctx context.Context, q tenantdb.Querier, memberID int64) (bool, error)
}

// Service offers, gives and takes coupons. Safe for concurrent use.
type Service struct {
	d Deps
	q *coupondb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: coupondb.New()} }

// Save adds a coupon as a draft, or writes new terms of the one with this ID: those who hold it
// keep what they were given. version is the one that the editor saw. Opens a transaction.
// Faults: VALIDATION, NOT_FOUND, COUPON_CHANGED, COUPON_STATE.
func (s *Service) Save(ctx context.Context, id tenant.ID, couponID, version int64, in Input, actor string) (int64, error) {
	if err := in.check(); err != nil {
		return 0, fmt.Errorf("save coupon: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		if err := s.levelThere(ctx, tx, in.LevelID); err != nil {
			return err
		}
		action, next := "coupon.add", int64(1)
		if couponID == 0 {
			couponID, err = s.q.Add(ctx, tx, coupondb.AddParams{
				Kind: string(in.Kind), Title: in.Title, Claimable: in.Claimable, ClaimFrom: in.ClaimFrom, ClaimUntil: in.ClaimUntil, Newcomers: in.Newcomers, LevelID: orNil(in.LevelID),
				GiftFromFen: as[int64](in.GiftFromFen), Total: in.Total, PerMember: in.PerMember, PerDay: in.PerDay, BudgetFen: as[int64](in.BudgetFen), Now: tx.Now(),
			})
		} else {
			action = "coupon.update"
			next, err = s.change(ctx, tx, couponID, version, in)
		}
		if err != nil {
			return err
		}
		t := in.Terms
		var days *int64
		if t.ValidDays > 0 {
			days = &t.ValidDays
		}
		err = s.q.AddTerms(ctx, tx, coupondb.AddTermsParams{
			CouponID: couponID, Version: next, NeedFen: t.NeedFen, NeedQty: t.NeedQty, OffFen: t.OffFen, OffBps: int64(t.OffBps), CapFen: t.CapFen, Free: t.Free,
			ScopeOf: string(t.ScopeOf), ScopeIds: append([]int64{}, t.ScopeIDs...), ScopeExcept: t.ScopeExcept, ValidFrom: t.ValidFrom, ValidUntil: t.ValidUntil, ValidDays: days,
			NextDay: t.NextDay, OnRefund: string(t.OnRefund), AgainDays: t.AgainDays, Funder: string(t.Funder),
		})
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: action, Object: object(couponID), Detail: map[string]any{"title": in.Title, "version": next, "terms": t},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("save coupon: %w", err)
	}
	return couponID, nil
}

// levelThere refuses a level that has ended.
func (s *Service) levelThere(ctx context.Context, tx tenantdb.Tx, levelID int64) error {
	if levelID == 0 {
		return nil
	}
	there, err := s.q.LevelThere(ctx, tx, levelID)
	if err == nil && !there {
		return fault.Invalidf("level", "is not there any more")
	}
	return err
}

// change writes everything but the terms, and returns their next version.
func (s *Service) change(ctx context.Context, tx tenantdb.Tx, couponID, version int64, in Input) (int64, error) {
	was, err := s.q.Find(ctx, tx, couponID)
	switch {
	case tenantdb.NoRows(err):
		return 0, fault.ErrNotFound
	case err != nil:
		return 0, err
	case Status(was.Coupon.Status) == Ended:
		return 0, ErrState
	case was.Coupon.Kind != string(in.Kind):
		return 0, fault.Invalidf("kind", "never changes")
	case in.Total != nil && *in.Total < was.Coupon.Issued:
		return 0, fault.Invalidf("total", "%d were given already", was.Coupon.Issued)
	case in.BudgetFen != nil && *in.BudgetFen < was.Coupon.SpentFen:
		return 0, fault.Invalidf("budget_fen", "%s yuan were spent already", was.Coupon.SpentFen.Yuan())
	}
	row, err := s.q.Set(ctx, tx, coupondb.SetParams{
		ID: couponID, Version: version, Title: in.Title, Claimable: in.Claimable, ClaimFrom: in.ClaimFrom, ClaimUntil: in.ClaimUntil, Newcomers: in.Newcomers, LevelID: orNil(in.LevelID),
		GiftFromFen: as[int64](in.GiftFromFen), Total: in.Total, PerMember: in.PerMember, PerDay: in.PerDay, BudgetFen: as[int64](in.BudgetFen), Now: tx.Now(),
	})
	if tenantdb.NoRows(err) {
		return 0, ErrChanged
	}
	return row.Version, err
}

// SetStatus offers a coupon, stops offering it for a while, or for good: an ended coupon is
// never given again. Opens a transaction. Faults: NOT_FOUND, COUPON_STATE.
func (s *Service) SetStatus(ctx context.Context, id tenant.ID, couponID int64, to Status, actor string) error {
	from, known := map[Status][]string{
		Live: {string(Draft), string(Paused)}, Paused: {string(Live)}, Ended: {string(Draft), string(Live), string(Paused)},
	}[to]
	if !known {
		return fmt.Errorf("set status of coupon: %w", ErrState)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.find(ctx, tx, couponID); err != nil {
			return err
		}
		n, err := s.q.SetStatus(ctx, tx, string(to), tx.Now(), couponID, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrState
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "coupon." + string(to), Object: object(couponID), Detail: map[string]any{}})
	})
	if err != nil {
		return fmt.Errorf("set status of coupon: %w", err)
	}
	return nil
}

func (s *Service) find(ctx context.Context, q tenantdb.Querier, couponID int64) (Coupon, error) {
	row, err := s.q.Find(ctx, q, couponID)
	if tenantdb.NoRows(err) {
		return Coupon{}, fault.ErrNotFound
	}
	if err != nil {
		return Coupon{}, err
	}
	return couponOf(row.Coupon, row.CouponTerm, row.Used, row.LevelName), nil
}

// Find returns one coupon. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, id tenant.ID, couponID int64) (c Coupon, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		c, err = s.find(ctx, r, couponID)
		return err
	})
	if err != nil {
		return Coupon{}, fmt.Errorf("find coupon: %w", err)
	}
	return c, nil
}

const page = 20

// List returns a page of coupons, the newest first; status "" is all of them, before 0 the
// beginning. next is 0 at the end.
func (s *Service) List(ctx context.Context, id tenant.ID, status Status, before int64) (list []Coupon, next int64, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.List(ctx, r, string(status), before, page+1)
		for _, row := range rows {
			list = append(list, couponOf(row.Coupon, row.CouponTerm, row.Used, row.LevelName))
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list coupons: %w", err)
	}
	if len(list) > page {
		list = list[:page]
		next = list[page-1].ID
	}
	return list, next, nil
}

func object(couponID int64) string { return "coupon:" + strconv.FormatInt(couponID, 10) }

// day is the date in Beijing, and the midnight that ends it.
func day(at time.Time) (date, tomorrow time.Time) {
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
	y, m, d := at.In(beijing).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.Date(y, m, d+1, 0, 0, 0, 0, beijing)
}
