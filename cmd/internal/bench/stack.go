package bench

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/devstack"
	"galleria/payments/sandbox"
)

// serverConns bounds the database connections of every subject: the one lane that the one
// shop is on, the thin handlers' pool, pgbench's clients.
const serverConns = 16

// stack is everything that runs while the bench does.
type stack struct {
	dir       string
	env       map[string]string // of serve and worker
	services  *app.Services     // for preparing what is measured, never for measuring
	owner     *pgxpool.Pool     // superuser, past every wall
	sandbox   *sandbox.Server
	counting  bool   // pg_stat_statements is there
	pgbench   string // path, "" if there is none
	postgres  int    // process ids
	redis     int    // 0 if Redis is an imitation within this process
	log       *slog.Logger
	serve     *child
	worker    *child
	thin      *child
	sandboxAt string

	undo []func(context.Context) error
}

// openStack starts the servers and builds the services. The caller closes it, also after an
// error.
func openStack(ctx context.Context, log *slog.Logger) (s *stack, err error) {
	s = &stack{log: log}
	if s.dir, err = devstack.TempDir(); err != nil {
		return s, err
	}
	s.undo = append(s.undo, func(context.Context) error { return os.RemoveAll(s.dir) })
	url, err := s.startPostgres(ctx)
	if err != nil {
		return s, err
	}
	redis, err := devstack.StartRedis(ctx, devstack.RedisConfig{Dir: s.dir, Log: log})
	if err != nil {
		return s, err
	}
	s.undo = append(s.undo, redis.Stop)
	if s.postgres, err = readPID(filepath.Join(s.dir, "pg", "postmaster.pid")); err != nil {
		return s, err
	}
	s.redis, _ = readPID(filepath.Join(s.dir, "redis", "redis.pid")) // none for the imitation
	s.pgbench = findPgbench(s.postgres)
	if err := s.startSandbox(ctx); err != nil {
		return s, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return s, err
	}
	s.env = environment(addr, url, redis.URL(), s.sandboxAt)
	return s, s.startServices(ctx)
}

// startPostgres starts the cluster, twice if the statement counter is installed: it has to be
// loaded at start.
func (s *stack) startPostgres(ctx context.Context) (string, error) {
	pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: s.dir, Log: s.log})
	if err != nil {
		return "", err
	}
	if err := s.connect(ctx, pg.URL()); err != nil {
		return "", errors.Join(err, pg.Stop(ctx))
	}
	err = s.owner.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'pg_stat_statements'").Scan(&s.counting)
	if err == nil && s.counting {
		_, err = s.owner.Exec(ctx, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
	}
	if err == nil {
		// As on a server that writes all day: no checkpoint every few seconds.
		_, err = s.owner.Exec(ctx, "ALTER SYSTEM SET max_wal_size = '4GB'")
	}
	s.owner.Close()
	if err := errors.Join(err, pg.Stop(ctx)); err != nil {
		return "", fmt.Errorf("configure Postgres: %w", err)
	}
	if pg, err = devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: s.dir, Log: s.log}); err != nil {
		return "", err
	}
	s.undo = append(s.undo, pg.Stop)
	if err := s.connect(ctx, pg.URL()); err != nil {
		return "", err
	}
	s.undo = append(s.undo, func(context.Context) error { s.owner.Close(); return nil })
	if s.counting {
		if _, err := s.owner.Exec(ctx, "CREATE EXTENSION pg_stat_statements"); err != nil {
			return "", fmt.Errorf("statement counter: %w", err)
		}
	}
	return pg.URL(), nil
}

func (s *stack) connect(ctx context.Context, url string) (err error) {
	if s.owner, err = pgxpool.New(ctx, url); err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	return nil
}

func (s *stack) startSandbox(ctx context.Context) (err error) {
	s.sandbox, err = sandbox.Open(sandbox.Config{Now: time.Now, RetrySchedule: []time.Duration{}})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func(context.Context) error { return s.sandbox.Close() })
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w", err)
	}
	front := &http.Server{Handler: s.sandbox.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = front.Serve(listener) }()
	s.undo = append(s.undo, func(context.Context) error { return front.Close() })
	s.sandboxAt = "http://" + listener.Addr().String()
	return nil
}

func (s *stack) startServices(ctx context.Context) error {
	cfg, err := app.LoadConfig(func(name string) string { return s.env[name] })
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	ground, err := app.NewGround(ctx, cfg, quiet, time.Now)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func(context.Context) error { ground.Close(); return nil })
	if _, err := ground.Runner.Platform(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	s.services, err = app.NewServices(ground)
	return err
}

// close ends everything in the reverse order of its start.
func (s *stack) close(ctx context.Context) (failed error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, step := range slices.Backward(s.undo) {
		failed = errors.Join(failed, step(ctx))
	}
	return failed
}

// environment is what serve and worker are started with: an installation for trying out, its
// limits so high that none is met, though every request is counted against them.
func environment(addr, databaseURL, redisURL, sandboxURL string) map[string]string {
	const unlimited = "1000000"
	kek := make([]byte, 32)
	_, _ = rand.Read(kek) // never fails
	return map[string]string{
		"GALLERIA_ENV": "development", "GALLERIA_ADDR": addr, "GALLERIA_PUBLIC_URL": "http://" + addr, "GALLERIA_SANDBOX_URL": sandboxURL,
		"DATABASE_URL": databaseURL, "DATABASE_ROLE_SECRET": rand.Text() + rand.Text(), "REDIS_URL": redisURL,
		"GALLERIA_KEK": base64.StdEncoding.EncodeToString(kek), "GALLERIA_COOKIE_KEY": rand.Text() + rand.Text(),
		"DATABASE_LANE_CONNS": strconv.Itoa(serverConns), "GALLERIA_SPARE_SCHEMAS": "0",
		// A shop gets a quarter of a worker. This one is alone, and may have as much as before it.
		"GALLERIA_WORKER_CONCURRENCY": strconv.Itoa(4 * serverConns),
		"GALLERIA_TENANT_RATE":        unlimited, "GALLERIA_READ_RATE": unlimited, "GALLERIA_WRITE_RATE": unlimited,
		"GALLERIA_LOGIN_RATE": unlimited, "GALLERIA_PAY_RATE": unlimited, "GALLERIA_ADDRESS_RATE": unlimited,
		"GALLERIA_CALLBACK_RATE": unlimited, "GALLERIA_CONSOLE_RATE": unlimited, "GALLERIA_API_PLACES": "1024",
	}
}

// list gives env in the form of os/exec, in a fixed order.
func list(env map[string]string) []string {
	out := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// readPID reads the first line of a pid file.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("pid file: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, fmt.Errorf("pid file %s: %w", path, err)
	}
	return pid, nil
}
