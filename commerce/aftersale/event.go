package aftersale

import (
	"galleria/commerce/money"
	"galleria/tenant/outbox"
)

// The topics of cases; the key is always the case number.
const (
	TopicOpened outbox.Topic = "aftersale.opened"
	TopicMoved  outbox.Topic = "aftersale.moved"
	// TopicRefunded says that a case's money is with its buyer. Whatever was given for the
	// purchase (points, coupons, commission) is taken back in the proportions it names.
	TopicRefunded outbox.Topic = "aftersale.refunded"
	// TimerDue is a timer: somebody should have acted by now.
	TimerDue outbox.Topic = "aftersale.due"
)

// CaseEvent is the payload of TopicOpened, TopicMoved and TimerDue.
type CaseEvent struct {
	CaseNo   string `json:"case_no"`
	OrderNo  string `json:"order_no"`
	MemberID int64  `json:"member_id"`
	AppID    string `json:"app_id"`
	Event    Event  `json:"event"`
	Status   Status `json:"status"`
}

// RefundedEvent is the payload of TopicRefunded.
type RefundedEvent struct {
	CaseNo     string         `json:"case_no"`
	OrderNo    string         `json:"order_no"`
	MemberID   int64          `json:"member_id"`
	AppID      string         `json:"app_id"`
	Kind       Kind           `json:"kind"`
	Test       bool           `json:"test"`
	AmountFen  money.Fen      `json:"amount_fen"`  // that went back, freight included
	FreightFen money.Fen      `json:"freight_fen"` // of it
	Lines      []RefundedLine `json:"lines"`
}

// RefundedLine is what went back of a line: RefundFen of the ShareFen that was paid for Qty pieces.
type RefundedLine struct {
	LineID    int64     `json:"line_id"`
	SKUID     int64     `json:"sku_id"`
	Qty       int64     `json:"qty"`
	ShareFen  money.Fen `json:"share_fen"`
	RefundFen money.Fen `json:"refund_fen"`
}
