package tenantdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen passes every NOTIFY on channel to onNotify until ctx ends. It keeps one
// connection of its own outside the pools and makes a new one when it breaks. After
// every (re)connect it calls onReset, because notifications may have been missed:
// whoever caches must forget everything then.
func (db *DB) Listen(ctx context.Context, channel string, onReset func(), onNotify func(payload string)) {
	const pause = time.Second
	for ctx.Err() == nil {
		db.listenOnce(ctx, channel, onReset, onNotify)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

func (db *DB) listenOnce(ctx context.Context, channel string, onReset func(), onNotify func(payload string)) {
	conn, err := db.platform.pool.Acquire(ctx)
	if err != nil {
		onReset() // unreachable: what is cached may be wrong already
		return
	}
	own := conn.Hijack() // it will be in LISTEN for good and must not go back
	defer func() {
		closeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = own.Close(closeCtx)
	}()
	if _, err := own.Exec(ctx, "listen "+pgx.Identifier{channel}.Sanitize()); err != nil {
		onReset()
		return
	}
	onReset()
	for {
		n, err := own.WaitForNotification(ctx)
		if err != nil {
			onReset()
			return
		}
		onNotify(n.Payload)
	}
}
