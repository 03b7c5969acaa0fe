package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/commerce/division"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// LocalTime is a slot of every day of delivery.
type LocalTime struct {
	ID       int64 // 0 when it is set
	From     int64 // minutes of the day in Shanghai
	Until    int64 // exclusive, at most 1440
	Capacity int64 // orders
}

// Local is how a shop brings goods itself.
type Local struct {
	LocalTerms // without a slot
	Times      []LocalTime
}

// Window is a slot of one day, and how many orders it still takes.
type Window struct {
	SlotID      int64
	Day         string // "2026-11-23", in Shanghai
	From, Until time.Time
	Left        int64
}

// parseDay reads a day in Shanghai.
func parseDay(day string) (time.Time, bool) {
	t, err := time.ParseInLocation(time.DateOnly, day, shanghai())
	return t, err == nil && t.Year() >= 2000 && t.Year() <= 9000
}

// dateOf is the same day as a column of type date takes it.
func dateOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// LocalTerms returns what is asked of an order that is to be brought in a slot; one that does
// not exist is none. One statement.
func (s *Service) LocalTerms(ctx context.Context, q tenantdb.Querier, slot LocalSlot) (LocalTerms, error) {
	day, good := parseDay(slot.Day)
	row, err := s.q.LocalTerms(ctx, q, dateOf(day), slot.ID)
	if tenantdb.NoRows(err) {
		return LocalTerms{}, nil
	}
	if err != nil {
		return LocalTerms{}, fmt.Errorf("read local delivery: %w", err)
	}
	t := LocalTerms{
		Active: row.Active, Version: row.Version, StoreID: row.StoreID, Store: Position{row.Latitude, row.Longitude}, RadiusM: int64(row.RadiusM), Divisions: row.Divisions,
		MinFen: row.MinFen, BaseFen: row.BaseFen, BaseM: int64(row.BaseM), PerKmFen: row.PerKmFen, FreeFen: row.FreeFen,
		LeadMinutes: int64(row.LeadMinutes), DaysAhead: int64(row.DaysAhead), Weekdays: int64(row.Weekdays), Full: row.Taken >= row.Capacity,
	}
	if good && row.StartsMin >= 0 {
		t.From, t.Until = day.Add(time.Duration(row.StartsMin)*time.Minute), day.Add(time.Duration(row.EndsMin)*time.Minute)
	}
	return t, nil
}

// Local returns how the shop brings goods itself; the zero value if it never said. Two
// statements.
func (s *Service) Local(ctx context.Context, id tenant.ID) (Local, error) {
	local, _, _, err := s.local(ctx, id)
	return local, err
}

// LocalWindows is Local with the slots that can be booked now, soonest first; full ones are
// among them.
func (s *Service) LocalWindows(ctx context.Context, id tenant.ID) (Local, []Window, error) {
	local, taken, now, err := s.local(ctx, id)
	if err != nil || !local.Active {
		return local, []Window{}, err
	}
	return local, local.windows(taken, now), nil
}

// local is what the shop has set, and what each slot holds by day, at a moment.
func (s *Service) local(ctx context.Context, id tenant.ID) (out Local, taken map[int64]map[string]int64, now time.Time, err error) {
	taken = map[int64]map[string]int64{}
	var rows []deliverydb.LocalSlotsRow
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		now = r.Now()
		today := dateOf(now.In(shanghai()))
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			out.LocalTerms, err = s.LocalTerms(ctx, q, LocalSlot{})
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			rows, err = s.q.LocalSlots(ctx, q, today, today.AddDate(0, 0, maxDaysAhead))
			return err
		})
		return pipe.Run(ctx)
	})
	for _, r := range rows {
		out.Times = append(out.Times, LocalTime{ID: r.ID, From: int64(r.StartsMin), Until: int64(r.EndsMin), Capacity: int64(r.Capacity)})
		days := map[string]int64{}
		if err == nil {
			err = json.Unmarshal(r.Taken, &days)
		}
		taken[r.ID] = days
	}
	if err != nil {
		return Local{}, nil, now, fmt.Errorf("read local delivery: %w", err)
	}
	return out, taken, now, nil
}

func (l Local) windows(taken map[int64]map[string]int64, now time.Time) []Window {
	list := []Window{}
	today := now.In(shanghai())
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, shanghai())
	for n := range int(l.DaysAhead) + 1 {
		day := today.AddDate(0, 0, n)
		for _, t := range l.Times {
			w := Window{SlotID: t.ID, Day: day.Format(time.DateOnly), From: day.Add(time.Duration(t.From) * time.Minute), Until: day.Add(time.Duration(t.Until) * time.Minute)}
			w.Left = max(0, t.Capacity-taken[t.ID][w.Day])
			if l.open(w.From, now) {
				list = append(list, w)
			}
		}
	}
	return list
}

const (
	maxDaysAhead = 30
	maxTimes     = 24
	maxLocalFen  = money.Fen(100_000_000)
)

// SetLocal sets how the shop brings goods itself; slots that are not named take no new orders.
// Opens a transaction. Faults: VALIDATION, DELIVERY_CHANGED.
func (s *Service) SetLocal(ctx context.Context, id tenant.ID, in Local, actor string) error {
	if err := in.check(); err != nil {
		return fmt.Errorf("set local delivery: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		store, err := s.q.StorePosition(ctx, tx, in.StoreID)
		switch {
		case tenantdb.NoRows(err):
			return fault.Invalidf("store_id", "is no store of the shop")
		case err != nil:
			return err
		case in.RadiusM > 0 && !store.Placed:
			return fault.Invalidf("store_id", "has no position to measure from")
		}
		n, err := s.q.SetLocal(ctx, tx, deliverydb.SetLocalParams{
			Active: in.Active, StoreID: in.StoreID, RadiusM: int32(in.RadiusM), Divisions: append([]string{}, in.Divisions...), MinFen: in.MinFen, BaseFen: in.BaseFen,
			BaseM: int32(in.BaseM), PerKmFen: in.PerKmFen, FreeFen: in.FreeFen, LeadMinutes: int32(in.LeadMinutes), DaysAhead: int32(in.DaysAhead),
			Weekdays: int32(in.Weekdays), Now: tx.Now(), Version: in.Version,
		})
		if err == nil && n == 0 {
			err = ErrChanged
		}
		if err != nil {
			return err
		}
		pipe := tx.Pipeline()
		var starts, ends, capacities []int32
		for _, t := range in.Times {
			starts, ends, capacities = append(starts, int32(t.From)), append(ends, int32(t.Until)), append(capacities, int32(t.Capacity))
		}
		pipe.Add(func(tx tenantdb.Tx) error { return s.q.SetLocalSlots(ctx, tx, starts, ends, capacities) })
		pipe.Add(func(tx tenantdb.Tx) error {
			return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "shop.local_delivery", Object: "shop", Detail: map[string]any{
				"active": in.Active, "store_id": in.StoreID, "radius_m": in.RadiusM, "divisions": len(in.Divisions), "min_fen": in.MinFen,
				"base_fen": in.BaseFen, "per_km_fen": in.PerKmFen, "free_fen": in.FreeFen, "slots": len(in.Times),
			}})
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return fmt.Errorf("set local delivery: %w", err)
	}
	return nil
}

func (l Local) check() error {
	const farthest, week, allDays, maxDivisions = 100_000, 7 * 24 * 60, 127, 200
	between := func(name string, n, lo, hi int64) error {
		if n < lo || n > hi {
			return fault.Invalidf(name, "must be %d to %d", lo, hi)
		}
		return nil
	}
	for _, err := range []error{
		between("store_id", l.StoreID, 1, 1<<62), between("radius_m", l.RadiusM, 0, farthest), between("min_fen", int64(l.MinFen), 0, int64(maxLocalFen)),
		between("base_fen", int64(l.BaseFen), 0, int64(maxLocalFen)), between("base_m", l.BaseM, 0, farthest), between("per_km_fen", int64(l.PerKmFen), 0, int64(maxLocalFen)/1000),
		between("free_fen", int64(l.FreeFen), 0, int64(maxLocalFen)), between("lead_minutes", l.LeadMinutes, 0, week),
		between("days_ahead", l.DaysAhead, 0, maxDaysAhead), between("weekdays", l.Weekdays, 1, allDays),
	} {
		if err != nil {
			return err
		}
	}
	table := division.Load()
	switch {
	case len(l.Divisions) > maxDivisions:
		return fault.Invalidf("divisions", "at most %d", maxDivisions)
	case slices.ContainsFunc(l.Divisions, func(code string) bool { return !table.Known(code) }):
		return fault.Invalidf("divisions", "must be codes of divisions")
	case l.RadiusM == 0 && len(l.Divisions) == 0:
		return fault.Invalidf("radius_m", "needs a radius or divisions")
	}
	return l.checkTimes()
}

func (l Local) checkTimes() error {
	if len(l.Times) == 0 || len(l.Times) > maxTimes {
		return fault.Invalidf("times", "must be 1 to %d slots", maxTimes)
	}
	seen := map[[2]int64]bool{}
	for _, t := range l.Times {
		const day, most = 1440, 100_000
		if t.From < 0 || t.Until > day || t.From >= t.Until || seen[[2]int64{t.From, t.Until}] {
			return fault.Invalidf("times", "must begin before they end, and be different")
		}
		if t.Capacity < 1 || t.Capacity > most {
			return fault.Invalidf("times", "must take 1 to %d orders", most)
		}
		seen[[2]int64{t.From, t.Until}] = true
	}
	return nil
}

// BookTx takes a place in a slot for an order that is being placed. Whether the slot is open
// has been judged, see Fit; whether it has a place is decided here. Joins the caller's
// transaction. Faults: LOCAL_DELIVERY (slot_full).
func (s *Service) BookTx(ctx context.Context, tx tenantdb.Tx, orderNo string, slot LocalSlot) error {
	day, ok := parseDay(slot.Day)
	if !ok {
		return ErrLocal.WithData(map[string]any{"reason": LocalSlotClosed})
	}
	n, err := s.q.BookSlot(ctx, tx, orderNo, dateOf(day), slot.ID)
	if err == nil && n == 0 {
		err = ErrLocal.WithData(map[string]any{"reason": LocalSlotFull})
	}
	return err
}

// ReleaseTx gives the place of an order back that will not be brought. Repeating it changes
// nothing. Joins the caller's transaction.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	return s.q.ReleaseSlot(ctx, tx, tx.Now(), orderNo)
}

// Rider is who brings an order.
type Rider struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

var riderPhone = regexp.MustCompile(`^\+?[0-9][0-9 -]{4,19}$`)

// SealRider checks and seals who brings an order, before the transaction in which SetRiderTx
// keeps it. Faults: VALIDATION on rider_name and rider_phone.
func (s *Service) SealRider(ctx context.Context, id tenant.ID, orderNo string, r Rider) ([]byte, error) {
	const longest = 20
	r.Name, r.Phone = strings.TrimSpace(r.Name), strings.TrimSpace(r.Phone)
	if n := utf8.RuneCountInString(r.Name); n < 1 || n > longest || !utf8.ValidString(r.Name) || strings.ContainsRune(r.Name, 0) {
		return nil, fault.Invalidf("rider_name", "must be 1 to %d characters", longest)
	}
	if !riderPhone.MatchString(r.Phone) {
		return nil, fault.Invalidf("rider_phone", "must be a phone number")
	}
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("seal rider: %w", err)
	}
	sealed, err := s.d.Vault.Seal(ctx, riderField(id, orderNo), vault.NewSecret(plain))
	if err != nil {
		return nil, fmt.Errorf("seal rider: %w", err)
	}
	return sealed, nil
}

// SetRiderTx keeps who brings an order. Joins the caller's transaction.
func (s *Service) SetRiderTx(ctx context.Context, tx tenantdb.Tx, orderNo string, sealed []byte) error {
	return s.q.SetRider(ctx, tx, orderNo, sealed, tx.Now())
}

// Rider returns who brings an order. Faults: NOT_FOUND before it is on its way.
func (s *Service) Rider(ctx context.Context, id tenant.ID, orderNo string) (r Rider, err error) {
	var sealed []byte
	err = s.d.DB.Read(ctx, id, func(q *tenantdb.Reader) error {
		sealed, err = s.q.Rider(ctx, q, orderNo)
		return err
	})
	if tenantdb.NoRows(err) {
		return r, fault.ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("read rider: %w", err)
	}
	plain, err := s.d.Vault.Open(ctx, riderField(id, orderNo), sealed)
	if err != nil {
		return r, fmt.Errorf("open rider: %w", err)
	}
	return r, json.Unmarshal(plain.Reveal(), &r)
}

func riderField(id tenant.ID, orderNo string) vault.Field {
	return vault.Field{Tenant: id, Owner: "local_rider:" + orderNo, Name: "rider"}
}

// sealedRiderColumn describes local_rider.sealed for the rotation of data keys.
func sealedRiderColumn(q *deliverydb.Queries) vault.Column {
	return vault.Numbered("local_rider.sealed",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]deliverydb.SealedRidersRow, error) {
			return q.SealedRiders(ctx, db, primary, after)
		},
		func(r deliverydb.SealedRidersRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: riderField(tenant.ID{}, r.OrderNo), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.ResealRider(ctx, tx, sealed, id, old)
		})
}
