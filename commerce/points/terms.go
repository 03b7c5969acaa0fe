package points

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/money"
	"galleria/commerce/points/internal/pointsdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Terms is how points are earned and what they are good for.
type Terms struct {
	Version      int64 // 0: the shop has none yet
	Since        time.Time
	Enabled      bool       // buyers earn points and pay with them; what they have, they keep
	EarnFen      money.Fen  // so much paid for goods
	EarnPoints   int64      // earns so many; 0: orders earn none
	SignPoints   int64      // for signing in, once a day; 0: none
	WeekPoints   int64      // and more on each seventh day in a row
	InvitePoints int64      // to who brought a buyer, for the first order that is final; 0: none
	PerYuan      int64      // points that pay one yuan
	Redeem       bool       // orders may be paid with them
	Step         int64      // in multiples of it
	Least, Most  int64      // in one order; Most 0: no limit
	CapBps       money.Rate // of what the goods cost
	ValidDays    int64      // 0: for good
	GraceDays    int64      // of those that come back when their time is over; 0: they are lost
}

// NewTerms is what a shop that has none begins with.
func NewTerms() Terms {
	return Terms{EarnFen: 100, EarnPoints: 1, PerYuan: 100, Redeem: true, Step: 1, CapBps: 3000, ValidDays: 365, GraceDays: 7}
}

func termsOf(t pointsdb.PointsTerm) Terms {
	return Terms{
		Version: t.Version, Since: t.Since, Enabled: t.Enabled, EarnFen: t.EarnFen, EarnPoints: t.EarnPoints, SignPoints: t.SignPoints, WeekPoints: t.WeekPoints,
		InvitePoints: t.InvitePoints, PerYuan: t.PerYuan, Redeem: t.Redeem, Step: t.Step, Least: t.Least, Most: t.Most, CapBps: money.Rate(t.CapBps),
		ValidDays: t.ValidDays, GraceDays: t.GraceDays,
	}
}

func (t Terms) check() error {
	var fields []fault.Field
	between := func(path string, n, least, most int64) {
		if n < least || n > most {
			fields = append(fields, fault.Invalidf(path, "must be between %d and %d", least, most).Fields()...)
		}
	}
	between("earn_fen", int64(t.EarnFen), 1, 10_000_000)
	between("earn_points", t.EarnPoints, 0, 100_000)
	between("sign_points", t.SignPoints, 0, 100_000)
	between("week_points", t.WeekPoints, 0, 100_000)
	between("invite_points", t.InvitePoints, 0, 1_000_000)
	between("per_yuan", t.PerYuan, 1, 100_000)
	between("step", t.Step, 1, 1_000_000)
	between("least", t.Least, 0, 100_000_000)
	between("most", t.Most, 0, 100_000_000)
	between("cap_bps", int64(t.CapBps), 1, 10_000)
	between("valid_days", t.ValidDays, 0, 3650)
	between("grace_days", t.GraceDays, 0, 365)
	if t.Most > 0 && t.Most < t.Least {
		fields = append(fields, fault.Invalidf("most", "must not be less than the least").Fields()...)
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// WorthFen is what so many points pay, rounded down.
func (t Terms) WorthFen(points int64) money.Fen {
	return money.Fen(part(points, 100, max(t.PerYuan, 1)))
}

// expiry is when points that can be used from at on end: at a midnight of Beijing; nil: never.
func (t Terms) expiry(at time.Time) *time.Time {
	if t.ValidDays == 0 {
		return nil
	}
	return new(midnight(at, t.ValidDays))
}

// midnight ends the day in Beijing that is so many days after at.
func midnight(at time.Time, days int64) time.Time {
	y, m, d := tenant.BusinessDay(at).Date()
	return time.Date(y, m, d+1+int(days), 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

// Terms returns what counts now; Version 0 says that the shop has none, and then it is NewTerms.
func (s *Service) Terms(ctx context.Context, id tenant.ID) (t Terms, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		t, err = s.terms(ctx, r)
		return err
	})
	if err != nil {
		return Terms{}, fmt.Errorf("terms of points: %w", err)
	}
	return t, nil
}

func (s *Service) terms(ctx context.Context, q tenantdb.Querier) (Terms, error) {
	row, err := s.q.Terms(ctx, q)
	if tenantdb.NoRows(err) {
		return NewTerms(), nil
	}
	return termsOf(row), err
}

// SaveTerms makes t what counts from now on; t.Version is the one that the editor saw. Opens a
// transaction. Faults: VALIDATION, POINTS_CHANGED.
func (s *Service) SaveTerms(ctx context.Context, id tenant.ID, t Terms, actor string) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("save terms of points: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.terms(ctx, tx)
		if err != nil {
			return err
		}
		if was.Version != t.Version {
			return ErrChanged
		}
		n, err := s.q.AddTerms(ctx, tx, pointsdb.AddTermsParams{
			Version: t.Version + 1, Since: tx.Now(), Enabled: t.Enabled, EarnFen: t.EarnFen, EarnPoints: t.EarnPoints, SignPoints: t.SignPoints, WeekPoints: t.WeekPoints,
			InvitePoints: t.InvitePoints, PerYuan: t.PerYuan, Redeem: t.Redeem, Step: t.Step, Least: t.Least, Most: t.Most, CapBps: int64(t.CapBps),
			ValidDays: t.ValidDays, GraceDays: t.GraceDays,
		})
		if err != nil {
			return err
		}
		if n == 0 { // somebody was faster
			return ErrChanged
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "points.terms", Object: "points:terms", Before: was.told(), After: t.told()})
	})
	if err != nil {
		return fmt.Errorf("save terms of points: %w", err)
	}
	return nil
}

func (t Terms) told() map[string]any {
	return map[string]any{
		"enabled": t.Enabled, "earn_fen": int64(t.EarnFen), "earn_points": t.EarnPoints, "sign_points": t.SignPoints, "week_points": t.WeekPoints,
		"invite_points": t.InvitePoints, "per_yuan": t.PerYuan, "redeem": t.Redeem, "step": t.Step, "least": t.Least, "most": t.Most,
		"cap_bps": int64(t.CapBps), "valid_days": t.ValidDays, "grace_days": t.GraceDays,
	}
}

// Rate is what a product earns otherwise.
type Rate struct {
	SPUID    int64
	Product  string     // its title, for people
	TimesBps money.Rate // of what orders earn; 20000: twice as many, 0: none
	Extra    int64      // and so many for each piece
}

// Rates lists what differs, the newest first; at most 500.
func (s *Service) Rates(ctx context.Context, id tenant.ID) (list []Rate, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Rates(ctx, r)
		for _, row := range rows {
			list = append(list, Rate{SPUID: row.SpuID, Product: row.Title, TimesBps: money.Rate(row.TimesBps), Extra: row.Extra})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rates of points: %w", err)
	}
	return list, nil
}

// mostRates is how many products one deed sets.
const mostRates = 100

// SetRates makes a rate count for orders of some products, 1 to 100, from now on. Opens a
// transaction. Faults: VALIDATION, NOT_FOUND.
func (s *Service) SetRates(ctx context.Context, id tenant.ID, spuIDs []int64, r Rate, actor string) error {
	switch {
	case len(spuIDs) == 0 || len(spuIDs) > mostRates:
		return fault.Invalidf("product", "must be 1 to %d products", mostRates)
	case r.TimesBps < 0 || r.TimesBps > 1_000_000:
		return fault.Invalidf("times", "must be between 0 and 100")
	case r.Extra < 0 || r.Extra > 1_000_000:
		return fault.Invalidf("extra", "must be between 0 and %d", 1_000_000)
	}
	e := audit.Entry{Action: "points.rate_set", Object: productOf(spuIDs[0]), Detail: map[string]any{"times_bps": int64(r.TimesBps), "extra": r.Extra}}
	if len(spuIDs) > 1 {
		e.Action, e.Object, e.Detail["products"] = "points.rates_set", "points:rates", spuIDs
	}
	return s.changeRates(ctx, id, spuIDs, actor, e, func(tx tenantdb.Tx) error {
		n, err := s.q.AddRates(ctx, tx, int64(r.TimesBps), r.Extra, tx.Now(), spuIDs)
		if err == nil && n != int64(len(spuIDs)) {
			return fault.ErrNotFound
		}
		return err
	})
}

// EndRate lets a product earn as all others do. Opens a transaction.
func (s *Service) EndRate(ctx context.Context, id tenant.ID, spuID int64, actor string) error {
	e := audit.Entry{Action: "points.rate_ended", Object: productOf(spuID), Detail: map[string]any{}}
	return s.changeRates(ctx, id, []int64{spuID}, actor, e, func(tenantdb.Tx) error { return nil })
}

func productOf(spuID int64) string { return "product:" + strconv.FormatInt(spuID, 10) }

func (s *Service) changeRates(ctx context.Context, id tenant.ID, spuIDs []int64, actor string, e audit.Entry, then func(tx tenantdb.Tx) error) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.EndRates(ctx, tx, tx.Now(), spuIDs); err != nil {
			return err
		}
		if err := then(tx); err != nil {
			return err
		}
		e.Actor = actor
		return s.d.Audit.RecordTx(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("points of products: %w", err)
	}
	return nil
}
