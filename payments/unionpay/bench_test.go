package unionpay_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/payments/unionpay"
	"galleria/tenant"
	"galleria/tenant/vault"
)

const merID = "777290058110048"

// clock is what both sides go by; tests move it.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// bench is a gateway with one merchant, and our channel.
type bench struct {
	gateway *unionpaygw.Gateway
	url     string
	keys    unionpaygw.Merchant
	channel *unionpay.Channel
	account payments.Account
	clock   *clock
	numbers atomic.Int64
}

// keepKeys is the gateway's certificates and the merchant's, made once for the binary.
var keepKeys = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "unionpay-keys-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	g, err := unionpaygw.Open(unionpaygw.Config{Dir: dir, Now: time.Now})
	if err != nil {
		return nil, err
	}
	if _, err := g.AddMerchant(unionpaygw.MerchantInput{MerID: merID}); err != nil {
		return nil, err
	}
	if err := g.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "unionpay.jsonl"))
})

func newBench(t *testing.T) *bench {
	t.Helper()
	kept, err := keepKeys()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "unionpay.jsonl"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{clock: &clock{}}
	if b.gateway, err = unionpaygw.Open(unionpaygw.Config{Dir: dir, Now: b.clock.Now, RefundDelay: time.Millisecond, RetrySchedule: []time.Duration{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.gateway.Close() })
	mux := http.NewServeMux()
	b.gateway.Routes(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.url = server.URL
	if b.keys, err = b.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: merID}); err != nil {
		t.Fatal(err)
	}
	b.channel = unionpay.New(unionpay.Deps{Now: b.clock.Now, Signers: 2})
	b.account = payments.Account{
		TenantID: tenant.NewID(), ID: 1, Key: "abcdefghijklmnopqrstuvwxyz", Channel: payments.UnionPay, Mode: payments.Sandbox, MerchantNo: merID, Enabled: true,
		Config:     payments.AccountConfig{MerchantSerial: b.keys.CertID, KeyMode: payments.KeyModeCertificate, BaseURL: server.URL},
		PrivateKey: vault.NewSecret([]byte(b.keys.PrivateKey)), Version: time.Now(),
		ProviderKeys: []payments.ProviderKey{{Serial: "1", PEM: b.keys.MiddlePEM}, {Serial: "2", PEM: b.keys.RootPEM}},
	}
	return b
}

// newNumber looks like those of payments: the second in UTC, and what makes it unique.
func (b *bench) newNumber() string {
	return fmt.Sprintf("%s%012d", b.clock.Now().UTC().Format("20060102150405"), b.numbers.Add(1))
}

const notifyURL = "http://127.0.0.1:9/notify/unionpay/x"

func (b *bench) request(no string, scene payments.Scene) payments.PrepayRequest {
	return payments.PrepayRequest{
		Scene: scene, AppID: "wx0123456789abcdef", OutTradeNo: no, Title: "山野咖啡豆 & <茶> 一份", AmountFen: 1234, ExpiresAt: b.clock.Now().Add(time.Hour),
		NotifyURL: notifyURL, ReturnURL: "https://shop.example/orders/1?from=pay",
	}
}

// begin makes a payment in a scene and returns what the buyer's side gets.
func (b *bench) begin(t *testing.T, no string, scene payments.Scene) payments.ClientParams {
	t.Helper()
	in := b.request(no, scene)
	id, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatalf("prepay: %v", err)
	}
	p, err := b.channel.ClientParams(t.Context(), b.account, in, id)
	if err != nil {
		t.Fatalf("client parameters: %v", err)
	}
	return p
}

// pay does what the buyer does with what was handed out.
func (b *bench) pay(t *testing.T, p payments.ClientParams, code string) unionpaygw.Receipt {
	t.Helper()
	in := unionpaygw.PayInput{TN: p.TN, QRCode: p.CodeURL, RespCode: code}
	if p.Form != nil {
		values := url.Values{}
		for name, value := range p.Form.Fields {
			values.Set(name, value)
		}
		resp, err := http.PostForm(p.Form.Action, values)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		in.MerID, in.OrderID = merID, p.Form.Fields["orderId"]
	}
	receipt, err := b.gateway.Pay(in)
	if err != nil {
		t.Fatalf("the buyer could not pay: %v", err)
	}
	return receipt
}

func (b *bench) notice(t *testing.T, in unionpaygw.NotificationInput) payments.Notice {
	t.Helper()
	in.MerID = merID
	h, body, err := b.gateway.Notification(in)
	if err != nil {
		t.Fatal(err)
	}
	return payments.Notice{Header: h, Body: body}
}

func (b *bench) harness(scene payments.Scene) channeltest.Harness {
	return channeltest.Harness{
		Channel: b.channel, Account: b.account, Scene: scene, NotifyURL: notifyURL, NewNumber: b.newNumber,
		ExpiresAt: time.Now().Add(time.Hour), CreatedAt: time.Now(), Offline: scene == payments.Web || scene == payments.PC,
		Open: func(t *testing.T, p payments.ClientParams) {
			t.Helper()
			b.pay(t, p, "64") // the first card has no money
		},
		Pay: func(t *testing.T, p payments.ClientParams) string {
			t.Helper()
			return b.pay(t, p, "").QueryID
		},
		Notice: func(t *testing.T, no string, forged bool) payments.Notice {
			t.Helper()
			in := unionpaygw.NotificationInput{OrderID: no}
			if forged {
				in.Sign = unionpaygw.SignWrongKey
			}
			return b.notice(t, in)
		},
		Backdate: func(t *testing.T, no string, at time.Time) {
			t.Helper()
			if !b.gateway.Backdate(b.account.MerchantNo, no, at) {
				t.Fatalf("no payment %s at the provider", no)
			}
		},
		Break: func(t *testing.T, call string, kind channeltest.Failure) {
			t.Helper()
			f := map[channeltest.Failure]unionpaygw.Fault{
				channeltest.NoAnswer: {Mode: unionpaygw.ModeDrop}, channeltest.Forged: {Mode: string(unionpaygw.SignWrongKey)}, channeltest.Nonsense: {Mode: unionpaygw.ModeGarbage},
				channeltest.Busy: {Mode: unionpaygw.ModeRespCode, Value: "06"}, channeltest.DoneNoAck: {Mode: unionpaygw.ModeCutAfterDoing},
			}[kind]
			f.Target = call
			if err := b.gateway.Arm(f); err != nil {
				t.Fatal(err)
			}
		},
	}
}
