package sandbox_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func (e *env) arm(f sandbox.Fault) {
	e.t.Helper()
	if a := e.control(http.MethodPost, "faults", f, nil); a.status != http.StatusOK {
		e.t.Fatalf("arm %+v: %d %s", f, a.status, a.body)
	}
}

func TestFaultsOnCalls(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault    sandbox.Fault
		status   int // 0: the connection was cut
		verifies bool
		says     string
	}{
		"drop":              {sandbox.Fault{Mode: sandbox.ModeDrop}, 0, false, ""},
		"cut after doing":   {sandbox.Fault{Mode: sandbox.ModeCutAfterDoing}, 0, false, ""},
		"http 500":          {sandbox.Fault{Mode: sandbox.ModeHTTP500}, 500, false, "SYSTEM_ERROR"},
		"http 429":          {sandbox.Fault{Mode: sandbox.ModeHTTP429}, 429, false, "FREQUENCY_LIMITED"},
		"error":             {sandbox.Fault{Mode: sandbox.ModeError, Value: "FREQUENCY_LIMITED"}, 429, false, "FREQUENCY_LIMITED"},
		"garbage":           {sandbox.Fault{Mode: sandbox.ModeGarbage}, 200, false, "<html>"},
		"truncated":         {sandbox.Fault{Mode: sandbox.ModeTruncated}, 200, true, appID},
		"huge":              {sandbox.Fault{Mode: sandbox.ModeHuge}, 200, true, "NOTPAY"},
		"gzip bomb":         {sandbox.Fault{Mode: sandbox.ModeGzipBomb}, 200, true, "NOTPAY"}, // Go's client unpacks it
		"other answer":      {sandbox.Fault{Mode: sandbox.ModeOtherAnswer, Value: "FAULT0002"}, 200, true, "FAULT0002"},
		"corrupt body":      {sandbox.Fault{Mode: sandbox.ModeCorruptBody}, 200, false, ""},
		"corrupt signature": {sandbox.Fault{Mode: sandbox.ModeCorruptSignature}, 200, false, "NOTPAY"},
		"wrong key":         {sandbox.Fault{Mode: sandbox.ModeWrongKey}, 200, false, "NOTPAY"},
		"probe":             {sandbox.Fault{Mode: sandbox.ModeSignTest}, 200, false, "NOTPAY"},
		"old timestamp":     {sandbox.Fault{Mode: sandbox.ModeOldTimestamp}, 200, true, "NOTPAY"},
		"amount plus one":   {sandbox.Fault{Mode: sandbox.ModeAmountPlusOne}, 200, true, `"total":8881`},
		"wrong appid":       {sandbox.Fault{Mode: sandbox.ModeWrongAppID, Value: otherApp}, 200, true, otherApp},
		"wrong mchid":       {sandbox.Fault{Mode: sandbox.ModeWrongMchID}, 200, true, "1999999999"},
		"currency":          {sandbox.Fault{Mode: sandbox.ModeCurrency, Value: "HKD"}, 200, true, "HKD"},
		"trade state":       {sandbox.Fault{Mode: sandbox.ModeTradeState, Value: "USERPAYING"}, 200, true, "USERPAYING"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := setup(t)
			e.prepay("FAULT0001", nil)
			e.prepay("FAULT0002", nil)
			c.fault.Target = sandbox.TargetQuery
			e.arm(c.fault)
			a := e.query("FAULT0001")
			if a.status != c.status || !strings.Contains(string(a.body), c.says) {
				t.Errorf("got %d %.300s, want %d mentioning %q", a.status, a.body, c.status, c.says)
			}
			if a.status == http.StatusOK && verifies(t, e.merchant.PublicKeyPEM, a.header, a.body) != c.verifies {
				t.Errorf("verifies: got %v, want %v", !c.verifies, c.verifies)
			}
			if after := e.query("FAULT0001"); after.field(t, "trade_state") != "NOTPAY" || !verifies(t, e.merchant.PublicKeyPEM, after.header, after.body) {
				t.Errorf("the fault was armed once; the next answer is %d %s", after.status, after.body)
			}
		})
	}
}

// An answer's size is wrong and what it says is true: a client that takes any size would
// believe it.
func TestOversizedAnswersSayTheTruth(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("LARGE0001", nil)
	for _, mode := range []string{sandbox.ModeHuge, sandbox.ModeGzipBomb} {
		e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: mode})
		a := e.query("LARGE0001") // by a client that unpacks unasked
		size := len(a.body)
		a.body = bytes.TrimSpace(a.body)
		if size < 10<<20 || a.field(t, "trade_state") != "NOTPAY" {
			t.Errorf("%s: %d bytes, %.100s", mode, size, a.body)
		}
	}
	e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeGzipBomb})
	call := e.call(http.MethodGet, "/v3/pay/transactions/out-trade-no/LARGE0001?mchid="+mchid, "")
	call.header = map[string]string{"Accept-Encoding": "identity"}
	if a := e.send(call); a.header.Get("Content-Encoding") != "gzip" || len(a.body) > 32<<10 {
		t.Errorf("packed: %d bytes in %q, want few in gzip", len(a.body), a.header.Get("Content-Encoding"))
	}
}

func TestTooManyRequestsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("BUSY0001", nil)
	for value, want := range map[string]string{"": "30", "7": "7"} {
		e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeHTTP429, Value: value})
		if a := e.query("BUSY0001"); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != want {
			t.Errorf("value %q: %d, Retry-After %q, want 429 and %s", value, a.status, a.header.Get("Retry-After"), want)
		}
	}
}

// The package's documentation is where a reader finds what a mode of the page does.
func TestEveryModeIsDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	e := setup(t)
	_, modes, _ := strings.Cut(string(do(t, http.MethodGet, e.url+"/?lang=en", "", nil).body), `<select name="mode">`)
	modes, _, _ = strings.Cut(modes, "</select>")
	options := regexp.MustCompile(`<option[^>]*>([a-z0-9_]+)`).FindAllStringSubmatch(modes, -1)
	if len(options) < 20 {
		t.Fatalf("the page offers %d modes", len(options))
	}
	for _, option := range options {
		if !regexp.MustCompile(`(?m)^//\t([a-z0-9_]+, )*` + option[1] + `\b`).Match(doc) {
			t.Errorf("mode %s is not documented", option[1])
		}
	}
}

func TestCutAfterDoingHasDoneIt(t *testing.T) {
	t.Parallel()
	e := setup(t)
	path := "/v3/pay/transactions/out-trade-no/CUT00001/close"
	for mode, want := range map[string]string{sandbox.ModeDrop: "NOTPAY", sandbox.ModeCutAfterDoing: "CLOSED"} {
		no := strings.Replace("CUT00001", "1", want[:1], 1)
		e.prepay(no, nil)
		e.arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: mode, Match: no})
		if a := e.send(e.call(http.MethodPost, strings.Replace(path, "CUT00001", no, 1), `{"mchid":"`+mchid+`"}`)); a.status != 0 {
			t.Errorf("%s: got an answer %d", mode, a.status)
		}
		if got := e.query(no).field(t, "trade_state"); got != want {
			t.Errorf("%s: state %v, want %s", mode, got, want)
		}
	}
}

func TestFaultMatchesAndCounts(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("MATCH0001", nil)
	e.prepay("MATCH0002", nil)
	e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeHTTP500, Match: "MATCH0002", Count: 2})
	for i, want := range []int{500, 500, 200} {
		if a := e.query("MATCH0001"); a.status != 200 {
			t.Errorf("unmatched query: %d", a.status)
		}
		if a := e.query("MATCH0002"); a.status != want {
			t.Errorf("query %d: got %d, want %d", i+1, a.status, want)
		}
	}
	e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeHTTP500, Count: 5})
	e.control(http.MethodDelete, "faults", struct{}{}, nil)
	if a := e.query("MATCH0001"); a.status != 200 {
		t.Errorf("after disarming: got %d, want 200", a.status)
	}
	for name, f := range map[string]sandbox.Fault{
		"unknown target":   {Target: "weather", Mode: sandbox.ModeDrop},
		"unknown mode":     {Target: sandbox.TargetQuery, Mode: "explode"},
		"mode of another":  {Target: sandbox.TargetQuery, Mode: sandbox.ModeReorder},
		"unknown error":    {Target: sandbox.TargetQuery, Mode: sandbox.ModeError, Value: "NO_SUCH_CODE"},
		"errcode expected": {Target: sandbox.TargetLogin, Mode: sandbox.ModeError, Value: "SYSTEM_ERROR"},
		"no other answer":  {Target: sandbox.TargetQuery, Mode: sandbox.ModeOtherAnswer},
		"not seconds":      {Target: sandbox.TargetQuery, Mode: sandbox.ModeHTTP429, Value: "soon"},
		"no body to cut":   {Target: sandbox.TargetClose, Mode: sandbox.ModeTruncated},
		"delay of nothing": {Target: sandbox.TargetQuery, Mode: sandbox.ModeDelay},
		"negative count":   {Target: sandbox.TargetQuery, Mode: sandbox.ModeDrop, Count: -1},
	} {
		if a := e.control(http.MethodPost, "faults", f, nil); a.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s, want 400", name, a.status, a.body)
		}
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("DELAY0001", nil)
	e.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeDelay, DelayMS: 150})
	start := time.Now()
	a := e.query("DELAY0001")
	if took := time.Since(start); a.status != 200 || took < 150*time.Millisecond {
		t.Errorf("got %d after %v, want 200 after 150 ms", a.status, took)
	}
}

func TestFaultsOnCallbacks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		mode     string
		verifies bool
		content  string // amount.total, currency, appid or mchid as it must read
	}{
		"corrupt body":      {sandbox.ModeCorruptBody, false, ""},
		"garbage":           {sandbox.ModeGarbage, false, ""},
		"corrupt signature": {sandbox.ModeCorruptSignature, false, "8880 CNY " + appID + " " + mchid},
		"wrong key":         {sandbox.ModeWrongKey, false, "8880 CNY " + appID + " " + mchid},
		"probe":             {sandbox.ModeSignTest, false, "8880 CNY " + appID + " " + mchid},
		"old timestamp":     {sandbox.ModeOldTimestamp, true, "8880 CNY " + appID + " " + mchid},
		"amount plus one":   {sandbox.ModeAmountPlusOne, true, "8881 CNY " + appID + " " + mchid},
		"currency":          {sandbox.ModeCurrency, true, "8880 USD " + appID + " " + mchid},
		"wrong appid":       {sandbox.ModeWrongAppID, true, "8880 CNY wx0000000000000000 " + mchid},
		"wrong mchid":       {sandbox.ModeWrongMchID, true, "8880 CNY " + appID + " 1999999999"},
		"truncated":         {sandbox.ModeTruncated, true, ""},
		"huge":              {sandbox.ModeHuge, true, "8880 CNY " + appID + " " + mchid},
		"no resource":       {sandbox.ModeNoResource, true, ""},
		"short nonce":       {sandbox.ModeShortNonce, true, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := setup(t)
			e.arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: c.mode})
			e.inbox.answerWith(http.StatusUnauthorized, http.StatusNoContent)
			e.paid("BADNOTE0001")
			bad := e.inbox.wait(t)
			if got := verifies(t, e.merchant.PublicKeyPEM, bad.header, bad.body); got != c.verifies {
				t.Errorf("verifies: got %v, want %v", got, c.verifies)
			}
			if c.content != "" {
				if got := summary(resource(t, e.merchant.APIv3Key, bad.body)); got != c.content {
					t.Errorf("content: got %s, want %s", got, c.content)
				}
			}
			e.attempts(1)
			e.clock.Advance(15 * time.Second)
			e.server.Nudge()
			good := e.inbox.wait(t)
			if !verifies(t, e.merchant.PublicKeyPEM, good.header, good.body) || summary(resource(t, e.merchant.APIv3Key, good.body)) != "8880 CNY "+appID+" "+mchid {
				t.Error("the retry must be the true callback")
			}
			if d := e.attempts(2); d.Attempts[0].Fault != c.mode || d.Attempts[1].Fault != "" {
				t.Errorf("attempts: %+v", d.Attempts)
			}
		})
	}
}

func TestCallbackLostOrCut(t *testing.T) {
	t.Parallel()
	for mode, arrives := range map[string]bool{sandbox.ModeDrop: false, sandbox.ModeCutAfterDoing: true} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e := setup(t)
			e.arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: mode})
			e.paid("LOST0001")
			if arrives {
				e.inbox.wait(t)
			}
			d := e.attempts(1)
			if d.Attempts[0].Status != 0 || d.Attempts[0].Error == "" || d.NextAt.IsZero() {
				t.Errorf("attempt: %+v, next %v", d.Attempts[0], d.NextAt)
			}
			e.clock.Advance(15 * time.Second)
			e.server.Nudge()
			e.inbox.wait(t)
			if len(e.inbox.got) != 0 {
				t.Error("more callbacks than expected")
			}
		})
	}
}

func TestDuplicateCallbacks(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeDuplicate, Value: "3"})
	e.paid("TWICE0001")
	ids := map[string]bool{}
	for range 3 {
		ids[eventID(t, e.inbox.wait(t))] = true
	}
	if len(ids) != 1 {
		t.Errorf("three copies have %d event ids, want one", len(ids))
	}
	e.attempts(3)
}

func TestReorderedCallbacks(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeReorder, DelayMS: 20_000, Match: "FIRST0001"})
	e.paid("FIRST0001")
	e.paid("SECOND0001")
	var order []string
	for range 2 {
		no, _ := resource(t, e.merchant.APIv3Key, e.inbox.wait(t).body)["out_trade_no"].(string)
		order = append(order, no)
	}
	if order[0] != "SECOND0001" || order[1] != "FIRST0001" {
		t.Errorf("order: %v, want the second before the first", order)
	}
}
