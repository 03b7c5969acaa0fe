package points

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Signed is what a member got for signing in.
type Signed struct {
	Points  int64
	Streak  int64 // days in a row
	Balance int64
}

// SignIn rewards a member for coming, once a day of Beijing. Opens a transaction. Faults:
// POINTS_OFF, POINTS_SIGNED.
func (s *Service) SignIn(ctx context.Context, id tenant.ID, memberID int64) (got Signed, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.within(ctx, tx, memberID, actorOf(memberID), func(a *account) error {
			today := tenant.BusinessDay(tx.Now())
			switch t := a.terms; {
			case !t.Enabled || t.Version == 0 || t.SignPoints == 0:
				return ErrOff
			case !a.SignedOn.Before(today):
				return ErrSigned
			}
			got.Streak, got.Points = a.streakOn(today), a.terms.SignPoints
			if got.Streak%7 == 0 {
				got.Points += a.terms.WeekPoints
			}
			a.SignedOn, a.Streak = today, got.Streak
			key := strconv.FormatInt(memberID, 10) + ":" + today.Format(time.DateOnly)
			fresh, err := a.give(ctx, lot{kind: EntrySign, source: FromSignIn, key: key, points: got.Points})
			if err == nil && !fresh {
				return ErrSigned
			}
			got.Balance = a.Available
			return err
		})
	})
	if err != nil {
		return Signed{}, fmt.Errorf("sign in: %w", err)
	}
	return got, nil
}

// streakOn is how many days in a row it will have been with a day.
func (a *account) streakOn(day time.Time) int64 {
	if a.SignedOn.Equal(day.AddDate(0, 0, -1)) {
		return a.Streak + 1
	}
	return 1
}

// mostByHand is how many points staff give or take at once.
const mostByHand = 10_000_000

// AdjustInput is what staff give a member, or, below zero, take.
type AdjustInput struct {
	MemberID int64
	Points   int64
	Reason   string // for the member and the audit; 1 to 100 characters
	Key      string // unique for each deed, so that a repeat changes nothing
	Actor    string
}

// Adjust gives a member points, or takes some that can be used. Repeating it with its key changes
// nothing. Opens a transaction. Faults: VALIDATION, NOT_FOUND, POINTS_SHORT.
func (s *Service) Adjust(ctx context.Context, id tenant.ID, in AdjustInput) error {
	switch n := utf8.RuneCountInString(in.Reason); {
	case in.Points == 0 || in.Points > mostByHand || in.Points < -mostByHand:
		return fault.Invalidf("points", "must be between 1 and %d", mostByHand)
	case n < 1 || n > 100:
		return fault.Invalidf("reason", "must have 1 to 100 characters")
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		there, err := s.q.MemberThere(ctx, tx, in.MemberID)
		if err != nil {
			return err
		}
		if !there {
			return fault.ErrNotFound
		}
		fresh := false
		err = s.within(ctx, tx, in.MemberID, in.Actor, func(a *account) (err error) {
			fresh, err = a.adjust(ctx, in)
			return err
		})
		if err != nil || !fresh {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "points.adjust", Object: actorOf(in.MemberID), Detail: map[string]any{"points": in.Points, "reason": in.Reason},
		})
	})
	if err != nil {
		return fmt.Errorf("adjust points: %w", err)
	}
	return nil
}

func (a *account) adjust(ctx context.Context, in AdjustInput) (fresh bool, err error) {
	if in.Points > 0 {
		return a.give(ctx, lot{kind: EntryGive, source: FromStaff, key: in.Key, points: in.Points, reason: in.Reason})
	}
	n := -in.Points
	if done, err := a.q.Taken(ctx, a.tx, in.Key); err != nil || done {
		return false, err
	}
	if a.Available < n {
		return false, ErrShort
	}
	if _, err := a.q.Take(ctx, a.tx, 0, a.member, n); err != nil {
		return false, fmt.Errorf("take points: %w", err)
	}
	a.change(EntryTake, -n, "", in.Reason)
	a.row.RequestKeys[len(a.row.RequestKeys)-1] = in.Key
	return true, nil
}
