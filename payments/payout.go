package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Transferrer is a channel that also pays people. Its errors are those of Channel, and
// ErrNotEnough.
type Transferrer interface {
	Channel
	// Transfer asks for money to go to a person. Repeating it with equal input is one
	// transfer. Of an error answer, which nobody signed, nothing is known.
	Transfer(ctx context.Context, acc Account, in TransferRequest) (TransferResult, error)
	// QueryTransfer asks what became of a transfer, by our number.
	QueryTransfer(ctx context.Context, acc Account, outBillNo string) (TransferResult, error)
	// FindTransfer asks the same by the provider's number.
	FindTransfer(ctx context.Context, acc Account, providerNo string) (TransferResult, error)
	// CancelTransfer takes back a transfer that the receiver has not confirmed. nil says
	// that it is being cancelled. Faults: PROVIDER_REFUSED where that is not possible.
	CancelTransfer(ctx context.Context, acc Account, outBillNo string) error
}

// ReceiverKind says what a receiver's id is.
type ReceiverKind string

// The kinds.
const (
	ReceiverOpenID  ReceiverKind = "open_id"  // of a buyer in the request's AppID
	ReceiverUserID  ReceiverKind = "user_id"  // Alipay: 2088…
	ReceiverLogonID ReceiverKind = "logon_id" // Alipay: phone or mail address; needs the name
)

// TransferRequest is what a provider is told about a transfer. Equal requests must become
// equal transfers on the wire.
type TransferRequest struct {
	OutBillNo    string
	AppID        string
	ReceiverKind ReceiverKind
	Receiver     string
	Name         string // real name; empty where the provider need not compare it
	AmountFen    money.Fen
	Title        string // the receiver reads it
	Terms        TransferTerms
	NotifyURL    string
}

// TransferTerms is what WeChat Pay wants to know of why the money is paid.
type TransferTerms struct {
	SceneID string           `json:"scene_id"` // transfer_scene_id, applied for at the provider: "1005"
	Reports []TransferReport `json:"reports"`  // what the scene asks for
}

// TransferReport is one fact that a scene asks for, in the provider's words.
type TransferReport struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

// TransferState is a provider's state of a transfer, reduced to what matters here.
type TransferState string

// The states of a transfer at the provider.
const (
	TransferAccepted   TransferState = "accepted"   // known; repeat the same to go on
	TransferProcessing TransferState = "processing" // the money is being taken or sent
	TransferWaiting    TransferState = "waiting"    // until the receiver confirms
	TransferCancelling TransferState = "cancelling"
	TransferDone       TransferState = "done"
	TransferFailed     TransferState = "failed"
	TransferCancelled  TransferState = "cancelled"
)

// TransferResult is what a provider says about a transfer. A word that the provider did not
// say is empty.
type TransferResult struct {
	OutBillNo     string
	ProviderNo    string
	State         TransferState
	ProviderState string
	PackageInfo   string // for wx.requestMerchantTransfer, while waiting
	FailReason    string
	MerchantNo    string // only in notifications
	Receiver      string
	Amount        Amount // invalid and without text if it was not said
	DoneAt        time.Time
}

// Payouts keeps what was paid to people; payments/transfer is one.
type Payouts interface {
	// NoticeTx applies what a verified message says about a transfer, once, in the caller's
	// transaction. misfit is nil, or what does not fit; then nothing was applied.
	NoticeTx(ctx context.Context, tx tenantdb.Tx, acc Account, r TransferResult) (misfit *Misfit, err error)
}

// Misfit is one thing that a message says otherwise than we do.
type Misfit struct{ Reason, Expected, Got string }

// Reasons of misfits.
const (
	MisfitUnknown  = reasonUnknownNumber
	MisfitAccount  = reasonOtherAccount
	MisfitMerchant = reasonMerchant
	MisfitAmount   = reasonAmount
	MisfitReceiver = reasonPayer
	MisfitState    = reasonState
)

// transferNotice applies a transfer's notification once. One that does not fit is an
// anomaly.
func (s *Service) transferNotice(ctx context.Context, id tenant.ID, acc Account, r TransferResult, ev evidence) error {
	if s.d.Payouts == nil {
		return fmt.Errorf("settle transfer %s: %w", r.OutBillNo, errNoPayouts)
	}
	var found []finding
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		found = nil // the transaction may run again
		fresh, err := s.insertEvent(ctx, tx, acc, ev, outcomeApplied)
		if err != nil || !fresh {
			return err
		}
		misfit, err := s.d.Payouts.NoticeTx(ctx, tx, acc, r)
		if err != nil {
			return err
		}
		if misfit != nil {
			found = []finding{{misfit.Reason, true, misfit.Expected, misfit.Got}}
			return errMisfit // the event is not kept: a repeat is looked at again
		}
		return nil
	})
	if errors.Is(err, errMisfit) {
		err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.record(ctx, tx, acc, ev, found) })
	}
	if err != nil {
		return fmt.Errorf("settle transfer %s: %w", r.OutBillNo, err)
	}
	return s.judge(ctx, acc, ev, found)
}

var (
	errMisfit    = errors.New("payments: the message does not fit")
	errNoPayouts = errors.New("payments: nobody keeps transfers")
)

// NotifyURL is the callback address of an account: one endpoint for payments, refunds and
// transfers, without a query string.
func NotifyURL(publicURL string, acc Account) string {
	return publicURL + "/notify/" + string(acc.Channel) + "/" + acc.Key
}
