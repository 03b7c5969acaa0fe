package alipay_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/sandbox/alipaygw"
)

func both(t *testing.T, run func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	for _, mode := range []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			run(t, newBench(t, mode))
		})
	}
}

// T064: what is not signed by the provider, as it stands, is not believed.
func TestT064Signatures(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		b.pay(t, payments.MiniProgram, "T064PAID0001")
		late := func(change func(url.Values)) alipaygw.NotificationInput {
			return alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", Late: change}
		}
		for name, c := range map[string]struct {
			in   alipaygw.NotificationInput
			want error
		}{
			"genuine":            {late(nil), nil},
			"empty value added":  {late(func(f url.Values) { f.Set("extra", "") }), nil},
			"stranger's key":     {alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", SignWith: alipaygw.SignStranger}, payments.ErrNoticeSignature},
			"other text signed":  {alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", SignWith: alipaygw.SignOther}, payments.ErrNoticeSignature},
			"sign removed":       {alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", SignWith: alipaygw.SignNothing}, payments.ErrNoticeSignature},
			"sign empty":         {late(func(f url.Values) { f.Set("sign", "") }), payments.ErrNoticeSignature},
			"sign not Base64":    {late(func(f url.Values) { f.Set("sign", "***") }), payments.ErrNoticeSignature},
			"sign_type RSA":      {late(func(f url.Values) { f.Set("sign_type", "RSA") }), payments.ErrNoticeSignature},
			"sign_type removed":  {late(func(f url.Values) { f.Del("sign_type") }), payments.ErrNoticeSignature},
			"parameter added":    {late(func(f url.Values) { f.Set("extra", "1") }), payments.ErrNoticeSignature},
			"parameter removed":  {late(func(f url.Values) { f.Del("subject") }), payments.ErrNoticeSignature},
			"parameter emptied":  {late(func(f url.Values) { f.Set("subject", "") }), payments.ErrNoticeSignature},
			"amount changed":     {late(func(f url.Values) { f.Set("total_amount", "88.81") }), payments.ErrNoticeSignature},
			"parameter twice":    {late(func(f url.Values) { f.Add("total_amount", "88.80") }), payments.ErrNoticeMalformed},
			"not UTF-8":          {late(func(f url.Values) { f.Set("subject", "\xff") }), payments.ErrNoticeMalformed},
			"notify_id missing":  {alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", Mutate: func(m map[string]string) { delete(m, "notify_id") }}, payments.ErrNoticeMalformed},
			"notify_id too long": {alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", Mutate: func(m map[string]string) { m["notify_id"] = strings.Repeat("9", 65) }}, payments.ErrNoticeMalformed},
			"blanks, percent signs and signs of its own in a value": {
				alipaygw.NotificationInput{OutTradeNo: "T064PAID0001", Mutate: func(m map[string]string) { m["body"] = `100% 龙井 + & = "茶"` }}, nil,
			},
		} {
			got, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, c.in))
			if !errors.Is(err, c.want) || (c.want == nil && (got.Payment == nil || got.Payment.State != payments.PaymentPaid)) {
				t.Errorf("%s: %+v %v, want %v", name, got, err, c.want)
			}
		}
	})
}

// T064, T060: another content type is not parsed at all.
func TestT064OtherBodies(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	b.pay(t, payments.MiniProgram, "T064BODY0001")
	genuine := b.notice(t, alipaygw.NotificationInput{OutTradeNo: "T064BODY0001"})
	for kind, body := range map[string]string{
		"":                 string(genuine.Body),
		"application/json": `{"trade_status":"TRADE_SUCCESS"}`,
		"text/xml":         `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`,
		"application/x-www-form-urlencoded; charset=gbk":   string(genuine.Body),
		"application/x-www-form-urlencoded":                "",
		"application/x-www-form-urlencoded; charset=utf-8": "%zz=1",
	} {
		n := payments.Notice{Header: http.Header{"Content-Type": {kind}}, Body: []byte(body)}
		if _, err := b.channel.ParseNotification(t.Context(), b.account, n); !errors.Is(err, payments.ErrNoticeMalformed) {
			t.Errorf("%q %.30q: %v, want NOTIFICATION_MALFORMED", kind, body, err)
		}
	}
}

// T065: what is signed truly but says something else is passed on as it was said, for the
// comparison to find.
func TestT065Content(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		b.pay(t, payments.MiniProgram, "T065PAID0001")
		say := func(name, value string) payments.PaymentResult {
			in := alipaygw.NotificationInput{OutTradeNo: "T065PAID0001", Mutate: func(m map[string]string) { m[name] = value }}
			got, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, in))
			if err != nil || got.Payment == nil {
				t.Fatalf("%s = %q: %+v %v", name, value, got, err)
			}
			return *got.Payment
		}
		want := b.channel.Identity(b.account, payments.MiniProgram, signApp)
		if got := say("subject", "豆"); got.Identity != want {
			t.Errorf("genuine: %+v, want %+v", got.Identity, want)
		}
		for _, name := range []string{"app_id", "seller_id"} {
			if got := say(name, "2088999999999999"); got.Identity == want {
				t.Errorf("a foreign %s is not seen", name)
			}
		}
		for text, fen := range map[string]money.Fen{"88.80": 8880, "88.8": 8880, "88": 8800, "0.1": 10, "0.01": 1, "100000000.00": 10_000_000_000} {
			if got := say("total_amount", text); !got.Amount.Valid || got.Amount.Fen != fen || got.Amount.Text != text {
				t.Errorf("%q is %+v, want %d", text, got.Amount, fen)
			}
		}
		for _, text := range []string{
			"88.801", "8.88e1", "1e2", "12.345", "-88.80", "+88.80", " 88.80", "88.80 ", "88,80", "0x58", ".80", "88.", "8_8.80", "８８.80", "NaN", "1234567890123.00", "",
		} {
			if got := say("total_amount", text); got.Amount.Valid {
				t.Errorf("%q was taken for %d fen", text, got.Amount.Fen)
			}
		}
	})
}

// T066: what each state of a trade means.
func TestT066States(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	b.pay(t, payments.MiniProgram, "T066PAID0001")
	for status, want := range map[string]payments.PaymentState{
		"TRADE_SUCCESS": payments.PaymentPaid, "TRADE_FINISHED": payments.PaymentPaid, "WAIT_BUYER_PAY": "", "TRADE_CLOSED": "",
		"TRADE_PENDING": payments.PaymentOdd, "": payments.PaymentOdd,
	} {
		in := alipaygw.NotificationInput{OutTradeNo: "T066PAID0001", Mutate: func(m map[string]string) { m["trade_status"] = status }}
		got, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, in))
		switch {
		case err != nil || got.Refund != nil:
			t.Errorf("%q: %+v %v", status, got, err)
		case (got.Payment == nil) != (want == ""):
			t.Errorf("%q: payment %+v, want state %q", status, got.Payment, want)
		case got.Payment != nil && got.Payment.State != want:
			t.Errorf("%q is %s, want %s", status, got.Payment.State, want)
		}
	}
	other := alipaygw.NotificationInput{OutTradeNo: "T066PAID0001", Mutate: func(m map[string]string) { m["notify_type"] = "dut_user_sign" }}
	if got, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, other)); err != nil || got.Payment != nil || got.EventID == "" {
		t.Errorf("a message of another kind: %+v %v, want it ignored", got, err)
	}
}

// T066, T076: refunds come to the payments' address. Each message counts for its own part,
// and the refund of all closes the trade without making it unpaid.
func TestT066RefundNotices(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		t.Helper()
		const no = "T066REFUND01"
		b.pay(t, payments.MiniProgram, no)
		for i, r := range []struct {
			no  string
			fen money.Fen
		}{{"T066R0000001", 880}, {"T066R0000002", 8000}} {
			time.Sleep(5 * time.Millisecond) // the sandbox's pause between two refunds of a trade
			got, err := b.channel.Refund(t.Context(), b.account, payments.RefundRequest{OutTradeNo: no, OutRefundNo: r.no, RefundFen: r.fen, TotalFen: 8880, Reason: "退款"})
			if err != nil || got.State != payments.RefundDone || got.Amount.Fen != r.fen {
				t.Fatalf("refund %d: %+v %v", i, got, err)
			}
			for name, in := range map[string]alipaygw.NotificationInput{
				"as it is":              {OutTradeNo: no, Refund: r.no},
				"without send_back_fee": {OutTradeNo: no, Refund: r.no, Mutate: func(m map[string]string) { delete(m, "send_back_fee") }},
			} {
				msg, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, in))
				if err != nil || msg.Payment != nil || msg.Refund == nil {
					t.Fatalf("%s: %+v %v", name, msg, err)
				}
				if f := *msg.Refund; f.OutRefundNo != r.no || f.OutTradeNo != no || f.Amount.Fen != r.fen || f.State != payments.RefundDone ||
					f.MerchantNo != seller || f.DoneAt.IsZero() {
					t.Errorf("%s: %+v", name, f)
				}
			}
		}
		got, err := b.channel.Query(t.Context(), b.account, no)
		if err != nil || got.State != payments.PaymentPaid || got.ProviderState != "TRADE_CLOSED" {
			t.Errorf("refunded whole: %+v %v, want it paid", got, err)
		}
		foreign := alipaygw.NotificationInput{OutTradeNo: no, Refund: "T066R0000001", Mutate: func(m map[string]string) { m["app_id"] = "2021999999999999" }}
		if msg, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, foreign)); err != nil || msg.Refund.MerchantNo == seller {
			t.Errorf("a foreign app's refund: %+v %v, want an anomaly", msg.Refund, err)
		}
		byHand := alipaygw.NotificationInput{OutTradeNo: no, Refund: "T066R0000001", Mutate: func(m map[string]string) { delete(m, "out_biz_no") }}
		if msg, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, byHand)); err != nil || msg.Refund == nil || msg.Refund.OutRefundNo != "" {
			t.Errorf("a refund by hand: %+v %v", msg.Refund, err)
		}
	})
}

// T064: only these seven bytes are "ok".
func TestT064Ack(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	if got := b.channel.Ack(nil); got.Status != http.StatusOK || string(got.Body) != "success" {
		t.Errorf("ok is %d %q", got.Status, got.Body)
	}
	if got := b.channel.Ack(payments.ErrAnomaly); string(got.Body) != "fail" {
		t.Errorf("not ok is %q", got.Body)
	}
}

// Messages under way when the keys were replaced are taken until the old ones are over.
func TestNoticesSignedByReplacedKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	b.pay(t, payments.MiniProgram, "EARLIER00001")
	other, err := b.gateway.AddApp(alipaygw.AppInput{AppID: spareApp, SellerID: seller})
	if err != nil {
		t.Fatal(err)
	}
	replaced := b.account
	replaced.Version = replaced.Version.Add(time.Second)
	replaced.Config.PublicKeyID = "ALIPAY_PUBLIC_KEY_fedcba9876543210"
	replaced.ProviderKeys = append(replaced.ProviderKeys, payments.ProviderKey{Serial: replaced.Config.PublicKeyID, PEM: other.AlipayPublicKey})
	n := b.notice(t, alipaygw.NotificationInput{OutTradeNo: "EARLIER00001"})
	if _, err := b.channel.ParseNotification(t.Context(), replaced, n); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("without the old key: %v", err)
	}
	for until, want := range map[time.Duration]error{time.Hour: nil, -time.Hour: payments.ErrNoticeSignature} {
		replaced.Version = replaced.Version.Add(time.Second)
		replaced.Earlier = []payments.KeySet{{Config: b.account.Config, Until: time.Now().Add(until)}}
		if _, err := b.channel.ParseNotification(t.Context(), replaced, n); !errors.Is(err, want) {
			t.Errorf("the old key until %s: %v, want %v", until, err, want)
		}
	}
}
