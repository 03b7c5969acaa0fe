package tenantdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"galleria/tenant"
	"galleria/tenant/fault"
)

// Config says how to reach the database. Zero values mean the default named.
type Config struct {
	// URL gives host, port, database and TLS; its user and password are replaced by
	// the login roles below.
	URL string
	// Password returns the password of a login role, as given to the migrations.
	Password func(role string) string
	// LaneConns is the size of each of the eight lanes' pools; 4.
	LaneConns int32
	// PlatformConns is the size of the pool for the schema `platform`; 8.
	PlatformConns int32
	// ReserveConns is how many connections more each pool may open for work marked by
	// Reserved; 1. They are opened when first needed.
	ReserveConns int32
	// StatementTimeout ends a statement, LockTimeout a wait for a row; 5 s and 2 s.
	StatementTimeout, LockTimeout time.Duration
	// AcquireTimeout bounds the wait for a free connection; then BUSY; 2 s.
	AcquireTimeout time.Duration
	// MaxTenantsMet closes a connection that has worked for so many tenants; 300.
	MaxTenantsMet int
	// Now is the clock behind Tx.Now.
	Now func() time.Time
	// Tracer, if set, sees every statement (the statement counts of the tests).
	Tracer pgx.QueryTracer
}

// DB is the pools of one shard. Safe for concurrent use.
type DB struct {
	cfg      Config
	lanes    [tenant.Lanes]share
	platform share
}

const (
	appRole     = "galleria_app"
	gatewayStem = "galleria_gw_"
	homePath    = "tenant_template"
	// attempts of one InTenant call: the first and the repeats after a stale plan,
	// a deadlock or a serialization failure.
	maxAttempts = 3
)

// Open makes the pools. No connection is opened before it is needed, so a database
// that is down does not stop a process from starting; Ping tells.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	db := &DB{cfg: cfg}
	var err error
	if db.platform, err = db.share(ctx, "platform", appRole, cfg.PlatformConns); err != nil {
		db.Close()
		return nil, err
	}
	for lane := range db.lanes {
		if db.lanes[lane], err = db.share(ctx, fmt.Sprintf("lane_%d", lane), fmt.Sprintf("%s%d", gatewayStem, lane), cfg.LaneConns); err != nil {
			db.Close()
			return nil, err
		}
		db.lanes[lane].turns = newTurns(cfg.LaneConns, cfg.Now)
	}
	return db, nil
}

func (c Config) withDefaults() Config {
	def := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	def(&c.StatementTimeout, 5*time.Second)
	def(&c.LockTimeout, 2*time.Second)
	def(&c.AcquireTimeout, 2*time.Second)
	if c.LaneConns == 0 {
		c.LaneConns = 4
	}
	if c.PlatformConns == 0 {
		c.PlatformConns = 8
	}
	if c.ReserveConns == 0 {
		c.ReserveConns = 1
	}
	if c.MaxTenantsMet == 0 {
		c.MaxTenantsMet = 300
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	return c
}

func (db *DB) pool(ctx context.Context, role string, size int32) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(db.cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	pc.MaxConns, pc.MinConns = size, 0
	pc.MaxConnLifetime, pc.MaxConnLifetimeJitter = 30*time.Minute, 5*time.Minute
	pc.MaxConnIdleTime = 5 * time.Minute
	cc := pc.ConnConfig
	cc.User, cc.Password = role, ""
	if db.cfg.Password != nil {
		cc.Password = db.cfg.Password(role)
	}
	cc.ConnectTimeout = 5 * time.Second
	cc.Tracer = db.cfg.Tracer
	cc.RuntimeParams["application_name"] = "galleria"
	cc.RuntimeParams["search_path"] = homePath
	cc.RuntimeParams["statement_timeout"] = milliseconds(db.cfg.StatementTimeout)
	cc.RuntimeParams["lock_timeout"] = milliseconds(db.cfg.LockTimeout)
	cc.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	// Statements here find rows by keys: the plan does not depend on the values, but making
	// one costs more than running it, and Postgres makes a new one each time whenever it
	// guesses that this pays (arrays, limits). Lists are tested to keep their indexes.
	cc.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// A plan is kept while its tables grow. One made when a table was empty would go on
	// reading it whole; with an index at hand it must use the index.
	cc.RuntimeParams["enable_seqscan"], cc.RuntimeParams["jit"] = "off", "off"
	// The long statement of one shop takes one processor and no helpers: the others are the other
	// shops'.
	cc.RuntimeParams["max_parallel_workers_per_gather"] = "0"
	pc.AfterConnect = func(_ context.Context, c *pgx.Conn) error { keepJSON(c.TypeMap()); return nil }
	pc.AfterRelease = func(c *pgx.Conn) bool { return len(met(c)) < db.cfg.MaxTenantsMet }
	return pgxpool.NewWithConfig(ctx, pc)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Close closes all pools and waits for borrowed connections.
func (db *DB) Close() {
	for _, s := range append(db.lanes[:], db.platform) {
		s.close()
	}
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return translate(db.platform.pool.Ping(ctx)) }

// met is the set of tenants a connection has worked for in its life.
func met(c *pgx.Conn) map[tenant.ID]struct{} {
	const key = "galleria.tenants_met"
	m, ok := c.PgConn().CustomData()[key].(map[tenant.ID]struct{})
	if !ok {
		m = make(map[tenant.ID]struct{})
		c.PgConn().CustomData()[key] = m
	}
	return m
}

func (db *DB) acquire(ctx context.Context, from share) (*pgxpool.Conn, error) {
	conn, err := from.borrow(ctx, db.cfg.AcquireTimeout)
	return conn, waitedFor(ctx, err)
}

// waitedFor is what not getting a connection means to a caller who still waits.
func waitedFor(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		return fault.ErrBusy.After(time.Second).Because(err)
	}
	return translate(err)
}

// acquireLane borrows a connection of the tenant's lane, when it is the tenant's turn; release gives
// back both. Privileged work waits for no turn.
func (db *DB) acquireLane(ctx context.Context, id tenant.ID) (conn *pgxpool.Conn, release func(), err error) {
	if id.IsZero() {
		return nil, nil, errors.New("tenantdb: no tenant") // a defect: a route without its middleware
	}
	lane, done := db.lanes[id.Lane()], func() {}
	if !isReserved(ctx) {
		waiting, cancel := context.WithTimeout(ctx, db.cfg.AcquireTimeout)
		err := lane.turns.take(waiting, id)
		cancel()
		if err != nil {
			return nil, nil, waitedFor(ctx, err)
		}
		done = func() { lane.turns.give(id) }
	}
	conn, err = db.acquire(ctx, lane)
	if err != nil {
		done()
		return nil, nil, err
	}
	met(conn.Conn())[id] = struct{}{}
	return conn, func() { conn.Release(); done() }, nil
}

// InTenant runs fn in one transaction in the tenant's schema, as the tenant's role,
// and commits if fn returns nil. fn may run up to three times (see the package
// comment). A COMMIT whose answer got lost is fault.ErrUnknownOutcome: the work may
// have been done.
func (db *DB) InTenant(ctx context.Context, id tenant.ID, fn func(tx Tx) error) error {
	return db.repeat(ctx, func() error {
		conn, release, err := db.acquireLane(ctx, id)
		if err != nil {
			return err
		}
		defer release()
		now, lazy := db.now(), false
		return db.run(ctx, lateTx{&Writer{conn: conn, id: id, now: now}, &lazy}, Tx{tenantID: id, now: now, lazy: &lazy}, fn)
	})
}

// InPlatform runs fn in one transaction as the platform's role. It reaches no
// tenant's tables. Names are written out: platform.tenant.
func (db *DB) InPlatform(ctx context.Context, fn func(tx Tx) error) error {
	return db.repeat(ctx, func() error {
		conn, err := db.acquire(ctx, db.platform)
		if err != nil {
			return err
		}
		defer conn.Release()
		ptx, err := conn.BeginTx(ctx, pgx.TxOptions{})
		if err != nil {
			return translate(err)
		}
		return db.run(ctx, ptx, Tx{now: db.now(), lazy: new(bool)}, fn)
	})
}

func (db *DB) repeat(ctx context.Context, once func() error) error {
	for attempt := 1; ; attempt++ {
		err := once()
		if err == nil || attempt == maxAttempts || ctx.Err() != nil || !repeatable(err) {
			return err
		}
	}
}

func (db *DB) now() time.Time { return db.cfg.Now().UTC().Truncate(time.Microsecond) }

func (db *DB) run(ctx context.Context, ptx pgx.Tx, tx Tx, fn func(tx Tx) error) error {
	var after []func()
	tx.Tx, tx.after = ptx, &after
	done := false
	defer func() {
		if !done { // an error or a panic of fn; the rollback must outlive a cancelled ctx
			rollbackCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			_ = ptx.Rollback(rollbackCtx)
		}
	}()
	if err := fn(tx); err != nil {
		return translate(err)
	}
	done = true
	if err := ptx.Commit(ctx); err != nil {
		return translateCommit(err)
	}
	for _, f := range after {
		f()
	}
	return nil
}
