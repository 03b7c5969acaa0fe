package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// callRun runs the program with an empty environment.
func callRun(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, func(name string) string { return env[name] }, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestRunChoosesTheSubcommand(t *testing.T) {
	t.Parallel()
	preset := map[string]string{testDatabaseEnv: "postgres://preset", testRedisEnv: "redis://preset"}
	for name, c := range map[string]struct {
		args      []string
		code      int
		out, errs string
	}{
		"help":               {args: []string{"help"}, out: "with-stack"},
		"--help":             {args: []string{"--help"}, out: "Usage: galleria"},
		"nothing":            {args: nil, code: 2, errs: "Usage: galleria"},
		"unknown":            {args: []string{"sell-everything"}, code: 2, errs: `unknown command "sell-everything"`},
		"help of a command":  {args: []string{"with-stack", "-h"}, errs: "Usage: galleria with-stack"},
		"help without flags": {args: []string{"tenant", "-h"}, out: "want create, list, suspend"},
		"help of an action":  {args: []string{"tenant", "create", "-h"}, errs: "-handle name"},
		"help of a move":     {args: []string{"tenant", "suspend", "-h"}, errs: "-reason string"},
		"help of keys":       {args: []string{"keys", "rotate", "-h"}, errs: "Usage: galleria keys rotate"},
		"help of audit":      {args: []string{"audit", "verify", "-h"}, errs: "-tenant handle"},
		"help of staff":      {args: []string{"platform-staff", "add", "-h"}, errs: "-name name"},
		"help of books":      {args: []string{"books", "-h"}, errs: "-rest duration"},
		"help of reconcile":  {args: []string{"reconcile", "-h"}, errs: "-day day"},
		"help of charts":     {args: []string{"charts", "-h"}, out: "want the file"},
		"help of config":     {args: []string{"config", "-h"}, out: "takes no arguments"},
		"help behind a word": {args: []string{"migrate", "up", "-h"}, errs: "-canary ids"},
		"flag behind a word": {args: []string{"migrate", "up", "-fast"}, code: 2, errs: "-fast"},
		"word behind a word": {args: []string{"migrate", "up", "down"}, code: 2, errs: "want up, status or plan"},
		"unknown flag":       {args: []string{"with-stack", "-fast"}, code: 2, errs: "-fast"},
		"no command":         {args: []string{"with-stack"}, code: 2, errs: "no command given"},
		"output passes":      {args: []string{"with-stack", "--", "echo", "hello"}, out: "hello\n"},
		"exit code passes":   {args: []string{"with-stack", "--", "sh", "-c", "exit 7"}, code: 7},
		"killed by a signal": {args: []string{"with-stack", "--", "sh", "-c", "kill -9 $$"}, code: 1},
		"no such program":    {args: []string{"with-stack", "--", "no-such-program-anywhere"}, code: 1, errs: "no-such-program-anywhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := callRun(t, maps.Clone(preset), c.args...)
			if code != c.code {
				t.Errorf("exit code: got %d, want %d (stderr %q)", code, c.code, errs)
			}
			if !strings.Contains(out, c.out) {
				t.Errorf("stdout: got %q, want it to contain %q", out, c.out)
			}
			if !strings.Contains(errs, c.errs) {
				t.Errorf("stderr: got %q, want it to contain %q", errs, c.errs)
			}
		})
	}
}

func TestWithStackGivesTheCommandServersOfItsOwn(t *testing.T) {
	t.Parallel()
	var prepared string
	prepare := func(ctx context.Context, databaseURL string) error {
		prepared = databaseURL
		conn, err := pgx.Connect(ctx, databaseURL)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}
	var out, errs strings.Builder
	sh := shell{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
	err := withStack(t.Context(), sh, []string{"--", "sh", "-c", "echo $" + testDatabaseEnv + " $" + testRedisEnv + "; exit 3"}, prepare)
	var exit exitError
	if !errors.As(err, &exit) || exit.code != 3 {
		t.Fatalf("got %v, want exit status 3; %s", err, errs.String())
	}
	database, redis, _ := strings.Cut(strings.TrimSpace(out.String()), " ")
	if database == "" || database != prepared {
		t.Errorf("database: the command got %q, prepare got %q", database, prepared)
	}
	if !strings.HasPrefix(redis, "redis://:") {
		t.Errorf("redis: the command got %q", redis)
	}
	if conn, err := pgx.Connect(t.Context(), database); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database still answers after the command ended")
	}
}

func TestWithStackStopsWhenPreparingFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("migration 7 is broken")
	var database string
	sh := shell{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &strings.Builder{}, stderr: &strings.Builder{}}
	err := withStack(t.Context(), sh, []string{"--", "true"}, func(_ context.Context, url string) error { database = url; return broken })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if conn, err := pgx.Connect(t.Context(), database); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database was left running")
	}
}

// TestASignalReachesTheCommand sends SIGTERM to this very process, which is
// safe while run is listening for it. Not parallel for that reason.
func TestASignalReachesTheCommand(t *testing.T) {
	var out, errs strings.Builder
	env := func(string) string { return "preset" }
	ended := make(chan int, 1)
	started := t.TempDir() + "/started"
	go func() {
		ended <- run(t.Context(), []string{"with-stack", "--", "sh", "-c", `trap 'echo interrupted; exit 5' INT; : > "` + started + `"; while :; do sleep 0.05; done`}, env, nil, &out, &errs)
	}()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if _, err := os.Stat(started); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the command did not start")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-ended:
		if code != 5 || !strings.Contains(out.String(), "interrupted") {
			t.Errorf("got exit code %d, output %q, want 5 and interrupted; %s", code, out.String(), errs.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the command did not end")
	}
}
