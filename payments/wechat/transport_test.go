package wechat_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/wechat"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// behind puts the account's provider at a handler that never says anything true.
func behind(t *testing.T, b *bench, h http.HandlerFunc) payments.Account {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	acc := b.account
	acc.Config.BaseURL, acc.Version = server.URL, acc.Version.Add(time.Hour)
	return acc
}

// T095: the shapes of wrong that the sandbox does not play.
func TestT095AnswersThatAreNone(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("x"), 10<<20)
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	_, _ = packer.Write(make([]byte, 64<<20))
	_ = packer.Close()
	cases := map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"10 MB": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(big) }, payments.ErrBadResponse},
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, payments.ErrBadResponse},
		"unsigned success": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"trade_state":"SUCCESS"}`))
		}, payments.ErrBadResponse},
		"an error page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("<html>"))
		}, payments.ErrBadResponse},
		"an answer that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
		}, payments.ErrBadResponse},
		"429": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		}, payments.ErrProviderBusy},
		"502": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, payments.ErrProviderBusy},
	}
	b := newBench(t, payments.KeyModePublicKey)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acc := behind(t, b, tc.answer)
			acc.TenantID = tenant.NewID() // a shop of its own, with a client of its own
			if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER"); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

// A busy provider may say when to come back. Its word is not signed and counts for so much.
func TestT095RetryAfter(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": 0, "": 0, "-1": 0, "soon": 0, "86400": 10 * time.Minute, "99999999999999999999": 0, "4294967295": 10 * time.Minute,
	} {
		acc := behind(t, b, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		acc.TenantID = tenant.NewID()
		if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER"); !errors.Is(err, payments.ErrProviderBusy) || fault.RetryAfterOf(err) != want {
			t.Errorf("Retry-After %q: %v, %s, want PROVIDER_BUSY and %s", header, err, fault.RetryAfterOf(err), want)
		}
	}
}

// A true signature on the answer to another question is not an answer.
func TestT095AnswerToAnotherQuestion(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	h := b.harness()
	paid := b.newNumber()
	id, err := b.channel.Prepay(t.Context(), b.account, payments.PrepayRequest{
		Scene: payments.MiniProgram, AppID: b.appID, OutTradeNo: paid, Title: "豆", AmountFen: 1, Payer: b.payer, ExpiresAt: time.Now().Add(time.Hour), NotifyURL: h.NotifyURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	params, err := b.channel.ClientParams(t.Context(), b.account, payments.PrepayRequest{Scene: payments.MiniProgram, AppID: b.appID}, id)
	if err != nil {
		t.Fatal(err)
	}
	h.Pay(t, params)
	provider := b.http.URL
	// A machine in the middle records the true answer about one number …
	var recorded atomic.Pointer[recording]
	acc := behind(t, b, func(w http.ResponseWriter, r *http.Request) {
		if tape := recorded.Load(); tape != nil {
			tape.play(w) // … and plays it to every other question.
			return
		}
		recorded.Store(record(t, provider, r))
		recorded.Load().play(w)
	})
	if got, err := b.channel.Query(t.Context(), acc, paid); err != nil || got.State != payments.PaymentPaid {
		t.Fatalf("the true answer: %v %v", got.State, err)
	}
	if _, err := b.channel.Query(t.Context(), acc, b.newNumber()); !errors.Is(err, payments.ErrBadResponse) {
		t.Errorf("the same answer for another number: %v, want PROVIDER_BAD_RESPONSE", err)
	}
}

// T094: redirects are not followed, and a live account talks to nobody but the provider.
func TestT094RedirectToAnotherHost(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	acc := behind(t, b, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER"); !errors.Is(err, payments.ErrBadResponse) {
		t.Errorf("%v, want PROVIDER_BAD_RESPONSE", err)
	}
	if elsewhere.Load() != 0 {
		t.Error("the signed request was sent elsewhere")
	}
	live := b.account
	live.Mode, live.ID = payments.Live, 99
	if _, err := b.channel.Query(t.Context(), live, "SOMENUMBER"); err == nil || !strings.Contains(err.Error(), "live account") {
		t.Errorf("a live account with a base url: %v, want a refusal", err)
	}
}

// T094: a provider that does not answer is waited for once, not by everybody.
func TestT094BlackHole(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	hold := make(chan struct{})
	var calls atomic.Int64
	acc := behind(t, b, func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(hold) })
	started := time.Now()
	done := make(chan error)
	for range 12 {
		go func() {
			_, err := b.channel.Query(t.Context(), acc, "SOMENUMBER")
			done <- err
		}()
	}
	for range 12 {
		if err := <-done; !errors.Is(err, payments.ErrTimeout) {
			t.Errorf("%v, want PROVIDER_TIMEOUT", err)
		}
	}
	if took := time.Since(started); took > 6*time.Second {
		t.Errorf("took %s, want at most 6 s", took)
	}
	before := calls.Load()
	started = time.Now()
	if _, err := b.channel.Query(t.Context(), acc, "SOMENUMBER"); !errors.Is(err, payments.ErrTimeout) {
		t.Errorf("%v, want PROVIDER_TIMEOUT", err)
	}
	if calls.Load() != before || time.Since(started) > time.Second {
		t.Error("the breaker did not open")
	}
	if _, err := b.channel.Query(t.Context(), b.account, b.newNumber()); !errors.Is(err, payments.ErrNoSuchNumber) {
		t.Errorf("another provider: %v, want it unaffected", err)
	}
}

// The breaker lets one call try after its pause, and closes when that is answered.
func TestT094BreakerHalfOpens(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	var shift atomic.Int64
	channel := wechat.New(wechat.Deps{
		Keys: b.store, Log: slog.New(slog.DiscardHandler), Signers: 2,
		Now: func() time.Time { return time.Now().Add(time.Duration(shift.Load())) },
	})
	var calls atomic.Int64
	var well atomic.Bool
	provider := b.http.URL
	acc := behind(t, b, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if !well.Load() {
			panic(http.ErrAbortHandler)
		}
		record(t, provider, r).play(w)
	})
	ask := func() error {
		return channel.Close(t.Context(), acc, "SOMENUMBER") // a POST: the transport does not repeat it by itself
	}
	for range 20 {
		if err := ask(); !errors.Is(err, payments.ErrTimeout) {
			t.Fatalf("%v, want PROVIDER_TIMEOUT", err)
		}
	}
	reached := calls.Load()
	if reached >= 20 {
		t.Fatalf("all %d calls reached the provider: the breaker did not open", reached)
	}
	shift.Store(int64(11 * time.Second))
	if err := ask(); !errors.Is(err, payments.ErrTimeout) || calls.Load() != reached+1 {
		t.Errorf("after the pause: %v and %d calls, want one try", err, calls.Load()-reached)
	}
	if err := ask(); !errors.Is(err, payments.ErrTimeout) || calls.Load() != reached+1 {
		t.Errorf("the try failed: %v and %d calls, want it open again", err, calls.Load()-reached)
	}
	well.Store(true)
	shift.Store(int64(22 * time.Second))
	for range 3 {
		if err := ask(); !errors.Is(err, payments.ErrNoSuchNumber) {
			t.Errorf("well again: %v, want the provider's own answer", err)
		}
	}
}
