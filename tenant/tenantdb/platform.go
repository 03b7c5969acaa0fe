package tenantdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errOneStatement is a batch where single statements are offered.
var errOneStatement = errors.New("tenantdb: several platform statements belong into InPlatform")

// Platform runs single statements as the platform's role, each a transaction of its own
// and one round trip. For what needs more than one statement there is InPlatform.
func (db *DB) Platform() Querier { return platformQuerier{db} }

type platformQuerier struct{ db *DB }

func (p platformQuerier) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	conn, err := p.db.acquire(ctx, p.db.platform)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer conn.Release()
	tag, err := conn.Exec(ctx, sql, args...)
	return tag, translate(err)
}

func (p platformQuerier) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	conn, err := p.db.acquire(ctx, p.db.platform)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		conn.Release()
		return nil, translate(err)
	}
	return &releasingRows{Rows: rows, release: conn.Release}, nil
}

func (p platformQuerier) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := p.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// SendBatch is not offered: several statements belong into InPlatform.
func (p platformQuerier) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults {
	return failedBatch{err: errOneStatement}
}

// releasingRows gives its connection back when the rows are closed. Rows close
// themselves when Next has returned false.
type releasingRows struct {
	pgx.Rows
	release func()
}

func (r *releasingRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Err is where a connection that breaks while rows arrive shows.
func (r *releasingRows) Err() error { return translate(r.Rows.Err()) }

func (r *releasingRows) Close() {
	r.Rows.Close()
	if r.release != nil {
		r.release()
		r.release = nil
	}
}
