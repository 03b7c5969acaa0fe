package coupon

import (
	"context"
	"fmt"
	"strconv"
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

const (
	// TimerAge is due before a day on which coupons of a shop end, for each notice, and after it; its
	// key is the date, and of a notice the days ahead.
	TimerAge outbox.Topic = "coupon.age"
	// TopicExpiring says that coupons of a member end soon. Its key is the member.
	TopicExpiring outbox.Topic = "coupon.expiring"
)

// AgeEvent is the payload of TimerAge.
type AgeEvent struct {
	Day  string `json:"day"`            // the date in Beijing on which they end
	Days int64  `json:"days,omitempty"` // the notice; 0: they have ended
}

// ExpiringEvent is the payload of TopicExpiring.
type ExpiringEvent struct {
	MemberID int64     `json:"member_id"`
	Coupons  int64     `json:"coupons"`
	Title    string    `json:"title"` // of one of them
	At       time.Time `json:"at"`    // when the first ends
	Days     int64     `json:"days"`
}

// notices are how many days ahead members hear that coupons end.
func notices() []int64 { return []int64{3, 1} }

// noticeAt is the hour of Beijing's day at which they hear.
const noticeAt = 10 * time.Hour

// noticeOn is when members hear of coupons that end on a day, so many days ahead; midnight is its end.
func noticeOn(midnight time.Time, days int64) time.Time {
	return midnight.AddDate(0, 0, -1-int(days)).Add(noticeAt)
}

// early is how much a clock may be behind the one that timers go by.
const early = time.Minute

// ageLater has what was given looked at when the next notice is due, or on the day after it ends.
// That a coupon is over does not wait for it: nobody can use it from its last second on.
func (s *Service) ageLater(ctx context.Context, tx tenantdb.Tx, given []coupondb.GrantRow) error {
	set := map[string]bool{}
	for _, g := range given {
		date, midnight := day(g.ValidUntil)
		ev := AgeEvent{Day: date.Format(time.DateOnly)}
		if set[ev.Day] {
			continue
		}
		set[ev.Day] = true
		if err := s.nextAge(ctx, tx, ev, midnight); err != nil {
			return err
		}
	}
	return nil
}

// nextAge sets the next time at which coupons that end on a day, of which midnight is the end, are
// looked at.
func (s *Service) nextAge(ctx context.Context, tx tenantdb.Tx, ev AgeEvent, midnight time.Time) error {
	key, due := ev.Day, midnight
	ev.Days = 0
	for _, days := range notices() {
		if at := noticeOn(midnight, days); at.After(tx.Now()) {
			key, due, ev.Days = ev.Day+"/"+strconv.FormatInt(days, 10), at, days
			break
		}
	}
	if err := s.d.Timers.Set(ctx, tx, TimerAge, key, due, ev); err != nil {
		return fmt.Errorf("coupons end: %w", err)
	}
	return nil
}

// tellPortion is how many members one transaction tells.
const tellPortion = 200

// TellTx tells a portion of those whose coupons end on a day, once for each notice. more means that
// there may be others, for another transaction; with the last one the next time is set.
func (s *Service) TellTx(ctx context.Context, tx tenantdb.Tx, ev AgeEvent) (more bool, err error) {
	date, err := time.Parse(time.DateOnly, ev.Day)
	if err != nil {
		return false, fmt.Errorf("coupons end: %w", err)
	}
	_, midnight := day(date)
	if tx.Now().Add(early).Before(noticeOn(midnight, ev.Days)) { // somebody looks before it is due: its timer stands
		return false, nil
	}
	from := midnight.AddDate(0, 0, -1)
	if from.Before(tx.Now()) { // told late, or again
		from = tx.Now()
	}
	rows, err := s.q.Tell(ctx, tx, from, midnight, ev.Days, tx.Now().AddDate(0, 0, -1), tellPortion)
	if err != nil {
		return false, fmt.Errorf("coupons end: %w", err)
	}
	for _, r := range rows {
		told := ExpiringEvent{MemberID: r.MemberID, Coupons: r.N, Title: r.Title, At: r.EndsAt, Days: ev.Days}
		if err := s.d.Outbox.Append(ctx, tx, TopicExpiring, strconv.FormatInt(r.MemberID, 10), told); err != nil {
			return false, fmt.Errorf("coupons end: %w", err)
		}
	}
	if len(rows) == tellPortion {
		return true, nil
	}
	return false, s.nextAge(ctx, tx, ev, midnight)
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
