package main

import (
	"context"
	"flag"
	"fmt"
	"net"
)

// runServe is `galleria serve`: the API, the callbacks and the console, in any number of
// processes.
func runServe(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
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
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", services.Config.Addr)
	if err != nil {
		return fmt.Errorf("GALLERIA_ADDR: %w", err)
	}
	restMemory()
	services.Log.InfoContext(ctx, "serving", "addr", listener.Addr().String(), "public_url", services.Config.PublicURL)
	return services.WithMetrics(ctx, func(ctx context.Context) error { return services.RunHTTP(ctx, listener) })
}
