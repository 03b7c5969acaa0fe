package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"galleria/cmd/internal/app"
)

// processEnv holds an installation's configuration. It makes this test binary a server and
// a worker of it, for tests that need a second process and not only a second server.
const processEnv = "GALLERIA_TEST_SERVE"

func TestMain(m *testing.M) {
	if config := os.Getenv(processEnv); config != "" {
		if err := serve(config); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve is `galleria serve` and `galleria worker` in one process. It says its address, and
// ends with its standard input: so it never outlives the test.
func serve(config string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	var cfg app.Config
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		return err
	}
	ground, err := app.NewGround(ctx, cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)), time.Now)
	if err != nil {
		return err
	}
	defer ground.Close()
	services, err := app.NewServices(ground)
	if err != nil {
		return err
	}
	if err := services.Ready(ctx); err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return services.RunHTTP(ctx, listener) })
	group.Go(func() error { return services.RunWorker(ctx) })
	return group.Wait()
}

// process is another operating system process of an installation.
type process struct {
	base string   // http://127.0.0.1:port
	log  *logbook // its own
}

// process starts a server and a worker of the same installation in a process of their own.
// It ends with the test, and well.
func (w *world) process() process {
	w.t.Helper()
	p, end := w.spawn()
	w.t.Cleanup(func() {
		if err := end(false); err != nil {
			w.t.Errorf("the second process ended with %v", err)
		}
	})
	return p
}

// victim is process for a test that kills it, as kill -9 does.
func (w *world) victim() (p process, kill func()) {
	w.t.Helper()
	p, end := w.spawn()
	kill = sync.OnceFunc(func() { _ = end(true) })
	w.t.Cleanup(kill)
	return p, kill
}

// spawn starts a process. end ends it, well or by killing it, and says how it ended.
func (w *world) spawn() (p process, end func(kill bool) error) {
	w.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(w.t.Context()), os.Args[0])
	cmd.Env = append(os.Environ(), processEnv+"="+toJSON(w.t, w.config))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	p = process{log: &logbook{out: w.t.Output()}}
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = p.log.Write(append(lines.Bytes(), '\n'))
		}
	}()
	end = func(kill bool) error {
		if kill {
			_ = cmd.Process.Kill()
		}
		_ = stdin.Close()
		stuck := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer stuck.Stop()
		<-logged // Wait closes the pipe, and what is in it would be lost
		return cmd.Wait()
	}
	address := bufio.NewScanner(stdout)
	if !address.Scan() {
		_ = end(true)
		w.t.Fatal("the second process does not serve")
	}
	p.base = address.Text()
	return p, end
}
