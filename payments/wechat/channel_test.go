package wechat_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/vault"
)

// store keeps fetched certificates in memory; the real one is tested with its table.
type store struct {
	mu   sync.Mutex
	keys []payments.ProviderKey
	puts int
}

func (s *store) AddProviderKeys(_ context.Context, _ tenant.ID, _ int64, keys []payments.ProviderKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.puts = append(s.keys, keys...), s.puts+1
	return nil
}

func (s *store) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}

// bench is a provider with one merchant, and our channel.
type bench struct {
	server  *sandbox.Server
	http    *httptest.Server
	keys    sandbox.Merchant
	channel *wechat.Channel
	store   *store
	account payments.Account
	appID   string
	payer   string
	owner   string // whose money it is: who signs, or a merchant of theirs
	numbers atomic.Int64
	// Requests to /v3/certificates that reached the provider.
	certificateCalls atomic.Int64
}

const mchid = "1900000001"

func newBench(t *testing.T, mode payments.KeyMode) *bench {
	t.Helper()
	server, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	b := &bench{server: server, store: &store{}, appID: "wx0123456789abcdef", owner: mchid}
	handler := server.Handler()
	b.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v3/certificates" {
			b.certificateCalls.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(b.http.Close)
	if b.keys, err = server.AddMerchant(sandbox.MerchantInput{MchID: mchid, KeyMode: string(mode)}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.AddApp(sandbox.AppInput{AppID: b.appID, MchIDs: []string{mchid}}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Login(b.appID, "li"); err != nil {
		t.Fatal(err)
	}
	b.payer = sandbox.OpenID(b.appID, "li")
	b.channel = wechat.New(wechat.Deps{Keys: b.store, Now: time.Now, Log: slog.New(slog.DiscardHandler), Signers: 2})
	b.account = payments.Account{
		TenantID: tenant.NewID(), ID: 1, Key: "abcdefghijklmnopqrstuvwxyz", Channel: payments.WeChat, Mode: payments.Sandbox, MerchantNo: mchid, AppIDs: []string{b.appID}, Enabled: true,
		Config:     payments.AccountConfig{MerchantSerial: b.keys.CertificateSerial, KeyMode: mode, PublicKeyID: b.keys.PublicKeyID, BaseURL: b.http.URL},
		PrivateKey: vault.NewSecret([]byte(b.keys.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(b.keys.APIv3Key)), Version: time.Now(),
	}
	if b.keys.PublicKeyID != "" {
		b.account.ProviderKeys = []payments.ProviderKey{{Serial: b.keys.PublicKeyID, PEM: b.keys.PublicKeyPEM}}
	}
	return b
}

func (b *bench) newNumber() string {
	return fmt.Sprintf("TEST%014d%06d", time.Now().UnixMilli(), b.numbers.Add(1))
}

func (b *bench) harness() channeltest.Harness {
	return channeltest.Harness{
		Channel: b.channel, Account: b.account, Scene: payments.MiniProgram, AppID: b.appID, Payer: b.payer, NotifyURL: "http://127.0.0.1:9/notify/wechat/x", NewNumber: b.newNumber, ExpiresAt: time.Now().Add(time.Hour), CreatedAt: time.Now(),
		Pay: func(t *testing.T, p payments.ClientParams) string {
			t.Helper()
			var receipt sandbox.Receipt
			var err error
			if address := p.CodeURL + p.URL; address != "" {
				receipt, err = b.server.Open(sandbox.OpenInput{URL: address, Buyer: "li"})
			} else {
				receipt, err = b.server.Pay(sandbox.PayInput{
					TimeStamp: p.TimeStamp, NonceStr: p.NonceStr, Package: p.Package, SignType: p.SignType, PaySign: p.PaySign, AppID: b.appID, Buyer: "li",
					PartnerID: p.PartnerID, PrepayID: p.PrepayID,
				})
			}
			if err != nil {
				t.Fatalf("the phone could not pay: %v", err)
			}
			return receipt.TransactionID
		},
		Notice: func(t *testing.T, no string, forged bool) payments.Notice {
			t.Helper()
			in := sandbox.NotificationInput{MchID: mchid, OutTradeNo: no}
			if forged {
				in.SignWith = sandbox.SignStranger
			}
			return b.notice(t, in)
		},
		Backdate: func(t *testing.T, no string, at time.Time) {
			t.Helper()
			if !b.server.Backdate(b.owner, no, at) {
				t.Fatalf("no payment %s at the provider", no)
			}
		},
		Break: func(t *testing.T, call string, kind channeltest.Failure) {
			t.Helper()
			modes := map[channeltest.Failure]sandbox.Fault{
				channeltest.NoAnswer: {Mode: sandbox.ModeDrop}, channeltest.Forged: {Mode: sandbox.ModeWrongKey}, channeltest.Nonsense: {Mode: sandbox.ModeGarbage},
				channeltest.Busy: {Mode: sandbox.ModeHTTP500}, channeltest.DoneNoAck: {Mode: sandbox.ModeCutAfterDoing},
			}
			f := modes[kind]
			f.Target = call
			if err := b.server.Arm(f); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func (b *bench) notice(t *testing.T, in sandbox.NotificationInput) payments.Notice {
	t.Helper()
	in.MchID, in.SubMchID = mchid, b.owner
	h, body, err := b.server.Notification(in)
	if err != nil {
		t.Fatal(err)
	}
	return payments.Notice{Header: h, Body: body}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate, payments.KeyModeBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			channeltest.Exercise(t, newBench(t, mode).harness())
		})
	}
	for _, scene := range []payments.Scene{payments.QR, payments.PC, payments.Web, payments.App} {
		t.Run(string(scene), func(t *testing.T) {
			t.Parallel()
			h := newBench(t, payments.KeyModePublicKey).harness()
			h.Scene = scene
			channeltest.Exercise(t, h)
		})
	}
}

func (b *bench) purse() channeltest.Payer {
	harness := b.harness()
	return channeltest.Payer{
		Channel: b.channel, Account: b.account, AppID: b.appID, Kind: payments.ReceiverOpenID, Receiver: b.payer, Stranger: "oNobody0000000000000000000000",
		NotifyURL: harness.NotifyURL, NewNumber: b.newNumber, Break: harness.Break,
		Terms: payments.TransferTerms{SceneID: "1005", Reports: []payments.TransferReport{{Type: "岗位类型", Content: "推广员"}, {Type: "报酬说明", Content: "推广佣金"}}},
		Confirm: func(t *testing.T, r payments.TransferResult) {
			t.Helper()
			if _, err := b.server.ConfirmTransfer(sandbox.ConfirmInput{MchID: mchid, AppID: b.appID, Package: r.PackageInfo, Buyer: "li"}); err != nil {
				t.Fatal(err)
			}
		},
		Notice: func(t *testing.T, no string, forged bool) payments.Notice {
			t.Helper()
			in := sandbox.NotificationInput{OutBillNo: no}
			if forged {
				in.SignWith = sandbox.SignStranger
			}
			return b.notice(t, in)
		},
		Broke: func(t *testing.T, broke bool) {
			t.Helper()
			balance := sandbox.Balance{MchID: mchid, Fen: 1_000_000_00}
			if broke {
				balance.Fen = 0
			}
			if err := b.server.SetBalance(balance); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func TestTransferConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate, payments.KeyModeBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			channeltest.ExerciseTransfer(t, newBench(t, mode).purse())
		})
	}
}

// What the provider would refuse is refused before it is asked, and the name is seen by the
// provider alone.
func TestTransferRules(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	p := b.purse()
	in := payments.TransferRequest{
		OutBillNo: b.newNumber(), AppID: b.appID, ReceiverKind: p.Kind, Receiver: p.Receiver, AmountFen: 2_000_00, Title: "佣金", Terms: p.Terms, NotifyURL: p.NotifyURL,
	}
	if _, err := b.channel.Transfer(t.Context(), b.account, in); !errors.Is(err, payments.ErrRefused) {
		t.Errorf("2000 yuan without a name: %v", err)
	}
	in.Name = "王小明"
	if _, err := b.channel.Transfer(t.Context(), b.account, in); err != nil {
		t.Fatal(err)
	}
	if got := b.server.Transfers()[0]; got.Name != "王小明" || got.AmountFen != 2_000_00 {
		t.Errorf("the provider has read %+v", got)
	}
	in.OutBillNo, in.AmountFen = b.newNumber(), 20
	if _, err := b.channel.Transfer(t.Context(), b.account, in); err != nil {
		t.Errorf("a small sum with a name that must not be sent: %v", err)
	}
	in.OutBillNo, in.Terms.Reports = b.newNumber(), in.Terms.Reports[:1]
	if _, err := b.channel.Transfer(t.Context(), b.account, in); !errors.Is(err, payments.ErrRefused) {
		t.Errorf("half of what the scene asks for: %v", err)
	}
}

// Each scene hands out what its client takes, and nothing else.
func TestClientParamsOfEachScene(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	for scene, prefix := range map[payments.Scene]string{
		payments.QR: "weixin://wxpay/bizpayurl?pr=", payments.PC: "weixin://wxpay/bizpayurl?pr=", payments.Web: "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=",
	} {
		in := payments.PrepayRequest{
			Scene: scene, AppID: b.appID, OutTradeNo: b.newNumber(), Title: "豆", AmountFen: 1, ExpiresAt: time.Now().Add(time.Hour), NotifyURL: "http://127.0.0.1:9/n/wechat/x",
			ReturnURL: "https://shop.example/o?no=1&x=ü", ClientIP: "2001:db8::1",
		}
		id, err := b.channel.Prepay(t.Context(), b.account, in)
		if err != nil {
			t.Fatalf("%s: %v", scene, err)
		}
		got, err := b.channel.ClientParams(t.Context(), b.account, in, id)
		if err != nil || !strings.HasPrefix(got.CodeURL+got.URL, prefix) || got.PaySign != "" || (got.CodeURL == "") == (got.URL == "") {
			t.Errorf("%s: %+v %v", scene, got, err)
		}
		if appended := "&redirect_url=https%3A%2F%2Fshop.example%2Fo%3Fno%3D1%26x%3D%C3%BC"; scene == payments.Web && !strings.HasSuffix(got.URL, appended) {
			t.Errorf("the way back is not appended: %s", got.URL)
		}
	}
	in := payments.PrepayRequest{Scene: "fax"}
	if _, err := b.channel.Prepay(t.Context(), b.account, in); !errors.Is(err, payments.ErrScene) {
		t.Errorf("an unknown scene: %v", err)
	}
}

// In the middle of the provider's change-over both keys sign, and both are taken.
func TestBothKeysDuringTheChangeOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeBoth)
	for _, with := range []sandbox.SignWith{sandbox.SignRight, sandbox.SignPlatform, sandbox.SignRight, sandbox.SignPlatform} {
		if _, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, sandbox.NotificationInput{SignWith: with})); err != nil {
			t.Errorf("signed with %q: %v", with, err)
		}
	}
	if got := b.certificateCalls.Load(); got != 1 {
		t.Errorf("certificates were fetched %d times, want once", got)
	}
	if b.store.calls() != 1 || b.store.keys[0].Serial != b.keys.PlatformSerial || b.store.keys[0].NotAfter == nil {
		t.Errorf("stored %+v, want the platform's certificate", b.store.keys)
	}
}

// Forged serials cannot be turned into traffic to the provider.
func TestUnknownSerialsFetchAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	var wait sync.WaitGroup
	for i := range 40 {
		n := b.notice(t, sandbox.NotificationInput{Serial: fmt.Sprintf("%040X", i+1)})
		wait.Go(func() {
			if _, err := b.channel.ParseNotification(t.Context(), b.account, n); !errors.Is(err, payments.ErrNoticeSignature) {
				t.Errorf("serial %d: %v, want SIGNATURE_INVALID", i, err)
			}
		})
	}
	wait.Wait()
	if got := b.certificateCalls.Load(); got != 1 {
		t.Errorf("%d calls to the provider, want 1", got)
	}
}

func TestPublicKeyModeNeverAsksForCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	n := b.notice(t, sandbox.NotificationInput{Serial: strings.Repeat("A", 40)})
	if _, err := b.channel.ParseNotification(t.Context(), b.account, n); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("%v, want SIGNATURE_INVALID", err)
	}
	if err := b.channel.RefreshCertificates(t.Context(), b.account); err != nil || b.certificateCalls.Load() != 0 {
		t.Errorf("%v and %d calls, want none", err, b.certificateCalls.Load())
	}
}

// A certificate list that was not encrypted for us, or not signed by what it holds, is
// not believed.
func TestCertificatesMustBeGenuine(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeWrongKey, sandbox.ModeCorruptBody, sandbox.ModeGarbage, sandbox.ModeSignTest, sandbox.ModeOldTimestamp} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, payments.KeyModeCertificate)
			if err := b.server.Arm(sandbox.Fault{Target: sandbox.TargetCertificates, Mode: mode}); err != nil {
				t.Fatal(err)
			}
			if err := b.channel.RefreshCertificates(t.Context(), b.account); !errors.Is(err, payments.ErrBadResponse) {
				t.Errorf("%v, want PROVIDER_BAD_RESPONSE", err)
			}
			if b.store.calls() != 0 {
				t.Error("forged certificates were stored")
			}
		})
	}
}

// A known certificate needs no fetch, and an account's new version needs no restart.
func TestStoredCertificatesAreUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	block, _ := pem.Decode([]byte(b.keys.PlatformCertificate))
	if block == nil {
		t.Fatal("the sandbox's certificate is not PEM")
	}
	b.account.ProviderKeys = []payments.ProviderKey{{Serial: b.keys.PlatformSerial, PEM: b.keys.PlatformCertificate}}
	b.account.Version = b.account.Version.Add(time.Second)
	if _, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, sandbox.NotificationInput{})); err != nil {
		t.Error(err)
	}
	if got := b.certificateCalls.Load(); got != 0 {
		t.Errorf("%d calls to the provider, want none", got)
	}
}

// Errors are for logs, and logs are no place for keys, signatures or buyers.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	h := b.harness()
	var texts []string
	for _, kind := range []channeltest.Failure{channeltest.NoAnswer, channeltest.Forged, channeltest.Nonsense, channeltest.Busy} {
		h.Break(t, sandbox.TargetPrepay, kind)
		_, err := b.channel.Prepay(t.Context(), b.account, payments.PrepayRequest{
			Scene: payments.MiniProgram, AppID: b.appID, OutTradeNo: b.newNumber(), Title: "豆", AmountFen: 1, Payer: b.payer, ExpiresAt: time.Now().Add(time.Hour), NotifyURL: h.NotifyURL,
		})
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	_, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, sandbox.NotificationInput{SignWith: sandbox.SignStranger}))
	texts = append(texts, fmt.Sprintf("%v %+v", err, err))
	for _, text := range texts {
		for _, secret := range []string{b.keys.APIv3Key, "PRIVATE KEY", "WECHATPAY2-SHA256", "signature=", b.payer} {
			if strings.Contains(text, secret) {
				t.Errorf("an error holds %.20q: %s", secret, text)
			}
		}
	}
}
