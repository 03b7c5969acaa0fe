package tenanttest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// The variables `galleria with-stack` sets.
const (
	DatabaseEnv = "GALLERIA_TEST_DATABASE_URL"
	RedisEnv    = "GALLERIA_TEST_REDIS_URL"
)

// Env is one shop and the ground it stands on.
type Env struct {
	DB        *tenantdb.DB
	Tenant    tenant.Tenant
	OwnerURL  string // logs in as the owner of the test database, for looking behind the walls
	Registry  *registry.Service
	Resolver  *registry.Resolver
	Provision *provision.Service
	Runner    *migrations.Runner
	Outbox    *outbox.Outbox
	Timers    *timer.Timers
	Vault     *vault.Vault
	Audit     *audit.Log
	Plans     *plan.Service
	Log       *slog.Logger
	clock     *Clock
}

// Clock is a clock that tests set. It starts at the real time and stands still once
// Set or Advance was called.
type Clock struct {
	mu    sync.Mutex
	fixed time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fixed.IsZero() {
		return time.Now() //nolint:forbidigo // the real clock of tests
	}
	return c.fixed
}

// Set stops the clock at t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed = t
}

// Advance moves the clock on by d and stops it there.
func (c *Clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// Option changes how New sets up the database access.
type Option func(*tenantdb.Config)

// WithTracer lets a test see every statement, for counting them.
func WithTracer(t pgx.QueryTracer) Option { return func(c *tenantdb.Config) { c.Tracer = t } }

// WithConfig changes the database configuration in any other way.
func WithConfig(f func(*tenantdb.Config)) Option { return f }

// New opens a fresh shop in this test binary's database. Pools close with the test.
func New(t testing.TB, options ...Option) *Env {
	t.Helper()
	env := Attach(t, database(t), options...)
	env.Tenant = env.OpenShop(t)
	return env
}

// NewAlone is New in a database of its own, for tests that run a relay, a scheduler or
// anything else that works for all tenants of a database.
func NewAlone(t testing.TB, options ...Option) *Env {
	t.Helper()
	env := Attach(t, createDatabase(t), options...)
	env.Tenant = env.OpenShop(t)
	return env
}

// Attach is New without a shop, on a database that is there already: for a second
// process of the same test.
func Attach(t testing.TB, owner string, options ...Option) *Env {
	t.Helper()
	clock := &Clock{}
	passwords := tenantdb.RolePasswords(roleSecret(t, owner))
	// A busy machine is no fault of what is tested: who tests a bound sets it.
	const patience = 30 * time.Second
	cfg := tenantdb.Config{
		URL: owner, Password: passwords, LaneConns: 4, PlatformConns: 4, Now: clock.Now,
		AcquireTimeout: patience, StatementTimeout: patience,
	}
	for _, o := range options {
		o(&cfg)
	}
	db, err := tenantdb.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(db.Close)
	kek, err := vault.NewLocalKEK(vault.NewSecret([]byte("0123456789abcdef0123456789abcdef")))
	if err != nil {
		t.Fatalf("key-encryption key: %v", err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ob := outbox.New()
	env := &Env{
		DB: db, OwnerURL: owner, Registry: registry.New(db), Resolver: registry.NewResolver(db, clock.Now),
		Runner: migrations.New(migrations.Config{URL: owner, RolePassword: passwords}),
		Outbox: ob, Timers: timer.New(ob), Vault: vault.New(db, kek, clock.Now), Audit: audit.New(db), Plans: plan.New(db, clock.Now),
		Log: log, clock: clock,
	}
	env.Provision = provision.New(provision.Deps{DB: db, Runner: env.Runner, Registry: env.Registry, Fill: nil, Log: log})
	return env
}

// Clock returns the clock behind Tx.Now.
func (e *Env) Clock() *Clock { return e.clock }

// OpenShop opens one more shop beside Env.Tenant.
func (e *Env) OpenShop(t testing.TB) tenant.Tenant {
	t.Helper()
	handle := "shop-" + RandomHex(6)
	shop, err := e.Provision.OpenShop(t.Context(), provision.ShopInput{RequestKey: handle, Handle: handle, Name: "测试店 " + handle})
	if err != nil {
		t.Fatalf("open shop: %v", err)
	}
	return shop
}

// App binds a fresh Mini Program to the shop.
func (e *Env) App(t testing.TB, shop tenant.Tenant) tenant.App {
	t.Helper()
	appID, ok := tenant.ParseAppID("wx" + RandomHex(8))
	if !ok {
		t.Fatal("generated app id is malformed")
	}
	app := tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: shop.ID, Name: "测试小程序", Enabled: true}
	if err := e.Registry.AddApp(t.Context(), app); err != nil {
		t.Fatalf("add app: %v", err)
	}
	return app
}

// InTenant runs fn in a transaction of Env.Tenant and fails the test on an error.
func (e *Env) InTenant(t testing.TB, fn func(tx tenantdb.Tx) error) {
	t.Helper()
	if err := e.DB.InTenant(t.Context(), e.Tenant.ID, fn); err != nil {
		t.Fatalf("in tenant: %v", err)
	}
}

// Owner runs one statement as the owner of all schemas, for arranging and looking
// behind the walls. Write schema names out.
func (e *Env) Owner(t testing.TB, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), e.OwnerURL)
	if err != nil {
		t.Fatalf("connect as owner: %v", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Events returns the events of a topic that Env.Tenant's outbox holds, oldest first.
func (e *Env) Events(t testing.TB, topic outbox.Topic) []outbox.Event {
	t.Helper()
	var events []outbox.Event
	e.InTenant(t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT id, key, payload, created_at, sends, failures FROM platform.outbox WHERE topic = $1 ORDER BY id", string(topic))
		if err != nil {
			return err
		}
		events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ev outbox.Event, err error) {
			ev.TenantID, ev.Topic = e.Tenant.ID, topic
			err = row.Scan(&ev.ID, &ev.Key, &ev.Payload, &ev.CreatedAt, &ev.Sends, &ev.Failures)
			return ev, err
		})
		return err
	})
	return events
}

// RedisURL returns the address of the test Redis.
func RedisURL(t testing.TB) string {
	t.Helper()
	return require(t, RedisEnv)
}

// RandomHex returns 2n random hex digits.
func RandomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func require(t testing.TB, name string) string {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		t.Fatalf("%s is not set: run the tests by `make test`, or one package by `bin/galleria with-stack -- go test ./…`", name)
	}
	return v
}

var once struct { //nolint:gochecknoglobals // one database per test binary
	sync.Mutex
	url string
}

// database creates, once per test binary, the database that New's shops share.
func database(t testing.TB) string {
	t.Helper()
	once.Lock()
	defer once.Unlock()
	if once.url == "" {
		once.url = createDatabase(t)
	}
	return once.url
}

// createDatabase makes a copy of the migrated template database.
func createDatabase(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(require(t, DatabaseEnv))
	if err != nil {
		t.Fatalf("%s: %v", DatabaseEnv, err)
	}
	template := u.Path[1:]
	name := "test_" + RandomHex(6)
	u.Path = "/postgres" // a database cannot be copied while somebody is connected to it
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", pgx.Identifier{name}.Sanitize(), pgx.Identifier{template}.Sanitize())); err != nil {
		t.Fatalf("create the test database: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// roleSecret is what `galleria with-stack` derived the login roles' passwords from:
// the owner's own password, which both know.
func roleSecret(t testing.TB, ownerURL string) []byte {
	t.Helper()
	u, err := url.Parse(ownerURL)
	if err != nil {
		t.Fatalf("owner url: %v", err)
	}
	password, _ := u.User.Password()
	return []byte(password)
}
