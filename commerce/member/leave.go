package member

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

const (
	// TimerLeave is due when the time to think better of leaving is over; its key is the
	// member's id.
	TimerLeave outbox.Topic = "member.leave"
	// TopicLeft says that a member has left; its key is the member's id.
	TopicLeft outbox.Topic = "member.left"
)

// LeaveEvent is the payload of TimerLeave and TopicLeft.
type LeaveEvent struct {
	MemberID int64 `json:"member_id"`
}

// LeaveAfter is how long a member who leaves may think better of it.
const LeaveAfter = 7 * 24 * time.Hour

// retryLeave is when somebody who has open orders after all is looked at again.
const retryLeave = 24 * time.Hour

// Open is a room that keeps something unfinished of members: an order under way, money on
// its way.
type Open interface {
	OpenOfTx(ctx context.Context, q tenantdb.Querier, memberID int64) (int64, error)
}

// Leave begins to close a member's account: after LeaveAfter it is emptied, until then
// Stay takes it back. Asking again keeps the first date. Opens a transaction. Faults:
// NOT_FOUND, MEMBER_OPEN_ORDERS while something is unfinished.
func (s *Service) Leave(ctx context.Context, id tenant.ID, memberID int64) (at time.Time, err error) {
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.LeaveOf(ctx, tx, memberID)
		switch {
		case tenantdb.NoRows(err) || (err == nil && Status(row.Status) != Active):
			return fault.ErrNotFound
		case err != nil:
			return err
		case row.LeaveAt != nil:
			at = *row.LeaveAt
			return nil
		}
		if err := s.nothingOpen(ctx, tx, memberID); err != nil {
			return err
		}
		at = tx.Now().Add(LeaveAfter)
		if err := s.setLeave(ctx, tx, memberID, at); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: object(memberID), Action: "member.leave_asked", Object: object(memberID), Detail: map[string]any{"at": at}})
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("leave: %w", err)
	}
	return at, nil
}

func (s *Service) setLeave(ctx context.Context, tx tenantdb.Tx, memberID int64, at time.Time) error {
	if err := s.q.SetLeave(ctx, tx, &at, memberID); err != nil {
		return err
	}
	return s.timers.Set(ctx, tx, TimerLeave, strconv.FormatInt(memberID, 10), at, LeaveEvent{MemberID: memberID})
}

func (s *Service) nothingOpen(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	for _, b := range s.belongings() {
		o, ok := b.(Open)
		if !ok {
			continue
		}
		n, err := o.OpenOfTx(ctx, tx, memberID)
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrOpenOrders.WithData(map[string]any{"open": n})
		}
	}
	return nil
}

// Stay takes back the wish to leave; without one it changes nothing. Opens a transaction.
// Faults: NOT_FOUND.
func (s *Service) Stay(ctx context.Context, id tenant.ID, memberID int64) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.LeaveOf(ctx, tx, memberID)
		switch {
		case tenantdb.NoRows(err) || (err == nil && Status(row.Status) != Active):
			return fault.ErrNotFound
		case err != nil || row.LeaveAt == nil:
			return err
		}
		if err := s.q.SetLeave(ctx, tx, nil, memberID); err != nil {
			return err
		}
		if err := s.timers.Clear(ctx, tx, TimerLeave, strconv.FormatInt(memberID, 10)); err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: object(memberID), Action: "member.leave_taken_back", Object: object(memberID), Detail: map[string]any{}})
	})
	if err != nil {
		return fmt.Errorf("stay: %w", err)
	}
	return nil
}

// LeaveDueTx is what the timer TimerLeave means: a member whose time to think is over, by
// the database's clock, and who has nothing open, is emptied of all that says who it was.
// Orders and the books keep their amounts under the member's number. Whoever comes back is
// a new member.
func (s *Service) LeaveDueTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	row, err := s.q.LeaveOf(ctx, tx, memberID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("member leaves: %w", err)
	}
	if Status(row.Status) != Active || !row.Due {
		return nil
	}
	if err := s.nothingOpen(ctx, tx, memberID); fault.CodeOf(err) == ErrOpenOrders.Code() {
		return s.setLeave(ctx, tx, memberID, tx.Now().Add(retryLeave)) // an order came in between
	} else if err != nil {
		return fmt.Errorf("member leaves: %w", err)
	}
	for _, b := range s.belongings() {
		if err := b.ForgetMemberTx(ctx, tx, memberID); err != nil {
			return fmt.Errorf("member leaves: %w", err)
		}
	}
	ended, err := s.q.EmptyLeft(ctx, tx, memberID, tx.Now())
	if err != nil {
		return fmt.Errorf("member leaves: %w", err)
	}
	tx.AfterCommit(func() { s.forgetAll(ended) })
	if err := s.outbox.Append(ctx, tx, TopicLeft, strconv.FormatInt(memberID, 10), LeaveEvent{MemberID: memberID}); err != nil {
		return fmt.Errorf("member leaves: %w", err)
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{Actor: "system", Action: "member.left", Object: object(memberID), Detail: map[string]any{}})
}
