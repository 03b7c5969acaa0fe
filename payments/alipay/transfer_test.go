package alipay_test

import (
	"errors"
	"testing"

	"galleria/payments"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox/alipaygw"
)

func (b *bench) purse() channeltest.Payer {
	harness := b.harness(payments.MiniProgram)
	return channeltest.Payer{
		Channel: b.channel, Account: b.account, AppID: signApp, Kind: payments.ReceiverOpenID, Receiver: alipaygw.OpenID(signApp, buyer), Stranger: "0990000000000000000000000000000",
		NotifyURL: harness.NotifyURL, NewNumber: harness.NewNumber,
		Break: func(t *testing.T, _ string, kind channeltest.Failure) {
			t.Helper()
			harness.Break(t, alipaygw.TargetTransfer, kind)
		},
		Broke: func(t *testing.T, broke bool) {
			t.Helper()
			if broke {
				b.arm(t, alipaygw.Fault{Target: alipaygw.TargetTransfer, Mode: alipaygw.ModeError, Value: "PAYER_BALANCE_NOT_ENOUGH"})
			}
		},
	}
}

func TestTransferConformance(t *testing.T) {
	t.Parallel()
	channeltest.ExerciseTransfer(t, newBench(t, payments.KeyModeCertificate).purse())
}

// A refusal of the service, which it signs, ends a transfer; the gateway's own, which
// nobody signs, does not, and neither does a service that is busy.
func TestTransferRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	p := b.purse()
	in := payments.TransferRequest{OutBillNo: p.NewNumber(), AppID: signApp, ReceiverKind: payments.ReceiverOpenID, Receiver: p.Stranger, AmountFen: 100, Title: "佣金"}
	got, err := b.channel.Transfer(t.Context(), b.account, in)
	if err != nil || got.State != payments.TransferFailed || got.FailReason != "PAYEE_NOT_EXIST" {
		t.Errorf("nobody: %+v %v", got, err)
	}
	in.Receiver = p.Receiver
	for value, want := range map[string]error{"SYSTEM_ERROR": payments.ErrProviderBusy, "REQUEST_PROCESSING": payments.ErrProviderBusy} {
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetTransfer, Mode: alipaygw.ModeError, Value: value})
		if _, err := b.channel.Transfer(t.Context(), b.account, in); !errors.Is(err, want) {
			t.Errorf("%s: %v", value, err)
		}
	}
	plain := newBench(t, payments.KeyModePublicKey)
	q := plain.purse()
	in.Receiver = q.Receiver
	if _, err := plain.channel.Transfer(t.Context(), plain.account, in); !errors.Is(err, payments.ErrRefused) {
		t.Errorf("an app without certificates: %v, want a refusal that ends nothing", err)
	}
}

// A transfer that the receiver's bank has not taken yet is DEALING: it is asked about, and
// ends there as paid or failed, with the reason.
func TestTransferDealing(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModeCertificate)
	p := b.purse()
	for name, c := range map[string]struct {
		errorCode string
		want      payments.TransferState
	}{
		"paid":   {"", payments.TransferDone},
		"failed": {"PAYEE_ACCOUNT_STATUS_ERROR", payments.TransferFailed},
	} {
		in := payments.TransferRequest{OutBillNo: p.NewNumber(), AppID: signApp, ReceiverKind: payments.ReceiverOpenID, Receiver: p.Receiver, AmountFen: 100, Title: "佣金"}
		b.arm(t, alipaygw.Fault{Target: alipaygw.TargetTransfer, Mode: alipaygw.ModeTransferDealing})
		got, err := b.channel.Transfer(t.Context(), b.account, in)
		if err != nil || got.State != payments.TransferProcessing || got.ProviderState != "DEALING" || !got.DoneAt.IsZero() {
			t.Fatalf("%s: sent: %+v %v", name, got, err)
		}
		if got, err = b.channel.QueryTransfer(t.Context(), b.account, in.OutBillNo); err != nil || got.State != payments.TransferProcessing {
			t.Errorf("%s: asked: %+v %v", name, got, err)
		}
		if got, err = b.channel.Transfer(t.Context(), b.account, in); err != nil || got.State != payments.TransferProcessing {
			t.Errorf("%s: sent again: %+v %v", name, got, err)
		}
		end := alipaygw.EndInput{SellerID: b.account.MerchantNo, OutBizNo: in.OutBillNo, ErrorCode: c.errorCode}
		if _, err := b.gateway.EndTransfer(end); err != nil {
			t.Fatal(err)
		}
		if _, err := b.gateway.EndTransfer(end); err == nil {
			t.Errorf("%s: ended twice", name)
		}
		got, err = b.channel.QueryTransfer(t.Context(), b.account, in.OutBillNo)
		if err != nil || got.State != c.want || got.FailReason != c.errorCode || got.DoneAt.IsZero() != (c.want == payments.TransferFailed) {
			t.Errorf("%s: ended: %+v %v", name, got, err)
		}
	}
}
