package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"time"

	"galleria/cmd/internal/app"
)

// runWorker is `galleria worker`: background work, in any number of processes.
func runWorker(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	services, err := newServices(ctx, sh)
	if err != nil {
		return err
	}
	defer services.Close()
	if err := services.Ready(ctx); err != nil {
		return err
	}
	services.Log.InfoContext(ctx, "worker is running", "concurrency", services.Config.WorkerConcurrency)
	return services.WithMetrics(ctx, services.RunWorker)
}

// newServices builds everything from the environment, as serve and worker need it.
func newServices(ctx context.Context, sh shell) (*app.Services, error) {
	useMemory(sh.getenv)
	cfg, err := app.LoadConfig(sh.getenv)
	if err != nil {
		return nil, err
	}
	ground, err := app.NewGround(ctx, cfg, newLogger(sh.stderr, cfg.LogLevel), time.Now)
	if err != nil {
		return nil, err
	}
	services, err := app.NewServices(ground)
	if err != nil {
		ground.Close()
		return nil, err
	}
	return services, nil
}

func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
