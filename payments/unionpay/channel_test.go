package unionpay_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/payments/unionpay"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, scene := range []payments.Scene{payments.Web, payments.PC, payments.App, payments.QR} {
		t.Run(string(scene), func(t *testing.T) {
			t.Parallel()
			channeltest.Exercise(t, newBench(t).harness(scene))
		})
	}
}

// In a browser Prepay makes no call: the form is the call, and it is the same every time.
func TestForms(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for scene, channelType := range map[payments.Scene]string{payments.Web: "08", payments.PC: "07"} {
		no := b.newNumber()
		first, second := b.begin(t, no, scene), b.begin(t, no, scene)
		if first.Form == nil || !maps.Equal(first.Form.Fields, second.Form.Fields) || first.Form.Action != b.url+"/unionpay/gateway/api/frontTransReq.do" {
			t.Fatalf("%s: %+v and %+v", scene, first.Form, second.Form)
		}
		if got := first.Form.Fields; got["channelType"] != channelType || got["frontUrl"] != "https://shop.example/orders/1?from=pay" || got["backUrl"] != notifyURL {
			t.Errorf("%s: %v", scene, got)
		}
		receipt := b.pay(t, second, "")
		got, err := b.channel.Query(t.Context(), b.account, no)
		if err != nil || got.State != payments.PaymentPaid || got.TransactionID != receipt.QueryID || got.Amount.Fen != 1234 {
			t.Errorf("%s: %+v %v", scene, got, err)
		}
	}
	in := b.request(b.newNumber(), payments.Web)
	in.ReturnURL = ""
	p, err := b.channel.ClientParams(t.Context(), b.account, in, "")
	if err != nil || p.Form.Fields["frontUrl"] != "http://127.0.0.1:9/" {
		t.Errorf("without a return address: %+v %v", p.Form, err)
	}
	if _, ok := b.channel.Traits(payments.MiniProgram); ok {
		t.Error("a Mini Program cannot start UnionPay")
	}
}

// txnTime is the number's own second in Beijing, payTimeout never later than half an hour
// after it, and an older number is not offered.
func TestTimeIsPartOfTheNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	born, err := time.Parse("20060102150405", no[:14])
	if err != nil {
		t.Fatal(err)
	}
	beijing := func(at time.Time) string {
		return at.In(time.FixedZone("CST", 8*60*60)).Format("20060102150405")
	}
	form := b.begin(t, no, payments.Web).Form.Fields
	if form["txnTime"] != beijing(born) || form["payTimeout"] != beijing(born.Add(30*time.Minute)) {
		t.Errorf("txnTime %s payTimeout %s", form["txnTime"], form["payTimeout"])
	}
	in := b.request(no, payments.Web)
	in.ExpiresAt = born.Add(10 * time.Minute)
	p, err := b.channel.ClientParams(t.Context(), b.account, in, "")
	if err != nil || p.Form.Fields["payTimeout"] != beijing(in.ExpiresAt) {
		t.Errorf("payTimeout %v %v", p.Form, err)
	}
	b.clock.Advance(26 * time.Minute)
	for _, scene := range []payments.Scene{payments.Web, payments.App} {
		if _, err := b.channel.Prepay(t.Context(), b.account, b.request(no, scene)); !errors.Is(err, payments.ErrProviderClosed) {
			t.Errorf("%s: an old number: %v", scene, err)
		}
	}
	if _, err := b.channel.ClientParams(t.Context(), b.account, b.request(no, payments.Web), ""); !errors.Is(err, payments.ErrProviderClosed) {
		t.Errorf("the form of an old number: %v", err)
	}
}

// A failed try is unpaid while there may be another, and closed afterwards. What is under
// way is neither.
func TestQueryAndClose(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	p := b.begin(t, no, payments.App)
	state := func(want payments.PaymentState) {
		t.Helper()
		if got, err := b.channel.Query(t.Context(), b.account, no); err != nil || got.State != want {
			t.Errorf("%v %v, want %s", got.State, err, want)
		}
	}
	b.pay(t, p, "64")
	state(payments.PaymentUnpaid)
	if err := b.channel.Close(t.Context(), b.account, no); err != nil {
		t.Errorf("close after a failed try: %v", err)
	}
	b.pay(t, p, "05")
	state(payments.PaymentUnpaid)
	if err := b.channel.Close(t.Context(), b.account, no); !errors.Is(err, payments.ErrProviderBusy) {
		t.Errorf("close of what is under way: %v", err)
	}
	b.pay(t, p, "61")
	b.clock.Advance(31 * time.Minute)
	state(payments.PaymentClosed)

	no = b.newNumber()
	b.pay(t, b.begin(t, no, payments.App), "A6")
	state(payments.PaymentPaid)
	if err := b.channel.Close(t.Context(), b.account, no); !errors.Is(err, payments.ErrProviderPaid) {
		t.Errorf("close of a paid number: %v", err)
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	receipt := b.pay(t, b.begin(t, no, payments.QR), "")
	in := payments.RefundRequest{
		OutTradeNo: no, TransactionID: receipt.QueryID, OutRefundNo: b.newNumber(), Reason: "测试退款", RefundFen: 1234, TotalFen: 1234, NotifyURL: notifyURL,
	}
	// The answer is lost: the repeat finds the first.
	if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: unionpaygw.ModeCutAfterDoing}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.channel.Refund(t.Context(), b.account, in); !errors.Is(err, payments.ErrTimeout) {
		t.Errorf("a lost answer: %v", err)
	}
	got, err := b.channel.Refund(t.Context(), b.account, in)
	if err != nil || got.RefundID == "" || got.OutTradeNo != no {
		t.Errorf("again: %+v %v", got, err)
	}
	done := b.notice(t, unionpaygw.NotificationInput{OrderID: in.OutRefundNo})
	n, err := b.channel.ParseNotification(t.Context(), b.account, done)
	if err != nil || n.Payment != nil || n.Refund == nil || n.Refund.OutTradeNo != no || n.Refund.State != payments.RefundDone || n.Refund.MerchantNo != merID || n.Refund.Amount.Fen != 1234 {
		t.Errorf("notification: %+v %v", n.Refund, err)
	}
	in.OutRefundNo = b.newNumber()
	_, err = b.channel.Refund(t.Context(), b.account, in)
	if !errors.Is(err, payments.ErrRefused) {
		t.Errorf("a second refund of all: %v", err)
	}
	if total := b.gateway.Books().Trades[0].RefundedFen; total != 1234 {
		t.Errorf("%d refunded", total)
	}

	// One that fails afterwards has moved nothing.
	second := b.newNumber()
	receipt = b.pay(t, b.begin(t, second, payments.App), "")
	if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: unionpaygw.ModeRefundFailed}); err != nil {
		t.Fatal(err)
	}
	in.OutTradeNo, in.TransactionID, in.OutRefundNo = second, receipt.QueryID, b.newNumber()
	if _, err := b.channel.Refund(t.Context(), b.account, in); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		got, err = b.channel.QueryRefund(t.Context(), b.account, second, in.OutRefundNo)
		if err != nil || i == 500 {
			t.Fatalf("%+v %v", got, err)
		}
		if got.State == payments.RefundShut {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}

	// A number that was never sent and is too old now needs a new one; one that was sent does not.
	in.OutRefundNo = b.newNumber()
	b.clock.Advance(31 * time.Minute)
	if got, err = b.channel.Refund(t.Context(), b.account, in); err != nil || got.State != payments.RefundStale {
		t.Errorf("an old number: %+v %v", got, err)
	}
	in.OutRefundNo = b.newNumber()
	if got, err = b.channel.Refund(t.Context(), b.account, in); err != nil || got.State != payments.RefundPending {
		t.Errorf("a new number: %+v %v", got, err)
	}
	b.clock.Advance(31 * time.Minute)
	if got, err = b.channel.Refund(t.Context(), b.account, in); err != nil || got.State == payments.RefundStale {
		t.Errorf("an old number that was sent: %+v %v", got, err)
	}
}

// All of a payment that goes back on its clearing day is undone; a part, and what comes
// later or may not be undone, is refunded. A refund and an undo end alike.
func TestUndoOrRefund(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		paidAt  string // in Beijing, tomorrow
		wait    time.Duration
		fen     money.Fen
		refused string // what the provider says to an undo
		want    string
	}{
		"all of it, the same day":                  {"10:00:00", 2 * time.Hour, 1234, "", "31"},
		"all of it, after midnight":                {"23:30:00", 2 * time.Hour, 1234, "", "31"},
		"a part of it":                             {"10:00:00", time.Minute, 1233, "", "04"},
		"the day's last ten minutes":               {"22:30:00", 21 * time.Minute, 1234, "", "04"},
		"the next clearing day":                    {"22:30:00", 31 * time.Minute, 1234, "", "04"},
		"a merchant that may not undo":             {"10:00:00", time.Minute, 1234, "33", "04"},
		"a payment that the provider does not see": {"10:00:00", time.Minute, 1234, "35", "04"},
		"given back, but under no number of ours":  {"10:00:00", time.Minute, 1234, "45", "04"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			beijing := time.FixedZone("Beijing", 8*3600)
			tomorrow := b.clock.Now().In(beijing).AddDate(0, 0, 1).Format(time.DateOnly)
			at, err := time.ParseInLocation(time.DateTime, tomorrow+" "+tc.paidAt, beijing)
			if err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(at.Sub(b.clock.Now()))
			no := b.newNumber()
			receipt := b.pay(t, b.begin(t, no, payments.QR), "")
			b.clock.Advance(tc.wait)
			in := payments.RefundRequest{
				OutTradeNo: no, TransactionID: receipt.QueryID, OutRefundNo: b.newNumber(), RefundFen: tc.fen, TotalFen: 1234, NotifyURL: notifyURL,
			}
			if tc.refused != "" {
				if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: unionpaygw.ModeRespCode, Value: tc.refused}); err != nil {
					t.Fatal(err)
				}
			}
			got, err := b.channel.Refund(t.Context(), b.account, in)
			if err != nil || got.RefundID == "" || got.OutTradeNo != no || got.Amount.Fen != tc.fen {
				t.Fatalf("%+v %v", got, err)
			}
			trades := b.gateway.Books().Trades
			if made := trades[len(trades)-1]; len(trades) != 2 || made.TxnType != tc.want || made.OrderID != in.OutRefundNo {
				t.Errorf("the provider has %d trades, the last %s, want %s", len(trades), made.TxnType, tc.want)
			}
			n, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{OrderID: in.OutRefundNo}))
			if err != nil || n.Refund == nil || n.Refund.State != payments.RefundDone || n.Refund.OutRefundNo != in.OutRefundNo || n.Refund.Amount.Fen != tc.fen {
				t.Errorf("notification: %+v %v", n.Refund, err)
			}
		})
	}
}

// Every answer that is not UnionPay's own, whole and about what was asked, is a bad one.
func TestT095AnswersThatAreNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	b.pay(t, b.begin(t, no, payments.App), "")
	for _, mode := range []string{
		unionpaygw.ModeGarbage, unionpaygw.ModeTruncated, unionpaygw.ModeHuge, unionpaygw.ModeCorruptBody, unionpaygw.ModeCorruptSignature,
		unionpaygw.ModeNoSignature, unionpaygw.ModeWrongMerID, unionpaygw.ModeWrongOrder,
		string(unionpaygw.SignWrongKey), string(unionpaygw.SignOtherChain), string(unionpaygw.SignExpired), string(unionpaygw.SignOtherMerchant), string(unionpaygw.SignOtherName),
	} {
		if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetQuery, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if got, err := b.channel.Query(t.Context(), b.account, no); !errors.Is(err, payments.ErrBadResponse) {
			t.Errorf("%s: %+v %v", mode, got, err)
		}
	}
	for _, mode := range []string{unionpaygw.ModeHTTP500, unionpaygw.ModeDrop} {
		if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetQuery, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.channel.Query(t.Context(), b.account, no); !errors.Is(err, payments.ErrProviderBusy) && !errors.Is(err, payments.ErrTimeout) {
			t.Errorf("%s: %v", mode, err)
		}
	}
	// What a true signature says wrongly is for the comparison with the attempt.
	if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetQuery, Mode: unionpaygw.ModeAmountPlusOne}); err != nil {
		t.Fatal(err)
	}
	if got, err := b.channel.Query(t.Context(), b.account, no); err != nil || got.Amount.Fen != 1235 {
		t.Errorf("%+v %v", got, err)
	}
}

// A code that leads the buyer elsewhere is not handed out, whoever signed it.
func TestForgedQRCode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, with := range []unionpaygw.SignWith{unionpaygw.SignWrongKey, unionpaygw.SignOtherChain} {
		if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetPrepay, Mode: string(with)}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.channel.Prepay(t.Context(), b.account, b.request(b.newNumber(), payments.QR)); !errors.Is(err, payments.ErrBadResponse) {
			t.Errorf("%s: %v", with, err)
		}
	}
	for _, code := range []string{"https://qr.95516.com.evil.example/0001", "http://qr.95516.com/0001", "https://evil.example/?qr.95516.com", "alipays://platformapi", "https://u@qr.95516.com/x", ""} {
		if unionpay.LeadsToUnionPay(code) {
			t.Errorf("%q leads to UnionPay", code)
		}
	}
	if !unionpay.LeadsToUnionPay("https://qr.95516.com/00010000/62001") {
		t.Error("UnionPay's own code is refused")
	}
}

// What the codes of refusals mean to whoever asked.
func TestRespCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	no := b.newNumber()
	for code, want := range map[string]error{
		"34": payments.ErrNoSuchNumber, "12": payments.ErrNumberUsed, "02": payments.ErrProviderBusy, "06": payments.ErrProviderBusy, "37": payments.ErrProviderBusy,
		"03": payments.ErrProviderBusy, "04": payments.ErrProviderBusy, "05": payments.ErrProviderBusy, "99": payments.ErrProviderBusy,
		"11": payments.ErrRefused, "31": payments.ErrRefused, "39": payments.ErrRefused, "64": payments.ErrRefused, "ZZ": payments.ErrRefused, "": payments.ErrBadResponse,
	} {
		if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetQuery, Mode: unionpaygw.ModeRespCode, Value: code}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.channel.Query(t.Context(), b.account, no); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
}

// A probe says which side of an account does not fit.
func TestProbe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other, err := b.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: "777290058110049"})
	if err != nil {
		t.Fatal(err)
	}
	probe := func(change func(*payments.Account)) error {
		acc := b.account
		acc.TenantID = tenant.NewID()
		change(&acc)
		return b.channel.Probe(t.Context(), acc)
	}
	if err := probe(func(*payments.Account) {}); err != nil {
		t.Errorf("keys that fit: %v", err)
	}
	wrongKey := probe(func(a *payments.Account) { a.PrivateKey = vault.NewSecret([]byte(other.PrivateKey)) })
	if code := providerCode(wrongKey); !errors.Is(wrongKey, payments.ErrRefused) || code != "11" {
		t.Errorf("another's key: %v %q", wrongKey, code)
	}
	wrongCert := probe(func(a *payments.Account) { a.Config.MerchantSerial = "1" })
	if code := providerCode(wrongCert); code != "11" {
		t.Errorf("another certId: %v", wrongCert)
	}
	wrongMerchant := probe(func(a *payments.Account) { a.MerchantNo = "000000000000000" })
	if code := providerCode(wrongMerchant); code != "31" {
		t.Errorf("unknown merchant: %v", wrongMerchant)
	}
	away := probe(func(a *payments.Account) { a.Config.BaseURL = "http://127.0.0.1:9" })
	if !errors.Is(away, payments.ErrTimeout) {
		t.Errorf("nobody there: %v", away)
	}
	if got := b.gateway.Books().Trades; len(got) != 0 {
		t.Errorf("a probe left %d trades", len(got))
	}
}

// Errors are for logs, and logs are no place for keys, signatures or certificates.
func TestErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var texts []string
	for _, mode := range []string{unionpaygw.ModeDrop, unionpaygw.ModeGarbage, unionpaygw.ModeCorruptBody, string(unionpaygw.SignOtherChain)} {
		if err := b.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetPrepay, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		_, err := b.channel.Prepay(t.Context(), b.account, b.request(b.newNumber(), payments.App))
		texts = append(texts, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	_, err := b.channel.ParseNotification(t.Context(), b.account, b.notice(t, unionpaygw.NotificationInput{Sign: unionpaygw.SignOtherName}))
	texts = append(texts, fmt.Sprintf("%v %+v", err, err))
	acc := b.account
	acc.TenantID, acc.PrivateKey = tenant.NewID(), vault.NewSecret([]byte("-----BEGIN PRIVATE KEY-----\nAAAAcanaryAAAA\n-----END PRIVATE KEY-----\n"))
	texts = append(texts, fmt.Sprint(b.channel.Probe(t.Context(), acc)))
	for _, text := range texts {
		for _, secret := range []string{"PRIVATE KEY", "BEGIN CERTIFICATE", "signature=", "canary", "6216"} {
			if strings.Contains(text, secret) {
				t.Errorf("an error holds %q: %s", secret, text)
			}
		}
	}
}

// Eight silent failures in a row, and the gateway is left alone for a while.
func TestT094Breaker(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var asked atomic.Int64
	dead := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(dead.Close)
	acc := b.account
	acc.TenantID, acc.Config.BaseURL = tenant.NewID(), dead.URL
	for range 20 {
		if err := b.channel.Probe(t.Context(), acc); !errors.Is(err, payments.ErrTimeout) {
			t.Fatal(err)
		}
	}
	if n := asked.Load(); n > 8 {
		t.Errorf("asked %d times", n)
	}
	if err := b.channel.Probe(t.Context(), b.account); err != nil {
		t.Errorf("another host: %v", err)
	}
}

// A live account talks to UnionPay alone.
func TestLiveAccountsTalkToUnionPayOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	acc := b.account
	acc.TenantID, acc.Mode = tenant.NewID(), payments.Live
	if err := b.channel.Probe(t.Context(), acc); err == nil || !strings.Contains(err.Error(), "test environment") {
		t.Errorf("pinned certificates of the sandbox: %v", err)
	}
	live := liveChain(t)
	acc.ProviderKeys = live.pinned()
	if err := b.channel.Probe(t.Context(), acc); err == nil || !strings.Contains(err.Error(), "live account") {
		t.Errorf("a base url: %v", err)
	}
	acc.Config.BaseURL, acc.TenantID = "", tenant.NewID()
	p, err := b.channel.ClientParams(t.Context(), acc, b.request(b.newNumber(), payments.PC), "")
	if err != nil || p.Form.Action != "https://gateway.95516.com/gateway/api/frontTransReq.do" {
		t.Errorf("%+v %v", p.Form, err)
	}
}

func providerCode(err error) string {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	data := known.Data()
	code, _ := data["provider_code"].(string)
	if code != "" && data["provider_message"] == "" {
		return "without a message"
	}
	return code
}

func bodyWith(n payments.Notice, change func(url.Values)) payments.Notice {
	values, err := url.ParseQuery(string(n.Body))
	if err != nil {
		panic(err)
	}
	change(values)
	return payments.Notice{Header: n.Header, Body: []byte(values.Encode())}
}
