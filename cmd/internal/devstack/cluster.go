package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// clusterVersion returns the major version of the cluster in dataDir, "" if
// there is none. A directory with something else in it is an error: it is not
// ours to overwrite.
func clusterVersion(dataDir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", explain("read the cluster's version", dataDir, err)
	}
	entries, err := os.ReadDir(dataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", explain("look into the cluster", dataDir, err)
	case len(entries) > 0:
		return "", fmt.Errorf("%s holds files but no Postgres cluster: move them away, or choose another data directory (--data)", dataDir)
	default:
		return "", nil
	}
}

// makeCluster makes a cluster with the application's database in dataDir. It
// works in dataDir.new, so that what stands in dataDir is always complete.
func makeCluster(ctx context.Context, bin binaries, acct account, dataDir, password string, ephemeral bool) error {
	draft := dataDir + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return explain("remove an unfinished cluster", draft, err)
	}
	if err := errors.Join(os.Mkdir(draft, 0o700), acct.own(draft)); err != nil {
		return explain("create the cluster's directory", draft, err)
	}
	if err := initCluster(ctx, bin, acct, draft, password, ephemeral); err != nil {
		return errors.Join(err, os.RemoveAll(draft))
	}
	if err := os.Remove(dataDir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain("make way for the cluster", dataDir, err)
	}
	if err := os.Rename(draft, dataDir); err != nil {
		return explain("move the cluster into place", dataDir, err)
	}
	return nil
}

func initCluster(ctx context.Context, bin binaries, acct account, draft, password string, ephemeral bool) error {
	// initdb wants the password in a file it can read; it may run as another user.
	passFile := draft + ".pass"
	defer func() { _ = os.Remove(passFile) }()
	if err := errors.Join(os.WriteFile(passFile, []byte(password+"\n"), 0o600), acct.own(passFile)); err != nil {
		return explain("write the password file", passFile, err)
	}
	args := []string{"-D", draft, "--username=" + owner, "--pwfile=" + passFile, "--auth=scram-sha-256", "--encoding=UTF8"}
	if ephemeral {
		args = append(args, "--no-sync")
	}
	err := runTool(ctx, acct, draft, "", bin.path("initdb"), append(args, "--locale=C.UTF-8")...)
	if err != nil && strings.Contains(err.Error(), "invalid locale name") {
		// macOS before 14 and musl know C.UTF-8 under no name; C sorts alike.
		err = runTool(ctx, acct, draft, "", bin.path("initdb"), append(args, "--locale=C")...)
	}
	if err != nil {
		return err
	}
	single := []string{"--single", "-D", draft, "-c", "exit_on_error=true", "-c", "log_checkpoints=off"}
	if ephemeral {
		single = append(single, "-c", "fsync=off")
	}
	return runTool(ctx, acct, draft, "CREATE DATABASE "+owner+";\n", bin.path("postgres"), append(single, "postgres")...)
}

// runTool runs one of the server's programs to its end, as acct. The error
// holds what the program said and, for the usual causes, what to do.
func runTool(ctx context.Context, acct account, dir, stdin, program string, args ...string) error {
	var said strings.Builder
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...) //nolint:gosec // found by us
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(os.Environ(), "LC_ALL=C", "LC_MESSAGES=C")
	proc, err := spawn(cmd, acct, syscall.SIGKILL)
	if err != nil {
		return err
	}
	select {
	case <-proc.done:
	case <-ctx.Done():
		return errors.Join(ctx.Err(), proc.stop(ctx, os.Interrupt, os.Kill))
	}
	if proc.err == nil {
		return nil
	}
	hint := hintFor(said.String(), filepath.Dir(dir))
	if hint != "" {
		hint = ": " + hint
	}
	return fmt.Errorf("%s: %w%s\n%s", filepath.Base(program), proc.err, hint, strings.TrimSpace(said.String()))
}
