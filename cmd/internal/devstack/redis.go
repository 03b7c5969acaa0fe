package devstack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// RedisConfig says where a private Redis lives.
type RedisConfig struct {
	// Dir is the data directory; it is created if absent. Required.
	Dir string
	// Log receives what a person should know about the server. Required.
	Log *slog.Logger
	// Ephemeral keeps nothing on disk. For tests.
	Ephemeral bool
	// Port on loopback; 0 is one that is free. Not for the imitation.
	Port int

	program string // tests: instead of redis-server on PATH
}

// Redis is a running private Redis: a redis-server process, or an imitation of
// one inside this process on a machine that has none.
type Redis struct {
	url     string
	durable bool
	done    <-chan struct{}
	halt    func(context.Context) error

	stopping sync.Once
	stopErr  error
}

// StartRedis starts a Redis for cfg.Dir and returns when it answers. ctx
// bounds the start only; the server then runs until Stop. Without redis-server
// on PATH it serves from memory and says so in the log: queued jobs are then
// lost at exit, and sent again from Postgres at the next start.
func StartRedis(ctx context.Context, cfg RedisConfig) (*Redis, error) {
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	password, err := secret(dir, "redis_password")
	if err != nil {
		return nil, err
	}
	wanted := cfg.program
	if wanted == "" {
		wanted = "redis-server"
	}
	program, err := exec.LookPath(wanted)
	if err != nil {
		return startMemoryRedis(ctx, cfg, password)
	}
	held, err := lock(dir, "redis")
	if err != nil {
		return nil, err
	}
	server, err := startRedisServer(ctx, cfg, program, dir, password, held)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Redis: %w", err), held.Close())
	}
	return server, nil
}

func startRedisServer(ctx context.Context, cfg RedisConfig, program, dir, password string, held io.Closer) (*Redis, error) {
	dataDir := filepath.Join(dir, "redis")
	acct, err := serverAccount(dataDir)
	if err != nil {
		return nil, err
	}
	if err := acct.canReach(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, explain("create Redis' directory", dataDir, err)
	}
	if err := acct.own(dataDir); err != nil {
		return nil, explain("give Redis its directory", dataDir, err)
	}
	if err := claimPIDFile(ctx, cfg.Log, "redis-server", dataDir, filepath.Join(dataDir, "redis.pid")); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for attempt := 1; ; attempt++ {
		port := cfg.Port
		if port == 0 {
			var err error
			if port, err = freePort(ctx); err != nil {
				return nil, err
			}
		}
		said, proc, err := tryRedis(ctx, cfg, program, acct, dir, port, password)
		if err == nil {
			address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			cfg.Log.InfoContext(ctx, "Redis is ready", "address", address, "dir", dataDir, "pid", proc.pid())
			halt := func(ctx context.Context) error {
				return errors.Join(proc.stop(ctx, syscall.SIGTERM, os.Kill), held.Close())
			}
			return &Redis{url: redisURL(address, password), durable: !cfg.Ephemeral, done: proc.done, halt: halt}, nil
		}
		if attempt == 5 || !strings.Contains(said, "Address already in use") {
			return nil, diagnoseRedis(err, said, dir)
		}
	}
}

func tryRedis(ctx context.Context, cfg RedisConfig, program string, acct account, dir string, port int, password string) (string, *process, error) {
	dataDir, logPath := filepath.Join(dir, "redis"), filepath.Join(dir, "redis.log")
	conf := filepath.Join(dataDir, "redis.conf")
	if err := writeFile(conf, redisConf(dataDir, port, password, cfg.Ephemeral)); err != nil {
		return "", nil, explain("write Redis' configuration", conf, err)
	}
	if err := acct.own(conf); err != nil {
		return "", nil, explain("give Redis its configuration", conf, err)
	}
	logFile, offset, err := openLog(logPath)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = logFile.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, conf) //nolint:gosec // found on PATH
	cmd.Dir = dataDir
	cmd.Stdout, cmd.Stderr = logFile, logFile
	proc, err := spawn(cmd, acct, syscall.SIGTERM)
	if err != nil {
		return "", nil, err
	}
	if err := awaitRedis(ctx, proc, port, password); err != nil {
		stopped := proc.stop(ctx, syscall.SIGTERM, os.Kill)
		return logTail(logPath, offset), nil, errors.Join(err, stopped)
	}
	return "", proc, nil
}

// redisConf is a file, not arguments, to keep the password out of `ps`.
func redisConf(dataDir string, port int, password string, ephemeral bool) string {
	appendOnly := "yes"
	if ephemeral {
		appendOnly = "no"
	}
	return strings.Join([]string{
		"bind 127.0.0.1",
		"port " + strconv.Itoa(port),
		"protected-mode yes",
		"requirepass " + password,
		"daemonize no",
		"dir " + strconv.Quote(dataDir),
		"pidfile " + strconv.Quote(filepath.Join(dataDir, "redis.pid")),
		"appendonly " + appendOnly,
		"appendfsync everysec",
		`save ""`,
		// An evicted key is a lost job: refuse writes instead.
		"maxmemory-policy noeviction",
		`logfile ""`,
		"",
	}, "\n")
}

// awaitRedis waits until the server answers PING, which it refuses to do
// while it reads the append-only file.
func awaitRedis(ctx context.Context, proc *process, port int, password string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-proc.done:
			return fmt.Errorf("the server ended while starting: %w", exitError(proc.err))
		case <-ctx.Done():
			return fmt.Errorf("the server did not become ready: %w", ctx.Err())
		case <-tick.C:
			if pingRedis(ctx, port, password) {
				return nil
			}
		}
	}
}

func pingRedis(ctx context.Context, port int, password string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\nPING\r\n", password); err != nil {
		return false
	}
	answers := bufio.NewReader(conn)
	for _, want := range []string{"+OK\r\n", "+PONG\r\n"} {
		if line, err := answers.ReadString('\n'); err != nil || line != want {
			return false
		}
	}
	return true
}

func diagnoseRedis(err error, said, dir string) error {
	hint := hintFor(said, dir)
	if hint == "" {
		hint = fmt.Sprintf("nothing in Redis is irreplaceable: removing %s and starting again is safe, waiting jobs are sent again from Postgres", filepath.Join(dir, "redis"))
	}
	return fmt.Errorf("%w: %s\nRedis said:\n%s", err, hint, said)
}

func redisURL(address, password string) string {
	dsn := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: address, Path: "0"}
	return dsn.String()
}

// URL is redis://:password@127.0.0.1:port/0.
func (r *Redis) URL() string { return r.url }

// Durable reports whether queued jobs survive a restart.
func (r *Redis) Durable() bool { return r.durable }

// Done is closed when the server has ended, wanted or not.
func (r *Redis) Done() <-chan struct{} { return r.done }

// Stop ends the server, which writes out its data first, and waits until it is
// gone; after ctx ended it is killed. It is safe to call more than once.
func (r *Redis) Stop(ctx context.Context) error {
	r.stopping.Do(func() { r.stopErr = r.halt(ctx) })
	return r.stopErr
}
