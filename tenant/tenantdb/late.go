package tenantdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lateTx is the transaction of InTenant. BEGIN and its routing ride on the first statement
// with parameters, or the first batch; before anything else they are sent on their own.
// Work that runs no statement opens no transaction.
type lateTx struct {
	w    *Writer
	lazy *bool // see Tx.Lazy
}

var _ pgx.Tx = lateTx{}

var errNested = errors.New("tenantdb: a transaction is not nested")

// start opens the transaction in a round trip of its own. The id is an identifier by
// construction.
func (t lateTx) start(ctx context.Context) error {
	if t.w.begun {
		return nil
	}
	t.w.begun = true
	id := t.w.id.String()
	_, err := t.w.conn.Exec(ctx, "begin; set local role "+id+"; set local search_path = "+id+", pg_temp")
	return err
}

// rides says whether BEGIN can be sent with a statement: a text without parameters may be
// several.
func (t lateTx) rides(args []any) bool { return !t.w.begun && len(args) > 0 }

func (t lateTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.rides(args) {
		return t.w.Exec(ctx, sql, args...)
	}
	if err := t.start(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	return t.w.conn.Exec(ctx, sql, args...)
}

func (t lateTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.rides(args) {
		return t.w.Query(ctx, sql, args...)
	}
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	return t.w.conn.Query(ctx, sql, args...)
}

func (t lateTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if t.rides(args) {
		return t.w.QueryRow(ctx, sql, args...)
	}
	if err := t.start(ctx); err != nil {
		return oneRow{err: err}
	}
	return t.w.conn.QueryRow(ctx, sql, args...)
}

func (t lateTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.w.SendBatch(ctx, b)
}

func (t lateTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if err := t.start(ctx); err != nil {
		return 0, err
	}
	return t.w.conn.CopyFrom(ctx, table, columns, rows)
}

func (t lateTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	return t.w.conn.Conn().Prepare(ctx, name, sql)
}

func (t lateTx) Commit(ctx context.Context) error {
	if !t.w.begun {
		return nil
	}
	end := "commit"
	if *t.lazy {
		end = "set local synchronous_commit = off; commit"
	}
	tag, err := t.w.conn.Exec(ctx, end)
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

// Rollback leaves a connection that could not roll back to Release, which closes it.
func (t lateTx) Rollback(ctx context.Context) error {
	if t.w.conn.Conn().PgConn().TxStatus() == 'I' {
		return nil
	}
	_, err := t.w.conn.Exec(ctx, "rollback")
	return err
}

func (lateTx) Begin(context.Context) (pgx.Tx, error) { return nil, errNested }
func (lateTx) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }
func (t lateTx) Conn() *pgx.Conn                     { return t.w.conn.Conn() }
