package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
)

func TestPayAndCallbackEndToEnd(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.letCallbacksIn()
	params, a := k.begin("ORDER1")
	if due, ok := k.timer("payments.query", a.OutTradeNo); !ok || due <= 0 || due > 10*time.Second {
		t.Errorf("query timer in %s (%v), want within 10 s", due, ok)
	}
	k.phone(params)
	k.eventually("the callback was applied", func() bool { return k.attempt(a.OutTradeNo).Status == "succeeded" })
	k.wantPaidOnce(a.OutTradeNo)
	if _, ok := k.timer("payments.query", a.OutTradeNo); ok {
		t.Error("the query timer of a paid attempt is still set")
	}
	ev := k.Events(t, payments.TopicSucceeded)[0]
	if ev.Key != a.OutTradeNo {
		t.Errorf("event key %q, want %q", ev.Key, a.OutTradeNo)
	}
	if _, err := k.pay("ORDER1"); !errors.Is(err, payments.ErrAlreadyPaid) {
		t.Errorf("paying a paid bill: %v, want ALREADY_PAID", err)
	}
}

func TestPayAgainReusesNumberAndPrepayID(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first, a := k.begin("ORDER1")
	second, err := k.pay("ORDER1")
	if err != nil {
		t.Fatal(err)
	}
	if second.Package != first.Package || second.PaySign == first.PaySign {
		t.Errorf("second call: package %s sign %.8s…, want the same prepay id under a new signature", second.Package, second.PaySign)
	}
	if rows := k.attempts("ORDER1"); len(rows) != 1 || rows[0].OutTradeNo != a.OutTradeNo {
		t.Errorf("%d attempts, want the one", len(rows))
	}
}

func TestPayInParallelMakesOneAttempt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("ORDER1")
	var wait sync.WaitGroup
	packages := make([]string, 8)
	for i := range packages {
		wait.Go(func() {
			p, err := k.pay("ORDER1")
			if err != nil {
				t.Errorf("pay: %v", err)
			}
			packages[i] = p.Package
		})
	}
	wait.Wait()
	for _, p := range packages {
		if p != packages[0] {
			t.Errorf("two prepay ids for one bill: %s and %s", p, packages[0])
		}
	}
	if rows := k.attempts("ORDER1"); len(rows) != 1 {
		t.Errorf("%d attempts, want 1", len(rows))
	}
}

func TestPayAfterCrashRepeatsTheNumber(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ mode, mchid string }{
		"the request never arrived": {sandbox.ModeDrop, "1900000011"},
		"the answer was lost":       {sandbox.ModeCutAfterDoing, "1900000012"},
		"the provider stumbled":     {sandbox.ModeHTTP500, "1900000013"},
		"the answer was forged":     {sandbox.ModeWrongKey, "1900000014"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKitOf(t, tc.mchid)
			k.bill("ORDER1")
			k.arm(sandbox.Fault{Target: sandbox.TargetPrepay, Mode: tc.mode, Match: tc.mchid})
			if _, err := k.pay("ORDER1"); err == nil {
				t.Fatal("the first call must fail")
			}
			before := k.attempts("ORDER1")
			if len(before) != 1 || before[0].Status != "created" {
				t.Fatalf("attempts %+v, want one that is created", before)
			}
			if _, err := k.pay("ORDER1"); err != nil {
				t.Fatalf("repeat: %v", err)
			}
			after := k.attempts("ORDER1")
			if len(after) != 1 || after[0].OutTradeNo != before[0].OutTradeNo || after[0].Status != "prepaid" {
				t.Errorf("attempts %+v, want the same number, prepaid", after)
			}
		})
	}
}

func TestPayWithChangedBillClosesAndTakesANewNumber(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, first := k.begin("ORDER1")
	k.bills.mu.Lock()
	b := k.bills.rows["ORDER1"]
	b.AmountFen = 999
	k.bills.rows["ORDER1"] = b
	k.bills.mu.Unlock()
	if _, err := k.pay("ORDER1"); err != nil {
		t.Fatal(err)
	}
	rows := k.attempts("ORDER1")
	if len(rows) != 2 || rows[0].Status != "closed" || rows[1].Status != "prepaid" || rows[1].OutTradeNo == first.OutTradeNo {
		t.Errorf("attempts %+v, want the first closed and a second prepaid", rows)
	}
}

func TestPayRefusals(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("ORDER1")
	late := k.bills.rows["ORDER1"]
	late.ExpiresAt = k.Clock().Now().Add(-time.Second)
	k.bills.rows["LATE"] = late
	cases := map[string]struct {
		in   payments.PayInput
		want error
	}{
		"unknown bill":           {payments.PayInput{BusinessNo: "NONE", AppID: k.appID, Payer: k.openID}, fault.ErrNotFound},
		"bill of another member": {payments.PayInput{BusinessNo: "ORDER1", AppID: k.appID, Payer: k.openID, MemberID: 8}, fault.ErrNotFound},
		"expired bill":           {payments.PayInput{BusinessNo: "LATE", AppID: k.appID, Payer: k.openID}, payments.ErrBillExpired},
		"app without account":    {payments.PayInput{BusinessNo: "ORDER1", AppID: "wx0000000000000000", Payer: k.openID}, payments.ErrNoAccount},
		"unknown openid":         {payments.PayInput{BusinessNo: "ORDER1", AppID: k.appID, Payer: "oNOBODY"}, payments.ErrRefused},
		"channel not installed":  {payments.PayInput{BusinessNo: "ORDER1", AppID: k.appID, Payer: k.openID, Channel: payments.Alipay}, payments.ErrNoAccount},
	}
	for name, tc := range cases {
		if _, err := k.service.Pay(t.Context(), k.Tenant.ID, tc.in); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// T094, as far as the sandbox can stumble: a provider that cuts the line leaves the bill
// payable and the buyer with a clear code.
func TestT094ProviderUnreachable(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.bill("ORDER1")
	dead := k.addAccount(otherMerchant, payments.KeyModeBoth, "wxdead00000000001")
	k.Owner(t, "UPDATE "+k.Tenant.ID.String()+".payment_account SET config = config || '{\"base_url\":\""+nowhere+"\"}', updated_at = now() WHERE id = $1", dead.ID)
	k.bills.rows["ORDER2"] = payments.Bill{BusinessNo: "ORDER2", Title: "豆", AmountFen: 1, ExpiresAt: k.Clock().Now().Add(time.Hour), AppID: "wxdead00000000001"}
	started := time.Now()
	_, err := k.service.Pay(t.Context(), k.Tenant.ID, payments.PayInput{BusinessNo: "ORDER2", AppID: "wxdead00000000001", Payer: "o1"})
	if !errors.Is(err, payments.ErrTimeout) || fault.KindOf(err) != fault.UpstreamTimeout {
		t.Errorf("refused connection: %v, want PROVIDER_TIMEOUT", err)
	}
	if took := time.Since(started); took > 6*time.Second {
		t.Errorf("took %s, want at most 6 s", took)
	}
	if rows := k.attempts("ORDER2"); len(rows) != 1 || rows[0].Status != "created" {
		t.Errorf("attempts %+v, want one that can be tried again", rows)
	}
	if _, err := k.pay("ORDER1"); err != nil {
		t.Errorf("another provider's bill: %v, want it unaffected", err)
	}
}

// T095: whatever a provider answers instead of an answer, nothing is paid and the code
// is PROVIDER_BAD_RESPONSE.
func TestT095BadAnswers(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{
		sandbox.ModeGarbage, sandbox.ModeCorruptBody, sandbox.ModeCorruptSignature, sandbox.ModeWrongKey, sandbox.ModeSignTest, sandbox.ModeOldTimestamp,
		sandbox.ModeTruncated, sandbox.ModeHuge, sandbox.ModeGzipBomb,
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			params, a := k.begin("ORDER1")
			k.phone(params)
			k.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: mode, Match: a.OutTradeNo})
			if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
				t.Fatalf("query: %v, want trouble of the provider to be kept, not returned", err)
			}
			k.wantUnpaid(a.OutTradeNo)
			type note struct{ Text string }
			if got := query[note](k, "SELECT last_error FROM payment_attempt WHERE out_trade_no = $1", a.OutTradeNo)[0].Text; len(got) < 21 || got[:21] != "PROVIDER_BAD_RESPONSE" {
				t.Errorf("kept error %q, want PROVIDER_BAD_RESPONSE", got)
			}
			if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
				t.Fatal(err)
			}
			k.wantPaidOnce(a.OutTradeNo) // the next rung hears the truth
		})
	}
}

// T095: a provider that says when to come back is left alone so long, and a little longer,
// so that those who were sent away together do not come back together.
func TestT095RetryAfter(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	for _, tc := range []struct {
		value string
		want  time.Duration
	}{{"7", 30 * time.Second}, {"300", 5 * time.Minute}, {"86400", 10 * time.Minute}} { // the ladder's own waits: 30 s, 1 min, 3 min
		k.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeHTTP429, Value: tc.value, Match: a.OutTradeNo})
		if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
			t.Fatal(err)
		}
		if in, set := k.timer("payments.query", a.OutTradeNo); !set || in < tc.want-5*time.Second || in > tc.want+tc.want/10 {
			t.Errorf("Retry-After %s: asked again in %s, want %s and up to a tenth", tc.value, in, tc.want)
		}
	}
	k.wantUnpaid(a.OutTradeNo)
}

// A query whose verified answer does not fit is an anomaly, like a notification.
func TestQueryAnswerThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for mode, reason := range map[string]string{
		sandbox.ModeAmountPlusOne: "amount", sandbox.ModeCurrency: "currency", sandbox.ModeWrongAppID: "app_id", sandbox.ModeWrongMchID: "merchant",
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			params, a := k.begin("ORDER1")
			k.phone(params)
			k.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: mode, Match: a.OutTradeNo, Count: 2})
			for range 2 {
				if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
					t.Fatal(err)
				}
			}
			k.wantUnpaid(a.OutTradeNo)
			if got := k.anomalies(); len(got) != 1 || got[0] != (anomalyRow{reason, true, 2}) {
				t.Errorf("anomalies %+v, want one of %s, seen twice", got, reason)
			}
		})
	}
}

// The ladder finds a payment whose callbacks were all lost.
func TestQueryLadder(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	params, a := k.begin("ORDER1")
	want := []time.Duration{30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute, 30 * time.Minute, 30 * time.Minute}
	for step, delay := range want {
		if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
			t.Fatal(err)
		}
		if due, ok := k.timer("payments.query", a.OutTradeNo); !ok || due > delay+delay/10 || due < delay-5*time.Second {
			t.Errorf("step %d: next in %s (%v), want %s", step+1, due, ok, delay)
		}
	}
	k.phone(params)
	if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
		t.Fatal(err)
	}
	k.wantPaidOnce(a.OutTradeNo)
	if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
		t.Errorf("a late rung: %v, want nothing to happen", err)
	}
	k.wantPaidOnce(a.OutTradeNo)
}

// Long past its end, with nobody else closing it, the ladder closes the attempt itself.
func TestQueryLadderEndsInAClose(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	k.Clock().Advance(45 * time.Minute)
	if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
		t.Fatal(err)
	}
	if got := k.attempt(a.OutTradeNo).Status; got != "closed" {
		t.Errorf("attempt is %s, want closed", got)
	}
	k.wantTimer("payments.query", a.OutTradeNo, 9*time.Minute, 12*time.Minute) // a late look, and no rung
}

func TestPaySignsWhatThePhoneChecks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	params, _ := k.begin("ORDER1")
	if params.SignType != "RSA" || len(params.NonceStr) != 32 || params.TimeStamp == "" {
		t.Errorf("parameters %+v are not those of wx.requestPayment", params)
	}
	bent := params
	bent.NonceStr = strings.Repeat("x", 32)
	_, err := k.provider.Pay(sandbox.PayInput{TimeStamp: bent.TimeStamp, NonceStr: bent.NonceStr, Package: bent.Package, SignType: bent.SignType, PaySign: bent.PaySign})
	var refusal *sandbox.Refusal
	if !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		t.Errorf("bent parameters: %v, want SIGN_ERROR", err)
	}
	k.phone(params)
}

// One bill is asked for in one place at a time: another scene first closes the former at
// the provider, and a scene that nobody serves changes nothing.
func TestAnotherSceneClosesTheFormer(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	first, a := k.begin("ORDER1")
	in := payments.PayInput{BusinessNo: "ORDER1", AppID: k.appID, Payer: k.openID, Scene: "fax"}
	if _, err := k.service.Pay(t.Context(), k.Tenant.ID, in); !errors.Is(err, payments.ErrScene) {
		t.Fatalf("an unknown scene: %v", err)
	}
	in.Scene = payments.QR
	shown, err := k.service.Pay(t.Context(), k.Tenant.ID, in)
	if err != nil || shown.CodeURL == "" || shown.Package != "" {
		t.Fatalf("a code: %+v %v", shown, err)
	}
	if got := k.attempt(a.OutTradeNo).Status; got != "closed" {
		t.Errorf("the former attempt is %s", got)
	}
	if _, err := k.provider.Pay(sandbox.PayInput{
		TimeStamp: first.TimeStamp, NonceStr: first.NonceStr, Package: first.Package, SignType: first.SignType, PaySign: first.PaySign,
	}); err == nil {
		t.Error("the former could still be paid")
	}
	again, err := k.service.Pay(t.Context(), k.Tenant.ID, in)
	if err != nil || again.CodeURL != shown.CodeURL {
		t.Errorf("again: %+v %v, want the same code", again, err)
	}
	k.letCallbacksIn()
	if _, err := k.provider.Open(sandbox.OpenInput{URL: shown.CodeURL, Buyer: "a friend"}); err != nil {
		t.Fatal(err)
	}
	k.eventually("the friend's money is the order's", func() bool { return k.succeeded() == 1 })
	if list := k.anomalies(); len(list) != 0 {
		t.Errorf("anomalies %+v: anybody may pay a code", list)
	}
}
