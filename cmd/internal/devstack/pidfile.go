package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// claimPIDFile makes sure that no server works on dataDir any more, and
// removes a pid file that its server left behind. The pid may meanwhile belong to
// quite another program, after a reboot for instance; Postgres itself would
// then refuse to start for ever.
//
// A server that is on its way out (its galleria was killed a moment ago) gets
// ten seconds to go.
func claimPIDFile(ctx context.Context, log *slog.Logger, program, dataDir, pidFile string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		pid, err := readPID(pidFile)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return explain("read the pid file", pidFile, err)
		}
		if !runs(ctx, pid, program, dataDir) {
			log.WarnContext(ctx, "removing the pid file of a server that is no more", "file", pidFile, "pid", pid)
			if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return explain("remove the stale pid file", pidFile, err)
			}
			return nil
		}
		if !leaving(pidFile) {
			return stillRunning(program, dataDir, pid)
		}
		select {
		case <-ctx.Done():
			return stillRunning(program, dataDir, pid)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func stillRunning(program, dataDir string, pid int) error {
	return fmt.Errorf("a %s server (pid %d) is already running on %s: stop it (`kill -INT %d`), or choose another data directory (--data)", program, pid, dataDir, pid)
}

// readPID returns the first line of a pid file as a number; 0 if there is no
// number in it, as after a crash on a full disk.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid < 0 {
		return 0, nil //nolint:nilerr // an unreadable number is a stale file, not a failure
	}
	return pid, nil
}

// leaving reports whether the server of this pid file may be about to end:
// Postgres says so in the file's eighth line, Redis never says anything.
func leaving(pidFile string) bool {
	if filepath.Base(pidFile) != postmasterPID {
		return true
	}
	return postmasterStatus(pidFile) == "stopping"
}

// runs reports whether process pid is program working in dataDir.
func runs(ctx context.Context, pid int, program, dataDir string) bool {
	if pid <= 1 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	if cwd, err := os.Readlink(filepath.Join(proc, "cwd")); err == nil {
		return cwd == dataDir && strings.Contains(commandLine(ctx, pid), program)
	}
	// Not ours to look into, or a zombie, whose command line is empty.
	return strings.Contains(commandLine(ctx, pid), program)
}

// commandLine returns the command line of a process; "" if it has none (any
// more).
func commandLine(ctx context.Context, pid int) string {
	if text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil {
		return strings.ReplaceAll(string(text), "\x00", " ")
	}
	text, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	if err != nil {
		return ""
	}
	return string(text)
}
