package devstack_test

import (
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"galleria/cmd/internal/devstack"
)

func needRedisServer(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server")
	}
}

func startRedis(t *testing.T, dir string) *devstack.Redis {
	t.Helper()
	book := &logBook{}
	server, err := devstack.StartRedis(t.Context(), devstack.RedisConfig{Dir: dir, Log: book.logger()})
	if err != nil {
		t.Fatalf("start: %v\n%s", err, book)
	}
	stop := stopContext(t)
	t.Cleanup(func() {
		if err := server.Stop(stop); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return server
}

func redisClient(t *testing.T, dsn string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(dsn)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedisKeepsDataAcrossRestarts(t *testing.T) {
	t.Parallel()
	needRedisServer(t)
	dir := dataDir(t)
	first := startRedis(t, dir)
	if !first.Durable() {
		t.Error("Durable: got false, want true")
	}
	if err := redisClient(t, first.URL()).Set(t.Context(), "queue", "task", 0).Err(); err != nil {
		t.Fatal(err)
	}
	pid := pidIn(t, dir, "redis", "redis.pid")
	for range 2 { // the second call must be harmless
		if err := first.Stop(stopContext(t)); err != nil {
			t.Fatalf("stop: %v", err)
		}
	}
	wantGone(t, "redis-server", pid)

	second := redisClient(t, startRedis(t, dir).URL())
	if got, err := second.Get(t.Context(), "queue").Result(); err != nil || got != "task" {
		t.Errorf("after a restart: got %q, %v, want task", got, err)
	}
	if got := second.ConfigGet(t.Context(), "maxmemory-policy").Val()["maxmemory-policy"]; got != "noeviction" {
		t.Errorf("maxmemory-policy: got %q, want noeviction", got)
	}
}

func TestRedisRecoversFromAKill(t *testing.T) {
	t.Parallel()
	needRedisServer(t)
	dir := dataDir(t)
	first := startRedis(t, dir)
	if err := redisClient(t, first.URL()).Set(t.Context(), "queue", "task", 0).Err(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond) // appendfsync everysec
	if err := syscall.Kill(pidIn(t, dir, "redis", "redis.pid"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	if err := first.Stop(stopContext(t)); err != nil {
		t.Errorf("stop of a dead server: %v", err)
	}
	if got, err := redisClient(t, startRedis(t, dir).URL()).Get(t.Context(), "queue").Result(); err != nil || got != "task" {
		t.Errorf("after kill -9: got %q, %v, want task", got, err)
	}
}

func TestRedisRefusesASecondStartAndAWrongPassword(t *testing.T) {
	t.Parallel()
	needRedisServer(t)
	dir := dataDir(t)
	first := startRedis(t, dir)
	_, err := devstack.StartRedis(t.Context(), devstack.RedisConfig{Dir: dir, Log: (&logBook{}).logger()})
	if err == nil {
		t.Fatal("the second start succeeded")
	}
	wantText(t, "error", err.Error(), "in use by another galleria")
	wantNoEntry(t, first.URL())
}

// wantNoEntry fails if the server of dsn answers a client with another password.
func wantNoEntry(t *testing.T, dsn string) {
	t.Helper()
	wrong, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword("", "guess")
	if err := redisClient(t, wrong.String()).Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("wrong password: got %v, want WRONGPASS", err)
	}
}

func TestRedisExplainsBrokenData(t *testing.T) {
	t.Parallel()
	needRedisServer(t)
	dir := dataDir(t)
	if err := writeFiles(dir, map[string]string{"redis/appendonlydir/appendonly.aof.manifest": "rubbish\n"}); err != nil {
		t.Fatal(err)
	}
	server, err := devstack.StartRedis(t.Context(), devstack.RedisConfig{Dir: dir, Log: (&logBook{}).logger()})
	if err == nil {
		_ = server.Stop(stopContext(t))
		t.Fatal("started on a broken append-only file")
	}
	wantText(t, "error", err.Error(), "Redis said")
}

func TestRedisWithoutAServerServesFromMemory(t *testing.T) {
	t.Parallel()
	book := &logBook{}
	cfg := devstack.RedisConfig{Dir: dataDir(t), Log: book.logger()}
	server, err := devstack.StartRedis(t.Context(), devstack.WithProgram(cfg, filepath.Join(cfg.Dir, "no-such-program")))
	if err != nil {
		t.Fatal(err)
	}
	if server.Durable() {
		t.Error("Durable: got true, want false")
	}
	wantText(t, "log", book.String(), "do not survive a restart", "apt-get install redis-server")
	wantNoEntry(t, server.URL())
	client := redisClient(t, server.URL())
	if err := client.Set(t.Context(), "lock", "held", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for client.Exists(t.Context(), "lock").Val() == 1 {
		if time.Now().After(deadline) {
			t.Fatal("a key with one second to live is still there after ten")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for range 2 {
		if err := server.Stop(stopContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	dsn, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", dsn.Host); err == nil {
		_ = conn.Close()
		t.Error("the server answers after Stop")
	}
}
