package devstack

import (
	"context"
	"errors"
	"fmt"
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

const (
	// owner is the name of the cluster's superuser and of the application's database.
	owner         = "galleria"
	postmasterPID = "postmaster.pid"
	// startPatience bounds a start; crash recovery of a large cluster takes
	// longer than anything else here.
	startPatience = 2 * time.Minute
	logRotateSize = 16 << 20
)

// PostgresConfig says where a private Postgres lives.
type PostgresConfig struct {
	// Dir is the data directory; it is created if absent. Required.
	Dir string
	// Log receives what a person should know about the server. Required.
	Log *slog.Logger
	// Ephemeral trades all durability for speed. For tests: after a crash of
	// the machine such a cluster must be thrown away.
	Ephemeral bool

	searchDirs []string // tests: instead of PATH and /usr/lib/postgresql
	mirror     string   // tests: instead of Maven Central
}

// Postgres is a running private server.
type Postgres struct {
	proc      *process
	lock      *os.File
	dataDir   string
	url       string
	ephemeral bool
	stopping  sync.Once
	stopErr   error
}

// StartPostgres starts the cluster in cfg.Dir, making it first if need be, and
// returns when it accepts connections: in about two seconds the first time,
// a few tenths of a second later on. ctx bounds the start only; the server
// then runs until Stop.
//
// Errors name what to do: no server on the machine, full disk, permissions,
// another server or another galleria on the same directory, another version.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	held, err := lock(dir, "pg")
	if err != nil {
		return nil, err
	}
	server, err := startCluster(ctx, cfg, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Postgres: %w", err), held.Close())
	}
	server.lock = held
	return server, nil
}

func startCluster(ctx context.Context, cfg PostgresConfig, dir string) (*Postgres, error) {
	dataDir := filepath.Join(dir, "pg")
	acct, err := serverAccount(dataDir)
	if err != nil {
		return nil, err
	}
	if err := acct.canReach(dir); err != nil {
		return nil, err
	}
	version, err := clusterVersion(dataDir)
	if err != nil {
		return nil, err
	}
	bin, err := findBinaries(ctx, cfg.Log, cfg, dir, version)
	if err != nil {
		return nil, err
	}
	password, err := secret(dir, "postgres_password")
	if err != nil {
		return nil, err
	}
	if version == "" {
		cfg.Log.InfoContext(ctx, "making a Postgres cluster", "dir", dataDir, "version", bin.major, "user", acct.name())
		if err := makeCluster(ctx, bin, acct, dataDir, password, cfg.Ephemeral); err != nil {
			return nil, err
		}
	}
	if err := claimPIDFile(ctx, cfg.Log, "postgres", dataDir, filepath.Join(dataDir, postmasterPID)); err != nil {
		return nil, err
	}
	return launchPostgres(ctx, cfg, bin, acct, dir, password)
}

// launchPostgres starts the server, again if somebody took its port or if
// what a crashed server left in memory needs a moment to go.
func launchPostgres(ctx context.Context, cfg PostgresConfig, bin binaries, acct account, dir, password string) (*Postgres, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	dataDir, logPath := filepath.Join(dir, "pg"), filepath.Join(dir, "pg.log")
	for attempt := 1; ; attempt++ {
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		said, proc, err := tryPostgres(ctx, bin, acct, dataDir, logPath, port, cfg.Ephemeral)
		if err == nil {
			address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
			cfg.Log.InfoContext(ctx, "Postgres is ready", "address", address, "version", bin.major, "dir", dataDir, "pid", proc.pid())
			dsn := url.URL{Scheme: "postgres", User: url.UserPassword(owner, password), Host: address, Path: owner, RawQuery: "sslmode=disable"}
			return &Postgres{proc: proc, dataDir: dataDir, url: dsn.String(), ephemeral: cfg.Ephemeral}, nil
		}
		if attempt == 40 || ctx.Err() != nil || !worthRetrying(said) {
			return nil, diagnose(err, said, dir, logPath)
		}
		cfg.Log.InfoContext(ctx, "Postgres did not come up, trying again", "attempt", attempt, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tryPostgres makes one attempt and returns, when it fails, what the server
// said during it.
func tryPostgres(ctx context.Context, bin binaries, acct account, dataDir, logPath string, port int, ephemeral bool) (string, *process, error) {
	logFile, offset, err := openLog(logPath)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = logFile.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), bin.path("postgres"), postgresArgs(dataDir, port, ephemeral)...) //nolint:gosec // found by us
	cmd.Dir = dataDir
	cmd.Stdout, cmd.Stderr = logFile, logFile
	proc, err := spawn(cmd, acct, syscall.SIGINT) // fast shutdown: no recovery needed next time
	if err != nil {
		return "", nil, err
	}
	if err := awaitPostgres(ctx, proc, dataDir); err != nil {
		stopped := proc.stop(ctx, os.Interrupt, syscall.SIGQUIT, os.Kill)
		return logTail(logPath, offset), nil, errors.Join(err, stopped)
	}
	return "", proc, nil
}

// postgresArgs is the whole configuration of the server. It is given on the
// command line, so a cluster made by an older galleria runs with today's settings.
func postgresArgs(dataDir string, port int, ephemeral bool) []string {
	durable, buffers := "on", "128MB"
	if ephemeral {
		durable, buffers = "off", "256MB"
	}
	args := []string{"-D", dataDir}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=",
		"password_encryption=scram-sha-256",
		"fsync=" + durable,
		"synchronous_commit=" + durable,
		"full_page_writes=" + durable,
		"shared_buffers=" + buffers,
		"max_connections=200",
		// One transaction migrates or drops all tables of a schema, with a lock each.
		"max_locks_per_transaction=512",
		"random_page_cost=1.1",
		"jit=off",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C", // hintFor reads English
		"log_checkpoints=off",
		"logging_collector=off",
		"log_line_prefix=%m [%p] %q%u@%d %a ",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// awaitPostgres waits until the server calls itself ready. The status line in
// its pid file is what pg_ctl waits for, too.
func awaitPostgres(ctx context.Context, proc *process, dataDir string) error {
	pidFile := filepath.Join(dataDir, postmasterPID)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-proc.done:
			return fmt.Errorf("the server ended while starting: %w", exitError(proc.err))
		case <-ctx.Done():
			return fmt.Errorf("the server did not become ready: %w", ctx.Err())
		case <-tick.C:
			if pid, err := readPID(pidFile); err == nil && pid == proc.pid() && postmasterStatus(pidFile) == "ready" {
				return nil
			}
		}
	}
}

// postmasterStatus returns the eighth line of postmaster.pid: starting,
// ready, stopping; "" if there is none.
func postmasterStatus(pidFile string) string {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 {
		return ""
	}
	return strings.TrimSpace(lines[7])
}

// worthRetrying recognises the two causes that pass by themselves: the port
// was taken in between, and children of a killed server that are still alive.
func worthRetrying(said string) bool {
	return strings.Contains(said, "Address already in use") ||
		strings.Contains(said, "could not create any TCP/IP sockets") ||
		strings.Contains(said, "pre-existing shared memory block")
}

func diagnose(err error, said, dir, logPath string) error {
	hint := hintFor(said, dir)
	if hint == "" {
		hint = "the whole story is in " + logPath
	}
	if said == "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return fmt.Errorf("%w: %s\nPostgres said:\n%s", err, hint, said)
}

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// openLog opens a server's log for appending and returns its present size.
func openLog(path string) (*os.File, int64, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logRotateSize {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, explain("rotate the log", path, err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, explain("open the log", path, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// URL is the owner's DSN: superuser and database are both called galleria.
// It contains the password.
func (p *Postgres) URL() string { return p.url }

// Done is closed when the server process has ended, wanted or not.
func (p *Postgres) Done() <-chan struct{} { return p.proc.done }

// Stop ends the server and waits until it is gone: by fast shutdown, after ctx
// ended by immediate shutdown (repaired by the next start). An ephemeral server
// gets the immediate one at once. It is safe to call more than once.
func (p *Postgres) Stop(ctx context.Context) error {
	p.stopping.Do(func() {
		signals := []os.Signal{os.Interrupt, syscall.SIGQUIT, os.Kill}
		if p.ephemeral {
			signals = signals[1:]
		}
		p.stopErr = errors.Join(p.proc.stop(ctx, signals...), p.lock.Close())
	})
	return p.stopErr
}
