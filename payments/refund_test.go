package payments_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/tenantdb"
)

// paid begins and pays a bill and returns the attempt's number.
func (k *kit) paid(businessNo string) string {
	k.t.Helper()
	params, a := k.begin(businessNo)
	k.phone(params)
	if err := k.service.Query(k.t.Context(), k.Tenant.ID, a.OutTradeNo); err != nil {
		k.t.Fatal(err)
	}
	return a.OutTradeNo
}

func (k *kit) requestRefund(outTradeNo string, reason payments.RefundReason) (no string, err error) {
	err = k.DB.InTenant(k.t.Context(), k.Tenant.ID, func(tx tenantdb.Tx) (err error) {
		no, err = k.service.RequestRefundTx(k.t.Context(), tx, outTradeNo, reason)
		return err
	})
	return no, err
}

func (k *kit) execute(outRefundNo string) error {
	return k.service.ExecuteRefund(k.t.Context(), k.Tenant.ID, outRefundNo)
}

func (k *kit) refundStatus(outRefundNo string) string {
	k.t.Helper()
	type status struct{ S string }
	return query[status](k, "SELECT status FROM refund WHERE out_refund_no = $1", outRefundNo)[0].S
}

// untilRefund executes a refund as its timer would until it ends.
func (k *kit) untilRefund(outRefundNo, want string) {
	k.t.Helper()
	k.eventually("the refund is "+want, func() bool {
		if err := k.execute(outRefundNo); err != nil {
			k.t.Logf("execute: %v", err)
		}
		return k.refundStatus(outRefundNo) == want
	})
}

func (k *kit) refundsAtProvider(outTradeNo string) (n int) {
	for _, r := range k.provider.Books().Refunds {
		if r.OutTradeNo == outTradeNo {
			n++
		}
	}
	return n
}

func TestRefundReachesTheBuyer(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	refundNo, err := k.requestRefund(no, payments.OrderCancelled)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.execute(refundNo); err != nil {
		t.Fatal(err)
	}
	if _, ok := k.timer("payments.refund_query", refundNo); !ok && k.refundStatus(refundNo) != "succeeded" {
		t.Error("an accepted refund has no timer")
	}
	k.untilRefund(refundNo, "succeeded")
	if got := k.attempt(no); got.Reserved != 0 || got.Refunded != 1234 {
		t.Errorf("attempt %+v, want 0 reserved and 1234 refunded", got)
	}
	if n := len(k.Events(t, payments.TopicRefunded)); n != 1 {
		t.Errorf("%d refunded events, want 1", n)
	}
	if _, ok := k.timer("payments.refund_query", refundNo); ok {
		t.Error("a finished refund still has a timer")
	}
	if err := k.execute(refundNo); err != nil {
		t.Errorf("executing a finished refund: %v, want nothing to happen", err)
	}
	if _, err := k.requestRefund(no, payments.LatePayment); !errors.Is(err, payments.ErrNothingToRefund) {
		t.Errorf("a second refund: %v, want NOTHING_TO_REFUND", err)
	}
}

func TestRefundOfUnpaidAttempt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	if _, err := k.requestRefund(a.OutTradeNo, payments.OrderCancelled); !errors.Is(err, payments.ErrState) {
		t.Errorf("%v, want PAYMENT_STATE", err)
	}
}

// However the provider's answer gets lost, there is one refund under one number.
func TestRefundTroubleKeepsTheNumber(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault sandbox.Fault
		mchid string
	}{
		"never arrived":     {sandbox.Fault{Mode: sandbox.ModeDrop}, "1900000021"},
		"done, answer lost": {sandbox.Fault{Mode: sandbox.ModeCutAfterDoing}, "1900000022"},
		"done, forged":      {sandbox.Fault{Mode: sandbox.ModeWrongKey}, "1900000023"},
		"done, HTML":        {sandbox.Fault{Mode: sandbox.ModeGarbage}, "1900000024"},
		"busy":              {sandbox.Fault{Mode: sandbox.ModeError, Value: "SYSTEM_ERROR"}, "1900000025"},
		"too many calls":    {sandbox.Fault{Mode: sandbox.ModeError, Value: "FREQUENCY_LIMITED"}, "1900000026"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKitOf(t, tc.mchid)
			no := k.paid("ORDER1")
			refundNo, err := k.requestRefund(no, payments.LatePayment)
			if err != nil {
				t.Fatal(err)
			}
			tc.fault.Target, tc.fault.Match = sandbox.TargetRefund, tc.mchid
			k.arm(tc.fault)
			if err := k.execute(refundNo); err == nil {
				t.Error("the first call must fail, so that it is repeated")
			}
			if got := k.refundStatus(refundNo); got != "requested" {
				t.Errorf("refund is %s, want requested: an unsigned answer settles nothing", got)
			}
			k.untilRefund(refundNo, "succeeded")
			if n := k.refundsAtProvider(no); n != 1 {
				t.Errorf("%d refunds at the provider, want 1", n)
			}
		})
	}
}

func TestRefundOtherEnds(t *testing.T) {
	t.Parallel()
	t.Run("closed: the money is ours again to give", func(t *testing.T) {
		t.Parallel()
		k := newKitOf(t, "1900000031")
		no := k.paid("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeRefundClosed, Match: "1900000031"})
		refundNo, err := k.requestRefund(no, payments.LatePayment)
		if err != nil {
			t.Fatal(err)
		}
		k.untilRefund(refundNo, "failed")
		if got := k.attempt(no); got.Reserved != 0 || got.Refunded != 0 {
			t.Errorf("attempt %+v, want nothing reserved or refunded", got)
		}
		if n := len(k.Events(t, payments.TopicRefunded)); n != 0 {
			t.Errorf("%d refunded events, want none", n)
		}
		again, err := k.requestRefund(no, payments.LatePayment)
		if err != nil || again == refundNo {
			t.Errorf("asked again: %q %v, want a new number", again, err)
		}
	})
	t.Run("abnormal: nothing is given free, a person is told", func(t *testing.T) {
		t.Parallel()
		k := newKitOf(t, "1900000032")
		k.letCallbacksIn()
		no := k.paid("ORDER1")
		k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeRefundAbnormal, Match: "1900000032"})
		refundNo, err := k.requestRefund(no, payments.LatePayment)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.execute(refundNo); err != nil {
			t.Fatal(err)
		}
		k.eventually("the callback is recorded", func() bool { return len(k.anomalies()) == 1 })
		if got := k.anomalies()[0]; got.Reason != "refund" || got.Blocking {
			t.Errorf("anomaly %+v, want refund, not blocking", got)
		}
		k.eventually("the refund is abnormal", func() bool { return k.refundStatus(refundNo) == "abnormal" })
		if got := k.attempt(no).Reserved; got != 1234 {
			t.Errorf("reserved %d fen, want the refund's 1234 kept", got)
		}
	})
}

func TestRefundNotification(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.letCallbacksIn()
	no := k.paid("ORDER1")
	refundNo, err := k.requestRefund(no, payments.LatePayment)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.execute(refundNo); err != nil {
		t.Fatal(err)
	}
	k.eventually("the refund's callback was applied", func() bool { return k.refundStatus(refundNo) == "succeeded" })
	if n := len(k.Events(t, payments.TopicRefunded)); n != 1 {
		t.Errorf("%d refunded events, want 1", n)
	}
}

// A refund's notification that does not fit is never ok and moves nothing.
func TestRefundNotificationThatDoesNotFit(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	refundNo, err := k.requestRefund(no, payments.LatePayment)
	if err != nil {
		t.Fatal(err)
	}
	genuine := func(m map[string]any) {
		clear(m)
		m["mchid"], m["out_trade_no"], m["out_refund_no"], m["refund_id"] = merchant, no, refundNo, "50300000000000000000000000001"
		m["refund_status"], m["success_time"] = "SUCCESS", time.Now().Format(time.RFC3339)
		m["amount"] = map[string]any{"total": 1234, "refund": 1234}
	}
	cases := map[string]struct {
		bend   func(map[string]any)
		reason string
	}{
		"unknown refund":  {func(m map[string]any) { m["out_refund_no"] = "NOSUCHREFUND0001" }, "refund"},
		"other amount":    {func(m map[string]any) { m["amount"] = map[string]any{"total": 1234, "refund": 1} }, "amount"},
		"other merchant":  {func(m map[string]any) { m["mchid"] = otherMerchant }, "merchant"},
		"other payment":   {func(m map[string]any) { m["out_trade_no"] = "ANOTHERPAYMENT01" }, "refund"},
		"amount as words": {func(m map[string]any) { m["amount"] = map[string]any{"total": 1234, "refund": "all"} }, "amount"},
	}
	for name, tc := range cases {
		ack, err := k.handle(k.notice(sandbox.NotificationInput{
			OutTradeNo: no, EventType: "REFUND.SUCCESS", OriginalType: "refund", EventID: "R-" + name,
			Mutate: func(m map[string]any) { genuine(m); tc.bend(m) },
		}))
		if !errors.Is(err, payments.ErrAnomaly) {
			t.Errorf("%s: %v, want PAYMENT_ANOMALY", name, err)
		}
		wantAck(t, ack, http.StatusConflict)
	}
	if got := k.refundStatus(refundNo); got != "requested" {
		t.Errorf("refund is %s, want requested", got)
	}
	if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: no, EventType: "REFUND.SUCCESS", OriginalType: "refund", Mutate: genuine})); err != nil {
		t.Fatal(err)
	}
	if got := k.refundStatus(refundNo); got != "succeeded" {
		t.Errorf("after the genuine one the refund is %s, want succeeded", got)
	}
}
