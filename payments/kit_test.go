package payments_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/ledger"
	"galleria/payments/sandbox"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// provider is the sandbox of this test binary; RSA keys are dear, so all tests share its
// merchants and each brings its own app.
var provider = sync.OnceValue(func() *theProvider {
	server, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: time.Millisecond, RetrySchedule: []time.Duration{time.Hour}})
	if err != nil {
		panic(err)
	}
	p := &theProvider{Server: server, http: httptest.NewServer(server.Handler())}
	for mode, mchid := range map[payments.KeyMode]string{payments.KeyModePublicKey: "1900000001", payments.KeyModeBoth: "1900000002"} {
		if _, err := server.AddMerchant(sandbox.MerchantInput{MchID: mchid, KeyMode: string(mode)}); err != nil {
			panic(err)
		}
	}
	return p
})

type theProvider struct {
	*sandbox.Server
	http *httptest.Server
}

const (
	merchant      = "1900000001"
	otherMerchant = "1900000002"
)

// kit is a shop that can be paid.
type kit struct {
	*tenanttest.Env
	t        *testing.T
	provider *theProvider
	accounts *account.Service
	account  account.Account
	opened   payments.Account // Alipay's, as its channel takes it
	bills    *bills
	service  *payments.Service
	mchid    string
	appID    string
	openID   string
	public   string // where the provider calls back; nothing is applied unless deliver is on
	mu       sync.Mutex
	deliver  bool
	acks     []payments.Ack
}

// bills is the business side: amounts by business number.
type bills struct {
	mu   sync.Mutex
	rows map[string]payments.Bill
}

func (b *bills) BillTx(_ context.Context, _ tenantdb.Tx, businessNo string) (payments.Bill, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bill, ok := b.rows[businessNo]
	if !ok {
		return payments.Bill{}, fault.ErrNotFound
	}
	return bill, nil
}

// nowhere is an address at which nobody answers; the kit's accounts may have it.
const nowhere = "http://127.0.0.1:1"

func newKit(t *testing.T, options ...tenanttest.Option) *kit {
	t.Helper()
	return newKitOf(t, merchant, options...)
}

// newKitOf is newKit with a merchant of its own, for faults that can only be matched to
// a merchant.
func newKitOf(t *testing.T, mchid string, options ...tenanttest.Option) *kit {
	t.Helper()
	env := tenanttest.New(t, options...)
	k := &kit{Env: env, t: t, provider: provider(), bills: &bills{rows: map[string]payments.Bill{}}, mchid: mchid}
	k.appID = env.App(t, env.Tenant).ID.String()
	k.addMerchant(mchid, payments.KeyModePublicKey)
	if _, err := k.provider.AddApp(sandbox.AppInput{AppID: k.appID, MchIDs: []string{mchid, otherMerchant}}); err != nil {
		t.Fatal(err)
	}
	k.openID = k.buyer("li")
	callbacks := httptest.NewServer(http.HandlerFunc(k.callback))
	t.Cleanup(callbacks.Close)
	k.public = callbacks.URL
	k.accounts = account.New(account.Deps{
		DB: env.DB, Vault: env.Vault, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Now: env.Clock().Now, Rand: rand.Reader,
		SandboxBase: egress.Only(k.provider.http.URL, nowhere),
	})
	k.account = k.addAccount(mchid, payments.KeyModePublicKey, k.appID)
	k.service = k.newService()
	t.Cleanup(k.booksAgree)
	return k
}

// booksAgree compares, after whatever a test did, the books with what was collected and
// given back: every capture and refund is posted once, and what the providers owe is the
// difference.
func (k *kit) booksAgree() {
	k.t.Helper()
	const sql = `SELECT
	  (SELECT coalesce(sum(amount_fen), 0) FROM payment_attempt WHERE status = 'succeeded') - (SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE status = 'succeeded' OR settled_means = 'provider')
	    = (SELECT coalesce(sum(amount_fen) FILTER (WHERE debit LIKE 'receivable:%'), 0) - coalesce(sum(amount_fen) FILTER (WHERE credit LIKE 'receivable:%'), 0) FROM ledger_transfer JOIN ledger_journal j ON j.no = journal_no WHERE j.kind IN ('capture', 'refund'))
	  AND NOT EXISTS (SELECT FROM payment_attempt a WHERE status = 'succeeded' AND NOT EXISTS (SELECT FROM ledger_journal j WHERE j.kind = 'capture' AND j.ref = a.out_trade_no))
	  AND NOT EXISTS (SELECT FROM refund r WHERE status = 'succeeded' AND NOT EXISTS (SELECT FROM ledger_journal j WHERE j.kind = 'refund' AND j.ref = r.out_refund_no))
	  AND (SELECT coalesce(sum(amount_fen) FILTER (WHERE credit = 'surplus'), 0) FROM ledger_transfer)
	    = (SELECT coalesce(sum(amount_fen), 0) FROM payment_attempt WHERE status = 'succeeded' AND surplus)`
	ctx := context.WithoutCancel(k.t.Context())
	err := k.DB.InTenant(ctx, k.Tenant.ID, func(tx tenantdb.Tx) error {
		var agree bool
		if err := tx.QueryRow(ctx, sql).Scan(&agree); err != nil {
			return err
		}
		if !agree {
			k.t.Error("the books do not agree with the payments")
		}
		return nil
	})
	if err != nil {
		k.t.Errorf("compare the books: %v", err)
	}
}

// newService is one more process of the same shop.
func (k *kit) newService() *payments.Service {
	return k.serviceOf(k.accounts, k.wechat())
}

func (k *kit) wechat() payments.Channel {
	return wechat.New(wechat.Deps{Keys: k.accounts, Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2})
}

// serviceOf is a process of the shop that takes money through the given channels.
func (k *kit) serviceOf(accounts payments.Accounts, channels ...payments.Channel) *payments.Service {
	return payments.New(payments.Deps{
		DB: k.DB, Accounts: accounts, Bills: k.bills, Channels: channels, Books: ledger.New(ledger.Deps{DB: k.DB, Audit: k.Audit}), Audit: k.Audit, Outbox: k.Outbox, Timers: k.Timers,
		Vault: k.Vault, Now: k.Clock().Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), PublicURL: k.public,
	})
}

func (k *kit) addAccount(mchid string, mode payments.KeyMode, appIDs ...string) account.Account {
	k.t.Helper()
	m := k.addMerchant(mchid, mode)
	in := account.AddInput{
		Mode: payments.Sandbox, Name: "测试商户", MerchantNo: mchid,
		BaseURL: k.provider.http.URL,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: mode, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	}
	for _, a := range appIDs {
		id, _ := tenant.ParseAppID(a)
		if err := k.Registry.AddApp(k.t.Context(), tenant.App{ID: id, Provider: tenant.WeChat, TenantID: k.Tenant.ID, Name: a}); err != nil {
			k.t.Fatal(err)
		}
		in.AppIDs = append(in.AppIDs, id)
	}
	acc, err := k.accounts.Add(k.t.Context(), k.Tenant.ID, in)
	if err != nil {
		k.t.Fatalf("add account: %v", err)
	}
	return acc
}

func (k *kit) addMerchant(mchid string, mode payments.KeyMode) sandbox.Merchant {
	k.t.Helper()
	m, err := k.provider.AddMerchant(sandbox.MerchantInput{MchID: mchid, KeyMode: string(mode)})
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

func (k *kit) buyer(name string) string {
	k.t.Helper()
	if _, err := k.provider.Login(k.appID, name); err != nil {
		k.t.Fatal(err)
	}
	return sandbox.OpenID(k.appID, name)
}

// callback is the edge: it hands the provider's calls to the service, or loses them.
func (k *kit) callback(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	k.mu.Lock()
	deliver := k.deliver
	k.mu.Unlock()
	if !deliver {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	key := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	ack, _ := k.service.HandleNotification(r.Context(), k.Tenant.ID, key, payments.Notice{Header: r.Header, Body: body})
	k.mu.Lock()
	k.acks = append(k.acks, ack)
	k.mu.Unlock()
	w.WriteHeader(ack.Status)
	_, _ = w.Write(ack.Body)
}

func (k *kit) letCallbacksIn() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deliver = true
}

// bill makes a bill of 12.34 yuan that may be paid for half an hour.
func (k *kit) bill(businessNo string) {
	k.bills.mu.Lock()
	defer k.bills.mu.Unlock()
	k.bills.rows[businessNo] = payments.Bill{
		BusinessNo: businessNo, Title: "山野咖啡豆 等 2 件", AmountFen: 1234, ExpiresAt: k.Clock().Now().Add(30 * time.Minute), MemberID: 7, AppID: k.appID,
	}
}

func (k *kit) pay(businessNo string) (payments.ClientParams, error) {
	return k.service.Pay(k.t.Context(), k.Tenant.ID, payments.PayInput{BusinessNo: businessNo, AppID: k.appID, Payer: k.openID})
}

// begin bills and prepays, and returns the attempt.
func (k *kit) begin(businessNo string) (payments.ClientParams, row) {
	k.t.Helper()
	k.bill(businessNo)
	params, err := k.pay(businessNo)
	if err != nil {
		k.t.Fatalf("pay: %v", err)
	}
	rows := k.attempts(businessNo)
	return params, rows[len(rows)-1]
}

// phone does what the buyer's phone does with the parameters.
func (k *kit) phone(p payments.ClientParams) sandbox.Receipt {
	k.t.Helper()
	receipt, err := k.provider.Pay(sandbox.PayInput{
		TimeStamp: p.TimeStamp, NonceStr: p.NonceStr, Package: p.Package, SignType: p.SignType, PaySign: p.PaySign, AppID: k.appID,
	})
	if err != nil {
		k.t.Fatalf("the phone could not pay: %v", err)
	}
	return receipt
}

// notice builds a signed callback about a number.
func (k *kit) notice(in sandbox.NotificationInput) payments.Notice {
	k.t.Helper()
	if in.MchID == "" {
		in.MchID = k.mchid
	}
	h, body, err := k.provider.Notification(in)
	if err != nil {
		k.t.Fatalf("build notification: %v", err)
	}
	return payments.Notice{Header: h, Body: body}
}

func (k *kit) handle(n payments.Notice) (payments.Ack, error) {
	return k.service.HandleNotification(k.t.Context(), k.Tenant.ID, k.account.Key, n)
}

// row is an attempt as the table has it.
type row struct {
	OutTradeNo    string
	Status        string
	TransactionID *string
	Surplus       bool
	Reserved      money.Fen
	Refunded      money.Fen
	QueryStep     int
}

func query[T any](k *kit, sql string, args ...any) []T {
	k.t.Helper()
	var out []T
	k.InTenant(k.t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(k.t.Context(), sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	})
	return out
}

func count(k *kit, sql string, args ...any) int {
	k.t.Helper()
	type n struct{ N int }
	return query[n](k, sql, args...)[0].N
}

func (k *kit) attempts(businessNo string) []row {
	k.t.Helper()
	return query[row](k, `SELECT out_trade_no, status, transaction_id, surplus, refund_reserved_fen, refunded_fen, query_step
		FROM payment_attempt WHERE business_no = $1 ORDER BY id`, businessNo)
}

func (k *kit) attempt(outTradeNo string) row {
	k.t.Helper()
	return query[row](k, `SELECT out_trade_no, status, transaction_id, surplus, refund_reserved_fen, refunded_fen, query_step
		FROM payment_attempt WHERE out_trade_no = $1`, outTradeNo)[0]
}

type anomalyRow struct {
	Reason   string
	Blocking bool
	Seen     int
}

func (k *kit) anomalies() []anomalyRow {
	k.t.Helper()
	return query[anomalyRow](k, "SELECT reason, blocking, seen FROM payment_anomaly ORDER BY id")
}

func (k *kit) succeeded() int { return len(k.Events(k.t, payments.TopicSucceeded)) }

// wantUnpaid fails unless the attempt is as it was before anybody paid.
func (k *kit) wantUnpaid(outTradeNo string) {
	k.t.Helper()
	if got := k.attempt(outTradeNo); got.Status != "prepaid" || got.TransactionID != nil {
		k.t.Errorf("attempt is %s, want prepaid and unpaid", got.Status)
	}
	if n := k.succeeded(); n != 0 {
		k.t.Errorf("%d payments.succeeded events, want none", n)
	}
}

func (k *kit) wantPaidOnce(outTradeNo string) {
	k.t.Helper()
	if got := k.attempt(outTradeNo); got.Status != "succeeded" || got.TransactionID == nil {
		k.t.Errorf("attempt is %s, want succeeded", got.Status)
	}
	if n := k.succeeded(); n != 1 {
		k.t.Errorf("%d payments.succeeded events, want exactly 1", n)
	}
}

// timer reports how long until a timer is due, by the shop's clock; ok is false if it is
// not set.
func (k *kit) timer(topic, key string) (in time.Duration, ok bool) {
	k.t.Helper()
	type due struct{ At time.Time }
	rows := query[due](k, "SELECT due_at FROM platform.timer WHERE topic = $1 AND key = $2", topic, key)
	if len(rows) == 0 {
		return 0, false
	}
	return rows[0].At.Sub(k.Clock().Now()), true
}

func (k *kit) arm(f sandbox.Fault) {
	k.t.Helper()
	if err := k.provider.Arm(f); err != nil {
		k.t.Fatal(err)
	}
}

// eventually waits for something that another goroutine does.
func (k *kit) eventually(what string, ok func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	k.t.Fatalf("gave up waiting until %s", what)
}

func wantAck(t *testing.T, ack payments.Ack, status int) {
	t.Helper()
	if ack.Status != status {
		t.Errorf("answer is %d %s, want %d", ack.Status, ack.Body, status)
	}
	want := `"code":"FAIL"`
	if status == http.StatusOK {
		want = `"code":"SUCCESS"`
	}
	if !strings.Contains(string(ack.Body), want) {
		t.Errorf("body is %s, want it to contain %s", ack.Body, want)
	}
}

// loopback listens for requests that nobody should make.
func loopback(t *testing.T, hits chan<- string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hits <- r.URL.Path }))
	t.Cleanup(server.Close)
	return server.URL
}

// oneAccount is a shop's only merchant account.
type oneAccount struct{ payments.Account }

func (a oneAccount) ByKey(_ context.Context, _ tenant.ID, key string) (payments.Account, error) {
	if key != a.Key {
		return payments.Account{}, fault.ErrNotFound
	}
	return a.Account, nil
}

func (a oneAccount) Recent(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return a.ByKey(ctx, id, key)
}

func (a oneAccount) ByID(context.Context, tenant.ID, int64) (payments.Account, error) {
	return a.Account, nil
}

func (a oneAccount) ForApp(context.Context, tenant.ID, payments.Code, string) (payments.Account, error) {
	return a.Account, nil
}

func (a oneAccount) Serving(context.Context, tenantdb.Querier, string) ([]payments.Serving, error) {
	return []payments.Serving{{Channel: a.Channel, Mode: a.Mode}}, nil
}
