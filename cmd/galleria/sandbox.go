package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"galleria/payments/sandbox"
)

// runSandbox is `galleria sandbox`: the providers' side alone, for trying an
// installation or a client against it.
func runSandbox(ctx context.Context, sh shell, args []string) (err error) {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	addr := flags.String("addr", "127.0.0.1:0", "loopback `address` to listen on")
	dir := flags.String("data", "", "`folder` of the books; empty keeps them in memory")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if sh.getenv("GALLERIA_ENV") == "production" {
		return usageError{"the sandbox hands out play money: not with GALLERIA_ENV=production"}
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", *addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", *addr, err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return errors.Join(usageError{"the sandbox hands out play money to whoever asks: loopback only"}, listener.Close())
	}
	server, err := sandbox.Open(sandbox.Config{Dir: *dir, Now: time.Now, Log: newLogger(sh.stderr, slog.LevelInfo)})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	_, _ = fmt.Fprintf(sh.stdout, "sandbox: http://%s\n", listener.Addr())
	front := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = front.Close() })
	defer stop()
	if err := front.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
