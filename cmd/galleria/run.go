package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"galleria/cmd/internal/app"
)

// command is one subcommand of the binary.
type command struct {
	name    string
	summary string // one line of `galleria help`
	run     func(ctx context.Context, sh shell, args []string) error
}

// commands lists the subcommands in the order in which help shows them. Each
// lives in a file of its own.
func commands() []command {
	return []command{
		{"dev", "run everything on this machine, with demo shops and a payment sandbox", runDev},
		{"serve", "answer HTTP: the Mini Program API, provider callbacks, the console", runServe},
		{"worker", "do the background work: messages, refunds, timers", runWorker},
		{"migrate", "bring every schema to the newest version, or tell which are behind", runMigrate},
		{"tenant", "open, list, suspend, resume and close shops; decide applications", runTenant},
		{"keys", "show and rotate the keys that seal merchants' secrets", runKeys},
		{"audit", "verify and export the audit log", runAudit},
		{"books", "look in every shop for what its books must never hold; changes nothing", runBooks},
		{"figures", "recount what a shop has sold, by day, from its orders", runFigures},
		{"reconcile", "compare an account's bills with the books now, and show a day", runReconcile},
		{"platform-staff", "add people who run the platform, grant and revoke their roles", runPlatformStaff},
		{"sandbox", "play the payment and Mini Program providers on loopback", runSandbox},
		{"doctor", "examine database, schemas and queue, and say what to mend", runDoctor},
		{"bench", "measure this binary next to what the machine can do", runBench},
		{"config", "print the effective configuration, secrets masked", runConfig},
		{"openapi", "print the contract of the Mini Program API", runOpenAPI},
		{"charts", "draw the state machines into a Markdown file", runCharts},
		{"with-stack", "run a command with a throw-away Postgres and Redis", runWithStack},
	}
}

// shell is what a subcommand knows of the world around it.
type shell struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// usageError is a mistake in the command line; the binary exits with 2.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// exitError makes the binary exit with code and without another word.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// run is the program: it chooses the subcommand, cancels its context on
// SIGINT or SIGTERM, and returns the exit code. A second signal ends the
// program at once.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer release()
	context.AfterFunc(ctx, release)

	sh := shell{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	if len(args) == 0 {
		printUsage(stderr)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		printUsage(stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name == args[0] {
			err := c.run(ctx, sh, args[1:])
			if usage, ok := errors.AsType[usageError](err); ok && asksHelp(args[1:]) {
				_, _ = fmt.Fprintf(stdout, "galleria %s: %s\n", c.name, usage.text)
				return 0
			}
			return exitCode(c.name, err, stderr)
		}
	}
	_, _ = fmt.Fprintf(stderr, "galleria: unknown command %q\n\n", args[0])
	printUsage(stderr)
	return 2
}

// asksHelp tells whether args ask what a command takes.
func asksHelp(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0])
}

// onGround has do work on the installation that the environment names. Who asks for do's
// flags needs none: do reads args before anything else, and has no ground then.
func onGround(ctx context.Context, sh shell, args []string, do func(context.Context, shell, *app.Ground, []string) error) error {
	if asksHelp(args) {
		return do(ctx, sh, nil, args)
	}
	cfg, err := app.LoadConfig(sh.getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ground, err := app.NewGround(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer ground.Close()
	return do(ctx, sh, ground, args)
}

// exitCode reports err to the user, once, and says how the program ends.
func exitCode(name string, err error, stderr io.Writer) int {
	var (
		exit  exitError
		usage usageError
	)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "galleria %s: %s\n", name, usage.text)
		return 2
	default:
		_, _ = fmt.Fprintf(stderr, "galleria %s: %v\n", name, err)
		return 1
	}
}

func printUsage(w io.Writer) {
	_, _ = fmt.Fprint(w, "Galleria: shops for mini programs, many merchants on one installation.\n\nUsage: galleria <command> [flags]\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		_, _ = fmt.Fprintf(table, "  %s\t%s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprintf(table, "  help\tthis text\n")
	_ = table.Flush()
	_, _ = fmt.Fprint(w, "\n`galleria <command> -h` shows a command's flags.\n")
}
