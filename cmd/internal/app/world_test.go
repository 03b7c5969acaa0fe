package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// world is the whole platform as it runs in production, on a database, a Redis and a
// provider of its own, reached over HTTP.
type world struct {
	*app.Services
	t       testing.TB
	base    string // http://127.0.0.1:port
	sandbox *sandbox.Server
	play    string // the sandbox's address
	redis   *tenanttest.RedisServer
	config  app.Config
	client  *http.Client
	log     *logbook
	text    *logbook              // the log once more, as text and with every detail; may be nil
	before  func(w *world) string // see newWorldLogged
	idle    bool                  // this process answers HTTP and does no background work
}

// shop is one merchant in the world, set up as a merchant would be.
type shop struct {
	tenant.Tenant
	appID    string
	mchID    string
	account  string // account key of its callbacks
	product  int64
	skus     []int64
	prices   []money.Fen
	template string
	owner    staff.AddInput
}

type option func(*app.Config)

// newWorld is an installation with one server on a fresh database.
func newWorld(t *testing.T, options ...option) *world {
	t.Helper()
	return newWorldOn(t, tenanttest.NewAlone(t).OwnerURL, options...)
}

// newWorldLogged is newWorld whose log is written as text with every detail, too. before
// puts something in front of the sandbox and returns its address.
func newWorldLogged(t *testing.T, text *logbook, before func(w *world) string) *world {
	t.Helper()
	return (&world{t: t, text: text, before: before}).on(tenanttest.NewAlone(t).OwnerURL)
}

// newWorldOn is newWorld on a migrated database of the caller.
func newWorldOn(t *testing.T, databaseURL string, options ...option) *world {
	t.Helper()
	return (&world{t: t}).on(databaseURL, options...)
}

func (w *world) on(databaseURL string, options ...option) *world {
	t := w.t
	t.Helper()
	w.redis, w.log = tenanttest.StartRedis(t), &logbook{out: t.Output()}
	w.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second}}
	t.Cleanup(w.client.CloseIdleConnections)
	w.startSandbox()
	if w.before != nil {
		w.play = w.before(w)
	}
	listener := listen(t)
	w.base = "http://" + listener.Addr().String()
	owner, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := owner.User.Password()
	w.config = app.Config{
		Environment: "development", PublicURL: w.base, DatabaseURL: databaseURL, RoleSecret: secret, RedisURL: w.redis.URL,
		KEK: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", CookieKey: "591785b794601e212b260e25925636fd",
		PasswordKiB: 64, LaneConns: 4, PlatformConns: 8, StatementTimeout: 5 * time.Second, SpareSchemas: 1, WorkerConcurrency: 8,
		TenantRate: 100_000, ReadRate: 100_000, WriteRate: 100_000, LoginRate: 100_000, PayRate: 100_000, SandboxURL: w.play,
	}
	for _, o := range options {
		o(&w.config)
	}
	w.Services = w.run(listener)
	return w
}

// listen opens a port that was free.
func listen(t testing.TB) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// run starts a server and a worker of the installation; they end with the test.
func (w *world) run(listener net.Listener) *app.Services {
	w.t.Helper()
	ground, err := app.NewGround(w.t.Context(), w.config, slog.New(w.logs()), time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	services, err := app.NewServices(ground)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 2)
	go func() { ended <- services.RunHTTP(ctx, listener) }()
	go func() {
		if w.idle {
			ended <- nil
			return
		}
		ended <- services.RunWorker(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				w.t.Errorf("the platform ended with %v", err)
			}
		}
		ground.Close()
	})
	return services
}

func (w *world) logs() slog.Handler {
	var handler slog.Handler = slog.NewJSONHandler(w.log, nil)
	if w.text != nil {
		handler = slog.NewMultiHandler(handler, slog.NewTextHandler(w.text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return handler
}

func (w *world) startSandbox() {
	w.t.Helper()
	// Fifteen repeats, as the real one makes them over a day: whatever is away in a test,
	// it comes back before the provider gives up.
	repeats := append([]time.Duration{200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}, slices.Repeat([]time.Duration{5 * time.Second}, 11)...)
	var err error
	w.sandbox, err = sandbox.Open(sandbox.Config{Now: time.Now, RetrySchedule: repeats})
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(w.sandbox.Handler())
	w.play = server.URL
	w.t.Cleanup(func() { _ = w.sandbox.Close(); server.Close() })
}

// openShop opens a shop with a Mini Program, a merchant account, a message template, one
// product of two SKUs with stock, and an owner who can sign in.
func (w *world) openShop(name string, stock int64) *shop {
	w.t.Helper()
	ctx := w.t.Context()
	s := &shop{appID: "wx" + tenanttest.RandomHex(8), mchID: "19" + fmt.Sprintf("%08d", time.Now().UnixNano()%100_000_000)}
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatalf("open shop %s: %v", name, err)
		}
	}
	var err error
	s.Tenant, err = w.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: name, Handle: name, Name: "店铺" + name})
	must(err)
	must(w.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		return w.Plans.AssignTx(ctx, tx, s.ID, "pro", "test", "tests begin everything")
	}))
	appID, _ := tenant.ParseAppID(s.appID)
	must(w.Registry.AddApp(ctx, tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: s.ID, Name: "小程序" + name}))
	merchant, err := w.sandbox.AddMerchant(sandbox.MerchantInput{MchID: s.mchID})
	must(err)
	played, err := w.sandbox.AddApp(sandbox.AppInput{AppID: s.appID, MchIDs: []string{s.mchID}})
	must(err)
	must(w.MiniProgram.PutCredential(ctx, s.ID, miniprogram.CredentialInput{
		AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(played.Secret)), APIBase: w.play,
	}))
	acc, err := w.Accounts.Add(ctx, s.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "微信支付", MerchantNo: s.mchID, AppIDs: []tenant.AppID{appID},
		BaseURL: w.play,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(merchant.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(merchant.APIv3Key)), Serial: merchant.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: merchant.PublicKeyID, PublicKey: merchant.PublicKeyPEM,
		},
	})
	must(err)
	s.account = acc.Key
	w.template(s)
	w.fill(s, stock)
	s.owner = staff.AddInput{Login: name + "@example.test", Name: "店主", Password: "correct horse battery " + name}
	person, err := w.Staff.Add(ctx, s.owner)
	must(err)
	must(w.Staff.Grant(ctx, s.ID, person.ID, authz.Owner))
	return s
}

func (w *world) template(s *shop) {
	w.t.Helper()
	s.template = "tmpl" + s.appID
	if _, err := w.sandbox.AddTemplate(sandbox.Template{AppID: s.appID, TemplateID: s.template, Keywords: []string{"character_string1", "amount2", "thing3"}}); err != nil {
		w.t.Fatal(err)
	}
	err := w.Notices.PutTemplate(w.t.Context(), s.ID, notice.Template{
		AppID: s.appID, Event: "order.paid", TemplateID: s.template, Page: "pages/order/detail?no={order_no}",
		Fields: map[string]string{"character_string1": "order_no", "amount2": "amount", "thing3": "title"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fill(s *shop, stock int64) {
	w.t.Helper()
	ctx := w.t.Context()
	category, err := w.Catalog.CreateCategory(ctx, s.ID, catalog.CategoryInput{Name: "茶"})
	if err != nil {
		w.t.Fatal(err)
	}
	product, err := w.Catalog.CreateProduct(ctx, s.ID, catalog.ProductInput{
		CategoryID: category, Title: "武夷岩茶 " + s.Handle, Cover: "/media/tea.svg", Specs: []catalog.Spec{{Name: "规格", Values: []string{"50g", "100g"}}},
		SKUs: []catalog.SKUInput{{SpecValues: []string{"50g"}, PriceFen: 5900}, {SpecValues: []string{"100g"}, PriceFen: 9900}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	s.product = product.ID
	var lines []inventory.Line
	for _, k := range product.SKUs {
		s.skus, s.prices = append(s.skus, k.ID), append(s.prices, k.PriceFen)
		lines = append(lines, inventory.Line{SKUID: k.ID, Qty: stock})
	}
	if stock > 0 {
		err = w.DB.InTenant(ctx, s.ID, func(tx tenantdb.Tx) error { return w.Inventory.ReceiveTx(ctx, tx, "opening", lines, "system") })
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.Catalog.SetShelf(ctx, s.ID, product.ID, catalog.OnShelf); err != nil {
		w.t.Fatal(err)
	}
}

// buyer is a Mini Program user with a session.
type buyer struct {
	w     *world
	shop  *shop
	name  string
	token string
}

func (w *world) login(s *shop, name string) *buyer {
	w.t.Helper()
	b := &buyer{w: w, shop: s, name: name}
	code := w.loginCode(s, name)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	b.must(http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code}, &got)
	b.token = got.AccessToken
	return b
}

func (w *world) loginCode(s *shop, name string) string {
	w.t.Helper()
	var got struct{ Code string }
	w.control("/_control/wx-login", map[string]any{"app_id": s.appID, "buyer": name}, http.StatusOK, &got)
	return got.Code
}

// control calls the sandbox as the buyer's phone would.
func (w *world) control(path string, body any, want int, out any) {
	w.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.play+path, bytes.NewReader(b))
	if err != nil {
		w.t.Fatal(err)
	}
	status, answer := do(w.t, w.client, req)
	if status != want {
		w.t.Fatalf("sandbox %s: %d %s, want %d", path, status, answer, want)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			w.t.Fatalf("sandbox %s: %v in %s", path, err, answer)
		}
	}
}

type header map[string]string

// call sends a request of this buyer and returns status and body.
func (b *buyer) call(method, path string, body any, extra ...header) (int, []byte) {
	b.w.t.Helper()
	var reader io.Reader = http.NoBody
	if body != nil {
		encoded, ok := body.([]byte)
		if !ok {
			var err error
			if encoded, err = json.Marshal(body); err != nil {
				b.w.t.Fatal(err)
			}
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.base+"/api/v1"+path, reader)
	if err != nil {
		b.w.t.Fatal(err)
	}
	req.Header.Set("X-App-Id", b.shop.appID)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	for _, h := range extra {
		for k, v := range h {
			req.Header.Set(k, v)
		}
	}
	return do(b.w.t, b.w.client, req)
}

func (b *buyer) must(want int, method, path string, body, out any, extra ...header) {
	b.w.t.Helper()
	status, answer := b.call(method, path, body, extra...)
	if status != want {
		b.w.t.Fatalf("%s %s: %d %s, want %d", method, path, status, answer, want)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			b.w.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

func do(t testing.TB, client *http.Client, req *http.Request) (int, []byte) {
	t.Helper()
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return res.StatusCode, body
}

// placed is the answer to an order.
type placed struct {
	OrderNo    string    `json:"order_no"`
	Status     string    `json:"status"`
	PayableFen money.Fen `json:"payable_fen"`
}

type orderView struct {
	OrderNo     string    `json:"order_no"`
	Status      string    `json:"status"`
	CloseReason string    `json:"close_reason"`
	PayableFen  money.Fen `json:"payable_fen"`
}

func (b *buyer) address() int64 {
	b.w.t.Helper()
	var got struct{ ID int64 }
	b.must(http.StatusCreated, http.MethodPost, "/addresses", map[string]any{
		"name": b.name, "phone": "13800000001", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "文三路 1 号",
	}, &got)
	return got.ID
}

// order places an order of qty pieces of the shop's first SKU, without a cart.
func (b *buyer) order(qty int64) placed {
	b.w.t.Helper()
	var got placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", b.orderBody(qty), &got, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	return got
}

func (b *buyer) orderBody(qty int64) map[string]any {
	b.w.t.Helper()
	return map[string]any{
		"lines":      []map[string]any{{"sku_id": b.shop.skus[0], "qty": qty}},
		"address_id": b.address(), "expected_payable_fen": int64(b.shop.prices[0]) * qty,
	}
}

// payParams asks the platform for what wx.requestPayment takes.
func (b *buyer) payParams(orderNo string) map[string]any {
	b.w.t.Helper()
	var params map[string]any
	b.must(http.StatusOK, http.MethodPost, "/orders/"+orderNo+"/pay", nil, &params)
	return params
}

// pay pays an order on the buyer's phone.
func (b *buyer) pay(orderNo string) {
	b.w.t.Helper()
	b.w.control("/_control/pay", b.payParams(orderNo), http.StatusOK, nil)
}

func (b *buyer) status(orderNo string) string {
	b.w.t.Helper()
	var got orderView
	b.must(http.StatusOK, http.MethodGet, "/orders/"+orderNo, nil, &got)
	return got.Status
}

func (b *buyer) waitFor(orderNo, status string, within time.Duration) {
	b.w.t.Helper()
	eventually(b.w.t, within, "order "+orderNo+" "+status, func() bool { return b.status(orderNo) == status })
}

func eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// scan reads one row of a shop's tables.
func (w *world) scan(s *shop, sql string, args []any, into ...any) {
	w.t.Helper()
	err := w.DB.InTenant(w.t.Context(), s.ID, func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(into...) })
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) count(s *shop, sql string, args ...any) (n int) {
	w.t.Helper()
	w.scan(s, sql, args, &n)
	return n
}

// browser is an HTTP client that keeps cookies.
func (w *world) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
