package figures

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"galleria/commerce/figures/internal/figuresdb"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// TimerDue asks for a shop's orders to be counted, those of a second together.
const TimerDue outbox.Topic = "figures.due"

// DueEvent says nothing: what is due stands in the database.
type DueEvent struct{}

// NoteOrderTx remembers that something has happened to an order, which is counted about a
// second later. Unknown orders and test orders count nothing. Joins the caller's transaction;
// safe to repeat. One statement; the process must Run.
func (s *Service) NoteOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	return s.note(ctx, tx, orderNo, s.q.Note)
}

// SoldOrderTx is NoteOrderTx for an order that was paid in this transaction: its pieces are
// counted in their products' sales, too, each time it is called.
func (s *Service) SoldOrderTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	return s.note(ctx, tx, orderNo, s.q.NoteSold)
}

func (s *Service) note(ctx context.Context, tx tenantdb.Tx, orderNo string, write func(context.Context, figuresdb.DBTX, string) error) error {
	if err := write(ctx, tx, orderNo); err != nil {
		return fmt.Errorf("note order %s: %w", orderNo, err)
	}
	id := tx.TenantID()
	tx.AfterCommit(func() { s.nudge.add(id) })
	return nil
}

// countSoon sets the timers of shops in which something is due.
func (s *Service) countSoon(ctx context.Context, tx tenantdb.Tx, shops ...tenant.ID) error {
	plans := make([]timer.Plan, len(shops))
	for i, id := range shops {
		plans[i] = timer.Plan{Tenant: id, Due: tx.Now().Add(time.Second), Payload: DueEvent{}}
	}
	return s.timers.SetNew(ctx, tx, TimerDue, plans)
}

// nudgeEvery is how long a shop in which something is due may wait for its timer.
const nudgeEvery = 500 * time.Millisecond

// nudge gathers the shops of this process in which something is due. A shop has one timer: if
// each order set it, all of a shop's orders would wait for each other's commits.
type nudge struct {
	mu    sync.Mutex
	shops map[tenant.ID]bool
}

func (n *nudge) add(ids ...tenant.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shops == nil {
		n.shops = map[tenant.ID]bool{}
	}
	for _, id := range ids {
		n.shops[id] = true
	}
}

func (n *nudge) take() (shops []tenant.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id := range n.shops {
		shops = append(shops, id)
	}
	n.shops = nil
	return shops
}

// Run sets the timers of the shops in which this process has noted orders, until ctx ends, and
// those that are left then. A process that is killed leaves notes without a timer: the shop's
// next order sets it, or CatchUpTx does.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(nudgeEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		if err := s.Flush(context.WithoutCancel(ctx)); err != nil {
			log.WarnContext(ctx, "orders wait to be counted", "error", err)
		}
	}
}

// Flush sets the timers of the shops in which this process has noted orders.
func (s *Service) Flush(ctx context.Context) error {
	shops := s.nudge.take()
	if shops == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	err := s.db.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.countSoon(ctx, tx, shops...) })
	if err != nil {
		s.nudge.add(shops...)
		return fmt.Errorf("set timers of figures: %w", err)
	}
	return nil
}

// Due is what is to be counted of a shop.
type Due struct {
	notes   []int64
	Members []int64 // whose orders they are, each once, in order
}

// DueTx is what is to be counted, of at most limit notes.
func (s *Service) DueTx(ctx context.Context, q tenantdb.Querier, limit int32) (due Due, err error) {
	rows, err := s.q.Due(ctx, q, limit)
	if err != nil {
		return Due{}, fmt.Errorf("orders to count: %w", err)
	}
	for _, r := range rows {
		due.notes, due.Members = append(due.notes, r.ID), append(due.Members, r.MemberID)
	}
	due.Members = distinct(due.Members)
	return due, nil
}

// CountTx counts what is due and says how many pieces of which products were sold since it was
// last asked: the caller counts them in the same transaction. Of two who count the same, one does.
// Joins the caller's transaction; more says that there may be more to do.
func (s *Service) CountTx(ctx context.Context, tx tenantdb.Tx, due Due, limit int32) (sold map[int64]int64, more bool, err error) {
	ids, err := s.q.TakeDue(ctx, tx, due.notes)
	if ids = distinct(ids); err == nil && len(ids) > 0 {
		err = s.q.LockOrders(ctx, tx, ids)
	}
	if err == nil && len(ids) > 0 {
		err = s.countTx(ctx, tx, ids)
	}
	var rows []figuresdb.TakeSoldRow
	if err == nil {
		rows, err = s.q.TakeSold(ctx, tx, limit)
	}
	if err != nil {
		return nil, false, fmt.Errorf("count orders: %w", err)
	}
	sold = make(map[int64]int64, len(rows))
	for _, r := range rows {
		sold[r.SpuID] = r.Pieces
	}
	return sold, len(due.notes) == int(limit), nil
}

func distinct(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}
