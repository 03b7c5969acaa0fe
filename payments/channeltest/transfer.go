package channeltest

import (
	"slices"
	"testing"

	"galleria/payments"
)

// Payer is a channel that pays people, with a provider behind it.
type Payer struct {
	Channel   payments.Transferrer
	Account   payments.Account
	AppID     string
	Kind      payments.ReceiverKind
	Receiver  string // somebody the provider knows
	Stranger  string // somebody it does not
	NotifyURL string
	NewNumber func() string
	Terms     payments.TransferTerms
	// Confirm does what the receiver's app does; nil where nothing is to be confirmed.
	Confirm func(t *testing.T, r payments.TransferResult)
	// Notice makes a genuine message about a transfer that has ended, or one whose
	// signature is wrong; nil where the provider sends none.
	Notice func(t *testing.T, outBillNo string, forged bool) payments.Notice
	// Broke takes away, or gives back, the merchant's money.
	Broke func(t *testing.T, broke bool)
	// Break arms one failure for the next call of a kind: "transfer", "transfer_query".
	Break func(t *testing.T, call string, kind Failure)
}

// ExerciseTransfer runs the suite of what every channel that pays people must do.
func ExerciseTransfer(t *testing.T, h Payer) {
	t.Helper()
	t.Run("a transfer reaches its receiver, once", h.life)
	t.Run("the same number with other words is refused", h.other)
	t.Run("unknown numbers", h.unknown)
	t.Run("a name travels sealed", h.named)
	t.Run("too little money, then enough", h.broke)
	t.Run("failures have their class and leave one transfer", h.failures)
	t.Run("cancel", h.cancel)
	t.Run("notifications", h.notifications)
}

func (h Payer) request() payments.TransferRequest {
	return payments.TransferRequest{
		OutBillNo: h.NewNumber(), AppID: h.AppID, ReceiverKind: h.Kind, Receiver: h.Receiver, AmountFen: amount, Title: "推广佣金", Terms: h.Terms, NotifyURL: h.NotifyURL,
	}
}

func (h Payer) finished(t *testing.T, r payments.TransferResult) {
	t.Helper()
	if h.Confirm != nil {
		if r.State != payments.TransferWaiting || r.PackageInfo == "" {
			t.Fatalf("nothing to confirm: %+v", r)
		}
		h.Confirm(t, r)
	}
}

func (h Payer) life(t *testing.T) {
	in := h.request()
	var r payments.TransferResult
	for range 2 { // equal input is one transfer
		var err error
		if r, err = h.Channel.Transfer(t.Context(), h.Account, in); err != nil || r.OutBillNo != in.OutBillNo || r.ProviderNo == "" {
			t.Fatalf("transfer: %+v %v", r, err)
		}
	}
	h.finished(t, r)
	for range 2 {
		got, err := h.Channel.QueryTransfer(t.Context(), h.Account, in.OutBillNo)
		if err != nil || got.State != payments.TransferDone || got.ProviderNo != r.ProviderNo || got.DoneAt.IsZero() {
			t.Fatalf("query: %+v %v", got, err)
		}
		if got, err = h.Channel.FindTransfer(t.Context(), h.Account, r.ProviderNo); err != nil || got.OutBillNo != in.OutBillNo || got.State != payments.TransferDone {
			t.Fatalf("find: %+v %v", got, err)
		}
	}
}

func (h Payer) other(t *testing.T) {
	in := h.request()
	if _, err := h.Channel.Transfer(t.Context(), h.Account, in); err != nil {
		t.Fatal(err)
	}
	in.AmountFen++
	if r, err := h.Channel.Transfer(t.Context(), h.Account, in); err == nil && r.State != payments.TransferFailed {
		t.Errorf("another amount under the same number: %+v", r)
	}
	in = h.request()
	in.Receiver = h.Stranger
	if r, err := h.Channel.Transfer(t.Context(), h.Account, in); err == nil && r.State != payments.TransferFailed {
		t.Errorf("a stranger is paid: %+v", r)
	}
}

func (h Payer) unknown(t *testing.T) {
	_, err := h.Channel.QueryTransfer(t.Context(), h.Account, h.NewNumber())
	want(t, "query", err, payments.ErrNoSuchNumber)
	_, err = h.Channel.FindTransfer(t.Context(), h.Account, h.NewNumber())
	want(t, "find", err, payments.ErrNoSuchNumber)
}

func (h Payer) named(t *testing.T) {
	in := h.request()
	in.Name, in.AmountFen = "欧阳小满", 2_500_00
	r, err := h.Channel.Transfer(t.Context(), h.Account, in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := h.Channel.Transfer(t.Context(), h.Account, in); err != nil || again.ProviderNo != r.ProviderNo {
		t.Errorf("again: %+v %v", again, err)
	}
}

func (h Payer) broke(t *testing.T) {
	in := h.request()
	h.Broke(t, true)
	_, err := h.Channel.Transfer(t.Context(), h.Account, in)
	h.Broke(t, false)
	want(t, "without money", err, payments.ErrNotEnough)
	if r, err := h.Channel.Transfer(t.Context(), h.Account, in); err != nil || r.ProviderNo == "" {
		t.Errorf("with money: %+v %v", r, err)
	}
}

func (h Payer) failures(t *testing.T) {
	classes := map[Failure]error{
		NoAnswer: payments.ErrTimeout, DoneNoAck: payments.ErrTimeout, Forged: payments.ErrBadResponse, Nonsense: payments.ErrBadResponse, Busy: payments.ErrProviderBusy,
	}
	for kind, class := range classes {
		in := h.request()
		h.Break(t, "transfer", kind)
		_, err := h.Channel.Transfer(t.Context(), h.Account, in)
		want(t, "transfer, "+string(kind), err, class)
		if _, err := h.Channel.Transfer(t.Context(), h.Account, in); err != nil {
			t.Errorf("again after %s: %v", kind, err)
		}
		if kind == NoAnswer || kind == DoneNoAck { // a question is repeated by the transport itself
			continue
		}
		h.Break(t, "transfer_query", kind)
		_, err = h.Channel.QueryTransfer(t.Context(), h.Account, in.OutBillNo)
		want(t, "query, "+string(kind), err, class)
	}
}

func (h Payer) cancel(t *testing.T) {
	in := h.request()
	r, err := h.Channel.Transfer(t.Context(), h.Account, in)
	if err != nil {
		t.Fatal(err)
	}
	if h.Confirm == nil { // the money is there
		want(t, "cancel", h.Channel.CancelTransfer(t.Context(), h.Account, in.OutBillNo), payments.ErrRefused)
		return
	}
	for range 2 {
		if err := h.Channel.CancelTransfer(t.Context(), h.Account, in.OutBillNo); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Channel.QueryTransfer(t.Context(), h.Account, in.OutBillNo)
	if err != nil || (got.State != payments.TransferCancelling && got.State != payments.TransferCancelled) || got.PackageInfo != "" {
		t.Errorf("after the cancellation of %s: %+v %v", r.ProviderNo, got, err)
	}
	in = h.request()
	if r, err = h.Channel.Transfer(t.Context(), h.Account, in); err != nil {
		t.Fatal(err)
	}
	h.Confirm(t, r)
	want(t, "cancel of what has arrived", h.Channel.CancelTransfer(t.Context(), h.Account, in.OutBillNo), payments.ErrRefused)
	want(t, "cancel of a stranger", h.Channel.CancelTransfer(t.Context(), h.Account, h.NewNumber()), payments.ErrNoSuchNumber)
}

func (h Payer) notifications(t *testing.T) {
	if h.Notice == nil {
		t.Skip("the provider sends none")
	}
	in := h.request()
	r, err := h.Channel.Transfer(t.Context(), h.Account, in)
	if err != nil {
		t.Fatal(err)
	}
	h.finished(t, r)
	n := h.Notice(t, in.OutBillNo, false)
	got, err := h.Channel.ParseNotification(t.Context(), h.Account, n)
	if err != nil || got.Transfer == nil || got.Payment != nil || got.Refund != nil || got.Transfer.State != payments.TransferDone ||
		got.Transfer.Amount.Fen != amount || got.Transfer.MerchantNo != h.Account.MerchantNo || got.Transfer.OutBillNo != in.OutBillNo {
		t.Fatalf("genuine: %+v %v", got, err)
	}
	n.Body = append(slices.Clip(n.Body), ' ')
	_, err = h.Channel.ParseNotification(t.Context(), h.Account, n)
	want(t, "one byte more", err, payments.ErrNoticeSignature)
	_, err = h.Channel.ParseNotification(t.Context(), h.Account, h.Notice(t, in.OutBillNo, true))
	want(t, "forged", err, payments.ErrNoticeSignature)
}
