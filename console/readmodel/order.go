package readmodel

import (
	"time"

	"galleria/commerce/money"
)

// CountCap is where counting stops; a count of CountCap means "at least that many".
const CountCap = 1000

// PageSize is the number of rows of a list page.
const PageSize = 20

// OrderFilter narrows the orders list. Zero fields do not narrow.
type OrderFilter struct {
	Status  string    // one status, or "" for all
	From    time.Time // placed at or after
	Until   time.Time // placed before
	Query   string    // order number, buyer's nickname, receiver's name, phone or its last four digits, product title
	Frozen  string    // why the provider keeps the money: unshipped, not_uploaded or unreceived
	InCase  bool      // an after-sales case goes on
	Parcel  string    // status of a parcel that waits for the shop: packed or lost
	Anomaly bool      // only orders with an unresolved payment anomaly
	Before  int64     // cursor: rows with a smaller id only
}

// OrderRow is one order in a list.
type OrderRow struct {
	ID          int64
	OrderNo     string
	Status      string
	CloseReason string // "" unless closed
	Buyer       string // nickname, may be empty
	Receiver    string // name on the address
	Phone       string // full; lists mask it
	Title       string // of the first line
	Spec        string
	Picture     string
	Lines       int64 // number of order lines
	Qty         int64 // pieces over all lines
	Payable     money.Fen
	PlacedAt    time.Time
	PaidAt      *time.Time
	Test        bool       // proves the setup: not revenue, nothing to ship
	InCase      bool       // an after-sales case of it goes on
	Delivery    string     // how it reaches its buyer
	SlotFrom    *time.Time // when it is to be brought; local delivery only
	SlotUntil   *time.Time

	to Address
}

// OrderPage is one page of orders, newest first.
type OrderPage struct {
	Rows   []OrderRow
	Next   int64            // cursor of the following page, 0 at the end
	Counts map[string]int64 // per status, capped at CountCap; "" is all
}

// Address is the address as it was when the order was placed.
type Address struct {
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Province string `json:"province"`
	City     string `json:"city"`
	District string `json:"district"`
	Detail   string `json:"detail"`

	sealed []byte // name, phone and detail, until they are opened
}

// OrderLine is one line of an order.
type OrderLine struct {
	SPUID    int64
	Title    string
	Spec     string
	Picture  string
	Price    money.Fen
	Qty      int64
	Goods    money.Fen
	Discount money.Fen
	Payable  money.Fen
	Place    string // where pieces lie besides the main place; see PickLine
	Gift     int64  // the campaign that gave it; 0: it was bought
	GiftOf   string
}

// OrderEvent is one entry of the timeline.
type OrderEvent struct {
	At        time.Time
	Event     string
	From, To  string    // statuses, "" when the event moved nothing
	ActorKind string    // member, staff, system, provider
	ActorName string    // nickname, staff name or provider code; "" for the system
	Amount    money.Fen // 0 when the event is not about money
	Reason    string    // a code, "" without one
	Text      string    // what the actor wrote
}

// Attempt is one try to collect the order's amount.
type Attempt struct {
	OutTradeNo    string
	Channel       string
	Account       string // name of the merchant account
	MerchantNo    string
	Mode          string // live or sandbox
	AppID         string
	Amount        money.Fen
	Reserved      money.Fen // about to be given back
	Refunded      money.Fen
	Status        string
	PrepayID      string
	TransactionID string
	Surplus       bool
	LastError     string
	CreatedAt     time.Time
	PaidAt        *time.Time
}

// Refund is money on its way back to the buyer.
type Refund struct {
	OutRefundNo string
	OutTradeNo  string
	ProviderID  string
	Reason      string
	Amount      money.Fen
	Status      string
	LastError   string
	RequestedAt time.Time
	FinishedAt  *time.Time
}

// Anomaly is a provider's message that verified but does not fit.
type Anomaly struct {
	EventID    string
	OutTradeNo string
	Reason     string
	Blocking   bool
	Expected   string
	Got        string
	Seen       int64
	FirstAt    time.Time
	ResolvedAt *time.Time
}

// Adjustment is what a rule took off an order, in the words of then.
type Adjustment struct {
	Kind    string // of the rule: coupon, shipping_coupon …
	Title   string
	Version int64  // of the rule's terms
	Funder  string // who pays for it: shop, platform
	Coupon  int64  // whose grant it was; 0 for other rules
	Lines   int64  // that it took something off; 0: the freight
	Off     money.Fen
}

// OrderDetail is one order with everything that happened to it.
type OrderDetail struct {
	OrderNo     string
	Status      string
	CloseReason string
	MemberID    int64
	Buyer       string
	AppID       string
	AppName     string
	Address     Address
	Remark      string
	Goods       money.Fen
	Discount    money.Fen
	Adjustments []Adjustment // what Discount is made of, and what came off the freight
	Freight     money.Fen
	Payable     money.Fen
	Refunded    money.Fen
	PlacedAt    time.Time
	ExpiresAt   time.Time
	PaidAt      *time.Time
	ClosedAt    *time.Time
	Test        bool   // proves the setup: not revenue, nothing to ship
	Group       string // the place of its group, under the campaigns; empty: it has none
	GroupState  string // waits, complete or failed: only of a complete one may be sent
	Lines       []OrderLine
	Events      []OrderEvent
	Attempts    []Attempt
	Refunds     []Refund
	Anomalies   []Anomaly
	Fulfil      Fulfilment
	Money       []MoneyFacts // of the payments that brought some
	Cases       []CaseRow    // newest first
	Claimable   Claimable    // what a case could still be about
}

// GroupWaits reports that nothing of the order may leave, since its group is not complete.
func (o OrderDetail) GroupWaits() bool { return o.GroupState != "" && o.GroupState != "complete" }
