package devserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen takes the address the platform is to be reached under, before anything else is
// started, so that a taken port is said at once.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("--addr %q is not host:port", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--addr %s: dev uses known demo shops and play money, so it listens on loopback only; use `galleria serve` to be reached from outside", addr)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; stop it, or choose another port with --addr 127.0.0.1:PORT", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// listenSandbox takes the port the sandbox had last time, because shops have stored its
// address; the first time, any free one.
func listenSandbox(ctx context.Context, port string) (l net.Listener, chosen string, err error) {
	var lc net.ListenConfig
	if port == "" {
		port = "0"
	}
	l, err = lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, "", fmt.Errorf("port %s, under which the demo shops know the sandbox, is in use by another program; stop it, or begin anew with --reset", port)
	}
	if err != nil {
		return nil, "", fmt.Errorf("listen for the sandbox: %w", err)
	}
	_, chosen, err = net.SplitHostPort(l.Addr().String())
	return l, chosen, err
}
