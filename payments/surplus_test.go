package payments_test

import (
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/tenantdb"
)

func (k *kit) query(outTradeNo string) {
	k.t.Helper()
	if err := k.service.Query(k.t.Context(), k.Tenant.ID, outTradeNo); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) wantTimer(topic, key string, atLeast, atMost time.Duration) {
	k.t.Helper()
	if due, ok := k.timer(topic, key); !ok || due < atLeast || due > atMost {
		k.t.Errorf("%s of %s is due in %s (set: %v), want between %s and %s", topic, key, due, ok, atLeast, atMost)
	}
}

// T080, T081: surplus money raises the alarm at once, and again when its refund is not with
// the provider after five minutes; the alarm ends by itself when the money is back.
func TestT080SurplusMoneyIsAnAlarmUntilItIsBack(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000080")
	_, a := k.begin("ORDER1")
	k.Owner(t, "UPDATE "+k.Tenant.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", a.OutTradeNo)
	params, second := k.begin("ORDER1")
	k.letCallbacksIn()
	k.phone(params)
	k.eventually("the first payment counts", func() bool { return k.attempt(second.OutTradeNo).Status == "succeeded" })
	if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo})); err != nil {
		t.Fatal(err)
	}
	if got := k.anomalies(); len(got) != 1 || got[0] != (anomalyRow{"double", false, 1}) {
		t.Errorf("findings %+v, want one double payment", got)
	}
	if n := len(k.Events(t, payments.TopicSurplus)); n != 1 || k.service.Stats().Surplus != 1 {
		t.Errorf("%d events, %d counted; want 1, 1", n, k.service.Stats().Surplus)
	}
	k.wantTimer("payments.surplus_due", a.OutTradeNo, 4*time.Minute, 5*time.Minute)
	check := func(overdue int64) {
		t.Helper()
		if err := k.service.CheckSurplus(t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
			t.Fatal(err)
		}
		if got := k.service.Stats().Overdue; got != overdue {
			t.Errorf("%d alarms, want %d", got, overdue)
		}
	}
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeDrop, Match: k.mchid})
	refundNo := query[struct{ No string }](k, "SELECT out_refund_no FROM refund WHERE business_no = 'ORDER1'")[0].No
	if err := k.service.ExecuteRefund(t.Context(), k.Tenant.ID, refundNo); err == nil {
		t.Error("the provider was silent and the refund is done")
	}
	check(1)
	k.wantTimer("payments.surplus_due", a.OutTradeNo, 59*time.Minute, time.Hour)
	open := func() int { return count(k, "SELECT count(*) FROM payment_anomaly WHERE resolved_at IS NULL") }
	if open() != 1 {
		t.Error("the alarm ended before the money was back")
	}
	k.InTenant(t, func(tx tenantdb.Tx) error { // as the provider says once it has the money to give
		_, err := tx.Exec(t.Context(), "UPDATE refund SET status = 'processing' WHERE out_refund_no = $1", refundNo)
		return err
	})
	check(1)
}

// What the provider closed is asked about twice more, ten minutes and a day later: money
// that was paid in the moment of the close is found although no callback ever comes.
func TestT080ClosedAttemptsAreAskedAboutLater(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	if got := k.closeAll("ORDER1"); got != payments.Closed {
		t.Fatal(got)
	}
	k.wantTimer("payments.query", a.OutTradeNo, 9*time.Minute, 12*time.Minute)
	k.query(a.OutTradeNo)
	k.wantTimer("payments.query", a.OutTradeNo, 23*time.Hour, 27*time.Hour)
	k.Owner(t, "DELETE FROM platform.timer WHERE key = $1", a.OutTradeNo)
	k.query(a.OutTradeNo)
	if _, set := k.timer("payments.query", a.OutTradeNo); set {
		t.Error("the looks do not end")
	}

	params, b := k.begin("ORDER2")
	k.phone(params) // and every callback is lost
	k.Owner(t, "UPDATE "+k.Tenant.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", b.OutTradeNo)
	k.query(b.OutTradeNo)
	k.wantPaidOnce(b.OutTradeNo)
}

// An Alipay order that was closed here before anybody opened it, and then opened: it is
// closed at the provider when we see it.
func TestAlipayOrderOpenedAfterOurClose(t *testing.T) {
	t.Parallel()
	k := newAlipayKit(t)
	brings, no := k.beginAlipay("ALI-O", payments.Web)
	if got := k.closeAll("ALI-O"); got != payments.Closed {
		t.Fatal(got)
	}
	k.query(no)
	k.wantTimer("payments.query", no, 0, time.Hour)
	if _, err := k.provider.Alipay().Pay(brings); err != nil {
		t.Fatal(err)
	}
	k.query(no)
	if got := k.attempt(no).Status; got != "succeeded" {
		t.Errorf("paid after our close: %s", got)
	}
}

// The ladder does not give an order up that a buyer may still open.
func TestAlipayWaitsForSlowBuyers(t *testing.T) {
	t.Parallel()
	k := newAlipayKit(t)
	_, no := k.beginAlipay("ALI-S", payments.Web)
	k.Clock().Advance(10 * time.Minute)
	k.query(no)
	if got := k.attempt(no); got.Status != "prepaid" {
		t.Errorf("the attempt is %s", got.Status)
	}
	k.wantTimer("payments.query", no, 0, time.Hour)
}
