package devstack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/cmd/internal/devstack"
)

// TestMain turns the test binary into a galleria that can be killed: with
// childEnv set it only starts both servers in that directory and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		if err := serveUntilKilled(context.Background(), dir); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const childEnv = "DEVSTACK_TEST_CHILD_DIR"

func serveUntilKilled(ctx context.Context, dir string) error {
	log := slog.New(slog.DiscardHandler)
	if _, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: dir, Log: log}); err != nil {
		return err
	}
	if _, err := devstack.StartRedis(ctx, devstack.RedisConfig{Dir: dir, Log: log}); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// dataDir is a new data directory, removed at the end of the test.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// logBook collects log lines.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// pidIn reads the process id out of a server's pid file.
func pidIn(t *testing.T, path ...string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// wantGone fails unless the process ends within ten seconds. A zombie counts
// as gone: it is its new parent's to reap.
func wantGone(t *testing.T, what string, pid int) {
	t.Helper()
	for range 200 {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s (pid %d) is still alive", what, pid)
}

// wantText fails unless text contains every part.
func wantText(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: got %q, want it to contain %q", what, text, part)
		}
	}
}

// stopContext is t.Context() for clean-ups, where t.Context is over already.
func stopContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
