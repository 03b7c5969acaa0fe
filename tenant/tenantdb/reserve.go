package tenantdb

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// reserveWait is how long privileged work queues with everybody before it takes a
// connection of the reserve.
const reserveWait = 250 * time.Millisecond

type reservedKey struct{}

// Reserved marks ctx as privileged work: while a pool is taken, it gets a connection of
// the pool's reserve. For provider callbacks, whose money has moved already and whose
// caller gives up after five seconds.
func Reserved(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservedKey{}, true)
}

func isReserved(ctx context.Context) bool {
	ok, _ := ctx.Value(reservedKey{}).(bool)
	return ok
}

// share is one login role's connections: everybody's, and the reserve of privileged work.
type share struct {
	name          string // "platform", "lane_0" … "lane_7"
	pool, reserve *pgxpool.Pool
	turns         *turns // of a lane: whose turn it is to take a connection of pool
}

func (db *DB) share(ctx context.Context, name, role string, size int32) (s share, err error) {
	s.name = name
	if s.pool, err = db.pool(ctx, role, size); err != nil {
		return s, err
	}
	if s.reserve, err = db.pool(ctx, role, db.cfg.ReserveConns); err != nil {
		return s, fmt.Errorf("reserve of %s: %w", name, err)
	}
	return s, nil
}

func (s share) close() {
	for _, p := range []*pgxpool.Pool{s.pool, s.reserve} {
		if p != nil {
			p.Close()
		}
	}
}

// borrow takes a connection within wait. Privileged work does not stand in the queue of a
// pool that is taken.
func (s share) borrow(ctx context.Context, wait time.Duration) (*pgxpool.Conn, error) {
	if isReserved(ctx) {
		if state := s.pool.Stat(); state.AcquiredConns() < state.MaxConns() {
			if conn, err := acquireWithin(ctx, s.pool, reserveWait); err == nil || ctx.Err() != nil {
				return conn, err
			}
		}
		return acquireWithin(ctx, s.reserve, wait)
	}
	return acquireWithin(ctx, s.pool, wait)
}

func acquireWithin(ctx context.Context, pool *pgxpool.Pool, wait time.Duration) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return pool.Acquire(ctx)
}

// PoolStat is the state of one pool.
type PoolStat struct {
	Name     string // "platform", "lane_0" …, "platform_reserve", "lane_0_reserve" …
	Max      int32
	Open     int32 // connections there are
	Acquired int32 // of them, at work
	Acquires int64 // since the start
	Waits    int64 // acquires that had to wait for a connection, or for their turn
	Canceled int64 // acquires given up
	WaitTime time.Duration
}

// Pools tells how the pools are used, for measuring. It asks nothing of the database.
func (db *DB) Pools() []PoolStat {
	stats := make([]PoolStat, 0, 2*(len(db.lanes)+1))
	for _, s := range append(db.lanes[:], db.platform) {
		common := poolStat(s.name, s.pool)
		if s.turns != nil {
			waits, gaveUp, waited := s.turns.stat()
			common.Waits, common.Canceled, common.WaitTime = common.Waits+waits, common.Canceled+gaveUp, common.WaitTime+waited
		}
		stats = append(stats, common, poolStat(s.name+"_reserve", s.reserve))
	}
	return stats
}

func poolStat(name string, p *pgxpool.Pool) PoolStat {
	s := p.Stat()
	return PoolStat{
		Name: name, Max: s.MaxConns(), Open: s.TotalConns(), Acquired: s.AcquiredConns(), Acquires: s.AcquireCount(),
		Waits: s.EmptyAcquireCount(), Canceled: s.CanceledAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(),
	}
}
