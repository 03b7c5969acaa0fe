package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"galleria/cmd/internal/bench"
)

// runBench is `galleria bench`: starts a stack of its own and measures this very binary next
// to what the machine can do.
func runBench(ctx context.Context, sh shell, args []string) error {
	switch strings.Join(args, " ") { // what it starts itself
	case bench.ThinCommand:
		return bench.ServeThin(ctx, sh.getenv, sh.stdout)
	case bench.CrowdCommand:
		return bench.RunCrowd(os.Stdin, sh.stdout)
	}
	return measure(ctx, sh, args)
}

func measure(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	rounds := flags.Int("rounds", 3, "rounds; every figure is their median")
	seconds := flags.Int("seconds", 5, "seconds of one point in one round")
	conns := flags.Int("conns", 32, "connections of the load generator, 1 to 256")
	only := flags.String("only", "", "measure only works with `text` in their name, and nothing else")
	jsonFile := flags.String("json", "", "also write the report as JSON into `file`")
	strict := flags.Bool("strict", false, "fail if a bar is missed")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if *rounds < 1 || *seconds < 1 || *conns < 1 || *conns > 256 {
		return usageError{"-rounds and -seconds must be at least 1, -conns 1 to 256"}
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	report, err := bench.Run(ctx, bench.Options{
		Rounds: *rounds, Duration: time.Duration(*seconds) * time.Second, Conns: *conns, Only: *only, Binary: binary, Progress: sh.stderr,
		Log: slog.New(slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	report.Markdown(sh.stdout)
	if *jsonFile != "" {
		if err := writeReport(*jsonFile, report.JSON); err != nil {
			return err
		}
	}
	if n := len(report.Broken); n > 0 {
		return fmt.Errorf("%d points broke; the first: %s", n, report.Broken[0])
	}
	if n := report.Missed(); *strict && n > 0 {
		return fmt.Errorf("%d bars missed", n)
	}
	return nil
}

func writeReport(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return errors.Join(write(file), file.Close())
}
