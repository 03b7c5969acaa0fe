package demo_test

import (
	"context"
	"crypto/rand"
	"net/http/httptest"
	"testing"
	"time"

	"galleria/cmd/internal/demo"
	"galleria/commerce/campaign"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/delivery/kuaidi100"
	"galleria/commerce/distribution"
	"galleria/commerce/figures"
	"galleria/commerce/freight"
	"galleria/commerce/inventory"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/commerce/review"
	"galleria/console/staff"
	"galleria/payments/account"
	"galleria/payments/ledger"
	"galleria/payments/sandbox"
	"galleria/tenant/egress"
	"galleria/tenant/miniprogram"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// world is an empty installation with everything that seeding needs.
type world struct {
	env    *tenanttest.Env
	deps   demo.Deps
	buyers *member.Service
}

func newWorld(t *testing.T, options ...tenanttest.Option) *world {
	t.Helper()
	clock := demo.NewClock(time.Now)
	options = append(options, tenanttest.WithConfig(func(c *tenantdb.Config) { c.Now = clock.Now }))
	env := tenanttest.NewAlone(t, options...)
	kek, err := vault.NewLocalKEK(vault.NewSecret([]byte("0123456789abcdef0123456789abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	people, err := staff.New(staff.Deps{DB: env.DB, Plans: env.Plans, PasswordKiB: 64})
	if err != nil {
		t.Fatal(err)
	}
	provider, err := sandbox.Open(sandbox.Config{Dir: t.TempDir(), Now: clock.Now, Log: env.Log})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(provider.Handler())
	t.Cleanup(func() {
		server.Close()
		_ = provider.Close()
	})
	safe := vault.New(env.DB, kek, clock.Now)
	shelf := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	goods := inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	tickets := coupon.New(coupon.Deps{DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Rand: rand.Reader, HasPaid: func(context.Context, tenantdb.Querier, int64) (bool, error) { return false, nil }})
	parcels := delivery.New(delivery.Deps{
		DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Vault: safe, Registry: env.Registry, Tracker: kuaidi100.New(), Rand: rand.Reader,
		SandboxBase: egress.Only(server.URL), PublicURL: "http://127.0.0.1:1",
	})
	campaigns := campaign.New(campaign.Deps{DB: env.DB, Audit: env.Audit, Timers: env.Timers, Tell: shelf.TellPricesTx})
	books := ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit})
	buyers := member.New(member.Deps{DB: env.DB, Now: clock.Now, Rand: rand.Reader, Vault: safe})
	return &world{env: env, buyers: buyers, deps: demo.Deps{
		DB: env.DB, Provision: env.Provision, Registry: env.Registry, Staff: people, Plans: env.Plans, Vault: safe, Outbox: env.Outbox, Timers: env.Timers,
		Catalog: shelf, Inventory: goods, Members: buyers,
		Orders: order.New(order.Deps{
			Places: plan.NewMeter(env.Plans, plan.Orders), Offers: []order.Offers{campaigns}, Groups: campaigns,
			DB: env.DB, Catalog: shelf, Inventory: goods, Addresses: buyers, Carts: cart.New(cart.Deps{DB: env.DB}),
			Stores: parcels, Figures: figures.New(env.DB, env.Timers), Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit,
		}),
		Notices:  notice.New(notice.Deps{DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Vault: env.Vault}),
		Freights: freight.New(freight.Deps{DB: env.DB, Audit: env.Audit}),
		Coupons:  tickets,
		Delivery: parcels,
		Reviews: review.New(review.Deps{
			DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, NotifyChannel: catalog.NotifyChannel,
			Pictures: func(tenantdb.Tx, string) bool { return false }, Nickname: func(ctx context.Context, tx tenantdb.Tx, id int64) (string, error) {
				return buyers.NicknameTx(ctx, tx, id)
			},
		}),
		Campaigns:   campaigns,
		Distributed: distribution.New(distribution.Deps{DB: env.DB, Outbox: env.Outbox, Audit: env.Audit, Vault: env.Vault, Plans: env.Plans, Now: env.Clock().Now}),
		Points:      points.New(points.Deps{DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Books: books, Coupons: tickets, Now: clock.Now}),
		MiniProgram: miniprogram.New(miniprogram.Deps{DB: env.DB, Vault: safe, Now: clock.Now, SandboxBase: egress.Only(server.URL)}),
		Books:       books,
		Accounts:    account.New(account.Deps{DB: env.DB, Vault: safe, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Now: clock.Now, Rand: rand.Reader, SandboxBase: egress.Only(server.URL)}),
		Sandbox:     provider, SandboxURL: server.URL, PublicURL: "http://127.0.0.1:1", MailDesk: true, Clock: clock,
		Password: func(login string) string { return "quartz-lantern-meadow-" + login },
		Log:      env.Log,
	}}
}
