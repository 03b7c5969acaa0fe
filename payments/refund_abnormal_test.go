package payments_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
)

// abnormal brings a refund to where the buyer's account takes no money.
func (k *kit) abnormal(mchid string) (no, refundNo string) {
	k.t.Helper()
	no = k.paid("ORDER1")
	refundNo = k.mustAsk("ORDER1", "a", 1234)
	k.arm(sandbox.Fault{Target: sandbox.TargetRefund, Match: mchid, Mode: sandbox.ModeRefundAbnormal})
	if err := k.execute(refundNo); err != nil {
		k.t.Fatal(err)
	}
	k.untilHeld(refundNo, heldRow{"abnormal", "abnormal"})
	return no, refundNo
}

// untilHeld asks the provider until the refund stands where it is wanted.
func (k *kit) untilHeld(refundNo string, want heldRow) {
	k.t.Helper()
	k.eventually("refund "+want.Status+" "+want.Hold, func() bool {
		if err := k.execute(refundNo); err != nil {
			k.t.Fatal(err)
		}
		return k.held(refundNo) == want
	})
}

func redirect(refundNo string, to payments.RedirectTo) payments.RedirectInput {
	in := payments.RedirectInput{Redirect: payments.Redirect{OutRefundNo: refundNo, To: to}, Actor: "staff:3"}
	if to == payments.ToBuyerBank {
		in.Bank, in.Card, in.Holder = "ICBC_DEBIT", "6222 0212 0212 3456 789", " 王小明 "
	}
	return in
}

// An abnormal refund reaches a bank card of the buyer's, once; the card is in no table.
func TestAbnormalRefundToTheBuyersCard(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000081")
	no, refundNo := k.abnormal("1900000081")
	send := func(in payments.RedirectInput) error { return k.service.RedirectRefund(t.Context(), k.Tenant.ID, in) }

	wrong := redirect(refundNo, payments.ToBuyerBank)
	wrong.Card, wrong.Bank, wrong.Holder = "6222", "MOON_DEBIT", ""
	if err := send(wrong); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a card of four digits: %v", err)
	}
	k.arm(sandbox.Fault{Target: sandbox.TargetAbnormalRefund, Match: "1900000081", Mode: sandbox.ModeCutAfterDoing})
	if err := send(redirect(refundNo, payments.ToBuyerBank)); !errors.Is(err, payments.ErrTimeout) {
		t.Fatalf("a lost answer: %v", err)
	}
	// Sent again, the provider is asked first: it is under way.
	if err := send(redirect(refundNo, payments.ToBuyerBank)); !errors.Is(err, payments.ErrRefundUnderWay) && !errors.Is(err, payments.ErrRefundState) {
		t.Errorf("the repeat: %v, want REFUND_UNDER_WAY", err)
	}
	k.untilRefund(refundNo, "succeeded")
	if got := k.attempt(no); got.Reserved != 0 || got.Refunded != 1234 {
		t.Errorf("attempt %+v, want all refunded", got)
	}
	type exchange struct{ Asked string }
	asked := query[exchange](k, "SELECT asked FROM payment_exchange WHERE step = 'refund_abnormal'")
	if len(asked) != 1 {
		t.Fatalf("kept %+v, want one request", asked)
	}
	// The address bears the provider's own number, whose digits are anybody's: the body is read.
	_, body, _ := strings.Cut(asked[0].Asked, "\n")
	var kept struct {
		Account string `json:"bank_account"`
		Holder  string `json:"real_name"`
		Type    string `json:"type"`
	}
	if err := json.Unmarshal([]byte(body), &kept); err != nil || kept.Account != "***" || kept.Holder != "***" || kept.Type != "USER_BANK_CARD" {
		t.Errorf("kept %s (%v), want it masked", asked[0].Asked, err)
	}
	if whole := strings.ReplaceAll(asked[0].Asked, " ", ""); strings.Contains(whole, "6222021202123456789") || strings.Contains(whole, "王小明") {
		t.Errorf("kept %s, want no card", asked[0].Asked)
	}
	for _, r := range k.provider.Books().Refunds {
		if r.OutRefundNo == refundNo && r.ReceivedBy != "ICBC_DEBIT6789" {
			t.Errorf("the provider paid to %q", r.ReceivedBy)
		}
	}
}

// Money that the provider brought back to the shop is owed to the buyer until a person has
// given it; it left the shop's balance at the provider, not its bank.
func TestAbnormalRefundToTheMerchantIsOwed(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000082")
	no, refundNo := k.abnormal("1900000082")
	if err := k.service.RedirectRefund(t.Context(), k.Tenant.ID, redirect(refundNo, payments.ToMerchantBank)); err != nil {
		t.Fatal(err)
	}
	k.untilHeld(refundNo, heldRow{"abnormal", "owed"})
	if got := k.attempt(no); got.Reserved != 1234 || got.Refunded != 0 {
		t.Errorf("attempt %+v, want it still owed", got)
	}
	if err := k.service.RedirectRefund(t.Context(), k.Tenant.ID, redirect(refundNo, payments.ToBuyerBank)); !errors.Is(err, payments.ErrRefundState) {
		t.Errorf("once more elsewhere: %v, want REFUND_STATE", err)
	}
	if err := k.settle(refundNo); err != nil {
		t.Fatal(err)
	}
	if got := k.attempt(no); got.Reserved != 0 || got.Refunded != 1234 {
		t.Errorf("attempt %+v, want all refunded", got)
	}
	type sum struct{ Fen int64 }
	if got := query[sum](k, "SELECT coalesce(sum(amount_fen), 0)::bigint FROM ledger_transfer WHERE credit = 'bank'")[0].Fen; got != 0 {
		t.Errorf("the bank gave %d, want nothing: it had come in before", got)
	}
}

// A refund that is not abnormal is not brought elsewhere, and a no of the provider leaves it
// a task.
func TestAbnormalRefundRefused(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000083")
	k.paid("ORDER1")
	refundNo := k.mustAsk("ORDER1", "a", 234)
	if err := k.service.RedirectRefund(t.Context(), k.Tenant.ID, redirect(refundNo, payments.ToMerchantBank)); !errors.Is(err, payments.ErrRefundState) {
		t.Errorf("before anybody asked: %v, want REFUND_STATE", err)
	}
	k2 := newKitOf(t, "1900000084")
	_, refundNo = k2.abnormal("1900000084")
	k2.arm(sandbox.Fault{Target: sandbox.TargetAbnormalRefund, Match: "1900000084", Mode: sandbox.ModeError, Value: "NOT_ENOUGH"})
	if err := k2.service.RedirectRefund(t.Context(), k2.Tenant.ID, redirect(refundNo, payments.ToMerchantBank)); !errors.Is(err, payments.ErrNotEnough) {
		t.Errorf("%v, want the provider's no", err)
	}
	if got := k2.held(refundNo); got != (heldRow{"abnormal", "abnormal"}) {
		t.Errorf("refund is %+v, want the task to stay", got)
	}
}
