package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/distribution"
	"galleria/commerce/freight"
	"galleria/commerce/inventory"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/commerce/review"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Deps are the rooms that the shops are made of. DB, the services and Sandbox must tell
// the time by Clock.
type Deps struct {
	DB          *tenantdb.DB
	Provision   *provision.Service
	Registry    *registry.Service
	Staff       *staff.Service
	Plans       *plan.Service
	Vault       *vault.Vault
	Outbox      *outbox.Outbox
	Timers      *timer.Timers
	Catalog     *catalog.Service
	Inventory   *inventory.Service
	Members     *member.Service
	Orders      *order.Service
	Notices     *notice.Service
	Freights    *freight.Service
	Coupons     *coupon.Service
	Points      *points.Service
	Campaigns   *campaign.Service
	Distributed *distribution.Service
	Reviews     *review.Service
	Delivery    *delivery.Service
	MiniProgram *miniprogram.Service
	Accounts    *account.Service
	Books       payments.Books
	Sandbox     *sandbox.Server
	PublicURL   string // where the installation is reached
	MailDesk    bool   // shops' mails lie at /console/dev/messages
	SandboxURL  string // where Sandbox listens, such as http://127.0.0.1:9090
	Clock       *Clock
	// Password is the password of a console login, the same at every start.
	Password func(login string) string
	Log      *slog.Logger
}

// Result is what a person needs to know of the shops.
type Result struct {
	Shops  []Shop
	Logins []Login
}

// Shop is one demo shop.
type Shop struct{ Name, Handle, AppID string }

// Login is one way into the console.
type Login struct{ Role, User, Password string }

// Seed makes the demo shops, or finishes them if an earlier call was interrupted. Where
// they are complete it changes nothing: two statements a shop. It takes a few seconds the
// first time. Clock shows the real time when it returns.
func Seed(ctx context.Context, d Deps) (Result, error) {
	defer d.Clock.Release()
	var result Result
	for _, plan := range []shopPlan{qinghe(), shanye()} {
		done, err := finished(ctx, d, plan)
		if err != nil {
			return Result{}, fmt.Errorf("demo shop %s: %w", plan.handle, err)
		}
		if !done {
			if err := fill(ctx, d, plan); err != nil {
				return Result{}, fmt.Errorf("demo shop %s: %w", plan.handle, err)
			}
		}
		result.Shops = append(result.Shops, Shop{Name: plan.name, Handle: plan.handle, AppID: plan.appID})
		for _, s := range plan.staff {
			result.Logins = append(result.Logins, Login{Role: s.role, User: s.login, Password: d.Password(s.login)})
		}
	}
	return result, nil
}

// seeding is one shop being filled.
type seeding struct {
	Deps
	plan shopPlan
	now  time.Time // the real time at the start

	shop       tenant.Tenant
	app        tenant.AppID
	merchant   sandbox.Merchant
	accountKey string
	skus       [][]int64 // ids by product and variant of the plan
	members    []buyer   // in the order of the plan's people
}

// opened is how long ago the shops opened: long enough that all of their history fits.
const opened = 21 * 24 * time.Hour

func fill(ctx context.Context, d Deps, plan shopPlan) error {
	d.Clock.Release()
	s := &seeding{Deps: d, plan: plan, now: d.Clock.Now()}
	d.Clock.Set(s.now.Add(-opened))
	orders := planOrders(plan, s.now)
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"open", s.open},
		{"staff", s.hire},
		{"provider", s.connect},
		{"shelf", s.stockShelf},
		{"goods", func(ctx context.Context) error { return s.receive(ctx, orders) }},
		{"members", s.welcome},
		{"orders", func(ctx context.Context) error { return s.tell(ctx, orders) }},
		{"reviews", func(ctx context.Context) error { return s.praise(ctx, orders) }},
		{"freight", s.charge}, // after the history, which was free of charge
		{"local", s.bring},
		{"offers", s.offer}, // likewise
		{"group", s.gather},
		{"channels", s.connectOthers},
		{"parcels", func(ctx context.Context) error { return s.followParcels(ctx, orders) }},
		{"messages", s.push},
		{"mails", s.mail},
		{"template", s.finish},
	} {
		started := time.Now() // how long seeding takes, which Clock cannot tell
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		d.Log.InfoContext(ctx, "demo shop", "handle", plan.handle, "step", step.name, "took_ms", time.Since(started).Milliseconds())
	}
	return nil
}

// roles of the demo's staff.
const (
	owner = authz.Owner
	clerk = authz.Clerk
)
