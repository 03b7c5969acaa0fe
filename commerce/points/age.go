package points

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

const (
	// TimerAge is due before points of a shop end, for each notice, and when they do.
	TimerAge outbox.Topic = "points.age"
	// TopicExpiring says that points of a member end soon. Its key is the member.
	TopicExpiring outbox.Topic = "points.expiring"
	// TopicExpired says that points of a member have ended. Its key is the member.
	TopicExpired outbox.Topic = "points.expired"
)

// AgeEvent is the payload of TimerAge.
type AgeEvent struct {
	At   time.Time `json:"at"`   // when they end
	Days int64     `json:"days"` // the notice; 0: they end
}

// ExpiringEvent is the payload of TopicExpiring.
type ExpiringEvent struct {
	MemberID int64     `json:"member_id"`
	Points   int64     `json:"points"`
	At       time.Time `json:"at"`   // when they end
	Days     int64     `json:"days"` // from now
}

// ExpiredEvent is the payload of TopicExpired.
type ExpiredEvent struct {
	MemberID int64     `json:"member_id"`
	Points   int64     `json:"points"`
	At       time.Time `json:"at"` // when it was written down
}

// notices are how many days ahead members hear that points end, and the end itself.
func notices() []int64 { return []int64{30, 7, 1, 0} }

// endLater has points that end at a time looked at when the next notice is due. That they are
// over does not wait for it: nobody can use them from that moment on.
func (s *Service) endLater(ctx context.Context, tx tenantdb.Tx, at *time.Time) error {
	if at == nil {
		return nil
	}
	for _, days := range notices() {
		due := at.AddDate(0, 0, -int(days))
		if days > 0 && !due.After(tx.Now()) {
			continue
		}
		key := at.UTC().Format(time.DateOnly) + "/" + strconv.FormatInt(days, 10)
		if err := s.d.Timers.Set(ctx, tx, TimerAge, key, due, AgeEvent{At: *at, Days: days}); err != nil {
			return fmt.Errorf("points end: %w", err)
		}
		return nil
	}
	return nil
}

// early is how much a clock may be behind the one that timers go by.
const early = time.Minute

// agePortion is how many members one transaction looks at.
const agePortion = 200

// AgeTx does what a timer is for: tells a portion of those whose points end at its time, once for
// each notice, or writes down whose points are over. more means that there may be others, for
// another transaction; with the last one the next notice is set.
func (s *Service) AgeTx(ctx context.Context, tx tenantdb.Tx, ev AgeEvent) (more bool, err error) {
	if tx.Now().Add(early).Before(ev.At.AddDate(0, 0, -int(ev.Days))) { // somebody looks before it is due: its timer stands
		return false, nil
	}
	if ev.Days > 0 {
		more, err = s.tell(ctx, tx, ev)
	} else {
		more, err = s.end(ctx, tx)
	}
	if err == nil && !more && ev.Days > 0 {
		err = s.endLater(ctx, tx, &ev.At)
	}
	if err != nil {
		return false, fmt.Errorf("points end: %w", err)
	}
	return more, nil
}

func (s *Service) tell(ctx context.Context, tx tenantdb.Tx, ev AgeEvent) (bool, error) {
	if !tx.Now().Before(ev.At) { // too late to tell
		return false, nil
	}
	rows, err := s.q.Tell(ctx, tx, ev.Days, ev.At, agePortion)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		err := s.d.Outbox.Append(ctx, tx, TopicExpiring, strconv.FormatInt(r.MemberID, 10), ExpiringEvent{MemberID: r.MemberID, Points: r.Points, At: ev.At, Days: ev.Days})
		if err != nil {
			return false, err
		}
	}
	return len(rows) == agePortion, nil
}

// end opens and closes the accounts whose points are over, in their order: two of these jobs
// never wait for each other.
func (s *Service) end(ctx context.Context, tx tenantdb.Tx) (bool, error) {
	members, err := s.q.DueMembers(ctx, tx, tx.Now(), agePortion)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if err := s.within(ctx, tx, m, system, func(*account) error { return nil }); err != nil {
			return false, err
		}
	}
	return len(members) == agePortion, nil
}
