package alipay_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/alipay"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant"
	"galleria/tenant/vault"
)

const (
	signApp  = "2021000000000001"
	otherApp = "2021000000000002" // a Mini Program bound to signApp
	seller   = "2088000000000001"
	buyer    = "li"
)

// bench is a provider with one app, and our channel.
type bench struct {
	gateway *alipaygw.Gateway
	http    *httptest.Server
	keys    alipaygw.App
	channel *alipay.Channel
	account payments.Account
	numbers atomic.Int64
}

// spareApp is another app of the same seller, in every bench.
const spareApp = "2021000000000009"

// seeds is one journal per key mode with both apps, made once for the whole test binary:
// RSA keys are slow on a small machine.
var seeds = map[payments.KeyMode]func() (string, error){
	payments.KeyModePublicKey:   sync.OnceValues(func() (string, error) { return seed(payments.KeyModePublicKey) }),
	payments.KeyModeCertificate: sync.OnceValues(func() (string, error) { return seed(payments.KeyModeCertificate) }),
}

// seedDirs is removed by TestMain.
var seedDirs string

func TestMain(m *testing.M) {
	var err error
	if seedDirs, err = os.MkdirTemp("", "alipay-seeds-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(seedDirs)
	os.Exit(code)
}

func seed(mode payments.KeyMode) (string, error) {
	dir := filepath.Join(seedDirs, string(mode))
	g, err := alipaygw.Open(alipaygw.Config{Dir: dir, Now: time.Now})
	if err != nil {
		return "", err
	}
	for _, in := range []alipaygw.AppInput{
		{AppID: signApp, SellerID: seller, KeyMode: string(mode), MiniProgram: []string{otherApp}},
		{AppID: spareApp, SellerID: seller, KeyMode: string(mode)},
	} {
		if _, err := g.AddApp(in); err != nil {
			return "", err
		}
	}
	return dir, g.Close()
}

func newBench(t *testing.T, mode payments.KeyMode, change ...func(*alipaygw.AppInput)) *bench {
	t.Helper()
	from, err := seeds[mode]()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Open(sandbox.Config{Dir: dir, Now: time.Now, RefundDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	b := &bench{gateway: server.Alipay(), http: httptest.NewServer(server.Handler())}
	t.Cleanup(b.http.Close)
	in := alipaygw.AppInput{AppID: signApp, SellerID: seller, KeyMode: string(mode), MiniProgram: []string{otherApp}}
	for _, f := range change {
		f(&in)
	}
	if b.keys, err = b.gateway.AddApp(in); err != nil {
		t.Fatal(err)
	}
	for _, app := range []string{signApp, otherApp} {
		if _, err := b.gateway.Login(app, buyer); err != nil {
			t.Fatal(err)
		}
	}
	b.channel = alipay.New(alipay.Deps{Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2})
	b.account = accountOf(b.keys, b.http.URL)
	return b
}

// accountOf is an account as payments/account makes it from what a merchant pasted.
func accountOf(keys alipaygw.App, baseURL string) payments.Account {
	acc := payments.Account{
		TenantID: tenant.NewID(), ID: 1, Key: "abcdefghijklmnopqrstuvwxyz", Channel: payments.Alipay, Mode: payments.Sandbox,
		MerchantNo: keys.SellerID, AppIDs: []string{keys.AppID}, Enabled: true, PrivateKey: vault.NewSecret([]byte(keys.PrivateKey)),
		Config:  payments.AccountConfig{KeyMode: payments.KeyMode(keys.KeyMode), SignAppID: keys.AppID, BaseURL: baseURL},
		Version: time.Now(),
	}
	if keys.KeyMode == alipaygw.KeyModePublicKey {
		acc.Config.PublicKeyID = "ALIPAY_PUBLIC_KEY_0123456789abcdef"
		acc.ProviderKeys = []payments.ProviderKey{{Serial: acc.Config.PublicKeyID, PEM: keys.AlipayPublicKey}}
		return acc
	}
	acc.Config.MerchantSerial, acc.Config.RootSerial = keys.AppCertSN, keys.RootCertSN
	acc.ProviderKeys = []payments.ProviderKey{{Serial: keys.AlipayCertSN, PEM: keys.AlipayCert}}
	return acc
}

func (b *bench) newNumber() string {
	return fmt.Sprintf("TEST%014d%06d", time.Now().UnixMilli(), b.numbers.Add(1))
}

func (b *bench) request(scene payments.Scene, no string) payments.PrepayRequest {
	in := payments.PrepayRequest{
		Scene: scene, AppID: signApp, OutTradeNo: no, Title: "豆", AmountFen: 8880, ExpiresAt: time.Now().Add(time.Hour),
		NotifyURL: "http://127.0.0.1:9/notify/alipay/x", ReturnURL: "http://127.0.0.1:9/back",
	}
	if scene == payments.MiniProgram {
		in.Payer = alipaygw.OpenID(signApp, buyer)
	}
	return in
}

// pay makes a payment of 88.80 in a scene and pays it.
func (b *bench) pay(t *testing.T, scene payments.Scene, no string) {
	t.Helper()
	in := b.request(scene, no)
	id, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.channel.ClientParams(t.Context(), b.account, in, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.gateway.Pay(brings(scene, p)); err != nil {
		t.Fatal(err)
	}
}

// brings is what a buyer brings to the provider in a scene.
func brings(scene payments.Scene, p payments.ClientParams) alipaygw.PayInput {
	in := alipaygw.PayInput{TradeNo: p.TradeNO, QRCode: p.CodeURL, OrderString: p.OrderString, Buyer: buyer}
	switch scene {
	case payments.PC:
		in.Form = maps.Clone(p.Form.Fields)
	case payments.Web:
		in.OrderString = p.URL
	}
	return in
}

func (b *bench) harness(scene payments.Scene) channeltest.Harness {
	h := channeltest.Harness{
		Channel: b.channel, Account: b.account, Scene: scene, AppID: signApp, Payer: alipaygw.OpenID(signApp, buyer),
		NotifyURL: "http://127.0.0.1:9/notify/alipay/x", NewNumber: b.newNumber, ExpiresAt: time.Now().Add(time.Hour), CreatedAt: time.Now(),
		Offline: scene == payments.Web || scene == payments.App || scene == payments.PC,
		Pay: func(t *testing.T, p payments.ClientParams) string {
			t.Helper()
			receipt, err := b.gateway.Pay(brings(scene, p))
			if err != nil {
				t.Fatalf("the buyer could not pay: %v", err)
			}
			return receipt.TradeNo
		},
		Notice: func(t *testing.T, no string, forged bool) payments.Notice {
			t.Helper()
			in := alipaygw.NotificationInput{OutTradeNo: no}
			if forged {
				in.SignWith = alipaygw.SignStranger
			}
			return b.notice(t, in)
		},
		Backdate: func(t *testing.T, no string, at time.Time) {
			t.Helper()
			if !b.gateway.Backdate(seller, no, at) {
				t.Fatalf("no payment %s at the provider", no)
			}
		},
		Break: func(t *testing.T, call string, kind channeltest.Failure) {
			t.Helper()
			modes := map[channeltest.Failure]string{
				channeltest.NoAnswer: alipaygw.ModeDrop, channeltest.Forged: alipaygw.ModeWrongKey, channeltest.Nonsense: alipaygw.ModeGarbage,
				channeltest.Busy: alipaygw.ModeError, channeltest.DoneNoAck: alipaygw.ModeCutAfterDoing,
			}
			b.arm(t, alipaygw.Fault{Target: call, Mode: modes[kind]})
		},
	}
	if scene != payments.MiniProgram {
		h.Open = func(t *testing.T, p payments.ClientParams) {
			t.Helper()
			in := brings(scene, p)
			in.OpenOnly = true
			if _, err := b.gateway.Pay(in); err != nil {
				t.Fatalf("the buyer could not look: %v", err)
			}
		}
	}
	return h
}

func (b *bench) arm(t *testing.T, f alipaygw.Fault) {
	t.Helper()
	if err := b.gateway.Arm(f); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) notice(t *testing.T, in alipaygw.NotificationInput) payments.Notice {
	t.Helper()
	in.AppID = signApp
	kind, body, err := b.gateway.Notification(in)
	if err != nil {
		t.Fatal(err)
	}
	return payments.Notice{Header: http.Header{"Content-Type": {kind}}, Body: body}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, mode)
			for _, scene := range []payments.Scene{payments.MiniProgram, payments.Web, payments.App, payments.PC, payments.QR} {
				t.Run(string(scene), func(t *testing.T) { channeltest.Exercise(t, b.harness(scene)) })
			}
		})
	}
}
