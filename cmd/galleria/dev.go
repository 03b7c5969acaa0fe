package main

import (
	"context"
	"flag"
	"log/slog"

	"galleria/cmd/internal/devserver"
)

// runDev is `galleria dev`: everything on this machine, with demo shops.
func runDev(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	data := flags.String("data", ".galleria", "`folder` of everything kept between starts")
	addr := flags.String("addr", "127.0.0.1:8080", "loopback `address` of the platform")
	info := flags.String("info", "", "write the facts as JSON to this `file` once everything is ready")
	reset := flags.Bool("reset", false, "delete what is kept and begin anew")
	verbose := flags.Bool("v", false, "log every request, not only what is refused, and what the servers do")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	var handler slog.Handler = slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: slog.LevelInfo})
	if !*verbose {
		handler = devserver.Terse(handler)
	}
	log := slog.New(handler)
	return devserver.Run(ctx, devserver.Options{
		Data: *data, Addr: *addr, Info: *info, Reset: *reset, Getenv: sh.getenv, Stdout: sh.stdout, Log: log,
	})
}
