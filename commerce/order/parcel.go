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
	ParcelShipped   ParcelStatus = "shipped"
	ParcelDelivered ParcelStatus = "delivered"
	ParcelReturned  ParcelStatus = "returned" // on its way back, or back
)

// ParcelMove is one row of a parcel's table.
type ParcelMove struct {
	From ParcelStatus // empty: there is no parcel yet
	To   ParcelStatus
	By   []Actor
}

// ParcelMoves is the whole life of a parcel.
func ParcelMoves() []ParcelMove {
	return []ParcelMove{
		{"", ParcelShipped, []Actor{Staff}},
		{"", ParcelDelivered, []Actor{Staff, System}},            // handed over in a store; handed out by itself
		{ParcelShipped, ParcelDelivered, []Actor{System, Staff}}, // by staff: what the shop's own people brought
		{ParcelShipped, ParcelReturned, []Actor{System}},
		{ParcelReturned, ParcelDelivered, []Actor{System}}, // the courier tried again
	}
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

// Parcel is what left the shop at once.
type Parcel struct {
	ParcelNo    string
	Kind        ParcelKind
	Courier     string // code of delivery.Couriers
	TrackingNo  string
	Status      ParcelStatus
	ShippedAt   time.Time
	DeliveredAt *time.Time
	Changes     int
	Lines       []ParcelLine
}
