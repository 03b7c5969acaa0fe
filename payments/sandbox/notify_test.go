package sandbox_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func eventID(t *testing.T, d delivered) string {
	t.Helper()
	var e struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(d.body, &e); err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// attempts waits until the first delivery has had n of them.
func (e *env) attempts(n int) sandbox.Delivery {
	e.t.Helper()
	until(e.t, "attempts", func() bool {
		d := e.server.Books().Deliveries
		return len(d) > 0 && len(d[0].Attempts) >= n
	})
	return e.server.Books().Deliveries[0]
}

func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.inbox.answerWith(http.StatusInternalServerError)
	e.paid("RETRY0001")
	steps := []time.Duration{
		15 * time.Second, 15 * time.Second, 30 * time.Second, 3 * time.Minute, 10 * time.Minute,
		20 * time.Minute, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute, time.Hour,
		3 * time.Hour, 3 * time.Hour, 3 * time.Hour, 6 * time.Hour, 6 * time.Hour,
	}
	first := e.inbox.wait(t)
	signatures := map[string]bool{first.header.Get("Wechatpay-Signature"): true}
	for i, step := range steps {
		d := e.attempts(i + 1)
		if got := d.NextAt.Sub(e.clock.Now()); got != step {
			t.Fatalf("wait after attempt %d: got %v, want %v", i+1, got, step)
		}
		e.clock.Advance(step)
		e.server.Nudge()
		again := e.inbox.wait(t)
		if eventID(t, again) != eventID(t, first) {
			t.Errorf("attempt %d has another event id", i+2)
		}
		if want := stampOf(e.clock.Now()); again.header.Get("Wechatpay-Timestamp") != want || !verifies(t, e.merchant.PublicKeyPEM, again.header, again.body) {
			t.Errorf("attempt %d is not freshly signed", i+2)
		}
		signatures[again.header.Get("Wechatpay-Signature")] = true
	}
	d := e.attempts(len(steps) + 1)
	if !d.NextAt.IsZero() || !d.DoneAt.IsZero() {
		t.Errorf("after the last attempt: next %v, done %v; want neither", d.NextAt, d.DoneAt)
	}
	if len(signatures) != len(steps)+1 {
		t.Errorf("%d different signatures in %d attempts", len(signatures), len(steps)+1)
	}
}

func TestOnly200And204AreAccepted(t *testing.T) {
	t.Parallel()
	for status, accepted := range map[int]bool{200: true, 204: true, 201: false, 202: false, 302: false, 401: false, 503: false} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			e := setup(t)
			e.inbox.answerWith(status)
			e.paid("STATUS0001")
			d := e.attempts(1)
			if got := !d.DoneAt.IsZero(); got != accepted || d.Attempts[0].Status != status {
				t.Errorf("answer %d: done %v, want %v; attempt %+v", status, got, accepted, d.Attempts[0])
			}
			if d.NextAt.IsZero() != accepted {
				t.Errorf("answer %d: next at %v", status, d.NextAt)
			}
		})
	}
}

func TestRetryGoesOnAfterRestart(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.inbox.answerWith(http.StatusServiceUnavailable, http.StatusNoContent)
	e.paid("RESUME0001")
	id := eventID(t, e.inbox.wait(t))
	e.attempts(1)
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(15 * time.Second)
	e.open()
	if got := eventID(t, e.inbox.wait(t)); got != id {
		t.Errorf("after the restart event %s came, want %s", got, id)
	}
}

func TestCallbacksAlternateInTheSwitch(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.merchant = e.keysOf(bothMchid)
	serials := map[string]int{}
	for _, no := range []string{"SWITCH0001", "SWITCH0002", "SWITCH0003", "SWITCH0004"} {
		e.paid(no)
		d := e.inbox.wait(t)
		serial := d.header.Get("Wechatpay-Serial")
		key := e.merchant.PublicKeyPEM
		if serial == e.merchant.PlatformSerial {
			key = e.merchant.PlatformCertificate
		}
		if !verifies(t, key, d.header, d.body) {
			t.Errorf("%s: not signed with the key that %s names", no, serial)
		}
		serials[serial]++
	}
	if serials[e.merchant.PublicKeyID] != 2 || serials[e.merchant.PlatformSerial] != 2 {
		t.Errorf("serials: %v, want two of each", serials)
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.paid("RESEND0001")
	id := eventID(t, e.inbox.wait(t))
	e.attempts(1)
	var out sandbox.ResendResult
	a := e.control(http.MethodPost, "notify/resend", sandbox.ResendInput{OutTradeNo: "RESEND0001", Copies: 50, Parallel: true}, &out)
	if a.status != http.StatusOK || len(out.Statuses) != 50 || out.EventID != id {
		t.Fatalf("resend: %d %s", a.status, a.body)
	}
	for range 50 {
		if got := eventID(t, e.inbox.wait(t)); got != id {
			t.Errorf("copy of %s, want %s", got, id)
		}
	}
	if d := e.attempts(51); len(d.Attempts) != 51 || !d.NextAt.IsZero() {
		t.Errorf("attempts: %d, next %v", len(d.Attempts), d.NextAt)
	}
	other := newInbox(t)
	e.control(http.MethodPost, "notify/resend", sandbox.ResendInput{OutTradeNo: "RESEND0001", To: other.url + "/elsewhere"}, nil)
	other.wait(t)
	for name, in := range map[string]sandbox.ResendInput{
		"unknown order": {OutTradeNo: "RESEND0002"}, "too many": {OutTradeNo: "RESEND0001", Copies: 1001},
		"outside address": {OutTradeNo: "RESEND0001", To: "http://shop.example.com/"},
	} {
		if a := e.control(http.MethodPost, "notify/resend", in, nil); a.status != 404 && a.status != 400 {
			t.Errorf("%s: got %d %s", name, a.status, a.body)
		}
	}
}
