package channeltest

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/tenant/fault"
)

// Harness is a channel with a provider behind it.
type Harness struct {
	Channel payments.Channel
	Account payments.Account
	Scene   payments.Scene
	AppID   string
	Payer   string // a buyer the provider knows; who pays in the end where anybody may
	// NotifyURL is an address that the provider accepts; it may answer nothing.
	NotifyURL string
	// NewNumber makes a number that was never used.
	NewNumber func() string
	// ExpiresAt is a deadline in the future, the same for the whole run: repeats must be
	// equal.
	ExpiresAt time.Time
	// CreatedAt is when the payment began, the same for the whole run.
	CreatedAt time.Time
	// Pay does what the buyer's app does with the parameters and returns the provider's
	// number of the payment.
	Pay func(t *testing.T, p payments.ClientParams) (transactionID string)
	// Open does what a buyer does who looks at the cashier without paying, in a scene in
	// which the provider knows nothing of a payment before; nil where Prepay is enough.
	Open func(t *testing.T, p payments.ClientParams)
	// Offline says that Prepay asks nobody: what it makes is signed and handed out.
	Offline bool
	// Notice makes a genuine message about a payment, or one whose signature is wrong.
	Notice func(t *testing.T, outTradeNo string, forged bool) payments.Notice
	// Break arms one failure of the given kind for the next call of a kind ("prepay", or
	// "query" where Prepay calls nobody) about this harness's merchant.
	Break func(t *testing.T, call string, kind Failure)
	// Backdate moves a payment and its refunds to another time at the provider; nil where
	// there are no bills.
	Backdate func(t *testing.T, outTradeNo string, at time.Time)
}

// Failure is a way in which a provider fails.
type Failure string

// The failures every channel must survive.
const (
	NoAnswer  Failure = "no answer"     // the line is cut
	Forged    Failure = "forged answer" // signed by somebody else
	Nonsense  Failure = "nonsense"      // not the provider's format at all
	Busy      Failure = "busy"
	DoneNoAck Failure = "done, no answer"
)

const amount money.Fen = 1234

// Exercise runs the suite. Each case is a subtest.
func Exercise(t *testing.T, h Harness) {
	t.Helper()
	t.Run("prepay again gives the same payment", h.prepayAgain)
	t.Run("prepay with other parameters is refused", h.prepayOther)
	t.Run("unpaid, paid, refunded", h.life)
	t.Run("close makes unpayable and is repeatable", h.closing)
	t.Run("close of a paid number", h.closePaid)
	t.Run("unknown numbers", h.unknown)
	t.Run("failures have their class", h.failures)
	t.Run("notifications", h.notifications)
	t.Run("acknowledgements", h.acks)
	t.Run("a probe moves nothing", h.probe)
	t.Run("bills", h.bills)
}

func (h Harness) prepay(t *testing.T, outTradeNo string, fen money.Fen) (payments.ClientParams, error) {
	t.Helper()
	in := payments.PrepayRequest{
		Scene: h.Scene, AppID: h.AppID, OutTradeNo: outTradeNo, Title: "山野咖啡豆 & <茶> 一份", AmountFen: fen, Payer: h.Payer,
		ExpiresAt: h.ExpiresAt, CreatedAt: h.CreatedAt, NotifyURL: h.NotifyURL, ClientIP: "198.51.100.20",
	}
	if traits, served := h.Channel.Traits(h.Scene); !served {
		t.Fatalf("scene %s is not served", h.Scene)
	} else if traits.AnyPayer {
		in.Payer = ""
	}
	id, err := h.Channel.Prepay(t.Context(), h.Account, in)
	if err != nil {
		return payments.ClientParams{}, err
	}
	p, err := h.Channel.ClientParams(t.Context(), h.Account, in, id)
	if err != nil {
		t.Fatalf("client parameters: %v", err)
	}
	return p, nil
}

func (h Harness) begin(t *testing.T) (string, payments.ClientParams) {
	t.Helper()
	no := h.NewNumber()
	p, err := h.prepay(t, no, amount)
	if err != nil {
		t.Fatalf("prepay: %v", err)
	}
	return no, p
}

// handle is the part of the parameters that names the payment; the rest is signed afresh.
func (h Harness) handle(p payments.ClientParams) string {
	if p.Form != nil {
		return p.Form.Fields["orderId"] + p.Form.Fields["biz_content"]
	}
	if order, err := url.ParseQuery(p.OrderString); err == nil && p.OrderString != "" {
		return order.Get("biz_content")
	}
	if p.PrepayID != "" {
		return p.PrepayID
	}
	return p.Package + p.TradeNO + p.TN + p.CodeURL + p.URL
}

func want(t *testing.T, what string, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%s: %v, want %v", what, err, wanted)
	}
}

func (h Harness) prepayAgain(t *testing.T) {
	no, first := h.begin(t)
	second, err := h.prepay(t, no, amount)
	if err != nil {
		t.Fatalf("again: %v", err)
	}
	if a, b := h.handle(first), h.handle(second); a != b || a == "" {
		t.Errorf("the repeat gave %s, the first %s", b, a)
	}
}

func (h Harness) prepayOther(t *testing.T) {
	if h.Offline {
		t.Skip("the provider is not asked before the buyer comes")
	}
	no, _ := h.begin(t)
	_, err := h.prepay(t, no, amount+1)
	want(t, "another amount", err, payments.ErrNumberUsed)
}

func (h Harness) life(t *testing.T) {
	no, p := h.begin(t)
	h.open(t, no, p)
	got, err := h.Channel.Query(t.Context(), h.Account, no)
	if err != nil || got.State != payments.PaymentUnpaid {
		t.Fatalf("before: %v %v, want unpaid", got.State, err)
	}
	transactionID := h.Pay(t, p)
	got, err = h.Channel.Query(t.Context(), h.Account, no)
	if err != nil {
		t.Fatal(err)
	}
	h.wantPaid(t, got, no, transactionID)
	if !h.Offline {
		_, err = h.prepay(t, no, amount)
		want(t, "prepay of a paid number", err, payments.ErrProviderPaid)
	}

	refund := payments.RefundRequest{
		OutTradeNo: no, TransactionID: transactionID, OutRefundNo: h.NewNumber(), Reason: "测试退款", RefundFen: 234, TotalFen: amount, NotifyURL: h.NotifyURL,
	}
	for range 2 { // equal input is one refund
		result, err := h.Channel.Refund(t.Context(), h.Account, refund)
		if err != nil || result.OutRefundNo != refund.OutRefundNo || result.Amount.Fen != 234 || result.RefundID == "" {
			t.Fatalf("refund: %+v %v", result, err)
		}
	}
	h.untilRefunded(t, no, refund.OutRefundNo)
	got, err = h.Channel.Query(t.Context(), h.Account, no)
	if err != nil {
		t.Fatal(err)
	}
	h.wantPaid(t, got, no, transactionID) // a partial refund does not make it unpaid
	refund.OutRefundNo, refund.RefundFen = h.NewNumber(), amount
	if _, err = h.Channel.Refund(t.Context(), h.Account, refund); err == nil {
		t.Error("a refund of more than what is left was accepted")
	}
}

// open looks at the cashier where that is what the provider learns of a payment by; until
// then it denies knowing it, to a query and to a close.
func (h Harness) open(t *testing.T, no string, p payments.ClientParams) {
	t.Helper()
	if h.Open == nil {
		return
	}
	_, err := h.Channel.Query(t.Context(), h.Account, no)
	want(t, "query before anybody came", err, payments.ErrNoSuchNumber)
	want(t, "close before anybody came", h.Channel.Close(t.Context(), h.Account, no), payments.ErrNoSuchNumber)
	h.Open(t, p)
}

func (h Harness) wantPaid(t *testing.T, got payments.PaymentResult, no, transactionID string) {
	t.Helper()
	if got.State != payments.PaymentPaid || got.OutTradeNo != no || got.TransactionID != transactionID || !got.Amount.Valid ||
		got.Amount.Fen != amount || got.Identity != h.Channel.Identity(h.Account, h.Scene, h.AppID) || got.Payer != h.Payer || got.PaidAt.IsZero() {
		t.Errorf("the provider's word is %+v", got)
	}
}

func (h Harness) untilRefunded(t *testing.T, outTradeNo, outRefundNo string) {
	t.Helper()
	for range 500 { // ten seconds
		got, err := h.Channel.QueryRefund(t.Context(), h.Account, outTradeNo, outRefundNo)
		if err != nil {
			t.Fatalf("query refund: %v", err)
		}
		if got.State == payments.RefundDone {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the refund does not end")
}

func (h Harness) closing(t *testing.T) {
	no, p := h.begin(t)
	h.open(t, no, p)
	for range 2 {
		if err := h.Channel.Close(t.Context(), h.Account, no); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	if traits, _ := h.Channel.Traits(h.Scene); traits.NoClose {
		return // nil said that it is not paid so far
	}
	got, err := h.Channel.Query(t.Context(), h.Account, no)
	if err != nil || got.State != payments.PaymentClosed {
		t.Errorf("after: %v %v, want closed", got.State, err)
	}
	if h.Offline {
		return
	}
	_, err = h.prepay(t, no, amount)
	want(t, "prepay of a closed number", err, payments.ErrProviderClosed)
}

func (h Harness) closePaid(t *testing.T) {
	no, p := h.begin(t)
	h.Pay(t, p)
	want(t, "close", h.Channel.Close(t.Context(), h.Account, no), payments.ErrProviderPaid)
}

func (h Harness) unknown(t *testing.T) {
	_, err := h.Channel.Query(t.Context(), h.Account, h.NewNumber())
	want(t, "query", err, payments.ErrNoSuchNumber)
	want(t, "close", h.Channel.Close(t.Context(), h.Account, h.NewNumber()), payments.ErrNoSuchNumber)
	_, err = h.Channel.QueryRefund(t.Context(), h.Account, h.NewNumber(), h.NewNumber())
	want(t, "query refund", err, payments.ErrNoSuchNumber)
}

func (h Harness) failures(t *testing.T) {
	classes := map[Failure]error{
		NoAnswer: payments.ErrTimeout, DoneNoAck: payments.ErrTimeout, Forged: payments.ErrBadResponse,
		Nonsense: payments.ErrBadResponse, Busy: payments.ErrProviderBusy,
	}
	for kind, class := range classes {
		if h.Offline {
			h.queryFails(t, kind, class)
			continue
		}
		no := h.NewNumber()
		h.Break(t, "prepay", kind)
		_, err := h.prepay(t, no, amount)
		want(t, "prepay, "+string(kind), err, class)
		if _, err := h.prepay(t, no, amount); err != nil {
			t.Errorf("prepay again after %s: %v", kind, err)
		}
	}
}

// queryFails is a failure where Prepay calls nobody.
func (h Harness) queryFails(t *testing.T, kind Failure, class error) {
	t.Helper()
	no, p := h.begin(t)
	h.Pay(t, p)
	h.Break(t, "query", kind)
	_, err := h.Channel.Query(t.Context(), h.Account, no)
	want(t, "query, "+string(kind), err, class)
	if _, err := h.Channel.Query(t.Context(), h.Account, no); err != nil {
		t.Errorf("query again after %s: %v", kind, err)
	}
}

func (h Harness) notifications(t *testing.T) {
	no, p := h.begin(t)
	transactionID := h.Pay(t, p)
	n := h.Notice(t, no, false)
	got, err := h.Channel.ParseNotification(t.Context(), h.Account, n)
	if err != nil || got.Payment == nil || got.Refund != nil || got.EventID == "" {
		t.Fatalf("genuine: %+v %v", got, err)
	}
	h.wantPaid(t, *got.Payment, no, transactionID)
	n.Body = append(slices.Clip(n.Body), ' ')
	_, err = h.Channel.ParseNotification(t.Context(), h.Account, n)
	want(t, "one byte more", err, payments.ErrNoticeSignature)
	_, err = h.Channel.ParseNotification(t.Context(), h.Account, h.Notice(t, no, true))
	want(t, "forged", err, payments.ErrNoticeSignature)
	if _, err := h.Channel.ParseNotification(t.Context(), h.Account, payments.Notice{Header: nil, Body: nil}); err == nil {
		t.Error("an empty message was taken")
	}
}

func (h Harness) acks(t *testing.T) {
	if got := h.Channel.Ack(nil); got.Status != 200 {
		t.Errorf("ok is %d", got.Status)
	}
	for _, err := range []error{
		payments.ErrNoticeSignature, payments.ErrNoticeProbe, payments.ErrNoticeMalformed, payments.ErrAnomaly,
		fault.ErrBusy, errors.New("anything"),
	} {
		if got := h.Channel.Ack(err); got.Status < 400 || len(got.Body) == 0 {
			t.Errorf("%v is answered with %d %s, want not ok", err, got.Status, got.Body)
		}
	}
}

func (h Harness) probe(t *testing.T) {
	for range 2 {
		if err := h.Channel.Probe(t.Context(), h.Account); err != nil {
			t.Fatalf("keys that fit: %v", err)
		}
	}
}
