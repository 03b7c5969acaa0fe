package figures

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/figures/internal/figuresdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Service keeps the figures of all shops. Safe for concurrent use.
type Service struct {
	db     *tenantdb.DB
	timers *timer.Timers
	q      *figuresdb.Queries
	nudge  nudge
}

// New returns the service.
func New(db *tenantdb.DB, timers *timer.Timers) *Service {
	return &Service{db: db, timers: timers, q: figuresdb.New()}
}

// countTx counts locked orders in one round trip, and alone: two countings side by side would
// meet at the rows of members and days in different orders.
func (s *Service) countTx(ctx context.Context, tx tenantdb.Tx, ids []int64) error {
	pipe := tx.Pipeline()
	pipe.Add(func(tx tenantdb.Tx) error { return s.q.Alone(ctx, tx) })
	for _, count := range []func(context.Context, figuresdb.DBTX, []int64) error{
		s.q.CountPlaced, s.q.CountPaid, s.q.CountCancelled, s.q.CountRefunds, s.q.CountCases,
	} {
		pipe.Add(func(tx tenantdb.Tx) error { return count(ctx, tx, ids) })
	}
	return pipe.Run(ctx)
}

// CountMemberTx counts that a member came; one who is part of another by now was counted
// when they were joined. Joins the caller's transaction; safe to repeat.
func (s *Service) CountMemberTx(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	_, err := s.q.LockMember(ctx, tx, memberID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err == nil {
		err = s.q.Share(ctx, tx)
	}
	if err == nil {
		err = s.q.CountMember(ctx, tx, memberID)
	}
	if err != nil {
		return fmt.Errorf("count a member: %w", err)
	}
	return nil
}

const (
	// lately is how far back CatchUpTx looks: an order is paid within seven days or never.
	lately = 10 * 24 * time.Hour
	// among is of how many members, the newest, CatchUpTx looks for uncounted ones.
	among = 5000
	// lookDays is how long people are told apart among those who looked.
	lookDays = 2
)

// CatchUpTx has at most limit orders of the last ten days counted that no note was left of,
// counts at most limit of the newest members that nobody counted, and forgets who looked on days
// that are over. Joins the caller's transaction; more says that there may be more to do.
func (s *Service) CatchUpTx(ctx context.Context, tx tenantdb.Tx, limit int32) (more bool, err error) {
	orders, err := s.q.NoteUncounted(ctx, tx, tx.Now().Add(-lately), limit)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	due, err := s.q.AnyDue(ctx, tx)
	if err == nil && due { // whose nudge was lost, too
		err = s.countSoon(ctx, tx, tx.TenantID())
	}
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	members, err := s.q.UncountedMembers(ctx, tx, among, limit)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	for _, id := range members {
		if err := s.CountMemberTx(ctx, tx, id); err != nil {
			return false, err
		}
	}
	gone, err := s.q.PurgeLooks(ctx, tx, tenant.BusinessDay(tx.Now()).AddDate(0, 0, -lookDays), limit)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	return orders == int64(limit) || len(members) == int(limit) || gone == int64(limit), nil
}

// Recount computes all figures of a shop anew from what happened; who looked stays as it is.
// Events wait for it meanwhile. Opens a transaction; safe to repeat.
func (s *Service) Recount(ctx context.Context, id tenant.ID) error {
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		for _, step := range []func(context.Context, figuresdb.DBTX) error{
			s.q.Alone, s.q.ClearMarks, s.q.ClearDays,
			s.q.FillOrders, s.q.FillCases, s.q.FillMembers, s.q.FillBuyers, s.q.FillProducts, s.q.FillDays, s.q.DropEmpty,
		} {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recount: %w", err)
	}
	return nil
}
