package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gofiber/fiber/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/campaign"
	"galleria/commerce/card"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/distribution"
	"galleria/commerce/figures"
	"galleria/commerce/inventory"
	"galleria/commerce/invoice"
	"galleria/commerce/level"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/points"
	"galleria/commerce/review"
	"galleria/commerce/voucher"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/ledger"
	"galleria/payments/sandbox"
	"galleria/payments/transfer"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/miniprogram"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
	"galleria/web"
	"galleria/web/middleware"
	"galleria/web/miniapi"
	"galleria/web/notify"
	"galleria/web/openapi"
)

// house is the HTTP server with every room behind it, on a real listener, a real
// database and the sandbox as provider.
type house struct {
	*tenanttest.Env
	base         string
	log          *lines
	provider     *sandbox.Server
	play         string
	catalog      *catalog.Service
	coupons      *coupon.Service
	points       *points.Service
	levels       *level.Service
	invoices     *invoice.Service
	campaigns    *campaign.Service
	quota        *plan.Meter
	stock        *inventory.Service
	cards        *card.Service
	cases        *aftersale.Service
	reviews      *review.Service
	distribution *distribution.Service
	orders       *order.Service
	files        string // where pictures are kept
	members      *member.Service
	accounts     *account.Service
	mini         *miniprogram.Service
	notices      *notice.Service
	contract     *openapi3.T
	places       *middleware.Places
	mu           sync.Mutex
	answered     map[string]bool // operations that succeeded: "GET /shop"
}

// shop is one merchant's side of the house.
type shop struct {
	tenant.Tenant
	app      tenant.App
	account  string // account key
	category int64
	products []catalog.Product
}

// settings change how the house is built.
type settings struct {
	limits  miniapi.Limits
	config  web.Config
	options []tenanttest.Option
	mount   []func(fiber.Router)
	listen  bool // for catalogue notifications
	places  *middleware.Places
	budgets middleware.Budgets
	checks  []web.Check
	drain   *web.Draining
}

func newHouse(t *testing.T, change ...func(*settings)) *house {
	t.Helper()
	s := settings{limits: miniapi.Limits{}, listen: true}
	for _, f := range change {
		f(&s)
	}
	env := tenanttest.New(t, s.options...)
	h := &house{Env: env, log: &lines{}, answered: map[string]bool{}, files: t.TempDir()}
	h.openSandbox(t)
	var err error
	if h.contract, err = openapi3.NewLoader().LoadFromData(openapi.Document()); err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.base = "http://" + listener.Addr().String()
	answers := miniapi.NewAnswers(8<<20, env.Clock().Now)
	app, err := web.NewServer(s.config, h.deps(s, answers))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = app.Listener(listener) })
	running.Go(func() { env.Resolver.Run(ctx) })
	if s.listen {
		running.Go(func() { answers.Run(ctx, env.DB) })
	}
	t.Cleanup(func() {
		cancel()
		_ = app.ShutdownWithTimeout(2 * time.Second)
		running.Wait()
	})
	return h
}

func (h *house) openSandbox(t *testing.T) {
	t.Helper()
	var err error
	if h.provider, err = sandbox.Open(sandbox.Config{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h.provider.Handler())
	h.play = server.URL
	t.Cleanup(func() { _ = h.provider.Close(); server.Close() })
}

func (h *house) deps(s settings, answers *miniapi.Answers) web.Deps {
	log, now := slog.New(slog.NewJSONHandler(h.log, nil)), h.Clock().Now
	h.catalog = catalog.New(catalog.Deps{DB: h.DB, Plans: h.Plans, Timers: h.Timers})
	h.stock = inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	h.members = member.New(member.Deps{
		DB: h.DB, Now: now, Rand: rand.Reader, Vault: h.Vault, Audit: h.Audit, Outbox: h.Outbox, Timers: h.Timers,
		Belongings: func() []member.Belongings { return nil },
	})
	h.mini = miniprogram.New(miniprogram.Deps{DB: h.DB, Vault: h.Vault, Now: now, SandboxBase: egress.Only(h.play)})
	h.accounts = account.New(account.Deps{
		DB: h.DB, Vault: h.Vault, Registry: h.Registry, Audit: h.Audit, Outbox: h.Outbox, Timers: h.Timers, Now: now, Rand: rand.Reader,
		SandboxBase: egress.Only(h.play),
	})
	h.notices = notice.New(notice.Deps{DB: h.DB, Audit: h.Audit, Outbox: h.Outbox, Vault: h.Vault})
	h.quota = plan.NewMeter(h.Plans, plan.Orders)
	carts := cart.New(cart.Deps{DB: h.DB})
	h.cards = card.New(card.Deps{DB: h.DB, Stock: h.stock, Vault: h.Vault, Audit: h.Audit, Rand: rand.Reader})
	coupons := coupon.New(coupon.Deps{DB: h.DB, Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit, Rand: rand.Reader, HasPaid: func(context.Context, tenantdb.Querier, int64) (bool, error) { return false, nil }})
	h.coupons = coupons
	h.points = points.New(points.Deps{DB: h.DB, Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit, Books: ledger.New(ledger.Deps{DB: h.DB, Audit: h.Audit}), Coupons: coupons, Now: now})
	h.invoices = invoice.New(invoice.Deps{
		DB: h.DB, Vault: h.Vault, Audit: h.Audit, Outbox: h.Outbox, Plans: h.Plans, Store: picture.Files{Store: picture.NewFolder(h.files)}, Now: now, Rand: rand.Reader,
	})
	h.levels = level.New(level.Deps{DB: h.DB, Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit})
	h.campaigns = campaign.New(campaign.Deps{DB: h.DB, Audit: h.Audit, Timers: h.Timers, Tell: h.catalog.TellPricesTx, Outbox: h.Outbox})
	orders := order.New(order.Deps{
		Offers: []order.Offers{coupons, h.points, h.levels, h.campaigns}, Groups: h.campaigns,
		DB: h.DB, Catalog: h.catalog, Inventory: h.stock, Addresses: h.members, Carts: carts, Vouchers: voucher.New(h.DB), Cards: h.cards, Places: h.quota,
		Stores: delivery.New(delivery.Deps{DB: h.DB, Audit: h.Audit}), Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit, Figures: figures.New(h.DB, h.Timers),
	})
	pay := payments.New(payments.Deps{
		DB: h.DB, Accounts: h.accounts, Bills: bills{orders}, Books: ledger.New(ledger.Deps{DB: h.DB, Audit: h.Audit}), Audit: h.Audit, Outbox: h.Outbox, Timers: h.Timers, Vault: h.Vault, Now: now, Rand: rand.Reader,
		Channels: []payments.Channel{wechat.New(wechat.Deps{Keys: h.accounts, Now: now, Log: log, Signers: 2})}, Log: log, PublicURL: h.base,
	})
	h.places = s.places
	limiter := middleware.NewLimiter(nil, now)
	cases, pictures := h.afterSales(orders)
	return web.Deps{
		Limiter: limiter, Budgets: s.budgets, Places: s.places, Draining: s.drain,
		API: &miniapi.Deps{
			Apps: h.Resolver, Shops: h.mini, Catalog: h.catalog, Members: h.members, Tastes: h.members, Carts: carts, Orders: orders, Cases: cases, Reviews: h.newReviews(orders), Distribution: h.newDistribution(orders), Cards: h.cards, Vouchers: voucher.New(h.DB), Coupons: coupons, Campaigns: h.campaigns, Groups: h.campaigns, Points: h.points, Levels: h.levels, Invoices: h.invoices, Pictures: pictures, Delivery: delivery.New(delivery.Deps{DB: h.DB, Audit: h.Audit}), Payments: pay,
			Transfers:     transfer.New(transfer.Deps{DB: h.DB, Now: now}),
			Subscriptions: h.notices, Messages: h.notices, Logins: h.mini, Audit: h.Audit, Limiter: limiter, Limits: s.limits,
			Answers: answers, Log: log,
		},
		Notify: &notify.Deps{Accounts: h.Resolver, Payments: pay},
		Ready:  append([]web.Check{{Name: "database", Ping: h.DB.Ping}}, s.checks...),
		Mount:  s.mount, Log: log, Now: now,
	}
}

// bills shows payments an order as the bill it is.
type bills struct{ orders *order.Service }

func (b bills) BillTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (payments.Bill, error) {
	bill, err := b.orders.Bill(ctx, tx, orderNo)
	return payments.Bill{
		BusinessNo: bill.OrderNo, Title: bill.Title, AmountFen: bill.AmountFen, ExpiresAt: bill.ExpiresAt, MemberID: bill.MemberID, AppID: bill.AppID,
	}, err
}

// open fills a shop: a Mini Program, its secret, a category and n products of two SKUs
// with ten pieces each. Ids are the same in every shop.
func (h *house) open(t *testing.T, at tenant.Tenant, n int) *shop {
	t.Helper()
	s := &shop{Tenant: at, app: h.App(t, at)}
	registered, err := h.provider.AddApp(sandbox.AppInput{AppID: s.app.ID.String(), MchIDs: nil})
	if err != nil {
		t.Fatal(err)
	}
	err = h.mini.PutCredential(t.Context(), at.ID, miniprogram.CredentialInput{
		AppID: s.app.ID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(registered.Secret)), APIBase: h.play,
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.category, err = h.catalog.CreateCategory(t.Context(), at.ID, catalog.CategoryInput{Name: "咖啡"}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		s.products = append(s.products, h.addProduct(t, s, "挂耳咖啡 "+strconv.Itoa(i+1), money.Fen(1000+100*i)))
	}
	return s
}

func (h *house) addProduct(t *testing.T, s *shop, title string, price money.Fen) catalog.Product {
	t.Helper()
	p, err := h.catalog.CreateProduct(t.Context(), s.ID, catalog.ProductInput{
		CategoryID: s.category, Title: title, Cover: "/media/x.svg", Specs: []catalog.Spec{{Name: "规格", Values: []string{"10 包", "30 包"}}},
		SKUs: []catalog.SKUInput{{SpecValues: []string{"10 包"}, PriceFen: price}, {SpecValues: []string{"30 包"}, PriceFen: 2 * price}},
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := []inventory.Line{{SKUID: p.SKUs[0].ID, Qty: 10}, {SKUID: p.SKUs[1].ID, Qty: 10}}
	err = h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return h.stock.ReceiveTx(t.Context(), tx, "opening-"+title, lines, "system")
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.catalog.SetShelf(t.Context(), s.ID, p.ID, catalog.OnShelf); err != nil {
		t.Fatal(err)
	}
	return p
}

// merchant gives the shop an account at the sandbox, so that it can be paid.
func (h *house) merchant(t *testing.T, s *shop, mchid string) {
	t.Helper()
	m, err := h.provider.AddMerchant(sandbox.MerchantInput{MchID: mchid, KeyMode: sandbox.KeyModePublicKey})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.provider.AddApp(sandbox.AppInput{AppID: s.app.ID.String(), MchIDs: []string{mchid}}); err != nil {
		t.Fatal(err)
	}
	acc, err := h.accounts.Add(t.Context(), s.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "测试商户", MerchantNo: mchid, AppIDs: []tenant.AppID{s.app.ID},
		BaseURL: h.play,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.account = acc.Key
}

// client is a Mini Program of one buyer.
type client struct {
	h     *house
	app   string
	token string
}

func (h *house) client(s *shop) *client { return &client{h: h, app: s.app.ID.String()} }

// login opens a session without the provider.
func (h *house) login(t *testing.T, s *shop, openID string) *client {
	t.Helper()
	tokens, err := h.members.Login(t.Context(), s.ID, member.LoginInput{AppID: s.app.ID, OpenID: openID})
	if err != nil {
		t.Fatal(err)
	}
	return &client{h: h, app: s.app.ID.String(), token: tokens.AccessToken}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal(a.body, &problem)
	return problem.Code
}

// into decodes the answer.
func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// call sends a request to the API. body is a string, or a value to encode, or nil.
// header overrides what the client sends; an empty value removes it.
func (c *client) call(t *testing.T, method, path string, body any, header ...string) answer {
	t.Helper()
	var reader io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.h.base+miniapi.Prefix+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-App-Id", c.app)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Del(header[i])
		if header[i+1] != "" {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return c.h.send(t, req)
}

// must is call for a request that has to succeed with the status.
func (c *client) must(t *testing.T, status int, method, path string, body any, header ...string) answer {
	t.Helper()
	a := c.call(t, method, path, body, header...)
	if a.status != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	return a
}

// refused is call for a request that has to be refused.
func (c *client) refused(t *testing.T, status int, code, method, path string, body any, header ...string) {
	t.Helper()
	a := c.call(t, method, path, body, header...)
	if a.status != status || a.code() != code {
		t.Errorf("%s %.80s %.80v: %d %.200s, want %d %s", method, path, body, a.status, a.body, status, code)
	}
}

func (h *house) send(t *testing.T, req *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	h.check(t, req, a)
	return a
}

// lines is a log that tests can read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// of returns the lines that carry the request id.
func (l *lines) of(requestID string) []map[string]any {
	var out []map[string]any
	for line := range strings.Lines(l.text()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil && fields["request_id"] == requestID {
			out = append(out, fields)
		}
	}
	return out
}

// dispatch lets an order be on its way as a whole, as if it had been paid and shipped.
func (h *house) dispatch(t *testing.T, s *shop, orderNo string) {
	t.Helper()
	err := h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		if _, err := tx.Exec(t.Context(), "UPDATE order_line SET sent = qty WHERE order_id = (SELECT id FROM orders WHERE order_no = $1)", orderNo); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "UPDATE orders SET status = 'fulfilling', close_reason = NULL, paid_at = now() WHERE order_no = $1", orderNo)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
