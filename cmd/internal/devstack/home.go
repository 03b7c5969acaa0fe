package devstack

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// TempDir makes a throw-away data directory. Unlike t.TempDir's, it can be
// entered by the unprivileged user who runs the servers for root. The caller
// removes it; one left behind by a process that was killed is removed by a
// later call, once its servers are gone.
func TempDir() (string, error) {
	sweepTempDirs(time.Now().Add(-time.Hour))
	dir, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return "", explain("make a temporary directory", os.TempDir(), err)
	}
	if err := os.Chmod(dir, walkable); err != nil {
		return "", explain("open the temporary directory", dir, err)
	}
	return dir, nil
}

const (
	tempPrefix = "galleria-stack-"
	// walkable lets other users pass through a directory, not list it: the
	// server may run as one of them. What is private below has a mode of its own.
	walkable = 0o711
)

// sweepTempDirs removes abandoned directories of TempDir older than before.
// It is best effort: what cannot be removed now is left to the next call.
func sweepTempDirs(before time.Time) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*")) // the pattern is well formed
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || info.ModTime().After(before) {
			continue
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || int(st.Uid) != os.Geteuid() {
			continue
		}
		held, err := lock(dir, "pg")
		if err != nil {
			continue // somebody works there
		}
		_ = os.RemoveAll(dir)
		_ = held.Close()
	}
}

// prepareDir makes dir (and its parents) if it is not there and returns its
// absolute path without symbolic links. The mode of an existing directory is
// left alone: it may be somebody's home.
func prepareDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no data directory given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(abs), 0o755); err != nil { //nolint:gosec // ordinary parents
			return "", explain("create the data directory", abs, err)
		}
		// Two chores in two steps, since umask would take the others' x bit away.
		if err := errors.Join(os.Mkdir(abs, 0o700), os.Chmod(abs, walkable)); err != nil {
			return "", explain("create the data directory", abs, err)
		}
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", explain("resolve the data directory", abs, err)
	}
	return resolved, nil
}

// secret returns the named secret of the data directory, made up at first use.
func secret(dir, name string) (string, error) {
	folder := filepath.Join(dir, "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", explain("create the folder of secrets", folder, err)
	}
	path := filepath.Join(folder, name)
	kept, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(kept))) > 0 {
		return strings.TrimSpace(string(kept)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", explain("read the secret "+name, path, err)
	}
	made := rand.Text() + rand.Text() // a configuration refuses secrets of less than 32 characters
	if err := writeFile(path, made+"\n"); err != nil {
		return "", explain("keep the secret "+name, path, err)
	}
	return made, nil
}

// writeFile replaces path in one step, so that a crash or a full disk leaves
// either the old text or the new one, never half of it. Mode 0600.
func writeFile(path, text string) error {
	draft := path + ".new"
	if err := os.WriteFile(draft, []byte(text), 0o600); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, path)
}

// Lock claims dir for this process, under a name of the caller's, until the result is closed
// or the process ends, however it ends. The error names who has it.
func Lock(dir, name string) (io.Closer, error) { return lock(dir, name) }

// lock claims dir's server for this process until the returned file is closed
// or the process ends, however it ends.
func lock(dir, server string) (*os.File, error) {
	path := filepath.Join(dir, server+".lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explain("open the lock file", path, err)
	}
	if err := flock(file); err != nil {
		holder, _ := os.ReadFile(path)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is in use by another galleria (pid %s): stop that one, or choose another data directory (--data)", dir, strings.TrimSpace(string(holder)))
		}
		return nil, explain("lock", path, err)
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, fmt.Sprintf("%d\n", os.Getpid()))); err != nil {
		_ = file.Close()
		return nil, explain("write the lock file", path, err)
	}
	return file, nil
}

// flock takes the lock, with a little patience: a child that this process is just forking
// holds every open file, and so a lock that was given back, until it becomes its program.
func flock(file *os.File) error {
	const tries, pause = 20, 25 * time.Millisecond
	for try := 1; ; try++ {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || try == tries {
			return err
		}
		time.Sleep(pause)
	}
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}
