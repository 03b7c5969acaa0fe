package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"galleria/console"
	"galleria/tenant/pulse"
	"galleria/web"
	"galleria/web/media"
	"galleria/web/middleware"
	"galleria/web/miniapi"
	"galleria/web/notify"
	"galleria/web/static"
)

// answersBytes bounds the catalogue answers kept in memory, over all shops.
const answersBytes = 32 << 20

// front is the part of the HTTP server that running it needs.
type front interface {
	Listener(l net.Listener) error
	ShutdownWithTimeout(timeout time.Duration) error
}

// drainTime is how long requests under way may still take when the process ends.
const drainTime = 10 * time.Second

// RunHTTP serves the API, the callbacks and the console on listener until ctx ends, and
// relays what they append.
func (s *Services) RunHTTP(ctx context.Context, listener net.Listener) error {
	redisOptions, err := redis.ParseURL(s.Config.RedisURL)
	if err != nil {
		return errors.Join(fmt.Errorf("redis address: %w", err), listener.Close())
	}
	// Limits are asked before every write: a Redis that is away must not be waited for.
	redisOptions.DialTimeout, redisOptions.ReadTimeout, redisOptions.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
	redisOptions.MaxRetries = -1
	redis.SetLogger(redisLog{s.Log})
	shared := redis.NewClient(redisOptions)
	defer func() { _ = shared.Close() }()

	answers := miniapi.NewAnswers(answersBytes, s.Now)
	draining := new(web.Draining)
	server, err := s.server(answers, shared, draining)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { s.Resolver.Run(ctx); return nil })
	group.Go(func() error { answers.Run(ctx, s.DB); return nil })
	group.Go(func() error { return s.RunRelay(ctx) })
	group.Go(func() error { return s.Vault.Run(ctx) })
	group.Go(func() error { s.Looks.Run(ctx); return nil })
	group.Go(func() error { s.Figures.Run(ctx, s.Log); return nil })
	group.Go(func() error { return server.Listener(listener) })
	group.Go(func() error {
		<-ctx.Done()
		draining.Store(true)
		time.Sleep(s.Config.ShutdownDelay) // a load balancer sees it and sends no more
		err := server.ShutdownWithTimeout(drainTime)
		// A server that was stopped before it had begun to serve does not know the listener, and
		// would serve it from then on.
		if closed := listener.Close(); !errors.Is(closed, net.ErrClosed) {
			err = errors.Join(err, closed)
		}
		return err
	})
	return group.Wait()
}

// redisLog takes what the Redis client would print past our log: a pool that cannot
// connect says so for every try, and the limiter and the relay say it once.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, v ...any) {
	l.log.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, v...))
}

// server builds the HTTP side over what the rooms offer.
func (s *Services) server(answers *miniapi.Answers, shared redis.UniversalClient, draining *web.Draining) (front, error) {
	assets, err := static.New(console.AssetPrefix)
	if err != nil {
		return nil, err
	}
	desk, err := console.New(console.Deps{
		DB: s.DB, Staff: s.Staff, Vault: s.Vault, Registry: s.Registry, Provision: s.Provision, Plans: s.Plans, Outbox: s.Outbox, Routines: s.Routines, Callbacks: s.Payments,
		Books: s.Ledger, Reconcile: s.Reconcile, Refunds: deskRefunds{s.Payments, s.DB, s.Cases}, Payouts: s.Transfers, Evidence: s.Evidence, Cases: s.Cases, Reviews: s.Reviews, Coupons: s.Coupons, Campaigns: s.Campaigns, Messages: s.Notices, Distribution: s.Distributed, Points: s.Points, Levels: s.Levels, Invoices: s.Invoices, Accounts: s.Accounts, Channels: s.Payments, SandboxURL: s.Config.SandboxURL,
		MiniPrograms: s.MiniProgram, EgressAddresses: s.Config.EgressAddresses,
		Orders: s.Orders, Cards: s.Cards, Vouchers: s.Vouchers, Reprice: s.reprice, Deliveries: s.Delivery, Freights: s.Freights, Members: s.Members,
		Products: s.Listings, Pictures: s.Pictures, Ports: s.Ports, Tryout: s.tryouts(),
		Courier: s.Courier, SecondFactor: s.Config.RequireSecondFactor(), Audit: s.Audit, Assets: assets, Log: s.Log, Now: s.Now,
		Secret: []byte(s.Config.CookieKey), BaseURL: s.Config.PublicURL,
		Opening: &console.Opening{
			Signups: s.Signups, Registry: s.Registry, Proofs: s.Proofs, Courier: s.Courier, Desk: s.Desk, Mode: s.Config.SignupMode(),
		},
	})
	if err != nil {
		return nil, err
	}
	limiter := middleware.NewLimiter(shared, s.Now)
	deps := web.Deps{
		API: &miniapi.Deps{
			Apps: s.Resolver, Shops: s.MiniProgram, Catalog: s.Catalog, Members: watchedMembers{s.Members, s.Looks}, Tastes: watchedMembers{s.Members, s.Looks}, Carts: watchedCarts{s.Carts, s.Looks}, Orders: s.Orders, Cases: s.Cases, Reviews: s.Reviews, Distribution: s.Distributed, Cards: s.Cards, Vouchers: s.Vouchers, Coupons: s.Coupons, Campaigns: s.Campaigns, Groups: s.Campaigns, Points: s.Points, Levels: s.Levels, Invoices: s.Invoices, Pictures: s.Pictures, Delivery: s.Delivery,
			Payments: s.Payments, Transfers: s.Transfers, Subscriptions: s.Notices, Messages: s.Notices, Logins: s.MiniProgram, Audit: s.Audit,
			Limiter: limiter, Limits: s.limits(), Answers: answers, Log: s.Log,
		},
		Notify: &notify.Deps{Accounts: s.Resolver, Payments: s.Payments, Tracking: s.Delivery, Apps: s.Resolver, Pushes: s.MiniProgram, Pictures: s.Reviews, Messages: s.Notices, Limiter: limiter, Limit: rate(s.Config.CallbackRate, 10)},
		Ready: []web.Check{
			{Name: "database", Ping: pulse.New(s.DB).Served},
			{Name: "redis", Ping: func(ctx context.Context) error { return shared.Ping(ctx).Err() }, Optional: true},
		},
		Draining: draining, Limiter: limiter, Budgets: s.budgets(), Places: s.places, Shares: middleware.NewShares(s.Config.ShopPlaces), Observe: s.metrics.observe,
		Home:  "/console",
		Mount: nil,
		Log:   s.Log, Now: s.Now,
	}
	deps.Mount = append(deps.Mount, media.Register, media.Shop(s.Pictures), desk.Mount) // typed by HTTP, which is not at home here
	return web.NewServer(web.Config{TrustedProxies: s.Config.TrustedProxies}, deps)
}

// rate lets a caller come so many times a second, and some seconds' worth of it at once.
func rate(perSecond, bursts int) middleware.Rate {
	return middleware.Rate{PerSecond: perSecond, Burst: perSecond * bursts}
}

func (s *Services) budgets() middleware.Budgets {
	const manyMerchants, manyPeople = 20, 10
	return middleware.Budgets{
		Address: map[middleware.Class]middleware.Rate{
			middleware.ClassAPI:      rate(s.Config.AddressRate, 5),
			middleware.ClassCallback: rate(s.Config.CallbackRate*manyMerchants, 5),
			middleware.ClassConsole:  rate(s.Config.ConsoleRate, 5),
		},
		ConsolePerson: rate(s.Config.ConsoleRate, 5), ConsoleTenant: rate(s.Config.ConsoleRate*manyPeople, 5),
	}
}

func (s *Services) limits() miniapi.Limits {
	return miniapi.Limits{
		Tenant: rate(s.Config.TenantRate, 2), Read: rate(s.Config.ReadRate, 5), Write: rate(s.Config.WriteRate, 5),
		Login: rate(s.Config.LoginRate, 10), Pay: rate(s.Config.PayRate, 4), Audit: middleware.Rate{PerSecond: 5, Burst: 20},
	}
}
