package alipay_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/alipay"
	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

// An answer counts only as the provider signed it, and for the question that was asked.
func TestAnswersThatCannotBeBelieved(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		const no, other = "ANSWER000001", "ANSWER000002"
		b.pay(t, payments.MiniProgram, no)
		b.pay(t, payments.MiniProgram, other)
		for _, f := range []alipaygw.Fault{
			{Mode: alipaygw.ModeGarbage},
			{Mode: alipaygw.ModeTruncated},
			{Mode: alipaygw.ModeHuge},
			{Mode: alipaygw.ModeCorruptBody},
			{Mode: alipaygw.ModeCorruptSignature},
			{Mode: alipaygw.ModeWrongKey},
			{Mode: alipaygw.ModeUnsigned},
			{Mode: alipaygw.ModeTwoNodes},
			{Mode: alipaygw.ModeOtherAnswer, Value: other},
			{Mode: alipaygw.ModeUnsignedError, Value: "ACQ.TRADE_NOT_EXIST"},
			{Mode: alipaygw.ModeUnsignedError, Value: "ACQ.TRADE_HAS_SUCCESS"},
		} {
			f.Target = alipaygw.TargetQuery
			b.arm(t, f)
			if got, err := b.channel.Query(t.Context(), b.account, no); !errors.Is(err, payments.ErrBadResponse) {
				t.Errorf("%s %s: %+v %v, want PROVIDER_BAD_RESPONSE", f.Mode, f.Value, got, err)
			}
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetQuery, Mode: alipaygw.ModeAmountText, Value: "1e2"})
		if got, err := b.channel.Query(t.Context(), b.account, no); err != nil || got.Amount.Valid || got.Amount.Text != "1e2" {
			t.Errorf("a signed amount that is none: %+v %v", got.Amount, err)
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetPrepay, Mode: alipaygw.ModeUnsigned})
		if _, err := b.channel.Prepay(t.Context(), b.account, b.request(payments.MiniProgram, "ANSWER000003")); !errors.Is(err, payments.ErrBadResponse) {
			t.Errorf("unsigned success of a prepay: %v", err)
		}
	})
}

// What each error means, and that an unsigned permission error is reported as what it is.
func TestErrorsHaveTheirClass(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	for sub, want := range map[string]error{
		"ACQ.SYSTEM_ERROR": payments.ErrProviderBusy, "isp.unknow-error": payments.ErrProviderBusy, "aop.unknow-error": payments.ErrProviderBusy,
		"isv.app-call-limited": payments.ErrProviderBusy, "ACQ.TRADE_HAS_SUCCESS": payments.ErrProviderPaid, "ACQ.TRADE_HAS_CLOSE": payments.ErrProviderClosed,
		"ACQ.TRADE_NOT_EXIST": payments.ErrNoSuchNumber, "ACQ.CONTEXT_INCONSISTENT": payments.ErrNumberUsed,
		"ACQ.ACCESS_FORBIDDEN": payments.ErrRefused, "ACQ.BUYER_NOT_EXIST": payments.ErrRefused, "isv.invalid-app-id": payments.ErrRefused,
	} {
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetPrepay, Mode: alipaygw.ModeError, Value: sub})
		_, err := b.channel.Prepay(t.Context(), b.account, b.request(payments.MiniProgram, "CLASS0000001"))
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", sub, err, want)
		}
	}
	b.arm(t, alipaygw.Fault{Target: alipaygw.TargetPrepay, Mode: alipaygw.ModeUnsignedError})
	_, err := b.channel.Prepay(t.Context(), b.account, b.request(payments.MiniProgram, "CLASS0000001"))
	refused, _ := errors.AsType[*fault.Error](err)
	if !errors.Is(err, payments.ErrRefused) || refused.Data()["provider_code"] != "isv.insufficient-isv-permissions" || refused.Data()["provider_message"] == "" {
		t.Errorf("an unsigned permission error: %v", err)
	}
}

// T073: a refund whose answer says nothing, or never comes, is one refund.
func TestT073RefundOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		const no = "T073PAID0001"
		b.pay(t, payments.QR, no)
		ask := func(refundNo string) (payments.RefundResult, error) {
			time.Sleep(5 * time.Millisecond) // the sandbox's pause between two refunds of a trade
			return b.channel.Refund(t.Context(), b.account, payments.RefundRequest{OutTradeNo: no, OutRefundNo: refundNo, RefundFen: 100, TotalFen: 8880})
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: alipaygw.ModeRefundUnsure})
		if got, err := ask("T073R0000001"); err != nil || got.State != payments.RefundPending {
			t.Errorf("without fund_change: %+v %v, want pending", got, err)
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: alipaygw.ModeCutAfterDoing})
		if _, err := ask("T073R0000002"); !errors.Is(err, payments.ErrTimeout) {
			t.Errorf("cut: %v, want PROVIDER_TIMEOUT", err)
		}
		for _, refundNo := range []string{"T073R0000001", "T073R0000002"} {
			if got, err := ask(refundNo); err != nil || got.State != payments.RefundPending { // fund_change N
				t.Errorf("again: %+v %v, want pending", got, err)
			}
			got, err := b.channel.QueryRefund(t.Context(), b.account, no, refundNo)
			if err != nil || got.State != payments.RefundDone || got.Amount.Fen != 100 || got.DoneAt.IsZero() {
				t.Errorf("asked about it: %+v %v, want done", got, err)
			}
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: alipaygw.ModeRefundPending})
		if got, err := ask("T073R0000003"); err != nil || got.State != payments.RefundPending {
			t.Errorf("accepted and not done: %+v %v, want pending", got, err)
		}
		if _, err := b.channel.QueryRefund(t.Context(), b.account, no, "T073R0000003"); !errors.Is(err, payments.ErrNoSuchNumber) {
			t.Errorf("10000 and nothing else: %v, want PROVIDER_NO_SUCH_NUMBER", err)
		}
		if got, err := ask("T073R0000003"); err != nil || got.State != payments.RefundDone {
			t.Errorf("asked for again: %+v %v, want done", got, err)
		}
		total := int64(0)
		for _, r := range b.gateway.Books().Refunds {
			total += int64(r.AmountFen)
		}
		if len(b.gateway.Books().Refunds) != 3 || total != 300 {
			t.Errorf("the provider paid %d back in %d refunds", total, len(b.gateway.Books().Refunds))
		}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: alipaygw.ModeAmountPlusOne})
		if _, err := ask("T073R0000004"); !errors.Is(err, payments.ErrBadResponse) {
			t.Errorf("another amount went back: %v, want PROVIDER_BAD_RESPONSE", err)
		}
		if _, err := b.channel.Refund(t.Context(), b.account, payments.RefundRequest{OutTradeNo: no, OutRefundNo: "T073R0000001", RefundFen: 101}); !errors.Is(err, payments.ErrNumberUsed) {
			t.Errorf("a number with another amount: %v, want PROVIDER_NUMBER_USED", err)
		}
	})
}

// A reissued certificate has the same key and another number: nothing is fetched and
// nothing breaks. One that has expired does not verify.
func TestCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	b.pay(t, payments.MiniProgram, "CERT00000001")
	old := b.keys.AlipayCertSN
	fresh, err := b.gateway.ReissueCert(signApp)
	if err != nil || fresh.AlipayCertSN == old {
		t.Fatalf("reissue: %v", err)
	}
	if got, err := b.channel.Query(t.Context(), b.account, "CERT00000001"); err != nil || got.State != payments.PaymentPaid {
		t.Errorf("an answer under the new number: %v %v", got.State, err)
	}
	n := b.notice(t, alipaygw.NotificationInput{OutTradeNo: "CERT00000001"})
	if _, err := b.channel.ParseNotification(t.Context(), b.account, n); err != nil {
		t.Errorf("a notification under the new number: %v", err)
	}
	late := b.account
	late.Version = late.Version.Add(time.Second)
	later := alipay.New(alipay.Deps{Now: func() time.Time { return time.Now().AddDate(6, 0, 0) }, Log: slog.New(slog.DiscardHandler), Signers: 1})
	if _, err := later.ParseNotification(t.Context(), late, n); err != nil {
		t.Errorf("the old certificate has expired, its key has not: %v", err)
	}
	n.Body = []byte(strings.Replace(string(n.Body), fresh.AlipayCertSN, old, 1))
	if _, err := later.ParseNotification(t.Context(), late, n); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("under the number of a certificate that has expired: %v, want SIGNATURE_INVALID", err)
	}
}

// An account's keys are told apart when they are tried, before money depends on them.
func TestProbe(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		wrong := func(change func(*payments.Account)) error {
			acc := b.account
			acc.ProviderKeys = append([]payments.ProviderKey(nil), acc.ProviderKeys...)
			acc.Version = time.Now()
			change(&acc)
			return b.channel.Probe(t.Context(), acc)
		}
		other, err := b.gateway.AddApp(alipaygw.AppInput{AppID: spareApp, SellerID: seller, KeyMode: b.keys.KeyMode})
		if err != nil {
			t.Fatal(err)
		}
		code := func(err error) any {
			refused, _ := errors.AsType[*fault.Error](err)
			if !errors.Is(err, payments.ErrRefused) {
				return err
			}
			return refused.Data()["provider_code"]
		}
		if err := wrong(func(*payments.Account) {}); err != nil {
			t.Errorf("right keys: %v", err)
		}
		if got := code(wrong(func(a *payments.Account) { a.PrivateKey = vault.NewSecret([]byte(other.PrivateKey)) })); got != "isv.invalid-signature" {
			t.Errorf("another app's key: %v", got)
		}
		if got := code(wrong(func(a *payments.Account) { a.Config.SignAppID = "2021777777777777" })); got != "isv.invalid-app-id" {
			t.Errorf("an app that does not exist: %v", got)
		}
		pasted := b.keys.AppPublicKey // the most common mistake
		if b.keys.KeyMode == alipaygw.KeyModeCertificate {
			pasted = b.keys.AppCert
		}
		if err := wrong(func(a *payments.Account) { a.ProviderKeys[0].PEM = pasted }); !errors.Is(err, payments.ErrBadResponse) {
			t.Errorf("the app's own key instead of the provider's: %v, want PROVIDER_BAD_RESPONSE", err)
		}
		if err := wrong(func(a *payments.Account) { a.Mode = payments.Live }); err == nil || !strings.Contains(err.Error(), "live account") {
			t.Errorf("a live account with a base url: %v", err)
		}
	})
}

// The provider's clock is Beijing's wherever the server stands, and amounts and titles
// arrive as they were meant.
func TestOrdersAsTheProviderSeesThem(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	in := b.request(payments.MiniProgram, "ORDER0000001")
	in.Title, in.AmountFen, in.ExpiresAt = strings.Repeat("茶/=&", 100), 7, time.Now().Add(time.Hour).Truncate(time.Second)
	if _, err := b.channel.Prepay(t.Context(), b.account, in); err != nil {
		t.Fatal(err)
	}
	if got := b.gateway.Books().Trades[0]; got.TotalFen != 7 || !got.ExpiresAt.Equal(in.ExpiresAt) || !strings.HasPrefix(got.Subject, "茶／＝＆茶") {
		t.Errorf("the provider has %+v", got)
	}
	b.pay(t, payments.Web, "ORDER0000002")
	got, err := b.channel.Query(t.Context(), b.account, "ORDER0000002")
	if age := time.Since(got.PaidAt); err != nil || age < -time.Second || age > time.Minute {
		t.Errorf("paid %s ago: %v", age, err)
	}
}

// A buyer is named as the app knows them, and an open id of another Mini Program as such.
func TestWhoPays(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey, func(in *alipaygw.AppInput) { in.IDType = alipaygw.IDUser })
	old := b.request(payments.MiniProgram, "PAYER0000001")
	old.Payer = alipaygw.UserID(buyer)
	bound := b.request(payments.MiniProgram, "PAYER0000002")
	bound.AppID, bound.Payer = otherApp, alipaygw.OpenID(otherApp, buyer)
	for _, in := range []payments.PrepayRequest{old, bound} {
		id, err := b.channel.Prepay(t.Context(), b.account, in)
		if err != nil {
			t.Fatalf("%s: %v", in.OutTradeNo, err)
		}
		if _, err := b.gateway.Pay(alipaygw.PayInput{TradeNo: id, Buyer: buyer}); err != nil {
			t.Fatal(err)
		}
		n := b.notice(t, alipaygw.NotificationInput{OutTradeNo: in.OutTradeNo})
		got, err := b.channel.ParseNotification(t.Context(), b.account, n)
		if err != nil || got.Payment.Payer != alipaygw.UserID(buyer) || got.Payment.Identity != b.channel.Identity(b.account, in.Scene, in.AppID) {
			t.Errorf("%s: %+v %v", in.OutTradeNo, got.Payment, err)
		}
	}
	stranger := b.request(payments.MiniProgram, "PAYER0000003")
	stranger.Payer = alipaygw.OpenID(otherApp, buyer) // of the wrong app
	if _, err := b.channel.Prepay(t.Context(), b.account, stranger); !errors.Is(err, payments.ErrRefused) {
		t.Errorf("an open id of another app: %v, want PROVIDER_REFUSED", err)
	}
}

// T094: redirects are not followed, and a gateway that does not answer is left alone.
func TestT094GatewayInTrouble(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	var elsewhere, calls atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	var redirect atomic.Bool
	redirect.Store(true)
	middle := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if redirect.Load() {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(middle.Close)
	acc := accountOf(b.keys, middle.URL)
	acc.ID = 2
	if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER01"); !errors.Is(err, payments.ErrBadResponse) || elsewhere.Load() != 0 {
		t.Errorf("redirect: %v, %d requests elsewhere", err, elsewhere.Load())
	}
	redirect.Store(false)
	for range 20 {
		if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER01"); !errors.Is(err, payments.ErrTimeout) {
			t.Fatalf("no answer: %v, want PROVIDER_TIMEOUT", err)
		}
	}
	if got := calls.Load(); got >= 20 {
		t.Errorf("%d calls reached it: the breaker did not open", got)
	}
	if _, err := b.channel.Query(t.Context(), b.account, b.newNumber()); !errors.Is(err, payments.ErrNoSuchNumber) {
		t.Errorf("another host: %v, want it unaffected", err)
	}
}
