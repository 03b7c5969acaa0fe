package payments

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/money"
)

// Channel is one provider's side. It keeps no state of a payment: account and numbers
// are passed in. It is safe for concurrent use. Its errors are the ErrProvider… and
// ErrNotice… faults of this package, ErrTimeout, ErrBadResponse, ErrRefused,
// ErrNoSuchNumber and ErrNumberUsed; none contains a secret. A success answer has been
// verified; an error answer never has, because providers do not sign those.
type Channel interface {
	// Code names the channel.
	Code() Code
	// TradeType is the provider's word for the kind of payment that Prepay makes.
	TradeType() string
	// Prepay registers a payment. Repeating it with equal input is safe while unpaid.
	Prepay(ctx context.Context, acc Account, in PrepayRequest) (prepayID string, err error)
	// ClientParams signs what the Mini Program passes to the provider's app. No network.
	ClientParams(ctx context.Context, acc Account, appID, prepayID string) (ClientParams, error)
	// Query asks for a payment's state.
	Query(ctx context.Context, acc Account, outTradeNo string) (PaymentResult, error)
	// Close makes an unpaid number unpayable. Closing it again is no error.
	Close(ctx context.Context, acc Account, outTradeNo string) error
	// Refund asks for money to go back. Repeating it with equal input is one refund.
	Refund(ctx context.Context, acc Account, in RefundRequest) (RefundResult, error)
	// QueryRefund asks for a refund's state.
	QueryRefund(ctx context.Context, acc Account, outRefundNo string) (RefundResult, error)
	// ParseNotification verifies, decrypts and normalises a message of the provider.
	ParseNotification(ctx context.Context, acc Account, n Notice) (Notification, error)
	// Ack is the provider's own form of "ok" (nil) or of "not ok" and why.
	Ack(err error) Ack
}

// PrepayRequest is what a provider is told about a payment. Equal requests must become
// equal bytes on the wire.
type PrepayRequest struct {
	AppID      string
	OutTradeNo string
	Title      string
	AmountFen  money.Fen
	Payer      string // openid
	ExpiresAt  time.Time
	NotifyURL  string
}

// ClientParams is exactly what wx.requestPayment takes.
type ClientParams struct {
	TimeStamp string `json:"timeStamp"` // Unix seconds
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"` // "prepay_id=…"
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
}

// PaymentState is a provider's trade state, reduced to what matters here.
type PaymentState string

// The states of a payment at the provider.
const (
	PaymentUnpaid PaymentState = "unpaid"
	PaymentPaid   PaymentState = "paid" // also when parts were refunded since
	PaymentClosed PaymentState = "closed"
	PaymentOdd    PaymentState = "odd" // a state that this kind of payment should not have
)

// PaymentResult is what a provider says about a payment, from a query or a notification.
type PaymentResult struct {
	OutTradeNo    string
	TransactionID string // the provider's number
	State         PaymentState
	ProviderState string // the provider's own word
	Amount        Amount
	Currency      string
	AppID         string
	MerchantNo    string
	TradeType     string
	Payer         string
	PaidAt        time.Time
}

// Amount is an amount as a message stated it. A message may verify and still say
// something that is no amount; Text keeps what it said.
type Amount struct {
	Fen   money.Fen
	Valid bool // false: Text is not an integer
	Text  string
}

// RefundRequest asks for a refund.
type RefundRequest struct {
	OutTradeNo  string
	OutRefundNo string
	Reason      string // shown to the buyer
	RefundFen   money.Fen
	TotalFen    money.Fen // what was paid
	NotifyURL   string
}

// RefundState is a provider's refund state, reduced.
type RefundState string

// The states of a refund at the provider.
const (
	RefundPending  RefundState = "pending"
	RefundDone     RefundState = "done"
	RefundShut     RefundState = "shut"     // closed: no money moved
	RefundAbnormal RefundState = "abnormal" // left the merchant, did not arrive; a person must act
)

// RefundResult is what a provider says about a refund.
type RefundResult struct {
	OutRefundNo string
	OutTradeNo  string
	RefundID    string // the provider's number
	MerchantNo  string // only in notifications
	State       RefundState
	Amount      Amount // refunded
	DoneAt      time.Time
}

// Notice is a callback as it came in. Body is the raw bytes, within the edge's limit.
type Notice struct {
	Header http.Header
	Body   []byte
	// ShopClosed says that the shop's life is over: nothing becomes paid any more. What
	// was paid before is still acknowledged, and a refund finds its end.
	ShopClosed bool
	// At is when the message came in, which its time window is counted from; zero for
	// now. Only a message that we kept ourselves and take again has one.
	At time.Time
}

// Notification is a verified callback. Exactly one of Payment and Refund is set, or none
// if the message is of a kind that is not ours.
type Notification struct {
	EventID   string // the provider's, the same on every repeat
	EventType string
	Payment   *PaymentResult
	Refund    *RefundResult
}

// Ack is the answer to a callback.
type Ack struct {
	Status      int
	ContentType string
	Body        []byte
}
