package web

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"galleria/web/auth"
	"galleria/web/envelope"
	"galleria/web/middleware"
	"galleria/web/miniapi"
	"galleria/web/notify"
	"galleria/web/openapi"
)

// Config is the server's limits. Zero fields take the default named.
type Config struct {
	// BodyLimit bounds every request body, bytes; 8 MiB. The API and the callbacks have
	// their own, smaller ones, and tell so; over this one the connection is cut.
	BodyLimit int
	// Deadline is how long a request may take; 15 s.
	Deadline time.Duration
	// TrustedProxies are addresses or networks whose X-Forwarded-For is believed; none.
	TrustedProxies []string
}

// Check is one thing that readiness looks at.
type Check struct {
	Name string
	Ping func(ctx context.Context) error
	// Optional: without it the server is degraded and still ready.
	Optional bool
}

// Deps is what the server joins. API and Notify may be left out (nil) by a process that
// serves something else.
type Deps struct {
	API    *miniapi.Deps
	Notify *notify.Deps
	Ready  []Check
	// Draining, if set, says that the process is about to end.
	Draining *Draining
	// Home is where a person who opens the bare address is sent; "" answers 404.
	Home string
	// Limiter and Budgets bound what one address may ask for; a nil Limiter bounds nothing.
	Limiter *middleware.Limiter
	Budgets middleware.Budgets
	// Shares bounds how much of that one shop has; nil bounds nothing.
	Shares *middleware.Shares
	// Places bounds what is worked on at once, per class; nil bounds nothing.
	Places *middleware.Places
	// Observe, if set, is told every finished request.
	Observe func(middleware.Measured)
	// Mount adds routes behind the common middlewares: the console, pictures, assets.
	Mount []func(router fiber.Router)
	Log   *slog.Logger
	Now   func() time.Time
}

const (
	defaultBody     = 8 << 20
	defaultDeadline = 15 * time.Second
	// headerLimit bounds the request head, bytes: far above what a Mini Program sends.
	headerLimit  = 16 << 10
	readTimeout  = 10 * time.Second // of a whole request: nobody holds a connection by sending slowly
	writeTimeout = 30 * time.Second
	idleTimeout  = 60 * time.Second
)

// NewServer builds the server. The caller listens and shuts it down.
func NewServer(cfg Config, d Deps) (*fiber.App, error) {
	if cfg.BodyLimit == 0 {
		cfg.BodyLimit = defaultBody
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = defaultDeadline
	}
	fc := fiber.Config{
		AppName: "galleria", DisableStartupMessage: true, ServerHeader: "", Immutable: true,
		StrictRouting: true, CaseSensitive: true, UnescapePath: false,
		BodyLimit: cfg.BodyLimit, ReadBufferSize: headerLimit, StreamRequestBody: false, DisablePreParseMultipartForm: true,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		// Fiber's own words about a request (its scheme, its host) come from headers only
		// behind a proxy of ours, too.
		EnableTrustedProxyCheck: true, TrustedProxies: cfg.TrustedProxies,
		ErrorHandler: refuse(d.Log),
	}
	proxies, err := middleware.ParseProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	app := fiber.New(fc)
	health(app, d) // before the access log: probes come every second and tell nothing
	app.Use(middleware.Identify(proxies))
	if d.Observe != nil {
		app.Use(middleware.Measure(d.Observe, d.Now))
	}
	app.Use(middleware.Access(d.Log, d.Now), middleware.Deadline(cfg.Deadline), hardened())
	if d.Limiter != nil {
		app.Use(d.Limiter.Budget(d.Budgets))
	}
	if d.Shares != nil {
		app.Use(d.Shares.Take(auth.HeaderAppID))
	}
	if d.Places != nil {
		app.Use(d.Places.Take())
	}
	if d.API != nil {
		miniapi.New(app, *d.API)
	}
	if d.Notify != nil {
		notify.Mount(app, *d.Notify)
	}
	openapi.Mount(app)
	if d.Home != "" {
		app.Get("/", func(c *fiber.Ctx) error { return c.Redirect(d.Home, fiber.StatusFound) })
	}
	for _, mount := range d.Mount {
		mount(app)
	}
	known(app)
	return app, nil
}

// known keeps requests with a method that HTTP does not have from the router, which answers them
// past every middleware in words of its own.
func known(app *fiber.App) {
	route, refused := app.Server().Handler, app.Config().ErrorHandler
	app.Server().Handler = func(rc *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(rc.Method())) {
			route(rc)
			return
		}
		c := app.AcquireCtx(rc)
		defer app.ReleaseCtx(c)
		_ = refused(c, fiber.ErrMethodNotAllowed) // written as far as the connection takes it
	}
}

// refuse answers what never reached the middlewares: a request that the HTTP server
// could not read or that is over its limits.
func refuse(log *slog.Logger) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		middleware.Begin(c)
		if err := envelope.Render(c, err); err != nil {
			return err
		}
		middleware.Log(c, log, 0)
		return nil
	}
}

// hardened sets the headers that fit every answer; doors with pages set their own policy.
func hardened() fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		return c.Next()
	}
}
