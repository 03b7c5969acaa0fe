package migrations

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"
)

// target is what differs between the platform schema and a tenant's.
type target struct {
	dir     string                                                    // folder of Files
	begin   func(ctx context.Context, tx pgx.Tx) (int64, error)       // locks, sets the path, returns the version
	publish func(ctx context.Context, tx pgx.Tx, version int64) error // stores the version reached
}

// driver runs all files of one schema in one transaction: Lock begins it, Unlock
// commits it, or rolls it back after a failed file. It implements golang-migrate's
// database.Driver, which passes no context and therefore keeps the caller's.
type driver struct {
	ctx     context.Context //nolint:containedctx // database.Driver's methods take none
	conn    *pgx.Conn
	target  target
	tx      pgx.Tx
	version int64
	failed  bool
}

var _ database.Driver = (*driver)(nil)

func (d *driver) Open(string) (database.Driver, error) {
	return nil, errors.New("migrations: the driver is made by up, not opened by address")
}

func (d *driver) Close() error { return nil }

func (d *driver) Lock() error {
	tx, err := d.conn.Begin(d.ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if d.version, err = d.target.begin(d.ctx, tx); err != nil {
		return errors.Join(fmt.Errorf("lock: %w", err), tx.Rollback(context.WithoutCancel(d.ctx)))
	}
	d.tx, d.failed = tx, false
	return nil
}

func (d *driver) Unlock() error {
	tx := d.tx
	d.tx = nil
	if d.failed {
		return tx.Rollback(context.WithoutCancel(d.ctx))
	}
	if err := d.target.publish(d.ctx, tx, d.version); err != nil {
		return errors.Join(err, tx.Rollback(context.WithoutCancel(d.ctx)))
	}
	return tx.Commit(d.ctx)
}

func (d *driver) Run(migration io.Reader) error {
	sql, err := io.ReadAll(migration)
	if err == nil {
		_, err = d.tx.Exec(d.ctx, string(sql))
	}
	d.failed = d.failed || err != nil
	return err
}

func (d *driver) SetVersion(version int, _ bool) error {
	d.version = int64(version)
	return nil
}

func (d *driver) Version() (int, bool, error) {
	if d.version == 0 {
		return database.NilVersion, false, nil
	}
	return int(d.version), false, nil
}

func (d *driver) Drop() error { return errors.New("migrations: dropping is not done by the runner") }

// up brings one schema to the newest version and returns it. Nothing to do is not
// an error. A schema newer than this binary's files is refused.
func up(ctx context.Context, conn *pgx.Conn, t target) (int64, error) {
	source, err := iofs.New(Files, t.dir)
	if err != nil {
		return 0, fmt.Errorf("read %s migrations: %w", t.dir, err)
	}
	d := &driver{ctx: ctx, conn: conn, target: t}
	m, err := migrate.NewWithInstance("iofs", source, t.dir, d)
	if err != nil {
		return 0, fmt.Errorf("prepare %s migrations: %w", t.dir, err)
	}
	latest, err := Latest(t.dir)
	if err != nil {
		return 0, err
	}
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		if d.version > latest {
			return d.version, fmt.Errorf("%w: it is at version %d, this binary knows %d", ErrNewer, d.version, latest)
		}
		return 0, err
	}
	return d.version, nil
}

// ErrNewer is a schema that a newer binary has upgraded already.
var ErrNewer = errors.New("migrations: schema is newer than this binary")
