package console_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/card"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/figures"
	"galleria/commerce/freight"
	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/voucher"
	"galleria/console"
	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/console/verify"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/evidence"
	"galleria/payments/ledger"
	"galleria/payments/reconcile"
	"galleria/payments/transfer"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/routine"
	"galleria/tenant/signup"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/web/static"
)

const password = "correct horse battery"

// sandboxURL is where nobody listens; tests of live checks have a desk with a real one.
const sandboxURL = "http://127.0.0.1:9"

// desk is a console over a real database, with an owner and a clerk of env.Tenant.
type desk struct {
	env          *tenanttest.Env
	app          *fiber.App
	console      *console.Console
	staff        *staff.Service
	opening      *console.Opening
	mails        *courier.Desk // what the pages sent beside sign-up
	owner, clerk staff.Member
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return deskOver(t, tenanttest.New(t))
}

// deskOver opens the console over an environment; tune changes what it is made of.
func deskOver(t *testing.T, env *tenanttest.Env, tune ...func(*console.Deps)) *desk {
	t.Helper()
	d := &desk{env: env}
	var err error
	if d.staff, err = staff.New(staff.Deps{DB: env.DB, Plans: env.Plans, PasswordKiB: 64}); err != nil {
		t.Fatal(err)
	}
	// Tests hire more people than the default plan has seats for.
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		if err := env.Plans.AssignTx(t.Context(), tx, env.Tenant.ID, "pro", "test", "tests begin everything"); err != nil {
			return err
		}
		return env.Plans.AgreeTx(t.Context(), tx, env.Tenant.ID, plan.Staff, plan.NoLimit(), "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	deps := consoleDeps(t, env, d.staff)
	for _, change := range tune {
		change(&deps)
	}
	d.opening = deps.Opening
	d.mails, _ = deps.Courier.(*courier.Desk)
	if d.console, err = console.New(deps); err != nil {
		t.Fatal(err)
	}
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, BodyLimit: 8 << 20, StrictRouting: true, CaseSensitive: true})
	d.app.Use(func(c *fiber.Ctx) error {
		c.Locals(console.ClientIPLocal, c.Get("X-Test-Address"))
		return c.Next()
	})
	d.console.Mount(d.app)
	d.owner = d.hire(t, env.Tenant, authz.Owner)
	d.clerk = d.hire(t, env.Tenant, authz.Clerk)
	return d
}

func consoleDeps(t *testing.T, env *tenanttest.Env, people *staff.Service) console.Deps {
	t.Helper()
	assets, err := static.New(console.AssetPrefix)
	if err != nil {
		t.Fatal(err)
	}
	kernel := paymentsOf(t, env)
	return console.Deps{
		DB: env.DB, Registry: env.Registry, Provision: env.Provision, Plans: env.Plans, Outbox: env.Outbox, Routines: routine.New(env.DB, []outbox.Topic{"shop.upkeep"}, "coupon.age"), Callbacks: kernel, Books: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), Reconcile: reconcileOf(env, kernel), Refunds: kernel, Payouts: payoutsOf(env),
		Evidence: evidence.New(evidence.Deps{DB: env.DB, Plans: env.Plans, Audit: env.Audit, Store: picture.Files{Store: picture.NewFolder(t.TempDir())}, Now: env.Clock().Now}), Cases: casesOf(env), Reviews: reviewsOf(env), Coupons: couponsOf(env), Campaigns: campaignsOf(env), Messages: notice.New(notice.Deps{DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Vault: env.Vault, Mailer: postman{}, Texter: carrier{}, Now: env.Clock().Now}), Distribution: distributionOf(t, env), Points: pointsOf(env), Levels: levelsOf(env), Invoices: invoicesOf(t, env),
		Accounts: accountsOf(env), Channels: kernel, Orders: ordersOf(env), Cards: cardsOf(env), Vouchers: voucher.New(env.DB), Reprice: func(ctx context.Context, id tenant.ID, in order.RepriceInput) error {
			in.Idle = kernel.IdleTx
			return ordersOf(env).Reprice(ctx, id, in)
		}, Deliveries: deliveryOf(env), Freights: freight.New(freight.Deps{DB: env.DB, Audit: env.Audit}), Products: listingOf(env),
		Pictures: picture.New(picture.Deps{DB: env.DB, Plans: env.Plans, Outbox: env.Outbox, Store: picture.NewFolder(t.TempDir()), Now: env.Clock().Now}), Tryout: &tryoutStub{env: env}, Staff: people,
		MiniPrograms: miniprogram.New(miniprogram.Deps{DB: env.DB, Vault: env.Vault, Now: env.Clock().Now, SandboxBase: egress.Only(sandboxURL), Plans: env.Plans}), SandboxURL: sandboxURL, EgressAddresses: []string{"203.0.113.20"}, Vault: env.Vault, Courier: courier.NewDesk(env.Clock().Now), SecondFactor: false, Audit: env.Audit, Assets: assets, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Members: memberOf(env), Ports: portOf(t, env),
		Now: env.Clock().Now, Secret: []byte(strings.Repeat("s", 32)), BaseURL: "http://console.test",
		Opening: openingOf(env, people, signup.ModeOpen),
	}
}

// payoutsOf moves payouts over the test's database; nothing is sent.
func payoutsOf(env *tenanttest.Env) *transfer.Service {
	return transfer.New(transfer.Deps{
		DB: env.DB, Accounts: accountsOf(env), Channels: nil, Books: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), Outbox: env.Outbox, Timers: env.Timers,
		Vault: env.Vault, Audit: env.Audit, Now: env.Clock().Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), PublicURL: "http://console.test",
	})
}

// memberOf keeps the members of the test's database.
func memberOf(env *tenanttest.Env) *member.Service {
	return member.New(member.Deps{
		DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers,
		Belongings: func() []member.Belongings { return nil },
	})
}

// casesOf is the after-sales room; the refunds that it asks for go nowhere.
func casesOf(env *tenanttest.Env) *aftersale.Service {
	return aftersale.New(aftersale.Deps{
		DB: env.DB, Orders: ordersOf(env), Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}), Refunder: noRefunds{},
		Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Pictures: func(tenantdb.Tx, string) bool { return true },
	})
}

type noRefunds struct{}

func (noRefunds) AskTx(_ context.Context, _ tenantdb.Tx, in aftersale.RefundAsk) (aftersale.RefundAsked, error) {
	return aftersale.RefundAsked{OutRefundNo: "R" + in.Document}, nil
}

// openingOf is what merchants open shops with, over a desk that keeps the messages.
func openingOf(env *tenanttest.Env, people *staff.Service, mode signup.Mode) *console.Opening {
	desk := courier.NewDesk(env.Clock().Now)
	opener := provision.New(provision.Deps{
		DB: env.DB, Runner: env.Runner, Registry: env.Registry, Log: env.Log, Fill: []provision.FillStep{people.EnsureRoles},
	})
	return &console.Opening{
		Signups: signup.New(signup.Deps{
			DB: env.DB, Provision: opener, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Mode: mode,
			Owner: func(ctx context.Context, shop tenant.ID, staffID int64) error {
				return people.Grant(ctx, shop, staffID, authz.Owner)
			},
		}),
		Registry: env.Registry, Proofs: verify.New(verify.Deps{DB: env.DB, Courier: desk, Secret: []byte(strings.Repeat("v", 32))}),
		Courier: desk, Desk: desk, Mode: mode,
	}
}

// reconcileOf compares the bills of the test's database; no provider has any.
func reconcileOf(env *tenanttest.Env, kernel *payments.Service) *reconcile.Service {
	return reconcile.New(reconcile.Deps{
		DB: env.DB, Accounts: accountsOf(env), Channels: []payments.Channel{wechat.New(wechat.Deps{Now: env.Clock().Now, Log: slog.New(slog.DiscardHandler), Signers: 1})},
		Payments: kernel, Books: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), Audit: env.Audit, Timers: env.Timers, Now: env.Clock().Now, Log: slog.New(slog.DiscardHandler),
	})
}

// accountsOf keeps the merchant accounts of the test's database.
func accountsOf(env *tenanttest.Env, sandboxes ...string) *account.Service {
	return account.New(account.Deps{
		DB: env.DB, Vault: env.Vault, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Now: env.Clock().Now, Rand: rand.Reader,
		SandboxBase: egress.Only(sandboxes...),
	})
}

// cardsOf keeps virtual cards in the test's database.
func cardsOf(env *tenanttest.Env) *card.Service {
	return card.New(card.Deps{DB: env.DB, Stock: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}), Vault: env.Vault, Audit: env.Audit, Rand: rand.Reader})
}

// ordersOf moves orders over the test's database.
func ordersOf(env *tenanttest.Env) *order.Service {
	return order.New(order.Deps{
		DB: env.DB, Catalog: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans}), Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}),
		Addresses: member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault}), Carts: cart.New(cart.Deps{DB: env.DB}), Vouchers: voucher.New(env.DB), Cards: cardsOf(env),
		Places: plan.NewMeter(env.Plans, plan.Orders), Stores: delivery.New(delivery.Deps{DB: env.DB, Audit: env.Audit, Vault: env.Vault}), Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Figures: figures.New(env.DB, env.Timers),
		Offers: []order.Offers{couponsOf(env), campaignsOf(env)},
	})
}

// listingOf saves products over the test's database.
func listingOf(env *tenanttest.Env) *listing.Service {
	return listing.New(listing.Deps{
		DB: env.DB, Catalog: catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers}),
		Inventory: inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}), Audit: env.Audit,
	})
}

// paymentsOf is the payment kernel over the test's database.
func paymentsOf(t *testing.T, env *tenanttest.Env) *payments.Service {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	accounts := accountsOf(env)
	return payments.New(payments.Deps{
		DB: env.DB, Accounts: accounts, Bills: nil, Channels: []payments.Channel{wechat.New(wechat.Deps{Keys: accounts, Now: env.Clock().Now, Log: log, Signers: 1})},
		Books: ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit}), Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Vault: env.Vault, Now: env.Clock().Now, Rand: rand.Reader, Log: log, PublicURL: "http://console.test",
	})
}

func newConsole(t *testing.T, env *tenanttest.Env, people *staff.Service) *console.Console {
	t.Helper()
	c, err := console.New(consoleDeps(t, env, people))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hire adds a person with a role in a shop.
func (d *desk) hire(t *testing.T, shop tenant.Tenant, role string) staff.Member {
	t.Helper()
	m, err := d.staff.Add(t.Context(), staff.AddInput{Login: role + "-" + tenanttest.RandomHex(6) + "@shop.test", Name: "李" + role, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.staff.EnsureRoles(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if err := d.staff.Grant(t.Context(), shop.ID, m.ID, role); err != nil {
		t.Fatal(err)
	}
	return m
}

// browser keeps cookies and the last page, as a browser does. It trusts Secure cookies
// over plain http because it speaks to the app directly.
type browser struct {
	t       *testing.T
	app     *fiber.App
	cookies map[string]string
	header  http.Header
	page    string
	address string
}

func (d *desk) browser(t *testing.T) *browser {
	t.Helper()
	// An address of its own, or the throttle of one test would refuse the others.
	address := "2001:db8:" + tenanttest.RandomHex(2) + ":" + tenanttest.RandomHex(2) + "::1"
	return &browser{t: t, app: d.app, cookies: map[string]string{}, header: http.Header{}, address: address}
}

// answer is a response whose page the browser keeps.
type answer struct {
	StatusCode int
	Header     http.Header
	set        []*http.Cookie
}

// Cookies are those the answer sets.
func (a answer) Cookies() []*http.Cookie { return a.set }

// signedIn returns a browser with a session of m.
func (d *desk) signedIn(t *testing.T, m staff.Member) *browser {
	t.Helper()
	b := d.browser(t)
	if res := b.signIn(m.Login, password, ""); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: status %d, want 303", res.StatusCode)
	}
	return b
}

func (b *browser) signIn(login, secret, next string) answer {
	b.t.Helper()
	b.get("/console/login")
	return b.post("/console/login", url.Values{"login": {login}, "password": {secret}, "next": {next}})
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, path, nil))
}

var csrfMeta = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)

// token is the form token of the last page.
func (b *browser) token() string {
	if m := csrfMeta.FindStringSubmatch(b.page); m != nil {
		return m[1]
	}
	return ""
}

// post sends a form with the token of the last page unless the form has one.
func (b *browser) post(path string, values url.Values) answer {
	b.t.Helper()
	if values == nil {
		values = url.Values{}
	}
	if !values.Has("csrf") {
		values.Set("csrf", b.token())
	}
	req := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

func (b *browser) do(req *http.Request) answer {
	b.t.Helper()
	req.Host = "console.test"
	req.Header.Set("X-Test-Address", b.address)
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	maps.Copy(req.Header, b.header)
	res, err := b.app.Test(req, -1)
	if err != nil {
		b.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page = string(body)
	for _, cookie := range res.Cookies() {
		if cookie.MaxAge < 0 || cookie.Value == "" {
			delete(b.cookies, cookie.Name)
			continue
		}
		b.cookies[cookie.Name] = cookie.Value
	}
	return answer{StatusCode: res.StatusCode, Header: res.Header, set: res.Cookies()}
}

// on returns a copy of the browser for a parallel subtest.
func (b *browser) on(t *testing.T) *browser {
	t.Helper()
	return &browser{t: t, app: b.app, cookies: maps.Clone(b.cookies), header: b.header.Clone(), address: b.address}
}

func (b *browser) sessionToken() string { return b.cookies[session.CookieName] }

// wantStatus gets path and checks the status.
func (b *browser) wantStatus(path string, want int) {
	b.t.Helper()
	if res := b.get(path); res.StatusCode != want {
		b.t.Errorf("GET %s: status %d, want %d\n%.600s", path, res.StatusCode, want, b.page)
	}
}

// see fails unless the last page shows every text.
func (b *browser) see(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.page, text) {
			b.t.Errorf("page does not show %q", text)
		}
	}
}

// formToken finds the form token, wherever a page carries it.
var formToken = regexp.MustCompile(`(name="csrf(?:-token)?" (?:value|content)=")[^"]*`)

// miss fails if the last page shows a text. The form token is left out: it is drawn by lot,
// and now and then spells a short one.
func (b *browser) miss(texts ...string) {
	b.t.Helper()
	page := formToken.ReplaceAllString(b.page, "$1")
	for _, text := range texts {
		if strings.Contains(page, text) {
			b.t.Errorf("page shows %q", text)
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}

func addInput(login, name, secret string) staff.AddInput {
	return staff.AddInput{Login: login, Name: name, Password: secret}
}
