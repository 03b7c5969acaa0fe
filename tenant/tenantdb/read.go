package tenantdb

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"galleria/tenant"
)

// Reader runs read-only statements in a tenant's schema, each in one round trip that
// carries its routing with it. Two statements are two snapshots: what must be
// consistent goes into one statement, one SendBatch, or InTenant.
type Reader struct {
	db   *DB
	conn *pgxpool.Conn
	id   tenant.ID
}

var _ Querier = (*Reader)(nil)

// route sets role, path and read-only mode for the implicit transaction of a batch.
const route = "select set_config('role', $1, true), set_config('search_path', $2, true), set_config('transaction_read_only', 'on', true)"

// Read borrows a connection for fn's statements. It costs 0.92–0.97 of the same
// statements without tenancy, where a transaction costs half.
func (db *DB) Read(ctx context.Context, id tenant.ID, fn func(r *Reader) error) error {
	return db.repeat(ctx, func() error {
		conn, release, err := db.acquireLane(ctx, id)
		if err != nil {
			return err
		}
		defer release()
		return translate(fn(&Reader{db: db, conn: conn, id: id}))
	})
}

// Now is the moment, as of Tx.
func (r *Reader) Now() time.Time { return r.db.now() }

func (r *Reader) start(ctx context.Context, b *pgx.Batch) (pgx.BatchResults, error) {
	br := r.conn.SendBatch(ctx, b)
	if _, err := br.Exec(); err != nil { // the answer of route
		return nil, errors.Join(err, br.Close())
	}
	return br, nil
}

func (r *Reader) routed() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(route, r.id.String(), r.id.String()+", pg_temp")
	return b
}

// Query runs one statement. The rows must be closed before the next statement.
func (r *Reader) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	b := r.routed()
	b.Queue(sql, args...)
	br, err := r.start(ctx, b)
	if err != nil {
		return nil, err
	}
	rows, err := br.Query()
	if err != nil {
		return nil, errors.Join(err, br.Close())
	}
	return &batchRows{Rows: rows, br: br}, nil
}

// QueryRow runs one statement that gives one row.
func (r *Reader) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := r.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// Exec runs one statement for its effect, which a reader can only have on the
// session; it exists to satisfy Querier, and writing statements fail.
func (r *Reader) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := r.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// SendBatch runs several statements in one round trip and one snapshot.
func (r *Reader) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	whole := r.routed()
	whole.QueuedQueries = append(whole.QueuedQueries, b.QueuedQueries...)
	br := r.conn.SendBatch(ctx, whole)
	if _, err := br.Exec(); err != nil {
		return failedBatch{err: errors.Join(err, br.Close())}
	}
	return br
}

// batchRows closes its batch, and with it the implicit transaction, when the rows
// are closed. Rows close themselves when Next has returned false.
type batchRows struct {
	pgx.Rows
	br     pgx.BatchResults
	closed bool
	err    error
}

func (b *batchRows) Next() bool {
	if b.Rows.Next() {
		return true
	}
	b.Close()
	return false
}

func (b *batchRows) Close() {
	if b.closed {
		return
	}
	b.closed = true
	b.Rows.Close()
	b.err = b.br.Close()
}

func (b *batchRows) Err() error {
	if err := b.Rows.Err(); err != nil {
		return err
	}
	return b.err
}

type oneRow struct {
	rows pgx.Rows
	err  error
}

func (o oneRow) Scan(dest ...any) error {
	if o.err != nil {
		return o.err
	}
	defer o.rows.Close()
	if !o.rows.Next() {
		if err := o.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := o.rows.Scan(dest...); err != nil {
		return err
	}
	o.rows.Close()
	return o.rows.Err()
}

type failedBatch struct{ err error }

func (f failedBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, f.err }
func (f failedBatch) Query() (pgx.Rows, error)         { return nil, f.err }
func (f failedBatch) QueryRow() pgx.Row                { return oneRow{err: f.err} }
func (f failedBatch) Close() error                     { return f.err }
func (f failedBatch) Tx() pgx.Tx                       { return nil }
