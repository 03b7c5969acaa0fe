package payments_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// ask asks for a refund as a person of the shop; document is what asks.
func (k *kit) ask(businessNo, document string, amount money.Fen) (payments.Refund, error) {
	return k.service.AskRefund(k.t.Context(), k.Tenant.ID, payments.AskInput{
		BusinessNo: businessNo, AmountFen: amount, Reason: payments.ByStaff, Note: "缺货", SourceKind: payments.SourceStaff, SourceNo: document, Actor: "staff:1",
	})
}

func (k *kit) mustAsk(businessNo, document string, amount money.Fen) string {
	k.t.Helper()
	r, err := k.ask(businessNo, document, amount)
	if err != nil {
		k.t.Fatalf("ask for %d: %v", amount, err)
	}
	return r.OutRefundNo
}

func (k *kit) exec(sql string, args ...any) {
	k.t.Helper()
	err := k.DB.InTenant(k.t.Context(), k.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(k.t.Context(), sql, args...)
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

type heldRow struct{ Status, Hold string }

func (k *kit) held(outRefundNo string) heldRow {
	k.t.Helper()
	return query[heldRow](k, "SELECT status, hold FROM refund WHERE out_refund_no = $1", outRefundNo)[0]
}

func (k *kit) decide(outRefundNo, actor string, approve bool) error {
	return k.service.DecideRefund(k.t.Context(), k.Tenant.ID, payments.DecideInput{OutRefundNo: outRefundNo, Approve: approve, Note: "看过了", Actor: actor})
}

func (k *kit) settle(outRefundNo string) error {
	return k.service.SettleRefund(k.t.Context(), k.Tenant.ID, payments.SettleInput{
		OutRefundNo: outRefundNo, Means: payments.Elsewhere, Evidence: "已转账，回单见附件", EvidenceRef: "回单 20261122-1", Actor: "staff:1",
	})
}

// T071: of twenty refunds of 400 on 1234 asked for at once by two processes, three fit.
func TestT071ParallelRefundsNeverExceedThePayment(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	services := []*payments.Service{k.service, k.newService()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	accepted := []string{}
	for i := range 20 {
		wg.Go(func() {
			r, err := services[i%2].AskRefund(t.Context(), k.Tenant.ID, payments.AskInput{
				BusinessNo: "ORDER1", AmountFen: 400, Reason: payments.ByStaff, Note: "缺货", SourceKind: payments.SourceStaff, SourceNo: "F" + strconv.Itoa(i), Actor: "staff:1",
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				accepted = append(accepted, r.OutRefundNo)
			case !errors.Is(err, payments.ErrRefundExceeds):
				t.Errorf("refund %d: %v, want REFUND_EXCEEDS", i, err)
			}
		})
	}
	wg.Wait()
	if len(accepted) != 3 {
		t.Fatalf("%d refunds accepted, want 3", len(accepted))
	}
	if got := k.attempt(no); got.Reserved != 1200 || got.Refunded != 0 {
		t.Errorf("attempt %+v, want 1200 reserved", got)
	}
	for _, refundNo := range accepted {
		if err := k.execute(refundNo); err != nil {
			t.Error(err)
		}
	}
	if n := k.refundsAtProvider(no); n != 1 {
		t.Errorf("%d refunds at the provider within a minute, want 1", n)
	}
	if _, err := k.ask("ORDER1", "rest", 35); !errors.Is(err, payments.ErrRefundExceeds) {
		t.Errorf("35 of 34: %v, want REFUND_EXCEEDS", err)
	}
	k.mustAsk("ORDER1", "rest", 34)
}

// T072: what cannot be refunded is refused before a provider hears of it.
func TestT072ImpossibleRefunds(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000071")
	no := k.paid("ORDER1")
	k.begin("ORDER2")
	for name, tc := range map[string]struct {
		order  string
		amount money.Fen
		want   error
	}{
		"nothing":         {"ORDER1", 0, fault.ErrValidation},
		"less":            {"ORDER1", -1, fault.ErrValidation},
		"more than paid":  {"ORDER1", 1235, payments.ErrRefundExceeds},
		"unpaid":          {"ORDER2", 1, fault.ErrNotFound},
		"no such payment": {"ORDER9", 1, fault.ErrNotFound},
	} {
		if _, err := k.ask(tc.order, name, tc.amount); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	for i := range 50 {
		refundNo := k.mustAsk("ORDER1", fmt.Sprint("part", i), 1)
		k.exec("UPDATE refund SET sent_at = now() - interval '1 day' WHERE out_refund_no = $1", refundNo)
	}
	if _, err := k.ask("ORDER1", "51", 1); !errors.Is(err, payments.ErrRefundTooMany) {
		t.Errorf("51st part: %v, want REFUND_TOO_MANY", err)
	}
	k.paid("ORDER3")
	k.exec("UPDATE payment_attempt SET paid_at = paid_at - interval '366 days' WHERE business_no = 'ORDER3'")
	if _, err := k.ask("ORDER3", "old", 1); !errors.Is(err, payments.ErrRefundTooOld) {
		t.Errorf("after 366 days: %v, want REFUND_TOO_OLD", err)
	}
	if n := k.refundsAtProvider(no); n != 0 {
		t.Errorf("%d refunds at the provider, want none", n)
	}
}

// T076: the second of two partial refunds within a minute waits for the minute, and is not
// lost.
func TestT076SecondPartWaitsForTheMinute(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	first, second := k.mustAsk("ORDER1", "a", 300), k.mustAsk("ORDER1", "b", 200)
	if err := errors.Join(k.execute(first), k.execute(second)); err != nil {
		t.Fatal(err)
	}
	if got := k.held(second); got != (heldRow{"waiting", "spacing"}) {
		t.Fatalf("the second is %+v, want waiting for the spacing", got)
	}
	if wait, ok := k.timer("payments.refund_query", second); !ok || wait <= 0 || wait > time.Minute+time.Second {
		t.Errorf("the second's timer is due in %s, want at most a minute", wait)
	}
	k.untilRefund(first, "succeeded")
	if n := k.refundsAtProvider(no); n != 1 {
		t.Errorf("%d refunds at the provider, want 1", n)
	}
	k.exec("UPDATE refund SET sent_at = sent_at - interval '61 seconds' WHERE out_refund_no = $1", first)
	if err := k.execute(second); err != nil && !errors.Is(err, payments.ErrProviderBusy) {
		t.Fatal(err) // the sandbox has a minute of its own
	}
	type tries struct{ N int32 }
	if got := query[tries](k, "SELECT tries FROM refund WHERE out_refund_no = $1", second)[0].N; got != 1 {
		t.Errorf("after the minute the second was sent %d times, want once", got)
	}
}

// A document asks once, however often its form is sent.
func TestAskRefundOncePerDocument(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	var wg sync.WaitGroup
	numbers := make([]string, 8)
	for i := range numbers {
		wg.Go(func() {
			r, err := k.ask("ORDER1", "same", 500)
			if err != nil {
				t.Error(err)
			}
			numbers[i] = r.OutRefundNo
		})
	}
	wg.Wait()
	for _, n := range numbers {
		if n != numbers[0] {
			t.Errorf("two numbers for one document: %s, %s", n, numbers[0])
		}
	}
	if got := k.attempt(no).Reserved; got != 500 {
		t.Errorf("%d reserved, want 500", got)
	}
	if _, err := k.ask("ORDER1", "same", 501); !errors.Is(err, payments.ErrRefundSourceUsed) {
		t.Errorf("the document with another amount: %v, want REFUND_SOURCE_USED", err)
	}
}

// An empty balance is no failure: the refund waits, is a task, and goes on under its number.
func TestRefundWaitsForBalance(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000027")
	no := k.paid("ORDER1")
	refundNo := k.mustAsk("ORDER1", "a", 1000)
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Match: "1900000027", Mode: sandbox.ModeError, Value: "NOT_ENOUGH"})
	if err := k.execute(refundNo); err != nil {
		t.Fatal(err)
	}
	if got := k.held(refundNo); got != (heldRow{"waiting", "balance"}) || k.attempt(no).Reserved != 1000 {
		t.Fatalf("refund is %+v, want waiting for the balance with its reserve kept", got)
	}
	if due, ok := k.timer("payments.refund_query", refundNo); !ok || due < 50*time.Minute {
		t.Errorf("timer due in %s, want in about an hour", due)
	}
	goesOn, err := k.service.RetryRefund(t.Context(), k.Tenant.ID, refundNo, "staff:1")
	if err != nil || goesOn != refundNo {
		t.Fatalf("retry goes on with %q %v, want the same number", goesOn, err)
	}
	k.untilRefund(refundNo, "succeeded")
	if n := k.refundsAtProvider(no); n != 1 {
		t.Errorf("%d refunds at the provider, want 1", n)
	}
}

// What the provider refuses is settled by hand, with evidence, once.
func TestRefundSettledByHand(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000072")
	no := k.paid("ORDER1")
	refundNo := k.mustAsk("ORDER1", "a", 1234)
	if err := k.settle(refundNo); !errors.Is(err, payments.ErrRefundState) {
		t.Errorf("settled before anybody asked the provider: %v, want REFUND_STATE", err)
	}
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Match: "1900000072", Mode: sandbox.ModeError, Value: "USER_ACCOUNT_ABNORMAL"})
	if err := k.execute(refundNo); err != nil {
		t.Fatal(err)
	}
	if got := k.held(refundNo); got != (heldRow{"waiting", "refused"}) {
		t.Fatalf("refund is %+v, want waiting, refused", got)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	settled := 0
	for range 4 {
		wg.Go(func() {
			if err := k.settle(refundNo); err == nil {
				mu.Lock()
				settled++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if settled != 1 {
		t.Errorf("settled %d times, want once", settled)
	}
	if got := k.attempt(no); got.Reserved != 0 || got.Refunded != 1234 {
		t.Errorf("attempt %+v, want all refunded", got)
	}
	if err := k.execute(refundNo); err != nil || k.refundsAtProvider(no) != 0 {
		t.Errorf("a settled refund was sent: %v", err)
	}
	type sum struct{ Fen int64 }
	if got := query[sum](k, "SELECT coalesce(sum(amount_fen), 0)::bigint FROM ledger_transfer WHERE credit = 'bank'")[0].Fen; got != 1234 {
		t.Errorf("the bank gave %d, want 1234", got)
	}
}

// A refund that the provider has done after all is not paid a second time by hand.
func TestSettleAsksTheProviderFirst(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000073")
	k.paid("ORDER1")
	refundNo := k.mustAsk("ORDER1", "a", 1234)
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Match: "1900000073", Mode: sandbox.ModeCutAfterDoing})
	if err := k.execute(refundNo); err == nil {
		t.Fatal("the answer was to be lost")
	}
	k.exec("UPDATE refund SET status = 'waiting', hold = 'refused' WHERE out_refund_no = $1", refundNo)
	if err := k.settle(refundNo); !errors.Is(err, payments.ErrRefundUnderWay) {
		t.Errorf("%v, want REFUND_UNDER_WAY", err)
	}
	k.untilRefund(refundNo, "succeeded")
}

// T020, the money's side: above the limit nobody approves alone, and of two who approve at
// once one counts.
func TestT020SecondPersonApproves(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	if err := k.service.SetRefundApproval(t.Context(), k.Tenant.ID, 500, "staff:1"); err != nil {
		t.Fatal(err)
	}
	small, err := k.ask("ORDER1", "small", 500)
	if err != nil || small.Status != payments.RefundRequested {
		t.Errorf("at the limit: %+v %v, want requested", small, err)
	}
	large, err := k.ask("ORDER1", "large", 501)
	if err != nil || large.Status != payments.RefundAwaitingApproval {
		t.Fatalf("above the limit: %+v %v, want it to wait for a second person", large, err)
	}
	if err := k.execute(large.OutRefundNo); err != nil || k.refundsAtProvider(no) != 0 {
		t.Errorf("executed without approval: %v", err)
	}
	if err := k.decide(large.OutRefundNo, "staff:1", true); !errors.Is(err, payments.ErrRefundOwn) {
		t.Errorf("own approval: %v, want REFUND_OWN", err)
	}
	before := len(k.Events(t, payments.TopicRefundRequested))
	var wg sync.WaitGroup
	var mu sync.Mutex
	counted := 0
	for i := range 6 {
		wg.Go(func() {
			err := k.decide(large.OutRefundNo, fmt.Sprint("staff:", 2+i), i%2 == 0 || i == 5)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				counted++
			case !errors.Is(err, payments.ErrRefundState):
				t.Errorf("a later decision: %v, want REFUND_STATE", err)
			}
		})
	}
	wg.Wait()
	if counted != 1 {
		t.Errorf("%d decisions counted, want 1", counted)
	}
	got, events := k.refundStatus(large.OutRefundNo), len(k.Events(t, payments.TopicRefundRequested))-before
	if (got == "requested") != (events == 1) || (got == "refused") != (events == 0) {
		t.Errorf("refund is %s with %d events", got, events)
	}
	if got == "refused" && k.attempt(no).Reserved != 500 {
		t.Errorf("a refused refund still holds its amount: %+v", k.attempt(no))
	}
}

// A refund that nobody sent is taken back; one that was sent is not.
func TestWithdrawRefund(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	no := k.paid("ORDER1")
	if err := k.service.SetRefundApproval(t.Context(), k.Tenant.ID, 0, "staff:1"); err != nil {
		t.Fatal(err)
	}
	refundNo := k.mustAsk("ORDER1", "a", 100)
	if err := k.service.WithdrawRefund(t.Context(), k.Tenant.ID, refundNo, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if got := k.attempt(no).Reserved; got != 0 {
		t.Errorf("%d reserved after the withdrawal, want 0", got)
	}
	sent := k.mustAsk("ORDER1", "b", 100)
	if err := k.decide(sent, "staff:2", true); err != nil {
		t.Fatal(err)
	}
	if err := k.execute(sent); err != nil {
		t.Fatal(err)
	}
	if err := k.service.WithdrawRefund(t.Context(), k.Tenant.ID, sent, "staff:1"); !errors.Is(err, payments.ErrRefundState) {
		t.Errorf("withdrawn after it was sent: %v, want REFUND_STATE", err)
	}
}

// A closed refund goes on under a new number, with the approval it had.
func TestRetryOfAClosedRefund(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000074")
	no := k.paid("ORDER1")
	if err := k.service.SetRefundApproval(t.Context(), k.Tenant.ID, 0, "staff:1"); err != nil {
		t.Fatal(err)
	}
	refundNo := k.mustAsk("ORDER1", "a", 700)
	if err := k.decide(refundNo, "staff:2", true); err != nil {
		t.Fatal(err)
	}
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeRefundClosed, Match: "1900000074"})
	k.untilRefund(refundNo, "failed")
	first, err := k.service.RetryRefund(t.Context(), k.Tenant.ID, refundNo, "staff:1")
	if err != nil || first == refundNo {
		t.Fatalf("retry: %q %v, want a new number", first, err)
	}
	if _, err := k.service.RetryRefund(t.Context(), k.Tenant.ID, refundNo, "staff:1"); err == nil {
		t.Error("a failed refund has two successors")
	}
	if got := k.refundStatus(first); got != "requested" || k.attempt(no).Reserved != 700 {
		t.Errorf("the successor is %s, want requested with its reserve", got)
	}
}
