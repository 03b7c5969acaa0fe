package payments

import (
	"time"

	"galleria/commerce/money"
	"galleria/tenant/outbox"
)

// Events and timers of this room. Keys are the number in the payload.
const (
	// TopicSucceeded: a bill's money arrived and counts. Payload SucceededV1.
	TopicSucceeded outbox.Topic = "payments.succeeded"
	// TopicRefundRequested: ExecuteRefund is to be called. Payload RefundV1.
	TopicRefundRequested outbox.Topic = "payments.refund_requested"
	// TopicRefunded: money went back. Payload RefundedV1.
	TopicRefunded outbox.Topic = "payments.refunded"
	// TimerQuery: Query is to be called. Payload QueryV1.
	TimerQuery outbox.Topic = "payments.query"
	// TimerRefundQuery: ExecuteRefund is to be called again. Payload RefundV1.
	TimerRefundQuery outbox.Topic = "payments.refund_query"
	// TimerKeyExpiry: an account's certificates are to be looked at. Key: the account key.
	TimerKeyExpiry outbox.Topic = "payments.key_expiry"
	// TimerKeysDestroy: replaced keys of an account are to be destroyed. Payload KeysV1.
	TimerKeysDestroy outbox.Topic = "payments.keys_destroy"
	// TimerBills: an account's bills are to be looked at. Key: the account key. Payload BillsV1.
	TimerBills outbox.Topic = "payments.bills"
	// TopicKeyExpiring: a certificate ends soon. Key: the account key. Payload KeyExpiringV1.
	TopicKeyExpiring outbox.Topic = "payments.key_expiring"
)

// SucceededV1 says that a bill was paid.
type SucceededV1 struct {
	OutTradeNo    string    `json:"out_trade_no"`
	BusinessNo    string    `json:"business_no"`
	AmountFen     money.Fen `json:"amount_fen"`
	Channel       Code      `json:"channel"`
	TransactionID string    `json:"transaction_id"`
	PaidAt        time.Time `json:"paid_at"`
}

// QueryV1 names a payment to ask the provider about.
type QueryV1 struct {
	OutTradeNo string `json:"out_trade_no"`
}

// RefundV1 names a refund to execute or to ask about.
type RefundV1 struct {
	OutRefundNo string `json:"out_refund_no"`
}

// RefundedV1 says that money went back.
type RefundedV1 struct {
	OutRefundNo string       `json:"out_refund_no"`
	OutTradeNo  string       `json:"out_trade_no"`
	BusinessNo  string       `json:"business_no"`
	AmountFen   money.Fen    `json:"amount_fen"`
	Reason      RefundReason `json:"reason"`
	At          time.Time    `json:"at"`
}

// KeysV1 names an account whose replaced keys are to be destroyed.
type KeysV1 struct {
	AccountID int64 `json:"account_id"`
}

// BillsV1 names an account whose bills are to be looked at.
type BillsV1 struct {
	AccountID int64 `json:"account_id"`
}

// KeyExpiringV1 says that a certificate ends in at most so many days.
type KeyExpiringV1 struct {
	AccountKey  string    `json:"account_key"`
	Certificate string    `json:"certificate"` // "merchant_certificate", "platform_certificate"
	DaysLeft    int64     `json:"days_left"`   // 60, 30, 7; 0: it has ended
	NotAfter    time.Time `json:"not_after"`
}
