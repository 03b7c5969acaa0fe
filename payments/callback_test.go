package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
)

func TestCallbacksAreKeptAndCanBeTakenAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	genuine := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", Mutate: fixed})
	for range 3 {
		if _, err := k.handle(genuine); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(k, "SELECT seen FROM payment_event WHERE answer = 200 OR answer = 204"); n != 3 {
		t.Errorf("seen %d times, want 3", n)
	}
	ref := payments.CallbackRef{Kind: payments.CallbackEvent, ID: int64(count(k, "SELECT id::int FROM payment_event"))}
	stored, err := k.service.StoredCallback(t.Context(), k.Tenant.ID, ref)
	if err != nil || !stored.Whole || !strings.Contains(string(stored.Raw), "Wechatpay-Signature: ") || !strings.HasSuffix(string(stored.Raw), string(genuine.Body)) {
		t.Errorf("stored %v, %v, %q", stored.Whole, err, stored.Raw)
	}
	if err := k.service.ReplayCallback(t.Context(), k.Tenant.ID, ref); err != nil {
		t.Errorf("replay: %v", err)
	}
	k.wantPaidOnce(a.OutTradeNo)

	// What was forged stays forged, however often it is taken again.
	forged := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-2", SignWith: sandbox.SignStranger})
	if _, err := k.handle(forged); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Fatalf("forged: %v", err)
	}
	ref = payments.CallbackRef{Kind: payments.CallbackRefusal, ID: int64(count(k, "SELECT id::int FROM payment_refusal WHERE code = 'SIGNATURE_INVALID' AND answer = 401"))}
	if err := k.service.ReplayCallback(t.Context(), k.Tenant.ID, ref); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("replay of a forged one: %v", err)
	}
	if n := count(k, "SELECT count(*)::int FROM payment_refusal"); n != 1 {
		t.Errorf("%d refusals, want 1: a replay adds none", n)
	}
	if _, err := k.service.StoredCallback(t.Context(), k.OpenShop(t).ID, ref); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another shop's message: %v, want NOT_FOUND", err)
	}
	if n := count(k, "SELECT failures::int FROM platform.callback_failure"); n != 1 {
		t.Errorf("%d failures counted, want 1", n)
	}
}

// A stranger's storm leaves few rows, and they say how many there were.
func TestRefusedCallbacksAreBounded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for range 60 {
		if _, err := k.handle(payments.Notice{Header: http.Header{}, Body: []byte(strings.Repeat("x", 40_000))}); err == nil {
			t.Fatal("nonsense was accepted")
		}
	}
	if n := count(k, "SELECT count(*)::int FROM payment_refusal"); n < 1 || n > 20 {
		t.Errorf("%d rows of 60 refusals, want at most a burst", n)
	}
	if n := count(k, "SELECT max(length(body_sealed))::int FROM payment_refusal"); n > 17_000 {
		t.Errorf("%d bytes of a refused message, want at most 16 kB", n)
	}
}
