package payments_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func (k *kit) closeAll(businessNo string) payments.CloseOutcome {
	k.t.Helper()
	outcome, err := k.service.CloseAll(k.t.Context(), k.Tenant.ID, businessNo)
	if err != nil {
		k.t.Fatalf("close all: %v", err)
	}
	return outcome
}

func TestCloseAllClosesAtTheProvider(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	params, a := k.begin("ORDER1")
	if got := k.closeAll("ORDER1"); got != payments.Closed {
		t.Errorf("outcome %s, want closed", got)
	}
	if got := k.attempt(a.OutTradeNo).Status; got != "closed" {
		t.Errorf("attempt is %s, want closed", got)
	}
	k.wantTimer("payments.query", a.OutTradeNo, 9*time.Minute, 12*time.Minute) // a late look, and no rung
	_, err := k.provider.Pay(sandbox.PayInput{TimeStamp: params.TimeStamp, NonceStr: params.NonceStr, Package: params.Package, SignType: params.SignType, PaySign: params.PaySign})
	var refusal *sandbox.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "ORDER_CLOSED" {
		t.Errorf("paying a closed number: %v, want ORDER_CLOSED", err)
	}
	if got := k.closeAll("ORDER1"); got != payments.Closed {
		t.Errorf("second close: %s, want closed", got)
	}
	if got := k.closeAll("NEVER-PAID"); got != payments.Closed {
		t.Errorf("bill without attempts: %s, want closed", got)
	}
}

// T078: each answer to a close has its meaning.
func TestT078CloseAnswers(t *testing.T) {
	t.Parallel()
	t.Run("ORDERPAID", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		params, a := k.begin("ORDER1")
		k.phone(params)
		if got := k.closeAll("ORDER1"); got != payments.Paid {
			t.Errorf("outcome %s, want paid", got)
		}
		k.wantPaidOnce(a.OutTradeNo)
	})
	t.Run("ORDERPAID that the query cannot confirm", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		_, a := k.begin("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDERPAID", Match: a.OutTradeNo})
		if got := k.closeAll("ORDER1"); got != payments.Unknown {
			t.Errorf("outcome %s, want unknown: an unsigned error is no proof of payment", got)
		}
		if n := k.succeeded(); n != 0 {
			t.Errorf("%d success events, want none", n)
		}
		if got := k.closeAll("ORDER1"); got != payments.Closed {
			t.Errorf("asked again: %s, want closed", got)
		}
	})
	t.Run("ORDER_CLOSED", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		_, a := k.begin("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDER_CLOSED", Match: a.OutTradeNo})
		if got := k.closeAll("ORDER1"); got != payments.Closed {
			t.Errorf("outcome %s, want closed", got)
		}
	})
	t.Run("ORDER_NOT_EXIST waits until older than five minutes", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		_, a := k.begin("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDER_NOT_EXIST", Match: a.OutTradeNo, Count: 2})
		if got := k.closeAll("ORDER1"); got != payments.Unknown || k.attempt(a.OutTradeNo).Status != "closing" {
			t.Errorf("right away: %s and %s, want unknown and closing", got, k.attempt(a.OutTradeNo).Status)
		}
		if _, err := k.pay("ORDER1"); err == nil {
			t.Error("the buyer got parameters for a bill that is being closed")
		}
		k.Clock().Advance(6 * time.Minute)
		if got := k.closeAll("ORDER1"); got != payments.Closed {
			t.Errorf("six minutes later: %s, want closed", got)
		}
	})
	for name, f := range map[string]sandbox.Fault{
		"SYSTEM_ERROR":         {Mode: sandbox.ModeError, Value: "SYSTEM_ERROR"},
		"FREQUENCY_LIMITED":    {Mode: sandbox.ModeError, Value: "FREQUENCY_LIMITED"},
		"no answer":            {Mode: sandbox.ModeDrop},
		"forged answer":        {Mode: sandbox.ModeWrongKey},
		"answer lost, but did": {Mode: sandbox.ModeCutAfterDoing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			_, a := k.begin("ORDER1")
			f.Target, f.Match = sandbox.TargetClose, a.OutTradeNo
			k.arm(f)
			k.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeDrop, Match: a.OutTradeNo, Count: 3})
			if got := k.closeAll("ORDER1"); got != payments.Unknown {
				t.Errorf("outcome %s, want unknown", got)
			}
			if got := k.closeAll("ORDER1"); got != payments.Closed {
				t.Errorf("asked again: %s, want closed", got)
			}
		})
	}
	t.Run("the query right after creation says not found", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		_, a := k.begin("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: sandbox.ModeError, Value: "ORDER_NOT_EXIST", Match: a.OutTradeNo, Count: 2})
		if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
			t.Fatal(err)
		}
		if got := k.attempt(a.OutTradeNo); got.Status != "prepaid" || got.QueryStep != 1 {
			t.Errorf("attempt is %s at step %d, want prepaid at 1", got.Status, got.QueryStep)
		}
		k.Clock().Advance(6 * time.Minute)
		if err := k.service.Query(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
			t.Fatal(err)
		}
		if got := k.attempt(a.OutTradeNo).Status; got != "closed" {
			t.Errorf("six minutes later the attempt is %s, want closed", got)
		}
	})
}

// T080, the kernel's side: money that arrives after the close is recorded as paid, and
// the refund that the order asks for is made once.
func TestT080PaidAfterClose(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.letCallbacksIn()
	params, a := k.begin("ORDER1")
	k.phone(params) // the provider has the money …
	k.eventually("the callback was applied", func() bool { return k.attempt(a.OutTradeNo).Status == "succeeded" })
	// … while our side had closed: the row is put back to where that race leaves it.
	late := newKit(t)
	_, b := late.begin("ORDER2")
	late.Owner(t, "UPDATE "+late.Tenant.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", b.OutTradeNo)
	ack, err := late.handle(late.notice(sandbox.NotificationInput{OutTradeNo: b.OutTradeNo}))
	if err != nil {
		t.Fatal(err)
	}
	wantAck(t, ack, http.StatusOK)
	late.wantPaidOnce(b.OutTradeNo)
	var first, again string
	late.InTenant(t, func(tx tenantdb.Tx) (err error) {
		if err = late.service.MarkSurplusTx(t.Context(), tx, b.OutTradeNo); err != nil {
			return err
		}
		if first, err = late.service.RequestRefundTx(t.Context(), tx, b.OutTradeNo, payments.LatePayment); err != nil {
			return err
		}
		again, err = late.service.RequestRefundTx(t.Context(), tx, b.OutTradeNo, payments.LatePayment)
		return err
	})
	if first == "" || first != again {
		t.Errorf("refund numbers %q and %q, want one", first, again)
	}
	if got := late.attempt(b.OutTradeNo); !got.Surplus || got.Reserved != 1234 {
		t.Errorf("attempt %+v, want surplus with 1234 reserved", got)
	}
	if n := len(late.Events(t, payments.TopicRefundRequested)); n != 1 {
		t.Errorf("%d refund_requested events, want 1", n)
	}
}

// T081: two attempts of one bill are both paid; one counts, the other goes back.
func TestT081PaidTwice(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, first := k.begin("ORDER1")
	// The buyer's first sheet was closed by us, but the provider took the money anyway.
	k.Owner(t, "UPDATE "+k.Tenant.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", first.OutTradeNo)
	_, second := k.begin("ORDER1")
	if second.OutTradeNo == first.OutTradeNo {
		t.Fatal("the second attempt must have its own number")
	}
	done := make(chan error, 2)
	for _, no := range []string{first.OutTradeNo, second.OutTradeNo} {
		n := k.notice(sandbox.NotificationInput{OutTradeNo: no})
		go func() {
			_, err := k.handle(n)
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	rows := k.attempts("ORDER1")
	surplus := 0
	for _, r := range rows {
		if r.Status != "succeeded" {
			t.Errorf("%s is %s, want succeeded", r.OutTradeNo, r.Status)
		}
		if r.Surplus {
			surplus++
			if r.Reserved != 1234 {
				t.Errorf("the surplus attempt reserves %d, want 1234", r.Reserved)
			}
		}
	}
	if surplus != 1 || k.succeeded() != 1 {
		t.Errorf("%d surplus attempts and %d success events, want 1 and 1", surplus, k.succeeded())
	}
	if n := len(k.Events(t, payments.TopicRefundRequested)); n != 1 {
		t.Errorf("%d refund_requested events, want 1", n)
	}
}

func TestOneTransactionPaysOneAttempt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	_, b := k.begin("ORDER2")
	if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, Mutate: fixed})); err != nil {
		t.Fatal(err)
	}
	ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: b.OutTradeNo, Mutate: fixed}))
	if !errors.Is(err, payments.ErrAnomaly) {
		t.Errorf("the same transaction for a second bill: %v, want PAYMENT_ANOMALY", err)
	}
	wantAck(t, ack, http.StatusConflict)
	if got := k.attempt(b.OutTradeNo).Status; got != "prepaid" {
		t.Errorf("second attempt is %s, want prepaid", got)
	}
}

func TestQueryOfUnknownNumber(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	if err := k.service.Query(t.Context(), k.Tenant.ID, "NOSUCHNUMBER0001"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%v, want NOT_FOUND", err)
	}
}

// T077, the kernel's side: buyers pay in the very moment in which their bills are
// closed. Each bill ends as one or the other, on both sides alike.
func TestT077PaidWhileClosing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.letCallbacksIn()
	const bills = 24
	type sheet struct {
		no     string
		params payments.ClientParams
		paid   bool
		closed payments.CloseOutcome
	}
	sheets := make([]sheet, bills)
	for i := range sheets {
		params, a := k.begin(fmt.Sprintf("ORDER%d", i))
		sheets[i] = sheet{no: a.OutTradeNo, params: params}
	}
	processes := []*payments.Service{k.service, k.newService()}
	var wait sync.WaitGroup
	for i := range sheets {
		s := &sheets[i]
		wait.Go(func() {
			p := s.params
			_, err := k.provider.Pay(sandbox.PayInput{TimeStamp: p.TimeStamp, NonceStr: p.NonceStr, Package: p.Package, SignType: p.SignType, PaySign: p.PaySign})
			s.paid = err == nil
		})
		wait.Go(func() {
			for s.closed = payments.Unknown; s.closed == payments.Unknown; { // as the job would, with its waits left out
				outcome, err := processes[i%2].CloseAll(t.Context(), k.Tenant.ID, fmt.Sprintf("ORDER%d", i))
				if err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Errorf("close: %v", err)
					return
				}
				s.closed = outcome
			}
		})
	}
	wait.Wait()
	paid := 0
	for _, s := range sheets {
		if s.paid {
			paid++
		}
		if want := map[bool]payments.CloseOutcome{true: payments.Paid, false: payments.Closed}[s.paid]; s.closed != want {
			t.Errorf("%s: the buyer paid: %v, the close said %s", s.no, s.paid, s.closed)
		}
		if want := map[bool]string{true: "succeeded", false: "closed"}[s.paid]; k.attempt(s.no).Status != want {
			t.Errorf("%s is %s, want %s", s.no, k.attempt(s.no).Status, want)
		}
	}
	if n := k.succeeded(); n != paid {
		t.Errorf("%d success events for %d payments", n, paid)
	}
}
