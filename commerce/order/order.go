package order

import (
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/money"
)

// Address is where an order goes, as it was when the order was placed.
type Address struct {
	Name         string `json:"name"`
	Phone        string `json:"phone"`
	Province     string `json:"province"`
	City         string `json:"city"`
	District     string `json:"district"`
	DivisionCode string `json:"division_code"` // GB/T 2260, six digits, or empty
	Detail       string `json:"detail"`
}

// Line is one SKU of an order or a quote, with the facts and amounts of that moment:
// GoodsFen = PriceFen × Qty, PayableFen = GoodsFen − DiscountFen + AdjustFen.
type Line struct {
	LineID      int64     `json:"line_id,omitempty"` // 0 in a quote
	SPUID       int64     `json:"spu_id"`
	SKUID       int64     `json:"sku_id"`
	Title       string    `json:"title"`
	Spec        string    `json:"spec"`
	Picture     string    `json:"picture"`
	PriceFen    money.Fen `json:"price_fen"`
	Qty         int64     `json:"qty"`
	GoodsFen    money.Fen `json:"goods_fen"`
	DiscountFen money.Fen `json:"discount_fen"`
	PayableFen  money.Fen `json:"payable_fen"`
	Snapshot    string    `json:"snapshot,omitempty"`   // names the product as it was sold, see catalog.Service.Snapshot
	AdjustFen   money.Fen `json:"adjust_fen,omitempty"` // what the shop changed; in PayableFen
	Sent        int64     `json:"sent,omitempty"`       // pieces in parcels
	Offs        []Off     `json:"offs,omitempty"`       // of a quote: DiscountFen by rule
	Gift        bool      `json:"gift,omitempty"`       // it came with the others and costs nothing
	Problem     Problem   `json:"problem,omitempty"`    // of a quote: why an order would be refused for this line
}

// Quote is what an order of these lines would cost now. QuoteHash names it, and holds its
// amounts; an order that repeats it is placed at exactly these amounts or refused.
type Quote struct {
	Lines       []Line    `json:"lines"`
	GoodsFen    money.Fen `json:"goods_fen"`
	DiscountFen money.Fen `json:"discount_fen"`
	FreightFen  money.Fen `json:"freight_fen"`
	PayableFen  money.Fen `json:"payable_fen"`
	QuoteHash   string    `json:"quote_hash"`
	// Freight is FreightFen by template; FreightKnown is false while an address is missing.
	Freight      []FreightPart `json:"freight"`
	FreightKnown bool          `json:"freight_known"`
	Delivery     ParcelKind    `json:"delivery"`   // the kind that the quote is for
	Deliveries   []ParcelKind  `json:"deliveries"` // the kinds of delivery that all lines can have
	// FreightOffs is what rules took off the freight; FreightFen is what is left of it.
	FreightOffs   []Off     `json:"freight_offs,omitempty"`
	FreightOffFen money.Fen `json:"freight_off_fen"`
	Offers        []Offer   `json:"offers,omitempty"`  // what became of every rule
	Refused       []int64   `json:"refused,omitempty"` // chosen coupons that cannot be used

	Points *PointsOption `json:"points,omitempty"` // nil: it cannot be paid with points

	Exchange *Exchange `json:"exchange,omitempty"` // of the points mall; nil: it is none

	Gifts []Gift `json:"gifts,omitempty"` // that would come with it; not among Lines

	Local *delivery.LocalFit `json:"local,omitempty"` // of local delivery; nil: it goes another way
}

// FreightPart is what one freight template charges.
type FreightPart struct {
	Name       string    `json:"name"`
	SKUIDs     []int64   `json:"sku_ids"`
	FreightFen money.Fen `json:"freight_fen"`
	Free       bool      `json:"free"`        // by a rule for free shipping
	ToFreeFen  money.Fen `json:"to_free_fen"` // how much more goods would go free; 0 if that is not to be had
}

// Placed is the answer to placing an order, kept with its idempotency key.
type Placed struct {
	OrderNo    string    `json:"order_no"`
	Status     Status    `json:"status"` // as it was then: pending_payment, or paid if there was nothing to pay
	PayableFen money.Fen `json:"payable_fen"`
	PlacedAt   time.Time `json:"placed_at"`
	ExpiresAt  time.Time `json:"expires_at"` // until when it can be paid
}

// Moment is one entry of an order's timeline.
type Moment struct {
	At    time.Time
	Event Event
	From  Status // None for the first
	To    Status
	By    Actor
}

// Order is an order as its buyer sees it.
type Order struct {
	OrderNo     string
	MemberID    int64
	AppID       string
	Status      Status
	CloseReason CloseReason // empty unless closing or closed
	GoodsFen    money.Fen
	DiscountFen money.Fen
	FreightFen  money.Fen
	AdjustFen   money.Fen // what the shop changed after the order was placed
	PayableFen  money.Fen
	Delivery    ParcelKind
	StoreID     int64      // where it is fetched, or brought from
	SlotFrom    *time.Time // when it is to be brought; local delivery only
	SlotUntil   *time.Time
	GroupState  string // "waits" until the group that it is of is "complete" or has "failed"; empty: of no group
	PickupCode  string // pickup only, while the goods wait for their buyer
	Settlement  Settlement
	ShippedAt   *time.Time // when the last of it was sent
	ReceiveBy   *time.Time // when it counts as received by itself
	ReceivedAt  *time.Time
	RefundedFen money.Fen // what has gone back of it
	Address     Address
	Remark      string
	Lines       []Line
	Offs        []Off  // what rules took off, by line; empty in lists
	Gifts       []Gift // why lines are gifts; empty in lists
	PlacedAt    time.Time
	ExpiresAt   time.Time  // until when it can be paid
	PaidAt      *time.Time // as the provider tells it
	ClosedAt    *time.Time
	Actions     []Event  // what the buyer may do now: "pay", "cancel", …
	Timeline    []Moment // oldest first; empty in lists

	receiver []byte // who Address names, while it is sealed
}

// Page is one page of a member's orders, newest first.
type Page struct {
	Orders []Order
	Next   string // cursor of the next page; empty on the last
}
