package order

import (
	"time"

	"galleria/commerce/money"
	"galleria/tenant/outbox"
)

// The topics of what happens to orders; the key is always the order number.
const (
	// TopicPlaced is acted on only where somebody is owed for the buyer; else it is a record.
	TopicPlaced  outbox.Topic = "order.placed"
	TopicClosing outbox.Topic = "order.closing"
	TopicClosed  outbox.Topic = "order.closed"
	TopicPaid    outbox.Topic = "order.paid"
	// TopicExpire is a timer: it is due when the order's time to pay is over.
	TopicExpire outbox.Topic = "order.expire"
	// TopicShipped is a parcel on its way, or goods handed over; its key is the parcel's number.
	TopicShipped outbox.Topic = "order.shipped"
	// TopicParcelChanged is a parcel whose courier or number was corrected.
	TopicParcelChanged outbox.Topic = "order.parcel_changed"
	TopicReceived      outbox.Topic = "order.received"
	// TopicFinished says that an order's money is final: what waits for that may go.
	TopicFinished outbox.Topic = "order.finished"
	// TopicReceive and TopicFinish are timers: an order counts as received, and its money
	// as final, when they are due.
	TopicReceive outbox.Topic = "order.receive"
	TopicFinish  outbox.Topic = "order.finish"
	// TopicVoucherEnd is a timer: the next of the order's vouchers ends.
	TopicVoucherEnd outbox.Topic = "order.voucher_end"
)

// PlacedEvent is the payload of TopicPlaced.
type PlacedEvent struct {
	OrderNo    string    `json:"order_no"`
	MemberID   int64     `json:"member_id"`
	PayableFen money.Fen `json:"payable_fen"`
}

// ClosingEvent is the payload of TopicClosing and of the timers TopicExpire and TopicVoucherEnd.
type ClosingEvent struct {
	OrderNo string `json:"order_no"`
}

// ClosedEvent is the payload of TopicClosed.
type ClosedEvent struct {
	OrderNo  string      `json:"order_no"`
	MemberID int64       `json:"member_id"`
	Reason   CloseReason `json:"reason"`
}

// PaidEvent is the payload of TopicPaid.
type PaidEvent struct {
	OrderNo    string    `json:"order_no"`
	MemberID   int64     `json:"member_id"`
	AppID      string    `json:"app_id"`
	PayableFen money.Fen `json:"payable_fen"`
	Title      string    `json:"title"`
	Test       bool      `json:"test,omitempty"`

	// How it was paid; empty where nothing was to be paid.
	Channel       string    `json:"channel,omitempty"`
	TransactionID string    `json:"transaction_id,omitempty"`
	PaidAt        time.Time `json:"paid_at,omitzero"`
}

// ParcelEvent is the payload of TopicShipped and TopicParcelChanged.
type ParcelEvent struct {
	OrderNo    string     `json:"order_no"`
	ParcelNo   string     `json:"parcel_no"`
	MemberID   int64      `json:"member_id"`
	AppID      string     `json:"app_id"`
	Kind       ParcelKind `json:"kind"`
	Courier    string     `json:"courier"`
	TrackingNo string     `json:"tracking_no"`
	Phone      string     `json:"phone"`    // last four digits of the receiver's, which some couriers ask for
	Complete   bool       `json:"complete"` // nothing of the order is left to send
}

// ReceivedEvent is the payload of TopicReceived and TopicFinished.
type ReceivedEvent struct {
	OrderNo  string `json:"order_no"`
	MemberID int64  `json:"member_id"`
}
