package coupon

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/coupon/internal/coupondb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TimerAge is due after each day on which coupons of a shop end; its key is the date.
const TimerAge outbox.Topic = "coupon.age"

// AgeEvent is the payload of TimerAge.
type AgeEvent struct {
	Day string `json:"day"` // the date in Beijing
}

// ageLater has what was given looked at on the day after it ends. That a coupon is over does
// not wait for it: nobody can use it from its last second on.
func (s *Service) ageLater(ctx context.Context, tx tenantdb.Tx, given []coupondb.GrantRow) error {
	set := map[string]bool{}
	for _, g := range given {
		date, midnight := day(g.ValidUntil)
		key := date.Format(time.DateOnly)
		if set[key] {
			continue
		}
		set[key] = true
		if err := s.d.Timers.Set(ctx, tx, TimerAge, key, midnight, AgeEvent{Day: key}); err != nil {
			return fmt.Errorf("coupons end: %w", err)
		}
	}
	return nil
}

// agePortion is how many coupons one transaction ends.
const agePortion = 1000

// AgeTx ends a portion of the coupons whose time is over and begins those whose time has come;
// more means that there may be further ones, for another transaction.
func (s *Service) AgeTx(ctx context.Context, tx tenantdb.Tx) (more bool, err error) {
	n, err := s.q.Age(ctx, tx, tx.Now(), agePortion)
	if err != nil {
		return false, fmt.Errorf("coupons end: %w", err)
	}
	return n == agePortion, nil
}

// Revoke takes back coupons that nobody has used; others are left as they are. reason stands in
// the audit log. Opens a transaction. It returns how many it took back. Faults: VALIDATION.
func (s *Service) Revoke(ctx context.Context, id tenant.ID, couponID int64, grants []int64, reason, staff string) (n int64, err error) {
	reason = strings.TrimSpace(reason)
	if chars := utf8.RuneCountInString(reason); chars < 1 || chars > 200 {
		return 0, fault.Invalidf("reason", "says why, in at most 200 characters")
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if n, err = s.q.Revoke(ctx, tx, tx.Now(), staff, grants, couponID); err != nil || n == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: staff, Action: "coupon.revoke", Object: object(couponID), Detail: map[string]any{"coupons": n, "reason": reason}})
	})
	if err != nil {
		return 0, fmt.Errorf("revoke coupons: %w", err)
	}
	return n, nil
}

// MoveMemberTx makes one member's coupons another's.
func (s *Service) MoveMemberTx(ctx context.Context, tx tenantdb.Tx, from, to int64) error {
	if err := s.q.MoveGrants(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move coupons of a member: %w", err)
	}
	if err := s.q.MoveCounts(ctx, tx, to, from); err != nil {
		return fmt.Errorf("move coupons of a member: %w", err)
	}
	return nil
}

// ForgetMemberTx takes back what a member who has left could still use.
func (s *Service) ForgetMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	if err := s.q.ForgetGrants(ctx, tx, tx.Now(), memberID); err != nil {
		return fmt.Errorf("forget coupons of a member: %w", err)
	}
	return nil
}
