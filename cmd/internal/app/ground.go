package app

import (
	"context"
	"log/slog"
	"time"

	"galleria/commerce/notice/aliyun"
	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/migrations"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Ground is what every process stands on: the database, the directory, the vault and
// the outbox. Commands that serve nothing need no more.
type Ground struct {
	Config    Config
	Log       *slog.Logger
	Now       func() time.Time
	DB        *tenantdb.DB
	Runner    *migrations.Runner
	Registry  *registry.Service
	Resolver  *registry.Resolver
	Provision *provision.Service
	Vault     *vault.Vault
	Audit     *audit.Log
	Plans     *plan.Service
	Places    *plan.Meter // of orders
	Staff     *staff.Service
	Courier   courier.Courier
	// Desk keeps messages in a development installation that has no mail server; else nil.
	Desk     *courier.Desk
	deskMail *courier.DeskServer // takes shops' mails for the desk; nil without one
	Outbox   *outbox.Outbox
	Timers   *timer.Timers
}

// NewGround builds the ground on a clock. It connects to nothing yet. Close releases it.
func NewGround(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (*Ground, error) {
	passwords := tenantdb.RolePasswords([]byte(cfg.RoleSecret))
	db, err := tenantdb.Open(ctx, tenantdb.Config{
		URL: cfg.DatabaseURL, Password: passwords, LaneConns: cfg.LaneConns, PlatformConns: cfg.PlatformConns,
		StatementTimeout: cfg.StatementTimeout, Now: now,
	})
	if err != nil {
		return nil, err
	}
	kek, older, err := cfg.keks()
	if err != nil {
		db.Close()
		return nil, err
	}
	ob := outbox.New()
	g := &Ground{
		Config: cfg, Log: log, Now: now, DB: db,
		Runner:   migrations.New(migrations.Config{URL: cfg.DatabaseURL, RolePassword: passwords}),
		Registry: registry.New(db), Resolver: registry.NewResolver(db, now),
		Vault: vault.New(db, kek, now, older...), Audit: audit.New(db), Plans: plan.New(db, now),
		Outbox: ob, Timers: timer.New(ob),
	}
	g.Places = plan.NewMeter(g.Plans, plan.Orders)
	if g.Courier, err = cfg.Courier(aliyun.New(now), log); err != nil {
		db.Close()
		return nil, err
	}
	if !cfg.Production() && cfg.SMTPURL == "" {
		g.Desk = courier.NewDesk(now)
		g.Courier = g.Desk
	}
	people, err := staff.New(staff.Deps{DB: db, Plans: g.Plans, PasswordKiB: cfg.PasswordKiB})
	if err != nil {
		db.Close()
		return nil, err
	}
	g.Staff = people
	g.Provision = provision.New(provision.Deps{
		DB: db, Runner: g.Runner, Registry: g.Registry, Log: log,
		Fill: []provision.FillStep{people.EnsureRoles, beginUpkeep(db, g.Timers)},
	})
	return g, nil
}

// Close gives back what this process holds of shops' quotas and releases the connections.
func (g *Ground) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := g.Places.Close(ctx); err != nil { // counts as used until the month ends
		g.Log.WarnContext(ctx, "places of quotas were not given back", "error", err)
	}
	if g.deskMail != nil {
		_ = g.deskMail.Close() // nobody waits for its mails
	}
	g.DB.Close()
}
