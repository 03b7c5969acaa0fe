package tenantdb

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// EachAtRest shows the tests the connections that nobody works with now, lane by lane.
func (db *DB) EachAtRest(ctx context.Context, look func(lane int, conn *pgx.Conn)) {
	for lane, s := range db.lanes {
		for _, conn := range s.pool.AcquireAllIdle(ctx) {
			look(lane, conn.Conn())
			conn.Release()
		}
	}
}
