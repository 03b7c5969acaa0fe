package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"galleria/tenant/vault"
)

// Config is what an installation sets, from the environment only. Every variable X may
// instead be given as X_FILE, the path of a file that holds the value.
type Config struct {
	// Environment is "production" or "development". Production refuses everything that is
	// only fit for trying out.
	Environment string `env:"GALLERIA_ENV" envDefault:"production"`
	// Addr is where `serve` listens.
	Addr string `env:"GALLERIA_ADDR" envDefault:"127.0.0.1:8080"`
	// PublicURL is the address under which browsers, Mini Programs and payment providers
	// reach this installation; callbacks go to <PublicURL>/notify/….
	PublicURL string `env:"GALLERIA_PUBLIC_URL,required"`
	// DatabaseURL logs in as the owner of the schemas. Only migrate, tenant and the stock
	// of spare schemas use that login; everything else uses the login roles.
	DatabaseURL string `env:"DATABASE_URL,required" secret:"url"`
	// RoleSecret is what the login roles' passwords derive from; 32 characters or more.
	RoleSecret string `env:"DATABASE_ROLE_SECRET,required" secret:"all"`
	// RedisURL is the queue and the shared rate limits. It may be lost at any time.
	RedisURL string `env:"REDIS_URL,required" secret:"url"`
	// KEK is the key-encryption key: 32 random bytes in base64.
	KEK string `env:"GALLERIA_KEK,required" secret:"all"`
	// CookieKey signs the console's CSRF tokens; 32 characters or more.
	CookieKey string `env:"GALLERIA_COOKIE_KEY,required" secret:"all"`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []string `env:"GALLERIA_TRUSTED_PROXIES" envSeparator:","`
	// LogLevel is debug, info, warn or error.
	LogLevel slog.Level `env:"GALLERIA_LOG_LEVEL" envDefault:"info"`
	// LaneConns and PlatformConns size the pools: eight lanes of LaneConns, and one of
	// PlatformConns for the schema `platform`.
	LaneConns     int32 `env:"DATABASE_LANE_CONNS" envDefault:"4"`
	PlatformConns int32 `env:"DATABASE_PLATFORM_CONNS" envDefault:"8"`
	// StatementTimeout ends a statement.
	StatementTimeout time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" envDefault:"5s"`
	// SpareSchemas is how many schemas are kept ready for new shops.
	SpareSchemas int `env:"GALLERIA_SPARE_SCHEMAS" envDefault:"4"`
	// WorkerConcurrency is how many events one worker handles at a time.
	WorkerConcurrency int `env:"GALLERIA_WORKER_CONCURRENCY" envDefault:"16"`
	// Rates bound requests per second; a burst of a few times that is let through.
	// TenantRate: one shop, per process. ReadRate: one buyer or address, looking. WriteRate:
	// one buyer, changing something. LoginRate: one address, signing in to one shop. PayRate:
	// one buyer, beginning a payment.
	TenantRate int `env:"GALLERIA_TENANT_RATE" envDefault:"5000"`
	ReadRate   int `env:"GALLERIA_READ_RATE" envDefault:"200"`
	WriteRate  int `env:"GALLERIA_WRITE_RATE" envDefault:"20"`
	LoginRate  int `env:"GALLERIA_LOGIN_RATE" envDefault:"10"`
	PayRate    int `env:"GALLERIA_PAY_RATE" envDefault:"5"`
	// SecondFactor is "true" or "false": whether owners, finance and the platform's staff
	// have to set up a second factor before they work. Empty is true in production, where
	// false is refused, and false in development.
	SecondFactor string `env:"GALLERIA_REQUIRE_2FA"`
	// SandboxURL is the provider sandbox, for shops that try things out. Refused in
	// production.
	SandboxURL string `env:"GALLERIA_SANDBOX_URL"`
}

// LoadConfig reads and checks the configuration and reports every fault at once.
func LoadConfig(getenv func(string) string) (Config, error) {
	vars, faults := environment(getenv)
	var cfg Config
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: vars}); err != nil {
		if all, ok := errors.AsType[env.AggregateError](err); ok {
			faults = append(faults, all.Errors...)
		} else {
			faults = append(faults, err)
		}
		return Config{}, errors.Join(faults...)
	}
	return cfg, errors.Join(append(faults, cfg.faults()...)...)
}

// environment collects the variables of Config, following X_FILE.
func environment(getenv func(string) string) (vars map[string]string, faults []error) {
	vars = make(map[string]string)
	for _, name := range variables() {
		if v := getenv(name); v != "" {
			vars[name] = v
			continue
		}
		path := getenv(name + "_FILE")
		if path == "" {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		vars[name] = strings.TrimRight(string(b), "\r\n")
	}
	return vars, faults
}

func variables() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		names = append(names, name)
	}
	return names
}

func (c Config) faults() (faults []error) {
	add := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	public, err := url.Parse(c.PublicURL)
	add(err != nil || public.Host == "" || (public.Scheme != "https" && public.Scheme != "http"), "GALLERIA_PUBLIC_URL: %q is not an http(s) address", c.PublicURL)
	add(c.Environment != "production" && c.Environment != "development", "GALLERIA_ENV: %q is neither production nor development", c.Environment)
	if _, err := c.kek(); err != nil {
		add(true, "GALLERIA_KEK: %w", err)
	}
	add(weak(c.RoleSecret), "DATABASE_ROLE_SECRET: must be 32 characters or more, and not an example")
	add(weak(c.CookieKey), "GALLERIA_COOKIE_KEY: must be 32 characters or more, and not an example")
	add(c.LaneConns < 1 || c.PlatformConns < 2, "DATABASE_LANE_CONNS must be at least 1 and DATABASE_PLATFORM_CONNS at least 2")
	add(c.SecondFactor != "" && c.SecondFactor != "true" && c.SecondFactor != "false", "GALLERIA_REQUIRE_2FA: %q is neither true nor false", c.SecondFactor)
	if c.Production() {
		add(c.SecondFactor == "false", "GALLERIA_REQUIRE_2FA: production needs the second factor")
		add(err == nil && public.Scheme != "https", "GALLERIA_PUBLIC_URL: production needs https")
		add(c.SandboxURL != "", "GALLERIA_SANDBOX_URL: the sandbox takes play money and is refused in production")
		add(plainRemote(c.DatabaseURL), "DATABASE_URL: a database on another host needs sslmode=require or better in production")
	}
	return faults
}

// Production reports whether this is a production installation.
func (c Config) Production() bool { return c.Environment == "production" }

// RequireSecondFactor reports whether guarded roles need a second factor here.
func (c Config) RequireSecondFactor() bool {
	return c.SecondFactor == "true" || (c.SecondFactor == "" && c.Production())
}

func (c Config) kek() (vault.KEK, error) {
	raw, err := base64.StdEncoding.DecodeString(c.KEK)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	return vault.NewLocalKEK(vault.NewSecret(raw))
}

// weak recognises secrets that protect nothing: short ones, one repeated character, and
// those that circulate in examples and in other systems' sources.
func weak(s string) bool {
	if len(s) < 32 || strings.Count(s, s[:1]) == len(s) {
		return true
	}
	lower := strings.ToLower(s)
	for _, known := range []string{"changeme", "example", "x-litemall-token", "mall-portal-secret", "default", "secret", "password"} {
		if strings.Contains(lower, known) {
			return true
		}
	}
	return false
}

func plainRemote(databaseURL string) bool {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return false // reported when connecting
	}
	host := u.Hostname()
	local := host == "" || host == "localhost" || host == "127.0.0.1" || host == "::1" || strings.HasPrefix(host, "/")
	mode := u.Query().Get("sslmode")
	return !local && mode != "require" && mode != "verify-ca" && mode != "verify-full"
}

// Print writes the effective configuration with secrets masked, one variable a line.
func (c Config) Print(w io.Writer) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		_, _ = fmt.Fprintf(w, "%s=%s\n", name, mask(f.Tag.Get("secret"), fmt.Sprint(v.Field(i).Interface())))
	}
}

func mask(how, value string) string {
	switch {
	case value == "":
		return ""
	case how == "all":
		return "[set]"
	case how == "url":
		if u, err := url.Parse(value); err == nil {
			return u.Redacted()
		}
		return "[set]"
	}
	return value
}
