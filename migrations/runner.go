package migrations

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Config says how the runner reaches the database.
type Config struct {
	// URL logs in as the owner of all schemas, who may create roles.
	URL string
	// RolePassword returns the password of a login role as lower-case hex, or the
	// empty string to leave it alone (a cluster that trusts its loopback).
	RolePassword func(role string) string
	// IdleTimeout ends a transaction whose process says nothing for so long, because its
	// machine is gone: until then the row of its tenant is locked to everybody; 30 s.
	IdleTimeout time.Duration
}

// Runner creates and upgrades schemas. It opens its own connections as the owner
// and holds none between calls. Safe for concurrent use, also by several processes.
type Runner struct{ cfg Config }

// New returns a runner.
func New(cfg Config) *Runner {
	if cfg.IdleTimeout == 0 {
		cfg.IdleTimeout = 30 * time.Second
	}
	return &Runner{cfg: cfg}
}

func (r *Runner) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(r.cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(r.cfg.IdleTimeout.Milliseconds(), 10)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect as owner: %w", err)
	}
	return conn, nil
}

// Platform makes the roles and brings the schema `platform` and the template up to
// date. It returns the platform version reached. Safe to repeat.
func (r *Runner) Platform(ctx context.Context) (int64, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	version, err := up(ctx, conn, target{
		dir: "platform",
		begin: func(ctx context.Context, tx pgx.Tx) (v int64, err error) {
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", bootstrapLock); err != nil {
				return 0, err
			}
			if err := bootstrap(ctx, tx, r.cfg.RolePassword); err != nil {
				return 0, err
			}
			err = tx.QueryRow(ctx, "SELECT version FROM platform.schema_version").Scan(&v)
			return v, err
		},
		publish: func(ctx context.Context, tx pgx.Tx, version int64) error {
			_, err := tx.Exec(ctx, "UPDATE platform.schema_version SET version = $1", version)
			return err
		},
	})
	if err != nil {
		return 0, fmt.Errorf("migrate platform: %w", err)
	}
	if _, err := conn.Exec(ctx, "INSERT INTO platform.tenant (id, lane, status) VALUES ($1, 0, 'template') ON CONFLICT DO NOTHING", Template); err != nil {
		return 0, fmt.Errorf("register template: %w", err)
	}
	if _, _, err := r.tenant(ctx, conn, Template); err != nil {
		return 0, err
	}
	return version, nil
}

// Build makes the schema of a new spare: the directory row first, as 'building',
// then schema, role, rights and all files in one transaction, then the row says
// 'spare'. Calling it again with the id of a row that stayed 'building' finishes it.
// lane must be the tenant's (tenant.ID.Lane).
func (r *Runner) Build(ctx context.Context, id string, lane int) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "INSERT INTO platform.tenant (id, lane, status) VALUES ($1, $2, 'building') ON CONFLICT DO NOTHING", id, lane); err != nil {
		return fmt.Errorf("register %s: %w", id, err)
	}
	if _, _, err := r.tenant(ctx, conn, id); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "UPDATE platform.tenant SET status = 'spare', updated_at = now() WHERE id = $1 AND status = 'building'", id)
	return err
}

// Tenant brings one schema to the newest version and returns it. On failure the
// schema is as it was and the directory row keeps the error.
func (r *Runner) Tenant(ctx context.Context, id string) (int64, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	version, _, err := r.tenant(ctx, conn, id)
	return version, err
}

// tenant is Tenant over a connection; moved is false if somebody else had brought the schema
// there before.
func (r *Runner) tenant(ctx context.Context, conn *pgx.Conn, id string) (version int64, moved bool, err error) {
	version, err = up(ctx, conn, target{
		dir: "tenant",
		begin: func(ctx context.Context, tx pgx.Tx) (v int64, err error) {
			var lane int
			const lock = "SELECT schema_version, lane FROM platform.tenant WHERE id = $1 FOR UPDATE"
			if err := tx.QueryRow(ctx, lock, id).Scan(&v, &lane); err != nil {
				return 0, err
			}
			return v, enter(ctx, tx, id, lane)
		},
		publish: func(ctx context.Context, tx pgx.Tx, version int64) error {
			const publish = "UPDATE platform.tenant SET schema_version = $2, last_error = '', updated_at = now() WHERE id = $1 AND (schema_version <> $2 OR last_error <> '')"
			tag, err := tx.Exec(ctx, publish, id, version)
			moved = moved || tag.RowsAffected() > 0
			return err
		},
	})
	if err != nil && !errors.Is(err, ErrNewer) {
		const keep = "UPDATE platform.tenant SET last_error = $2, updated_at = now() WHERE id = $1"
		_, keepErr := conn.Exec(context.WithoutCancel(ctx), keep, id, err.Error())
		return 0, false, fmt.Errorf("migrate %s: %w", id, errors.Join(err, keepErr))
	}
	return version, moved, err
}
