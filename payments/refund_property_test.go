package payments_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/tenant/fault"
)

const (
	historySeeds = 6
	historySteps = 30
)

// history is a payment of 1234 fen to which everything happens that may happen to one.
type history struct {
	*unionKit
	dice    *rand.Rand
	order   string
	attempt string
	asked   int
	told    []string // what has happened, for whoever reads a failure
}

// TestAnyHistoryOfRefundsKeepsTheMoney: whatever sequence of asking, approving, refusing,
// withdrawing, sending, lost answers, refusals, notifications (late, doubled, out of order),
// settling by hand and asking again happens, what has gone back is between nothing and what
// was paid, what is kept for it adds up, books and provider agree, and at the end everything
// can go back: to the fen what was paid.
func TestAnyHistoryOfRefundsKeepsTheMoney(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	if err := k.service.SetRefundApproval(t.Context(), k.Tenant.ID, 600, "staff:1"); err != nil {
		t.Fatal(err)
	}
	first := rand.Uint64N(1 << 32)
	for seed := first; seed < first+historySeeds; seed++ {
		h := &history{unionKit: k, dice: rand.New(rand.NewPCG(seed, 0)), order: fmt.Sprint("ORDER", seed)}
		params, a := k.begin(h.order, payments.App)
		k.buy(params, "")
		k.query(a.OutTradeNo)
		h.attempt = a.OutTradeNo
		for range historySteps {
			h.step()
			if why := h.broken(); why != "" {
				t.Fatalf("seed %d: %s after\n%v", seed, why, h.told)
			}
		}
		if why := h.end(); why != "" {
			t.Errorf("seed %d: %s after\n%v", seed, why, h.told)
		}
	}
}

type refundFacts struct {
	No, Status string
	Fen        int64
}

func (h *history) refunds() []refundFacts {
	return query[refundFacts](h.kit, "SELECT out_refund_no, status, amount_fen::bigint FROM refund WHERE business_no = $1 ORDER BY id", h.order)
}

// step lets one thing happen. Refusals in form are part of it; anything else is a defect.
func (h *history) step() {
	h.t.Helper()
	list := h.refunds()
	if len(list) == 0 || h.dice.IntN(4) == 0 {
		h.asked++
		amount := money.Fen(h.dice.IntN(900) - 20)
		_, err := h.ask(h.order, fmt.Sprint(h.order, "-", h.asked), amount)
		h.note("ask", int(amount), err)
		return
	}
	r := list[h.dice.IntN(len(list))]
	act := h.dice.IntN(8)
	var err error
	switch act {
	case 0:
		err = h.decide(r.No, "staff:2", h.dice.IntN(3) > 0)
	case 1:
		err = h.service.WithdrawRefund(h.t.Context(), h.Tenant.ID, r.No, "staff:1")
	case 2:
		err = h.settle(r.No)
	case 3:
		_, err = h.service.RetryRefund(h.t.Context(), h.Tenant.ID, r.No, "staff:1")
	case 4:
		err = h.hear(r.No)
	default:
		h.spoil()
		err = h.execute(r.No)
		h.gateway.Disarm()
		h.Clock().Advance(time.Duration(h.dice.IntN(3)) * time.Second)
	}
	h.note([]string{"decide", "withdraw", "settle", "retry", "hear", "send", "send", "send"}[act], int(r.Fen), err)
}

func (h *history) note(what string, fen int, err error) {
	h.t.Helper()
	h.told = append(h.told, fmt.Sprintf("%s %d: %s", what, fen, fault.CodeOf(err)))
	if err != nil && fault.KindOf(err) == fault.Internal {
		h.t.Errorf("%s %d: %v", what, fen, err)
	}
}

// spoil arms one of the provider's misbehaviours, or none.
func (h *history) spoil() {
	modes := []string{
		"", "", unionpaygw.ModeDrop, unionpaygw.ModeCutAfterDoing, unionpaygw.ModeGarbage, unionpaygw.ModeCorruptSignature, unionpaygw.ModeRespCode, unionpaygw.ModeRefundFailed,
	}
	mode := modes[h.dice.IntN(len(modes))]
	if mode == "" {
		return
	}
	f := unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: mode}
	if mode == unionpaygw.ModeRespCode {
		f.Value = []string{"61", "05", "10"}[h.dice.IntN(3)]
	}
	if err := h.gateway.Arm(f); err != nil {
		h.t.Fatal(err)
	}
	h.told = append(h.told, mode)
}

// hear lets the provider's notification of a refund that is done come, once or more, however
// late.
func (h *history) hear(refundNo string) (err error) {
	for _, trade := range h.gateway.Books().Trades {
		if trade.OrderID != refundNo || (trade.RespCode != "00" && trade.RespCode != "A6") {
			continue
		}
		header, body, buildErr := h.gateway.Notification(unionpaygw.NotificationInput{MerID: unionMerchant, OrderID: refundNo})
		if buildErr != nil {
			h.t.Fatal(buildErr)
		}
		for range 1 + h.dice.IntN(3) {
			_, handleErr := h.service.HandleNotification(h.t.Context(), h.Tenant.ID, h.account.Key, payments.Notice{Header: header, Body: body})
			err = errors.Join(err, handleErr)
		}
	}
	return err
}

// broken says which rule of the money does not hold; "" is all of them.
func (h *history) broken() string {
	type sums struct{ Paid, Reserved, Gone, Going, Done, Elsewhere, Booked int64 }
	s := query[sums](h.kit, `SELECT a.amount_fen::bigint, a.refund_reserved_fen::bigint, a.refunded_fen::bigint,
		coalesce(sum(r.amount_fen) FILTER (WHERE r.finished_at IS NULL), 0)::bigint,
		coalesce(sum(r.amount_fen) FILTER (WHERE r.status IN ('succeeded', 'settled')), 0)::bigint,
		coalesce(sum(r.amount_fen) FILTER (WHERE r.status = 'settled'), 0)::bigint,
		(SELECT coalesce(sum(t.amount_fen), 0) FROM ledger_transfer t JOIN ledger_journal j ON j.no = t.journal_no JOIN refund x ON x.out_refund_no = j.ref WHERE j.kind = 'refund' AND x.attempt_id = a.id)::bigint
		FROM payment_attempt a LEFT JOIN refund r ON r.attempt_id = a.id WHERE a.out_trade_no = $1 GROUP BY a.id`, h.attempt)[0]
	var theirs int64
	for _, trade := range h.gateway.Books().Trades {
		if trade.OrderID == h.attempt {
			theirs = int64(trade.RefundedFen)
		}
	}
	switch {
	case s.Gone < 0 || s.Gone > s.Paid:
		return fmt.Sprintf("%d of %d has gone back", s.Gone, s.Paid)
	case s.Reserved < 0 || s.Gone+s.Reserved > s.Paid:
		return fmt.Sprintf("%d gone and %d kept of %d", s.Gone, s.Reserved, s.Paid)
	case s.Reserved != s.Going || s.Gone != s.Done:
		return fmt.Sprintf("kept %d for %d under way, gone %d of %d done", s.Reserved, s.Going, s.Gone, s.Done)
	case s.Booked != s.Done:
		return fmt.Sprintf("the books have %d of %d", s.Booked, s.Done)
	case theirs+s.Elsewhere > s.Paid:
		return fmt.Sprintf("the provider gave %d and people %d of %d", theirs, s.Elsewhere, s.Paid)
	case theirs < s.Done-s.Elsewhere:
		return fmt.Sprintf("we say %d went back, the provider says %d", s.Done-s.Elsewhere, theirs)
	}
	return ""
}

// end brings everything that is open to its end and gives the rest back.
func (h *history) end() string {
	h.t.Helper()
	for round := range 30 {
		open := false
		for _, r := range h.refunds() {
			switch r.Status {
			case "awaiting_approval":
				open = true
				_ = h.decide(r.No, "staff:2", true)
			case "requested", "waiting", "processing", "abnormal":
				open = true
				h.Clock().Advance(time.Minute)
				h.note("end", int(r.Fen), h.execute(r.No))
			}
		}
		if open {
			continue
		}
		rest := query[struct{ Fen int64 }](h.kit, "SELECT (amount_fen - refunded_fen)::bigint FROM payment_attempt WHERE out_trade_no = $1", h.attempt)[0].Fen
		if rest == 0 {
			return h.broken()
		}
		_, err := h.ask(h.order, fmt.Sprint(h.order, "-rest", round), money.Fen(rest))
		h.note("ask for the rest", int(rest), err)
	}
	return fmt.Sprintf("not everything went back: %+v", h.refunds())
}
