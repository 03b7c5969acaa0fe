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
	// Traits says how the channel serves a scene; ok is false if it does not.
	Traits(scene Scene) (t Traits, ok bool)
	// Identity is what a message about such a payment must say.
	Identity(acc Account, scene Scene, appID string) Identity
	// Prepay registers a payment. Repeating it with equal input is safe while unpaid.
	Prepay(ctx context.Context, acc Account, in PrepayRequest) (prepayID string, err error)
	// ClientParams makes, from the request and what Prepay answered, what the buyer's side
	// needs. No network.
	ClientParams(ctx context.Context, acc Account, in PrepayRequest, prepayID string) (ClientParams, error)
	// Query asks for a payment's state.
	Query(ctx context.Context, acc Account, outTradeNo string) (PaymentResult, error)
	// Close makes an unpaid number unpayable. Closing it again is no error. With
	// Traits.NoClose, nil and ErrNoSuchNumber only say that it is not paid so far.
	Close(ctx context.Context, acc Account, outTradeNo string) error
	// Refund asks for money to go back. Repeating it with equal input is one refund.
	Refund(ctx context.Context, acc Account, in RefundRequest) (RefundResult, error)
	// QueryRefund asks for the state of a refund of a payment.
	QueryRefund(ctx context.Context, acc Account, outTradeNo, outRefundNo string) (RefundResult, error)
	// ParseNotification verifies, decrypts and normalises a message of the provider.
	ParseNotification(ctx context.Context, acc Account, n Notice) (Notification, error)
	// Ack is the provider's own form of "ok" (nil) or of "not ok" and why.
	Ack(err error) Ack
	// Probe tries the account's keys: a signed question about a number that cannot exist.
	// nil says that the provider knows the account and that both sides' signatures verify.
	// Of ErrRefused, Data["provider_code"] and Data["provider_message"] say why.
	Probe(ctx context.Context, acc Account) error
}

// Scene is where the buyer stands when paying.
type Scene string

// The scenes.
const (
	MiniProgram Scene = "mini_program" // inside the provider's app
	Web         Scene = "web"          // a phone's browser
	App         Scene = "app"          // the merchant's own app
	PC          Scene = "pc"           // a computer's browser
	QR          Scene = "qr"           // a code that the buyer's phone scans
)

// Traits are the fixed facts of a channel in a scene.
type Traits struct {
	// PrepayLife is how long what Prepay returned may be handed out; zero is until the
	// payment's end.
	PrepayLife time.Duration
	// AnyPayer says that whoever opens what is handed out may pay it.
	AnyPayer bool
	// NoClose says that the provider cannot close a number, and knows it only once a buyer
	// has opened what was handed out. It takes no payment after ExpiresAt.
	NoClose bool
	// Unopened says that the provider knows a number only once a buyer has opened what was
	// handed out, and can close it from then on. Until ExpiresAt it may still be opened.
	Unopened bool
	// Refunds are the provider's limits on giving back.
	Refunds RefundLimits
}

// Identity is what a message about a payment must say besides number and amount. A word
// that the provider never says is empty here and in its results.
type Identity struct {
	AppID      string
	MerchantNo string
	// PartnerNo and PartnerAppID are the service provider's that acts for the merchant.
	PartnerNo    string
	PartnerAppID string
	TradeType    string // the provider's word for the kind of payment
	Currency     string
}

// PrepayRequest is what a provider is told about a payment. Equal requests must become
// equal bytes on the wire.
type PrepayRequest struct {
	Scene      Scene
	AppID      string
	OutTradeNo string
	Title      string
	AmountFen  money.Fen
	Payer      string // openid; empty where anybody may pay
	ExpiresAt  time.Time
	CreatedAt  time.Time // of the attempt, to the second: the same for every repeat
	NotifyURL  string
	ReturnURL  string // where a browser goes afterwards; empty is allowed
	ClientIP   string // of the buyer, where the provider asks for it (Web)
}

// ClientParams is what the buyer's side needs to pay. Which fields are set depends on
// channel and scene; each is named as the provider's client takes it.
type ClientParams struct {
	// wx.requestPayment takes these five; of them an app of one's own takes all but
	// SignType, with the two below.
	TimeStamp string `json:"timeStamp,omitempty"` // Unix seconds
	NonceStr  string `json:"nonceStr,omitempty"`
	Package   string `json:"package,omitempty"` // "prepay_id=…"
	SignType  string `json:"signType,omitempty"`
	PaySign   string `json:"paySign,omitempty"`
	PartnerID string `json:"partnerId,omitempty"` // WeChat Pay, App
	PrepayID  string `json:"prepayId,omitempty"`  // WeChat Pay, App

	TradeNO     string      `json:"tradeNO,omitempty"`     // my.tradePay
	OrderString string      `json:"orderString,omitempty"` // Alipay's app SDK
	TN          string      `json:"tn,omitempty"`          // UnionPay's app SDK and upsdk.pay
	CodeURL     string      `json:"codeUrl,omitempty"`     // to be shown as a QR code
	URL         string      `json:"url,omitempty"`         // a browser is to open
	Form        *ClientForm `json:"form,omitempty"`        // a browser is to post
}

// ClientForm is a form that the buyer's browser posts to the provider, in UTF-8.
type ClientForm struct {
	Action string            `json:"action"`
	Fields map[string]string `json:"fields"`
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
	Identity
	Payer  string // empty if the provider does not say
	PaidAt time.Time
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
	OutTradeNo    string
	TransactionID string // the provider's number of the payment
	OutRefundNo   string
	Reason        string // shown to the buyer
	RefundFen     money.Fen
	TotalFen      money.Fen // what was paid
	NotifyURL     string
}

// RefundState is a provider's refund state, reduced.
type RefundState string

// The states of a refund at the provider.
const (
	RefundPending  RefundState = "pending"
	RefundDone     RefundState = "done"
	RefundShut     RefundState = "shut"     // closed: no money moved
	RefundStale    RefundState = "stale"    // never known to the provider, which takes the number no more
	RefundAbnormal RefundState = "abnormal" // left the merchant, did not arrive; a person must act
)

// RefundResult is what a provider says about a refund.
type RefundResult struct {
	OutRefundNo string
	OutTradeNo  string
	RefundID    string // the provider's number
	MerchantNo  string // only in notifications
	PartnerNo   string // only in notifications: of the service provider, if there is one
	State       RefundState
	Amount      Amount // refunded
	// ReceivedAccount is where the money goes, in words for the buyer: "招商银行信用卡0403".
	// Empty if the provider does not say.
	ReceivedAccount string
	// ToMerchant says that what is done brought the money to the merchant's own account and
	// not to the buyer: an abnormal refund may end so.
	ToMerchant bool
	DoneAt     time.Time
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

// Notification is a verified callback. Exactly one of Payment, Refund and Transfer is set,
// or none if the message is of a kind that is not ours.
type Notification struct {
	EventID   string // the provider's, the same on every repeat
	EventType string
	Payment   *PaymentResult
	Refund    *RefundResult
	Transfer  *TransferResult
}

// Ack is the answer to a callback.
type Ack struct {
	Status      int
	ContentType string
	Body        []byte
}
