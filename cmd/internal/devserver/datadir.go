package devserver

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"galleria/cmd/internal/devstack"
)

// marker is the file that makes a folder recognisable as ours.
const marker = "galleria-data"

// lockName is under which a running dev holds its folder, before and besides its servers: the
// folder must not be emptied below them.
const lockName = "dev"

// dataDir is the folder that holds everything dev keeps.
type dataDir string

// openDataDir makes the folder, or takes it over if it is ours or empty and nobody works in
// it, until held is closed. With reset, what was in it is gone.
func openDataDir(path string, reset bool) (dir dataDir, held io.Closer, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", nil, fmt.Errorf("data directory: %w", err)
	}
	entries, err := os.ReadDir(abs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("data directory: %w", err)
	}
	_, markErr := os.Stat(filepath.Join(abs, marker))
	if len(entries) > 0 && markErr != nil {
		return "", nil, fmt.Errorf("%s is not empty and was not made by galleria dev; choose another folder with --data", abs)
	}
	// Others may pass through, because the database runs as a user of its own; what is
	// private below has a mode of its own.
	if err := os.MkdirAll(abs, 0o711); err != nil { //nolint:gosec // see above
		return "", nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(abs, marker), []byte("data of galleria dev; delete the folder, or start with --reset, to begin anew\n"), 0o600); err != nil {
		return "", nil, fmt.Errorf("data directory: %w", err)
	}
	if held, err = devstack.Lock(abs, lockName); err != nil {
		return "", nil, err
	}
	if reset {
		for _, e := range entries {
			if e.Name() == marker || e.Name() == lockName+".lock" {
				continue
			}
			if err := os.RemoveAll(filepath.Join(abs, e.Name())); err != nil {
				return "", nil, errors.Join(fmt.Errorf("reset data directory: %w", err), held.Close())
			}
		}
	}
	return dataDir(abs), held, nil
}

// secret returns the named secret of this data directory, made on first use: 64 hex
// digits, in a file that only its owner reads.
func (d dataDir) secret(name string) (string, error) {
	path := filepath.Join(string(d), "secrets", name)
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	value := hex.EncodeToString(random)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	// Written whole or not at all: half a key would lock everything sealed with it.
	if err := os.WriteFile(path+".new", []byte(value+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	return value, nil
}

// note reads and keeps a small fact between starts, such as a port.
func (d dataDir) note(name string) string {
	b, err := os.ReadFile(filepath.Join(string(d), name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (d dataDir) keep(name, value string) error {
	return os.WriteFile(filepath.Join(string(d), name), []byte(value+"\n"), 0o600)
}
