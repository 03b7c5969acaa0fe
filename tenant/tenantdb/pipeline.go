package tenantdb

import (
	"context"
	"errors"
	"iter"
	"slices"

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
	q     Querier
	tx    Tx
	steps []*step
	err   error
}

// step is one coroutine; it is parked while it waits for the answer to ask.
type step struct {
	next  func() (*ask, bool)
	stop  func()
	ask   *ask
	ended bool
	err   error
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

// Pipeline starts an empty pipeline of the transaction. A step may have one of its own: each round
// trip of that is one of the step's, and waits for a Step or Run of the outer.
func (tx Tx) Pipeline() *Pipeline { return &Pipeline{q: tx.Tx, tx: tx} }

// Pipeline starts an empty pipeline of reading steps, added by AddRead.
func (r *Reader) Pipeline() *Pipeline { return &Pipeline{q: r} }

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
func (p *Pipeline) Run(ctx context.Context) error {
	for p.err == nil && len(p.steps) > 0 {
		_ = p.Step(ctx) // kept in p.err
	}
	return p.err
}

// Step makes one round trip: every new step runs up to its first statement, the statements
// of all are sent together, and with its answer every step runs on to its next statement,
// where it waits for the next Step. It returns the first error of a step.
func (p *Pipeline) Step(ctx context.Context) error {
	whole := false
	defer func() {
		if !whole || p.err != nil { // a panic of a step, or an error
			p.stopAll()
		}
	}()
	for _, st := range p.steps {
		if st.ask == nil {
			p.resume(st)
		}
	}
	p.exchange(ctx)
	whole = true
	return p.err
}

// resume runs a step to its next statement or its end.
func (p *Pipeline) resume(st *step) {
	if p.err != nil {
		return
	}
	var more bool
	if st.ask, more = st.next(); !more {
		st.ask, st.ended = nil, true
		p.err = st.err
	}
}

// exchange sends what the waiting steps ask and runs each on with its answer.
func (p *Pipeline) exchange(ctx context.Context) {
	p.drop()
	if p.err != nil {
		return
	}
	shared, alone := &pgx.Batch{}, p.steps[:0:0]
	for _, st := range p.steps {
		if st.ask.batch == nil {
			shared.Queue(st.ask.sql, st.ask.args...)
			continue
		}
		alone = append(alone, st)
	}
	if shared.Len() > 0 {
		p.share(ctx, shared)
	}
	for _, st := range alone {
		if p.err == nil {
			p.alone(ctx, st)
		}
	}
	p.drop()
}

// share sends one batch for the steps that ask one statement each.
func (p *Pipeline) share(ctx context.Context, batch *pgx.Batch) {
	results := p.q.SendBatch(ctx, batch)
	defer func() { // also when a step panics: the connection must be free to roll back
		if err := results.Close(); p.err == nil {
			p.err = err
		}
	}()
	for _, st := range p.steps {
		if st.ask.batch == nil && p.err == nil {
			p.answer(st, results)
		}
	}
}

// alone sends a step's own batch, which it need not close.
func (p *Pipeline) alone(ctx context.Context, st *step) {
	st.ask.owned = p.q.SendBatch(ctx, st.ask.batch)
	results := st.ask.owned
	defer func() { _ = results.Close() }() // its errors are those the step has seen
	p.resume(st)
}

// answer gives a step its place in the shared answer, which stays open until the step
// asks for more or ends.
func (p *Pipeline) answer(st *step, results pgx.BatchResults) {
	a := st.ask
	if !a.rows {
		a.tag, a.err = results.Exec()
		p.resume(st)
		return
	}
	a.answer, a.err = results.Query()
	p.resume(st)
	if a.answer != nil { // a batch that could not be sent has no rows
		a.answer.Close()
	}
}

// drop forgets the steps that have ended.
func (p *Pipeline) drop() {
	p.steps = slices.DeleteFunc(p.steps, func(st *step) bool { return st.ended })
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
