package transfer_test

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/ledger"
	"galleria/payments/sandbox"
	"galleria/payments/transfer"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

var update = flag.Bool("update", false, "write the golden files")

const mchid = "1900000001"

// provider is the sandbox of this test binary; RSA keys are dear.
var provider = sync.OnceValue(func() *theProvider {
	server, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: time.Millisecond, RetrySchedule: []time.Duration{time.Hour}})
	if err != nil {
		panic(err)
	}
	if _, err := server.AddMerchant(sandbox.MerchantInput{MchID: mchid}); err != nil {
		panic(err)
	}
	return &theProvider{Server: server, http: httptest.NewServer(server.Handler())}
})

type theProvider struct {
	*sandbox.Server
	http *httptest.Server
}

// kit is a shop that pays people.
type kit struct {
	*tenanttest.Env
	t        *testing.T
	provider *theProvider
	appID    string
	mchid    string
	account  account.Account
	accounts *account.Service
	payments *payments.Service
	service  *transfer.Service
}

func newKit(t *testing.T) *kit {
	t.Helper()
	return newKitOf(t, mchid)
}

func newKitOf(t *testing.T, mchid string) *kit {
	t.Helper()
	env := tenanttest.New(t)
	k := &kit{Env: env, t: t, provider: provider(), mchid: mchid}
	app := env.App(t, env.Tenant)
	k.appID = app.ID.String()
	m, err := k.provider.AddMerchant(sandbox.MerchantInput{MchID: mchid})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.provider.AddApp(sandbox.AppInput{AppID: k.appID, MchIDs: []string{mchid}}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.provider.Login(k.appID, "li"); err != nil {
		t.Fatal(err)
	}
	k.accounts = account.New(account.Deps{
		DB: env.DB, Vault: env.Vault, Registry: env.Registry, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Now: env.Clock().Now, Rand: rand.Reader,
		SandboxBase: egress.Only(k.provider.http.URL),
	})
	if err := k.Registry.AddApp(t.Context(), tenant.App{ID: app.ID, Provider: tenant.WeChat, TenantID: k.Tenant.ID, Name: k.appID}); err != nil {
		t.Fatal(err)
	}
	k.account, err = k.accounts.Add(t.Context(), k.Tenant.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "测试商户", MerchantNo: mchid, BaseURL: k.provider.http.URL, AppIDs: []tenant.AppID{app.ID},
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	channels := []payments.Channel{wechat.New(wechat.Deps{Keys: k.accounts, Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2})}
	books := ledger.New(ledger.Deps{DB: k.DB, Audit: k.Audit})
	callbacks := httptest.NewServer(http.HandlerFunc(k.callback))
	t.Cleanup(callbacks.Close)
	k.service = transfer.New(transfer.Deps{
		DB: k.DB, Accounts: k.accounts, Channels: channels, Books: books, Outbox: k.Outbox, Timers: k.Timers, Vault: k.Vault, Audit: k.Audit,
		Now: k.Clock().Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), PublicURL: callbacks.URL,
	})
	k.payments = payments.New(payments.Deps{
		DB: k.DB, Accounts: k.accounts, Bills: nil, Channels: channels, Books: books, Payouts: k.service, Outbox: k.Outbox, Timers: k.Timers, Vault: k.Vault,
		Now: k.Clock().Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), PublicURL: callbacks.URL,
	})
	return k
}

func (k *kit) callback(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	ack, _ := k.payments.HandleNotification(r.Context(), k.Tenant.ID, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], payments.Notice{Header: r.Header, Body: body})
	w.WriteHeader(ack.Status)
}

func (k *kit) input(sourceNo string) transfer.CreateInput {
	return transfer.CreateInput{
		SourceKind: "commission", SourceNo: sourceNo, Channel: payments.WeChat, AppID: k.appID, ReceiverKind: payments.ReceiverOpenID,
		Receiver: sandbox.OpenID(k.appID, "li"), Name: "李小满", AmountFen: 8800, Title: "推广佣金", Actor: "staff:3",
		Terms: payments.TransferTerms{SceneID: "1005", Reports: []payments.TransferReport{{Type: "岗位类型", Content: "推广员"}, {Type: "报酬说明", Content: "推广佣金"}}},
	}
}

func (k *kit) create(sourceNo string) transfer.Transfer {
	k.t.Helper()
	out, err := k.service.Create(k.t.Context(), k.Tenant.ID, k.input(sourceNo))
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

// step executes once and returns where the transfer stands.
func (k *kit) step(no string) transfer.Transfer {
	k.t.Helper()
	if err := k.service.Execute(k.t.Context(), k.Tenant.ID, no); err != nil {
		k.t.Fatal(err)
	}
	out, err := k.service.Get(k.t.Context(), k.Tenant.ID, no)
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

func (k *kit) want(t transfer.Transfer, status transfer.Status) {
	k.t.Helper()
	if t.Status != status {
		k.t.Errorf("the transfer is %s (%s, %s), want %s", t.Status, t.FailReason, t.LastError, status)
	}
}

func (k *kit) count(sql string, args ...any) (n int) {
	k.t.Helper()
	k.InTenant(k.t, func(tx tenantdb.Tx) error { return tx.QueryRow(k.t.Context(), sql, args...).Scan(&n) })
	return n
}

// atProvider lists what the provider knows of this shop's transfers.
func (k *kit) atProvider() (mine []sandbox.Transfer) {
	for _, t := range k.provider.Transfers() {
		if t.AppID == k.appID {
			mine = append(mine, t)
		}
	}
	return mine
}

func (k *kit) confirm(no string, in sandbox.ConfirmInput) {
	k.t.Helper()
	for _, t := range k.atProvider() {
		if t.OutBillNo == no {
			in.MchID, in.AppID, in.Package, in.Buyer = k.mchid, k.appID, t.PackageInfo, "li"
		}
	}
	if _, err := k.provider.ConfirmTransfer(in); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) eventually(what string, ok func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	k.t.Fatalf("gave up waiting until %s", what)
}

func (k *kit) status(no string) transfer.Status {
	t, err := k.service.Get(k.t.Context(), k.Tenant.ID, no)
	if err != nil {
		k.t.Error(err)
	}
	return t.Status
}

// From the order to the receiver's confirmation; the end comes by notification, is posted
// once, and told once, however often anything is repeated.
func TestTransferReachesItsReceiver(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.create("W1")
	if again := k.create("W1"); again.OutBillNo != a.OutBillNo || len(k.Events(t, transfer.TopicDue)) != 1 {
		t.Errorf("one source, two transfers: %s and %s", a.OutBillNo, again.OutBillNo)
	}
	other := k.input("W1")
	other.AmountFen = 8801
	if _, err := k.service.Create(t.Context(), k.Tenant.ID, other); !errors.Is(err, transfer.ErrDiffers) {
		t.Errorf("the same source with another sum: %v", err)
	}
	if a.ReceiverHint != sandbox.OpenID(k.appID, "li")[:3]+"***"+sandbox.OpenID(k.appID, "li")[24:] && !strings.Contains(a.ReceiverHint, "李**") {
		t.Errorf("hint %q", a.ReceiverHint)
	}
	if n := k.count("SELECT count(*) FROM transfer t WHERE t::text LIKE '%李小满%'"); n != 0 {
		t.Error("the receiver's name lies in clear")
	}
	k.want(k.step(a.OutBillNo), transfer.Waiting)
	k.want(k.step(a.OutBillNo), transfer.Waiting)
	k.confirm(a.OutBillNo, sandbox.ConfirmInput{})
	k.eventually("the notification came", func() bool { return k.status(a.OutBillNo) == transfer.Succeeded })
	k.want(k.step(a.OutBillNo), transfer.Succeeded)
	if len(k.atProvider()) != 1 {
		t.Errorf("the provider knows %d transfers", len(k.atProvider()))
	}
	if n := k.count("SELECT count(*) FROM ledger_transfer WHERE debit = 'payable:commission' AND credit = $1 AND amount_fen = 8800", fmt.Sprintf("receivable:wechat:%d", k.account.ID)); n != 1 {
		t.Errorf("%d postings, want 1", n)
	}
	if ended := k.Events(t, transfer.TopicEnded); len(ended) != 1 {
		t.Errorf("%d ends were told", len(ended))
	}
	if n := k.count("SELECT count(*) FROM platform.timer WHERE topic = 'transfer.due'"); n != 0 {
		t.Error("the ladder goes on")
	}
}

// T048: the call times out after it was done, or the answer is garbage: the state is
// unknown, it is asked for by the same number, and there is one transfer.
func TestT048UnknownResultsAreAskedAndNeverSentAgain(t *testing.T) { //nolint:tparallel // the modes share a merchant
	t.Parallel()
	for _, mode := range []string{sandbox.ModeCutAfterDoing, sandbox.ModeDrop, sandbox.ModeGarbage, sandbox.ModeWrongKey, sandbox.ModeHTTP500} {
		t.Run(mode, func(t *testing.T) {
			k := newKitOf(t, "1900000048") // of its own: a fault is matched to a merchant
			a := k.create("W1")
			if err := k.provider.Arm(sandbox.Fault{Target: sandbox.TargetTransfer, Mode: mode, Match: k.mchid}); err != nil {
				t.Fatal(err)
			}
			if got := k.step(a.OutBillNo); got.Status != transfer.Submitted || got.LastError == "" {
				t.Errorf("after the trouble: %s, %q", got.Status, got.LastError)
			}
			k.want(k.step(a.OutBillNo), transfer.Waiting)
			if all := k.atProvider(); len(all) != 1 || all[0].OutBillNo != a.OutBillNo {
				t.Errorf("the provider knows %+v", all)
			}
		})
	}
}

// T048: ten withdrawals of one source at once are one transfer; ten workers send it once.
func TestT048ParallelRequestsAreOneTransfer(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var wait sync.WaitGroup
	numbers := make([]string, 10)
	for i := range numbers {
		wait.Go(func() {
			a, err := k.service.Create(t.Context(), k.Tenant.ID, k.input("W1"))
			if err != nil {
				t.Error(err)
				return
			}
			numbers[i] = a.OutBillNo
			if err := k.service.Execute(t.Context(), k.Tenant.ID, a.OutBillNo); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(slices.Compact(numbers)); n != 1 || len(k.atProvider()) != 1 {
		t.Errorf("%d numbers, %d transfers at the provider", n, len(k.atProvider()))
	}
	k.want(k.step(numbers[0]), transfer.Waiting)
}

func TestTransferEndsOtherwise(t *testing.T) { //nolint:tparallel // one shop
	t.Parallel()
	k := newKit(t)
	t.Run("the receiver's account does not take it", func(t *testing.T) {
		a := k.create("F1")
		k.want(k.step(a.OutBillNo), transfer.Waiting)
		k.confirm(a.OutBillNo, sandbox.ConfirmInput{Fail: "REAL_NAME_CHECK_FAIL"})
		k.eventually("the notification came", func() bool { return k.status(a.OutBillNo) == transfer.Failed })
		if got := k.step(a.OutBillNo); got.FailReason != "REAL_NAME_CHECK_FAIL" || got.FinishedAt.IsZero() {
			t.Errorf("%+v", got)
		}
	})
	t.Run("cancelled before it is sent", func(t *testing.T) {
		a := k.create("C1")
		if err := k.service.Cancel(t.Context(), k.Tenant.ID, a.OutBillNo, "staff:3", "填错了"); err != nil {
			t.Fatal(err)
		}
		k.want(k.step(a.OutBillNo), transfer.Cancelled)
		for _, at := range k.atProvider() {
			if at.OutBillNo == a.OutBillNo {
				t.Error("the provider heard of it")
			}
		}
	})
	t.Run("cancelled while it waits", func(t *testing.T) {
		a := k.create("C2")
		k.want(k.step(a.OutBillNo), transfer.Waiting)
		for range 2 {
			if err := k.service.Cancel(t.Context(), k.Tenant.ID, a.OutBillNo, "staff:3", "填错了"); err != nil {
				t.Fatal(err)
			}
		}
		k.step(a.OutBillNo)
		k.eventually("the provider has cancelled", func() bool { return k.step(a.OutBillNo).Status == transfer.Cancelled })
		if n := k.count("SELECT count(*) FROM ledger_journal WHERE kind = 'payout' AND ref = $1", a.OutBillNo); n != 0 {
			t.Error("posted although nothing moved")
		}
		if err := k.service.Cancel(t.Context(), k.Tenant.ID, k.create("F1").OutBillNo, "staff:3", ""); !errors.Is(err, transfer.ErrOver) {
			t.Errorf("cancel of what has failed: %v", err)
		}
	})
}

// A notification that does not fit is an anomaly and changes nothing.
func TestTransferAnomalies(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.create("W1")
	k.want(k.step(a.OutBillNo), transfer.Waiting)
	send := func(in sandbox.NotificationInput) error {
		t.Helper()
		in.MchID = mchid
		h, body, err := k.provider.Notification(in)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.payments.HandleNotification(t.Context(), k.Tenant.ID, k.account.Key, payments.Notice{Header: h, Body: body})
		return err
	}
	for name, mutate := range map[string]func(map[string]any){
		"amount":         func(m map[string]any) { m["transfer_amount"], m["state"] = 8801, "SUCCESS" },
		"merchant":       func(m map[string]any) { m["mch_id"], m["state"] = "1900000099", "SUCCESS" },
		"unknown_number": func(m map[string]any) { m["out_bill_no"], m["state"] = "NOSUCHNUMBER0001", "SUCCESS" },
	} {
		for range 2 {
			if err := send(sandbox.NotificationInput{OutBillNo: a.OutBillNo, EventID: "EV-" + name, Mutate: mutate}); !errors.Is(err, payments.ErrAnomaly) {
				t.Errorf("%s: %v, want PAYMENT_ANOMALY", name, err)
			}
		}
		if n := k.count("SELECT count(*) FROM payment_anomaly WHERE event_id = $1 AND reason = $2 AND seen = 2", "EV-"+name, name); n != 1 {
			t.Errorf("%s: not kept once", name)
		}
	}
	if err := send(sandbox.NotificationInput{OutBillNo: a.OutBillNo, SignWith: sandbox.SignStranger}); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("forged: %v", err)
	}
	if got := k.status(a.OutBillNo); got != transfer.Waiting {
		t.Errorf("the transfer is %s", got)
	}
	if _, err := k.service.Get(t.Context(), k.Tenant.ID, "NOSUCHNUMBER0001"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}

func TestTransferInputIsChecked(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, change := range map[string]func(*transfer.CreateInput){
		"amount":   func(in *transfer.CreateInput) { in.AmountFen = 9 },
		"receiver": func(in *transfer.CreateInput) { in.Receiver = " " },
		"title":    func(in *transfer.CreateInput) { in.Title = strings.Repeat("长", 33) },
		"name":     func(in *transfer.CreateInput) { in.Name, in.AmountFen = "", 2_000_00 },
	} {
		in := k.input("X" + name)
		change(&in)
		_, err := k.service.Create(t.Context(), k.Tenant.ID, in)
		if f, ok := errors.AsType[*fault.Error](err); !ok || len(f.Fields()) != 1 || f.Fields()[0].Path != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := k.input("U1")
	in.Channel = payments.UnionPay
	if _, err := k.service.Create(t.Context(), k.Tenant.ID, in); !errors.Is(err, transfer.ErrChannel) {
		t.Errorf("UnionPay: %v", err)
	}
}

func TestTransitionsChart(t *testing.T) {
	t.Parallel()
	const file = "testdata/transitions.golden.md"
	got := "```mermaid\n" + transfer.Chart() + "```\n"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || got != string(want) {
		t.Errorf("the chart has changed (%v); run go test ./payments/transfer -run Chart -update and look at the difference:\n%s", err, got)
	}
}

// The table in Go and the CHECK in the migrated schema name the same statuses.
func TestStatusesMatchTheSchema(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	var def string
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conname = 'transfer_status' AND c.connamespace = current_schema()::regnamespace").Scan(&def)
	})
	var got, want []string
	for _, m := range regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(def, -1) {
		got = append(got, m[1])
	}
	for _, s := range transfer.Statuses() {
		want = append(want, string(s))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the schema allows %v, the code knows %v", got, want)
	}
}
