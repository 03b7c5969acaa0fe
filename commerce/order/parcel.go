package order

import (
	"slices"
	"time"

	"galleria/tenant/statechart"
)

// ParcelKind is how goods leave the shop.
type ParcelKind string

// The kinds.
const (
	Express ParcelKind = "express" // a box with a courier
	Local   ParcelKind = "local"   // brought by the shop's own people
	Pickup  ParcelKind = "pickup"  // handed over in a store
	Virtual ParcelKind = "virtual" // handed out as codes, to nowhere
	Voucher ParcelKind = "voucher" // codes that are used in the shop; a parcel is what was first used, or lapsed
)

// ParcelKinds lists them, the usual one first.
func ParcelKinds() []ParcelKind { return []ParcelKind{Express, Local, Pickup, Virtual, Voucher} }

// codes reports goods that are codes: an order of them needs no address and no store.
func (k ParcelKind) codes() bool { return k == Virtual || k == Voucher }

// ParcelStatus is where a parcel stands.
type ParcelStatus string

// The statuses of a parcel.
const (
	ParcelPacked    ParcelStatus = "packed" // in the shop, without a number yet
	ParcelShipped   ParcelStatus = "shipped"
	ParcelDelivered ParcelStatus = "delivered"
	ParcelReturned  ParcelStatus = "returned"  // on its way back, or back
	ParcelLost      ParcelStatus = "lost"      // its courier does not know where it is
	ParcelCancelled ParcelStatus = "cancelled" // unpacked again
)

// ParcelMove is one row of a parcel's table.
type ParcelMove struct {
	From  ParcelStatus // empty: there is no parcel yet
	To    ParcelStatus
	By    []Actor
	Event Event // by which staff move one parcel of an order; empty where that is not theirs to do
}

// ParcelMoves is the whole life of a parcel.
func ParcelMoves() []ParcelMove {
	return []ParcelMove{
		{"", ParcelPacked, []Actor{Staff}, ""},
		{"", ParcelShipped, []Actor{Staff}, ""},
		{"", ParcelDelivered, []Actor{Staff, System}, ""},            // handed over in a store; handed out by itself
		{ParcelPacked, ParcelShipped, []Actor{Staff}, EventShip},     // it has a number
		{ParcelPacked, ParcelCancelled, []Actor{Staff}, EventUnpack}, // its pieces can be packed anew
		{ParcelPacked, ParcelCancelled, []Actor{System}, ""},         // the money for all of it goes back
		{ParcelShipped, ParcelDelivered, []Actor{System, Staff}, ""}, // by staff: what the shop's own people brought
		{ParcelShipped, ParcelReturned, []Actor{System}, ""},
		{ParcelShipped, ParcelLost, []Actor{Staff}, EventLose},
		{ParcelReturned, ParcelDelivered, []Actor{System}, ""}, // the courier tried again
		{ParcelLost, ParcelDelivered, []Actor{System}, ""},     // it turned up, and nobody had made up for it
		{ParcelLost, ParcelDelivered, []Actor{Staff}, EventFound},
	}
}

// Remedy is what made up for a lost parcel.
type Remedy string

// The remedies; none while somebody has to decide.
const (
	RemedyNone   Remedy = ""
	RemedyRefund Remedy = "refund" // an after-sales case pays for it
	RemedyResent Remedy = "resent" // the same pieces left once more
)

// ParcelFacts are what is asked of a parcel before somebody may do something with it.
type ParcelFacts struct {
	Kind   ParcelKind
	Status ParcelStatus
	Remedy Remedy
}

// ParcelActionsOf are the events that by may set off with one parcel of an order at a status,
// for the buttons of the console, in the order of the tables. It is never nil.
func ParcelActionsOf(by Actor, at Status, facts Facts, p ParcelFacts) []Event {
	actions := []Event{}
	if p.Kind != Express || p.Remedy != RemedyNone {
		return actions
	}
	ofOrder := ActionsOf(by, at, facts)
	add := func(e Event) {
		if slices.Contains(ofOrder, e) && !slices.Contains(actions, e) {
			actions = append(actions, e)
		}
	}
	for _, m := range ParcelMoves() {
		if m.From == p.Status && m.Event != "" && slices.Contains(m.By, by) {
			add(m.Event)
		}
	}
	switch p.Status {
	case ParcelShipped, ParcelDelivered, ParcelReturned:
		add(EventRetrack)
	case ParcelLost:
		add(EventResend)
	case ParcelPacked, ParcelCancelled:
	}
	return actions
}

// mayMove reports whether a parcel may go from one status to another.
func mayMove(from, to ParcelStatus, by Actor) bool {
	return slices.ContainsFunc(ParcelMoves(), func(m ParcelMove) bool { return m.From == from && m.To == to && slices.Contains(m.By, by) })
}

// ParcelStatuses lists every status of the table.
func ParcelStatuses() []ParcelStatus {
	var all []ParcelStatus
	for _, m := range ParcelMoves() {
		if !slices.Contains(all, m.To) {
			all = append(all, m.To)
		}
	}
	return all
}

// ParcelChart draws the table as a Mermaid state chart.
func ParcelChart() string {
	var arrows []statechart.Arrow
	for _, m := range ParcelMoves() {
		arrows = append(arrows, statechart.Arrow{From: string(m.From), To: string(m.To), Label: statechart.Names(m.By)})
	}
	return statechart.Draw(arrows)
}

// ParcelLine is how many pieces of a line a parcel holds.
type ParcelLine struct {
	LineID  int64  `json:"line_id"`
	SKUID   int64  `json:"sku_id"`
	Title   string `json:"title"`
	Spec    string `json:"spec"`
	Picture string `json:"picture"`
	Qty     int64  `json:"qty"`
}

// Parcel is what leaves the shop at once.
type Parcel struct {
	ParcelNo    string
	Kind        ParcelKind
	Courier     string // code of delivery.Couriers
	TrackingNo  string
	Status      ParcelStatus
	PackedAt    *time.Time // nil if it was sent as it was packed
	ShippedAt   *time.Time // nil while it is packed
	DeliveredAt *time.Time
	LostAt      *time.Time
	Remedy      Remedy // of a lost one
	Resends     string // the lost parcel in whose stead it goes; empty for most
	Changes     int
	Lines       []ParcelLine
}

// Left reports whether it is out of the shop, and no other goes in its stead.
func (p Parcel) Left() bool {
	return p.Status != ParcelPacked && p.Status != ParcelCancelled && p.Remedy != RemedyResent
}
