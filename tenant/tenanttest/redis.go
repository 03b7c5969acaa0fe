package tenanttest

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisServer is a Redis of one test, which may kill it.
type RedisServer struct {
	URL  string
	port int
	dir  string
	cmd  *exec.Cmd
}

// StartRedis starts a Redis without persistence, as careless installations run it. It
// ends with the test.
func StartRedis(t testing.TB) *RedisServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // only to find a free port
	if err != nil {
		t.Fatalf("find a port: %v", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	s := &RedisServer{URL: fmt.Sprintf("redis://127.0.0.1:%d/0", port), port: port, dir: t.TempDir()}
	s.Start(t)
	t.Cleanup(func() { s.Kill() })
	return s
}

// Start starts the server on its port; it is empty.
func (s *RedisServer) Start(t testing.TB) {
	t.Helper()
	s.cmd = exec.CommandContext(context.Background(), "redis-server", "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", //nolint:gosec // fixed program, our port
		"--save", "", "--appendonly", "no", "--dir", s.dir)
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	client := s.client()
	defer func() { _ = client.Close() }()
	for deadline := time.Now().Add(10 * time.Second); ; { //nolint:forbidigo // waiting for a process
		if err := client.Ping(context.Background()).Err(); err == nil {
			return
		} else if time.Now().After(deadline) { //nolint:forbidigo // waiting for a process
			t.Fatalf("redis-server does not answer: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Kill ends the server as a crash would; what it held is gone.
func (s *RedisServer) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// Flush empties the server.
func (s *RedisServer) Flush(t testing.TB) {
	t.Helper()
	client := s.client()
	defer func() { _ = client.Close() }()
	if err := client.FlushAll(context.Background()).Err(); err != nil {
		t.Fatalf("flush redis: %v", err)
	}
}

// Evict sets what the server does when it is full.
func (s *RedisServer) Evict(t testing.TB, policy string) {
	t.Helper()
	client := s.client()
	defer func() { _ = client.Close() }()
	if err := client.ConfigSet(context.Background(), "maxmemory-policy", policy).Err(); err != nil {
		t.Fatalf("set the policy of redis: %v", err)
	}
}

func (s *RedisServer) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.port), MaxRetries: -1})
}
