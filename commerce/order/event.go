package order

import (
	"galleria/commerce/money"
	"galleria/tenant/outbox"
)

// The topics of what happens to orders; the key is always the order number.
const (
	TopicPlaced  outbox.Topic = "order.placed"
	TopicClosing outbox.Topic = "order.closing"
	TopicClosed  outbox.Topic = "order.closed"
	TopicPaid    outbox.Topic = "order.paid"
	// TopicExpire is a timer: it is due when the order's time to pay is over.
	TopicExpire outbox.Topic = "order.expire"
)

// PlacedEvent is the payload of TopicPlaced.
type PlacedEvent struct {
	OrderNo    string    `json:"order_no"`
	MemberID   int64     `json:"member_id"`
	PayableFen money.Fen `json:"payable_fen"`
}

// ClosingEvent is the payload of TopicClosing and of the timer TopicExpire.
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
}
