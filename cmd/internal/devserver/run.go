package devserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/demo"
	"galleria/cmd/internal/devstack"
	"galleria/migrations"
	"galleria/payments/sandbox"
)

// Options are the flags and surroundings of `galleria dev`.
type Options struct {
	Data   string // folder of everything kept
	Addr   string // loopback address of the platform
	Info   string // file that gets the facts as JSON once everything is ready; may be empty
	Reset  bool   // begin anew
	Getenv func(string) string
	Stdout io.Writer
	Log    *slog.Logger
}

// server is what runs, in the order in which it was started.
type server struct {
	opt Options
	dir dataDir
	// clock is the one clock of platform and sandbox: the demo shops' past is told on it.
	clock *demo.Clock
	stop  []func(context.Context) error
	died  []child // servers of others that must not end before us
}

type child struct {
	name string
	done <-chan struct{}
	// again starts the server anew where it was. Without it everything ends with the server.
	again func(context.Context) (done <-chan struct{}, err error)
}

// stopTime bounds the orderly end of everything.
const stopTime = 30 * time.Second

// Run starts everything, says so, and runs until ctx ends or a part fails; then it stops
// everything it started, in reverse order.
func Run(ctx context.Context, opt Options) (err error) {
	listener, err := listen(ctx, opt.Addr)
	if err != nil {
		return err
	}
	handedOver := false
	defer func() {
		if !handedOver {
			_ = listener.Close()
		}
	}()
	if opt.Reset && opt.Getenv("DATABASE_URL") != "" {
		return errors.New("--reset does not empty a database that is not dev's own: drop the one that DATABASE_URL names and make it again, remove " + opt.Data + ", and start without --reset; nothing was deleted")
	}
	dir, held, err := openDataDir(opt.Data, opt.Reset)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	if err := clearFacts(opt.Info); err != nil {
		return err
	}
	s := &server{opt: opt, dir: dir, clock: demo.NewClock(time.Now)}
	defer func() { err = errors.Join(s.explain(err), s.stopAll(context.WithoutCancel(ctx))) }()

	databaseURL, redisURL, err := s.startStores(ctx)
	if err != nil {
		return err
	}
	provider, sandboxURL, err := s.startSandbox(ctx)
	if err != nil {
		return err
	}
	publicURL := "http://" + listener.Addr().String()
	cfg, err := dir.config(publicURL, databaseURL, redisURL, sandboxURL, opt.Getenv)
	if err != nil {
		return err
	}
	services, err := s.build(ctx, cfg)
	if err != nil {
		return err
	}
	shops, err := s.seed(ctx, services, provider, sandboxURL)
	if err != nil {
		return err
	}
	handedOver = true
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return services.RunHTTP(groupCtx, listener) })
	group.Go(func() error { return services.RunWorker(groupCtx) })
	group.Go(func() error { return services.RunMetrics(groupCtx) })
	group.Go(func() error { return s.watch(groupCtx) })
	group.Go(func() error { return s.welcome(groupCtx, newFacts(cfg, sandboxURL, shops), provider) })
	return group.Wait()
}

// startStores starts Postgres and Redis unless the environment names others.
func (s *server) startStores(ctx context.Context) (databaseURL, redisURL string, err error) {
	if databaseURL = s.opt.Getenv("DATABASE_URL"); databaseURL == "" {
		pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: string(s.dir), Log: s.opt.Log})
		if err != nil {
			return "", "", err
		}
		s.stop = append(s.stop, pg.Stop)
		s.died = append(s.died, child{name: "Postgres", done: pg.Done()})
		databaseURL = pg.URL()
	}
	if redisURL = s.opt.Getenv("REDIS_URL"); redisURL == "" {
		redis := keptRedis{cfg: devstack.RedisConfig{Dir: string(s.dir), Log: s.opt.Log}}
		done, err := redis.start(ctx)
		if err != nil {
			return "", "", err
		}
		s.stop = append(s.stop, func(ctx context.Context) error { return redis.now.Stop(ctx) })
		s.died = append(s.died, child{name: "Redis", done: done, again: redis.start})
		redisURL = redis.now.URL()
	}
	return databaseURL, redisURL, nil
}

// startSandbox opens the providers' side on the port the shops know it by.
func (s *server) startSandbox(ctx context.Context) (*sandbox.Server, string, error) {
	listener, port, err := listenSandbox(ctx, s.dir.note("sandbox.port"))
	if err != nil {
		return nil, "", err
	}
	if err := s.dir.keep("sandbox.port", port); err != nil {
		return nil, "", errors.Join(err, listener.Close())
	}
	provider, err := sandbox.Open(sandbox.Config{
		Dir: filepath.Join(string(s.dir), "sandbox"), Now: s.clock.Now, Log: s.opt.Log,
	})
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("sandbox: %w", err), listener.Close())
	}
	front := &http.Server{Handler: provider.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := front.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.opt.Log.ErrorContext(ctx, "sandbox stopped", "error", err)
		}
	}()
	s.died = append(s.died, child{name: "the sandbox", done: served})
	s.stop = append(s.stop, func(context.Context) error { return errors.Join(front.Close(), provider.Close()) })
	return provider, "http://" + net.JoinHostPort("127.0.0.1", port), nil
}

// build migrates the schemas and builds the rooms.
func (s *server) build(ctx context.Context, cfg app.Config) (*app.Services, error) {
	log := s.opt.Log
	ground, err := app.NewGround(ctx, cfg, log, s.clock.Now)
	if err != nil {
		return nil, err
	}
	s.stop = append(s.stop, func(context.Context) error { ground.Close(); return nil })
	if foreign, err := ground.ForeignKeys(ctx); err != nil {
		return nil, err
	} else if foreign > 0 {
		return nil, fmt.Errorf("the database was filled with another data folder than %s, whose keys it needs: start with that one (--data), or give DATABASE_URL an empty database", s.dir) //nolint:err113 // a sentence for a person
	}
	if _, err := ground.Runner.Platform(ctx); err != nil {
		return nil, err
	}
	report, err := ground.Runner.Fleet(ctx, migrations.FleetOptions{})
	if err != nil {
		return nil, err
	}
	for _, f := range report.Failed {
		log.WarnContext(ctx, "a shop's schema could not be upgraded", "tenant_id", f.TenantID, "error", f.Err)
	}
	return app.NewServices(ground)
}

// seed fills the demo shops, before anything serves them.
func (s *server) seed(ctx context.Context, r *app.Services, provider *sandbox.Server, sandboxURL string) (demo.Result, error) {
	passwords, err := s.dir.passwords()
	if err != nil {
		return demo.Result{}, err
	}
	result, err := demo.Seed(ctx, demo.Deps{
		DB: r.DB, Provision: r.Provision, Registry: r.Registry, Staff: r.Staff, Plans: r.Plans, Vault: r.Vault, Outbox: r.Outbox, Timers: r.Timers,
		Catalog: r.Catalog, Inventory: r.Inventory, Members: r.Members, Orders: r.Orders, Notices: r.Notices, Freights: r.Freights, Coupons: r.Coupons, Points: r.Points, Campaigns: r.Campaigns, Distributed: r.Distributed, Reviews: r.Reviews, Delivery: r.Delivery,
		MiniProgram: r.MiniProgram, Accounts: r.Accounts, Books: r.Ledger, Sandbox: provider, SandboxURL: sandboxURL, PublicURL: r.Config.PublicURL, MailDesk: r.Desk != nil,
		Clock: s.clock, Password: passwords, Log: s.opt.Log,
	})
	if err != nil {
		return demo.Result{}, fmt.Errorf("fill the demo shops: %w", err)
	}
	return result, nil
}

// welcome waits until the platform answers, prints the facts and writes the info file: whoever
// waits for the file finds the rest said.
func (s *server) welcome(ctx context.Context, f facts, provider *sandbox.Server) error {
	if err := waitFor(ctx, f.API+"/readyz"); err != nil {
		return err
	}
	for _, shop := range f.Shops {
		if err := provider.Greet(ctx, shop.AppID, demo.PushURL(f.API, shop.AppID)); err != nil { // pictures of its reviews then wait for a person
			s.opt.Log.WarnContext(ctx, "the sandbox's messages do not reach a shop", "app_id", shop.AppID, "error", err)
		}
	}
	if err := f.print(s.opt.Stdout, string(s.dir)); err != nil || s.opt.Info == "" {
		return err
	}
	return f.write(s.opt.Info)
}

// waitFor polls an address of ours until it answers 200.
func waitFor(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the platform does not answer at %s: %w", url, errors.Join(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// watch ends everything when a server we depend on ends by itself, and starts Redis again,
// which may be lost at any moment.
func (s *server) watch(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range s.died {
		group.Go(func() error { return s.keep(ctx, c) })
	}
	return group.Wait()
}

func (s *server) keep(ctx context.Context, c child) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.done:
		}
		if c.again == nil {
			return fmt.Errorf("%s ended; its log is in %s", c.name, s.dir) //nolint:err113 // a sentence for a person
		}
		s.opt.Log.WarnContext(ctx, "a server ended and is started again", "server", c.name)
		var err error
		if c.done, err = c.again(ctx); err != nil {
			return fmt.Errorf("%s ended and does not start again: %w", c.name, err)
		}
	}
}

// explain adds what a full disk leaves of a database's last words.
func (s *server) explain(err error) error {
	if err == nil {
		return nil
	}
	if hint := devstack.DiskFull(string(s.dir)); hint != "" && !strings.Contains(err.Error(), hint) {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

func (s *server) stopAll(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	for _, stop := range slices.Backward(s.stop) {
		err = errors.Join(err, stop(ctx))
	}
	return err
}
