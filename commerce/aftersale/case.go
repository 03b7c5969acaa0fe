package aftersale

import (
	"slices"
	"time"

	"galleria/commerce/money"
)

// Reason is why a buyer applies.
type Reason string

// The reasons.
const (
	ChangedMind    Reason = "changed_mind"
	WrongGoods     Reason = "wrong_goods"
	Damaged        Reason = "damaged"
	Quality        Reason = "quality"
	NotAsDescribed Reason = "not_as_described"
	NotReceived    Reason = "not_received"
	Late           Reason = "late"
	Agreed         Reason = "agreed" // with the shop
	OtherReason    Reason = "other"
	Lapsed         Reason = "lapsed" // vouchers that were not used in time; nobody applies with it
)

// Reasons lists those that people give.
func Reasons() []Reason {
	return []Reason{ChangedMind, WrongGoods, Damaged, Quality, NotAsDescribed, NotReceived, Late, Agreed, OtherReason}
}

func (r Reason) known() bool { return slices.Contains(Reasons(), r) }

// Line is what a case is about of one line of the order.
type Line struct {
	LineID    int64     `json:"line_id"`
	SKUID     int64     `json:"sku_id"`
	Title     string    `json:"title"`
	Spec      string    `json:"spec"`
	Picture   string    `json:"picture"`
	Qty       int64     `json:"qty"`
	Unsent    int64     `json:"unsent"`     // of Qty, what had not been sent
	ShareFen  money.Fen `json:"share_fen"`  // what was paid for these pieces
	RefundFen money.Fen `json:"refund_fen"` // of the amount, once it went back
	Sellable  int64     `json:"sellable"`   // as the inspection found it
	Damaged   int64     `json:"damaged"`
	Missing   int64     `json:"missing"`
}

// Message is one entry of the thread.
type Message struct {
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"` // "member:7", "staff:3", "system"
	Event    Event     `json:"event"`
	To       Status    `json:"to"` // where the case stood after it
	Body     string    `json:"body"`
	Pictures []string  `json:"pictures"`
}

// Address is where goods are sent back to.
type Address struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
}

// Case is one after-sales case.
type Case struct {
	CaseNo      string
	OrderNo     string
	MemberID    int64
	Kind        Kind
	Status      Status
	Reason      Reason
	ShareFen    money.Fen // what was paid for its pieces
	FreightFen  money.Fen // of the freight
	AmountFen   money.Fen // that goes back; 0 for an exchange
	Unsent      bool      // none of its pieces had left the shop
	OpenedBy    string
	DueAt       *time.Time // until when whoever is to act has time
	ReturnTo    *Address
	BackCourier string
	BackNumber  string
	OutCourier  string // of the replacement
	OutNumber   string
	OutRefundNo string
	OpenedAt    time.Time
	ClosedAt    *time.Time
	Lines       []Line
	Messages    []Message // oldest first; empty in lists
}

// MostFen is the most that the case can give back.
func (c Case) MostFen() money.Fen { return c.ShareFen + c.FreightFen }

// Page is one page of a member's cases, newest first.
type Page struct {
	Cases []Case
	Next  string // cursor of the next page; empty on the last
}

// Terms are how long a shop lets a case wait.
type Terms struct {
	AnswerHours  int64 // for the shop's answer; 1 to 240
	SendBackDays int64 // for the buyer's parcel; 1 to 60
	InspectDays  int64 // for its inspection; 1 to 60
	receiveDays  int64 // for the replacement, as for any parcel
}

// due is until when somebody has to act on a case that comes to a status now.
func (t Terms) due(at Status, now time.Time) *time.Time {
	const day = 24 * time.Hour
	var wait time.Duration
	switch at {
	case Requested:
		wait = time.Duration(t.AnswerHours) * time.Hour
	case AwaitingReturn:
		wait = time.Duration(t.SendBackDays) * day
	case InTransit, Inspecting:
		wait = time.Duration(t.InspectDays) * day
	case Reshipping:
		wait = time.Duration(t.AnswerHours) * time.Hour
	case Reshipped:
		wait = time.Duration(t.receiveDays) * day
	case None, Refunding, RefundStopped, Refunded, Closed, Rejected, Withdrawn, ReceiptRefused, TimeoutClosed:
		return nil
	}
	return new(now.Add(wait))
}
