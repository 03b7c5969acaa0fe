package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"time"

	"galleria/cmd/internal/devstack"
)

// The variables through which tests learn where their servers are.
const (
	testDatabaseEnv = "GALLERIA_TEST_DATABASE_URL"
	testRedisEnv    = "GALLERIA_TEST_REDIS_URL"
)

// prepareDatabase makes a fresh database ready before the command starts.
type prepareDatabase func(ctx context.Context, databaseURL string) error

// runWithStack is `galleria with-stack`.
func runWithStack(ctx context.Context, sh shell, args []string) error {
	return withStack(ctx, sh, args, prepareTestDatabase)
}

// withStack runs a command with a Postgres and a Redis that exist only as long
// as it does, and returns its exit code as an exitError. If the environment
// already names both, it only runs the command.
func withStack(ctx context.Context, sh shell, args []string, prepare prepareDatabase) (err error) {
	flags := flag.NewFlagSet("with-stack", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	verbose := flags.Bool("v", false, "report what the servers do")
	flags.Usage = func() {
		_, _ = fmt.Fprintf(sh.stderr, "Usage: galleria with-stack [flags] -- command [args...]\n\nRuns the command with %s and %s set.\n\n", testDatabaseEnv, testRedisEnv)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usageError{err.Error()}
	}
	if flags.NArg() == 0 {
		return usageError{"no command given: galleria with-stack -- command [args...]"}
	}
	if sh.getenv(testDatabaseEnv) != "" && sh.getenv(testRedisEnv) != "" {
		return runChild(ctx, sh, flags.Args(), nil)
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: level}))
	env, stop, err := startStack(ctx, sh, log, prepare)
	defer func() { err = joinKeepingExit(err, stop()) }()
	if err != nil {
		return err
	}
	return runChild(ctx, sh, flags.Args(), env)
}

// startStack starts what the environment does not already name. stop is never
// nil and undoes whatever was started, even after an error.
func startStack(ctx context.Context, sh shell, log *slog.Logger, prepare prepareDatabase) (env []string, stop func() error, err error) {
	var undo []func(context.Context) error
	stop = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		var failed error
		for _, step := range slices.Backward(undo) {
			failed = errors.Join(failed, step(ctx))
		}
		return failed
	}
	dir, err := devstack.TempDir()
	if err != nil {
		return nil, stop, err
	}
	undo = append(undo, func(context.Context) error { return os.RemoveAll(dir) })

	if sh.getenv(testDatabaseEnv) == "" {
		pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: dir, Log: log, Ephemeral: true})
		if err != nil {
			return nil, stop, err
		}
		undo = append(undo, pg.Stop)
		if prepare != nil {
			if err := prepare(ctx, pg.URL()); err != nil {
				return nil, stop, fmt.Errorf("prepare the database: %w", err)
			}
		}
		env = append(env, testDatabaseEnv+"="+pg.URL())
	}
	if sh.getenv(testRedisEnv) == "" {
		redis, err := devstack.StartRedis(ctx, devstack.RedisConfig{Dir: dir, Log: log, Ephemeral: true})
		if err != nil {
			return nil, stop, err
		}
		undo = append(undo, redis.Stop)
		env = append(env, testRedisEnv+"="+redis.URL())
	}
	return env, stop, nil
}

// runChild runs args with env added to our own environment. A cancelled ctx
// interrupts the command, and kills it ten seconds later.
func runChild(ctx context.Context, sh shell, args, env []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running what the user asks for is the purpose
	cmd.Stdin, cmd.Stdout, cmd.Stderr = sh.stdin, sh.stdout, sh.stderr
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		if code := failed.ExitCode(); code > 0 {
			return exitError{code}
		}
		return exitError{1} // ended by a signal
	}
	return err
}

// joinKeepingExit adds a failed clean-up to the command's own result.
func joinKeepingExit(err, cleanup error) error {
	if cleanup == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("stop the servers: %w", cleanup))
}
