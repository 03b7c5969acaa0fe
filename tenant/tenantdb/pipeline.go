package tenantdb

import (
	"context"
	"errors"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errStopped unwinds a step whose pipeline was given up.
var errStopped = errors.New("tenantdb: the pipeline was stopped")

// errNotPiped is a use of the connection that cannot share a round trip.
var errNotPiped = errors.New("tenantdb: not available inside a pipeline")

// Pipeline lets several steps of one transaction, each written as if it were alone, share
// their round trips: Step sends the next statement of every step in one batch, in the
// order of Add, and hands each its own result. What costs time in a transaction is waiting
// for answers, not the number of statements.
//
// Steps run one after the other on the caller's goroutine, never at the same time; they
// may share variables. A step ends at its first error. The first error of all, in the
// order of Add, ends the pipeline, and the caller should end the transaction with it: after
// a failed statement the database refuses all others.
type Pipeline struct {
	ctx   context.Context //nolint:containedctx // lives within one call of its owner
	q     Querier
	tx    Tx
	steps []*step
	err   error
}

// step is one coroutine; it is parked while it waits for the answer to ask.
type step struct {
	next func() (*ask, bool)
	stop func()
	ask  *ask
	err  error
}

// ask is one statement, or one batch of the step's own, and its answer.
type ask struct {
	sql   string
	args  []any
	rows  bool       // the answer is rows, not a tag
	batch *pgx.Batch // if set, sent on its own

	tag    pgconn.CommandTag
	answer pgx.Rows
	owned  pgx.BatchResults
	err    error
}

// Pipeline starts an empty pipeline of the transaction.
func (tx Tx) Pipeline(ctx context.Context) *Pipeline { return &Pipeline{ctx: ctx, q: tx.Tx, tx: tx} }

// Pipeline starts an empty pipeline of reading steps, added by AddRead.
func (r *Reader) Pipeline(ctx context.Context) *Pipeline { return &Pipeline{ctx: ctx, q: r} }

// Add adds a step of the transaction. It first runs in the next Step or Run.
func (p *Pipeline) Add(fn func(tx Tx) error) {
	p.add(func(w *wire) error {
		tx := p.tx
		tx.Tx = pipedTx{Tx: p.tx.Tx, wire: w}
		return fn(tx)
	})
}

// AddRead adds a step that needs no transaction.
func (p *Pipeline) AddRead(fn func(q Querier) error) {
	p.add(func(w *wire) error { return fn(w) })
}

func (p *Pipeline) add(fn func(w *wire) error) {
	st := &step{}
	st.next, st.stop = iter.Pull(func(yield func(*ask) bool) {
		st.err = fn(&wire{yield: yield})
	})
	p.steps = append(p.steps, st)
}

// Run makes round trips until all steps have ended and returns the first error.
func (p *Pipeline) Run() error {
	for len(p.steps) > 0 {
		if err := p.Step(); err != nil {
			return err
		}
	}
	return p.err
}

// Step makes one round trip: every step runs up to its next statement, these are sent
// together, and with its answer every step runs on to the statement after it, where it
// waits for the next Step. It returns the first error of a step that has ended.
func (p *Pipeline) Step() error {
	if p.err != nil {
		return p.err
	}
	done := false
	defer func() {
		if !done { // an error, or a panic of a step
			p.stopAll()
		}
	}()
	p.advance(func(st *step) bool { return st.ask == nil })
	if p.err == nil {
		p.exchange()
	}
	done = p.err == nil
	return p.err
}

// advance runs the chosen steps to their next statement and drops those that have ended.
func (p *Pipeline) advance(chosen func(*step) bool) {
	rest := p.steps[:0:0]
	for _, st := range p.steps {
		if chosen(st) {
			p.resume(st)
		}
		if st.ask != nil {
			rest = append(rest, st)
		}
	}
	p.steps = rest
}

func (p *Pipeline) resume(st *step) {
	next, more := st.next()
	st.ask = nil
	if more {
		st.ask = next
		return
	}
	if st.err != nil && p.err == nil {
		p.err = st.err
	}
}

// exchange sends what the parked steps ask and resumes them with the answers.
func (p *Pipeline) exchange() {
	shared := &pgx.Batch{}
	for _, st := range p.steps {
		if st.ask.batch == nil {
			shared.Queue(st.ask.sql, st.ask.args...)
		}
	}
	var results pgx.BatchResults
	if shared.Len() > 0 {
		results = p.q.SendBatch(p.ctx, shared)
	}
	alone := make(map[*step]bool)
	p.advance(func(st *step) bool {
		if st.ask.batch != nil {
			alone[st] = true
			return false
		}
		st.ask.take(results)
		answer := st.ask.answer
		p.resume(st)
		if answer != nil {
			answer.Close()
		}
		return false // resumed already, with its answer still open
	})
	if results != nil {
		if err := results.Close(); err != nil && p.err == nil {
			p.err = err
		}
	}
	p.advance(func(st *step) bool {
		if !alone[st] || p.err != nil {
			return false
		}
		st.ask.owned = p.q.SendBatch(p.ctx, st.ask.batch)
		return true
	})
}

// take reads the ask's place in the shared answer.
func (a *ask) take(results pgx.BatchResults) {
	if a.rows {
		a.answer, a.err = results.Query()
		return
	}
	a.tag, a.err = results.Exec()
}

func (p *Pipeline) stopAll() {
	for _, st := range p.steps {
		st.stop()
	}
	p.steps = nil
}

// wire is the Querier of one step: each call parks the step until its answer is there.
type wire struct {
	yield func(*ask) bool
}

var _ Querier = (*wire)(nil)

func (w *wire) do(a *ask) *ask {
	if !w.yield(a) {
		a.err = errStopped
	}
	return a
}

func (w *wire) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	a := w.do(&ask{sql: sql, args: args})
	return a.tag, a.err
}

func (w *wire) Query(_ context.Context, sql string, args ...any) (pgx.Rows, error) {
	a := w.do(&ask{sql: sql, args: args, rows: true})
	return a.answer, a.err
}

func (w *wire) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := w.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

// SendBatch costs a round trip of its own.
func (w *wire) SendBatch(_ context.Context, b *pgx.Batch) pgx.BatchResults {
	a := w.do(&ask{batch: b})
	if a.err != nil {
		return failedBatch{err: a.err}
	}
	return a.owned
}

// pipedTx is the transaction as a step sees it.
type pipedTx struct {
	pgx.Tx
	wire *wire
}

func (t pipedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.wire.Exec(ctx, sql, args...)
}

func (t pipedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.wire.Query(ctx, sql, args...)
}

func (t pipedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.wire.QueryRow(ctx, sql, args...)
}

func (t pipedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.wire.SendBatch(ctx, b)
}

func (t pipedTx) Begin(context.Context) (pgx.Tx, error) { return nil, errNotPiped }
func (t pipedTx) Commit(context.Context) error          { return errNotPiped }
func (t pipedTx) Rollback(context.Context) error        { return errNotPiped }

func (t pipedTx) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, errNotPiped
}

func (t pipedTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, errNotPiped
}
