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

// Writer is a transaction in a tenant's schema that makes as few round trips as it can:
// BEGIN and the routing ride on its first statements, COMMIT may ride on its last one, and
// a single statement needs neither. It must not be kept after the function it was given to has returned.
type Writer struct {
	conn  *pgxpool.Conn
	id    tenant.ID
	now   time.Time
	begun bool
	// ended is set once a COMMIT has been sent; endErr is what became of it.
	ended  bool
	endErr error
}

var _ Querier = (*Writer)(nil)

var (
	errEnded  = errors.New("tenantdb: a statement after the last one")
	errUnread = errors.New("tenantdb: the rows of the last statement were left open")
)

// routeWriting sets role and path for the transaction that BEGIN before it has opened.
const routeWriting = "select set_config('role', $1, true), set_config('search_path', $2, true)"

// Write runs fn in one transaction in the tenant's schema, like InTenant with the same
// repeats and the same faults, for short work of hot routes: what InTenant does in three
// round trips takes two. InTenant stays the rule: its Tx is what other rooms' …Tx
// functions and AfterCommit need.
//
// The work is committed when fn returns nil, or by the statement that fn runs on Last;
// what fn returns after that cannot undo it. Any other error rolls everything back.
func (db *DB) Write(ctx context.Context, id tenant.ID, fn func(w *Writer) error) error {
	return db.repeat(ctx, func() error {
		conn, release, err := db.acquireLane(ctx, id)
		if err != nil {
			return err
		}
		defer release()
		w := &Writer{conn: conn, id: id, now: db.now()}
		return w.run(ctx, fn)
	})
}

func (w *Writer) run(ctx context.Context, fn func(w *Writer) error) error {
	defer func() { // an error or a panic; Release closes a connection that could not roll back
		if w.conn.Conn().PgConn().TxStatus() == 'I' {
			return
		}
		rollbackCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_, _ = w.conn.Exec(rollbackCtx, "rollback")
	}()
	err := fn(w)
	if w.endErr != nil {
		if named(err) && refused(w.endErr) { // fn knows what the refusal means
			return err
		}
		return translateCommit(w.endErr)
	}
	if err != nil || w.ended || !w.begun {
		return translate(err)
	}
	tag, err := w.conn.Exec(ctx, "commit")
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	if err != nil {
		return translateCommit(err)
	}
	return nil
}

// Now is the moment the operation began, the same for all its rows.
func (w *Writer) Now() time.Time { return w.now }

// Together runs steps that do not need each other's answers, in their order, sharing their
// round trips; see Pipeline. It returns the first error of a step.
func (w *Writer) Together(ctx context.Context, steps ...func(q Querier) error) error {
	pipe := &Pipeline{q: w}
	for _, step := range steps {
		pipe.AddRead(step)
	}
	return pipe.Run(ctx)
}

// SendBatch runs several statements in one round trip.
func (w *Writer) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if w.ended {
		return failedBatch{err: errEnded}
	}
	whole, framing := &pgx.Batch{}, 0
	if !w.begun {
		whole.Queue("begin")
		whole.Queue(routeWriting, w.id.String(), w.id.String()+", pg_temp")
		w.begun, framing = true, 2
	}
	whole.QueuedQueries = append(whole.QueuedQueries, b.QueuedQueries...)
	br := w.conn.SendBatch(ctx, whole)
	for range framing {
		if _, err := br.Exec(); err != nil {
			return failedBatch{err: errors.Join(err, br.Close())}
		}
	}
	return br
}

// Query runs one statement. The rows must be closed before the next statement.
func (w *Writer) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	br := w.SendBatch(ctx, b)
	rows, err := br.Query()
	if err != nil {
		return nil, errors.Join(err, br.Close())
	}
	return &batchRows{Rows: rows, br: br}, nil
}

// QueryRow runs one statement that gives one row.
func (w *Writer) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := w.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// Exec runs one statement for its effect.
func (w *Writer) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := w.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Last runs one statement, the last of the transaction, which brings COMMIT with it. If
// the statement fails, nothing is committed. Decide everything before it: an error of fn
// after it no longer rolls back. A last statement that is also the first needs neither BEGIN
// nor COMMIT: it is a transaction by itself, in one round trip.
func (w *Writer) Last() Querier { return lastStatement{w} }

type lastStatement struct{ w *Writer }

func (l lastStatement) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if l.w.ended {
		return nil, errEnded
	}
	alone := !l.w.begun
	br, err := l.send(ctx, alone, sql, args)
	l.w.ended, l.w.endErr = true, errUnread
	var rows pgx.Rows
	if err == nil {
		rows, err = br.Query()
	}
	if err != nil {
		l.w.endErr = errors.Join(err, br.Close())
		return nil, l.w.endErr
	}
	return &lastRows{Rows: rows, br: br, w: l.w, alone: alone}, nil
}

// send puts the routing before a statement that is alone, whose batch is its transaction, and
// COMMIT behind one that is not.
func (l lastStatement) send(ctx context.Context, alone bool, sql string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	if !alone {
		b.Queue(sql, args...)
		b.Queue("commit")
		return l.w.SendBatch(ctx, b), nil
	}
	b.Queue(routeWriting, l.w.id.String(), l.w.id.String()+", pg_temp")
	b.Queue(sql, args...)
	br := l.w.conn.SendBatch(ctx, b)
	_, err := br.Exec() // the answer of the routing
	return br, err
}

func (l lastStatement) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := l.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

func (l lastStatement) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := l.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// SendBatch is not offered: the last statement is one.
func (lastStatement) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults {
	return failedBatch{err: errNotPiped}
}

// lastRows reads the answer of COMMIT, if one was sent, when the rows are closed. Rows close themselves when
// Next has returned false.
type lastRows struct {
	pgx.Rows
	br     pgx.BatchResults
	w      *Writer
	alone  bool // no COMMIT follows
	closed bool
}

func (r *lastRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *lastRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	err := r.Rows.Err()
	if err == nil && !r.alone {
		_, err = r.br.Exec()
	}
	r.w.endErr = errors.Join(err, r.br.Close())
}

func (r *lastRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.w.endErr
}
