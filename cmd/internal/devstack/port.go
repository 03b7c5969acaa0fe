package devstack

import (
	"context"
	"fmt"
	"net"
)

// freePort asks the kernel for a loopback port that nobody uses now. Somebody
// may take it before the server does; the callers then try another one.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %s", listener.Addr())
	}
	return addr.Port, nil
}
