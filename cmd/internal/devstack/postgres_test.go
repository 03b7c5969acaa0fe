package devstack_test

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/cmd/internal/devstack"
)

func startPostgres(t *testing.T, dir string) *devstack.Postgres {
	t.Helper()
	book := &logBook{}
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir, Log: book.logger()})
	if err != nil {
		t.Fatalf("start: %v\n%s", err, book)
	}
	stop := stopContext(t)
	t.Cleanup(func() {
		if err := pg.Stop(stop); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return pg
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(stopContext(t)) })
	return conn
}

func execSQL(t *testing.T, dsn, sql string) {
	t.Helper()
	if _, err := connect(t, dsn).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func queryText(t *testing.T, dsn, sql string) string {
	t.Helper()
	var got string
	if err := connect(t, dsn).QueryRow(t.Context(), sql).Scan(&got); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func TestPostgresKeepsDataAndStartsFastAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := startPostgres(t, dir)
	execSQL(t, first.URL(), "CREATE TABLE shop AS SELECT '云南咖啡'::text AS name")
	pid := first.PID()
	if err := first.Stop(stopContext(t)); err != nil {
		t.Fatalf("stop: %v", err)
	}
	wantGone(t, "postgres", pid)

	began := time.Now()
	second := startPostgres(t, dir)
	took := time.Since(began)
	t.Logf("second start took %s", took)
	if took > 5*time.Second {
		t.Errorf("second start took %s, want under 5s", took)
	}
	if got := queryText(t, second.URL(), "SELECT name FROM shop"); got != "云南咖啡" {
		t.Errorf("after a restart: got %q, want 云南咖啡", got)
	}
	if first.URL() == second.URL() {
		t.Errorf("both starts used %s, want a port chosen anew", second.URL())
	}
}

func TestPostgresIsPrivateAndDurable(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pg := startPostgres(t, dir)
	dsn, err := url.Parse(pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	if dsn.Hostname() != "127.0.0.1" || dsn.Path != "/galleria" || dsn.User.Username() != "galleria" {
		t.Errorf("url %s: want user and database galleria on 127.0.0.1", pg.URL())
	}
	wrong := *dsn
	wrong.User = url.UserPassword("galleria", "guess")
	if conn, err := pgx.Connect(t.Context(), wrong.String()); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a wrong password was let in")
	}
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "password_encryption": "scram-sha-256",
		"max_connections": "200", "max_locks_per_transaction": "512", "jit": "off", "TimeZone": "UTC",
		"shared_buffers": "128MB", "random_page_cost": "1.1", "server_encoding": "UTF8",
	} {
		if got := queryText(t, pg.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	for _, path := range []string{"secrets/postgres_password", "pg.log"} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: mode %o, want 600", path, mode)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "pg.new*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPostgresEphemeralIsFastNotDurable(t *testing.T) {
	t.Parallel()
	book := &logBook{}
	pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dataDir(t), Log: book.logger(), Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := queryText(t, pg.URL(), "SHOW fsync"); got != "off" {
		t.Errorf("fsync: got %s, want off", got)
	}
	pid := pg.PID()
	for range 2 { // the second call must be harmless
		if err := pg.Stop(stopContext(t)); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
	wantGone(t, "postgres", pid)
}

func TestPostgresRefusesASecondStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pg := startPostgres(t, dir)
	for _, c := range []struct { // in this order: the second case takes away what the first one needs
		name   string
		before func() error
		want   []string
	}{
		{
			name:   "another galleria",
			before: func() error { return nil },
			want:   []string{"in use by another galleria", fmt.Sprintf("pid %d", os.Getpid()), "--data"},
		},
		{
			name:   "a server without galleria", // that outlived its own, as it looks without the lock file
			before: func() error { return os.Remove(filepath.Join(dir, "pg.lock")) },
			want:   []string{"already running", fmt.Sprintf("pid %d", pg.PID()), "kill -INT"},
		},
	} {
		if err := c.before(); err != nil {
			t.Fatal(err)
		}
		_, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir, Log: (&logBook{}).logger()})
		if err == nil {
			t.Fatalf("%s: the second start succeeded", c.name)
		}
		wantText(t, c.name, err.Error(), c.want...)
	}
	if got := queryText(t, pg.URL(), "SELECT 'alive'"); got != "alive" {
		t.Errorf("the first server: got %q", got)
	}
}

func TestPostgresRemovesAStalePIDFile(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := startPostgres(t, dir).Stop(stopContext(t)); err != nil {
		t.Fatal(err)
	}
	stranger := exec.CommandContext(t.Context(), "sleep", "300")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"process gone":         fmt.Sprintf("%d\n%s/pg\n1700000000\n5432\n\n127.0.0.1\n12345 1\nready   \n", gone.Process.Pid, dir),
		"pid of a stranger":    fmt.Sprintf("%d\n%s/pg\n1700000000\n5432\n\n127.0.0.1\n12345 1\nready   \n", stranger.Process.Pid, dir),
		"empty after a crash":  "",
		"not a number":         "garbage\n",
		"pid of the init task": fmt.Sprintf("1\n%s/pg\n", dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, "pg", "postmaster.pid"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		book := &logBook{}
		pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir, Log: book.logger()})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantText(t, name, book.String(), "removing the pid file")
		if err := pg.Stop(stopContext(t)); err != nil {
			t.Fatalf("%s: stop: %v", name, err)
		}
	}
}

func TestPostgresRecoversFromAKill(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := startPostgres(t, dir)
	execSQL(t, first.URL(), "CREATE TABLE receipt AS SELECT 'kept'::text AS note")
	if err := syscall.Kill(first.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Done is not closed after the server was killed")
	}
	if err := first.Stop(stopContext(t)); err != nil {
		t.Errorf("stop of a dead server: %v", err)
	}
	second := startPostgres(t, dir)
	if got := queryText(t, second.URL(), "SELECT note FROM receipt"); got != "kept" {
		t.Errorf("after kill -9: got %q, want kept", got)
	}
}

// TestServersDieWithTheirGalleria kills a process that started both servers
// and then starts both in the same directory at once.
func TestServersDieWithTheirGalleria(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux signals the children of a killed process")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server")
	}
	dir := dataDir(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	pgPID, redisPID := pidIn(t, dir, "pg", "postmaster.pid"), pidIn(t, dir, "redis", "redis.pid")
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed" is what we asked for

	startPostgres(t, dir)
	startRedis(t, dir)
	wantGone(t, "postgres", pgPID)
	wantGone(t, "redis-server", redisPID)
}

func TestServersOfRootRunUnprivileged(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("not root")
	}
	pg := startPostgres(t, dataDir(t))
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pg.PID()), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Uid:") && strings.Contains(line, "\t0") {
			t.Errorf("postgres runs as root: %s", line)
		}
		if strings.HasPrefix(line, "Groups:") && strings.Contains(line, "\t0 ") {
			t.Errorf("postgres kept root's groups: %s", line)
		}
	}
}

func TestPostgresRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare  func(dir string) error
		rootOnly bool
		want     []string
	}{
		"cluster of another version": {
			prepare: func(dir string) error {
				return writeFiles(dir, map[string]string{"pg/PG_VERSION": "9\n"})
			},
			want: []string{"made by Postgres 9", "apt-get install postgresql-9", "--reset"},
		},
		"somebody's files": {
			prepare: func(dir string) error {
				return writeFiles(dir, map[string]string{"pg/thesis.txt": "do not delete"})
			},
			want: []string{"no Postgres cluster", "--data"},
		},
		"directory the server's user cannot enter": {
			prepare:  func(dir string) error { return os.Chmod(dir, 0o700) },
			rootOnly: true,
			want:     []string{"cannot enter", "chmod o+x", "--data"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.rootOnly && os.Geteuid() != 0 {
				t.Skip("not root")
			}
			dir := dataDir(t)
			if err := c.prepare(dir); err != nil {
				t.Fatal(err)
			}
			pg, err := devstack.StartPostgres(t.Context(), devstack.PostgresConfig{Dir: dir, Log: (&logBook{}).logger()})
			if err == nil {
				_ = pg.Stop(stopContext(t))
				t.Fatal("started")
			}
			wantText(t, "error", err.Error(), c.want...)
			if _, err := os.Stat(filepath.Join(dir, "pg", "postmaster.pid")); err == nil {
				t.Error("a server was started nevertheless")
			}
		})
	}
}

func writeFiles(dir string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// TestPostgresStartsAfterAnUnfinishedFirstStart leaves what a kill in the
// middle of initdb leaves.
func TestPostgresStartsAfterAnUnfinishedFirstStart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if err := writeFiles(dir, map[string]string{"pg.new/PG_VERSION": "15\n", "pg.new/base/1/half": "x"}); err != nil {
		t.Fatal(err)
	}
	pg := startPostgres(t, dir)
	if got := queryText(t, pg.URL(), "SELECT current_database()::text"); got != "galleria" {
		t.Errorf("database: got %q, want galleria", got)
	}
}
