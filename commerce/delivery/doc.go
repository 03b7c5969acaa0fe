// Package delivery knows couriers, pickup stores, where parcels are, and what a payment
// provider has been told about them.
//
// It owns pickup_store, local_delivery, local_slot, local_load, local_booking, local_rider,
// shipping_upload, tracking_account, parcel_track and parcel_track_event. It does not
// own parcels (order does) and knows no orders: their events bring it what it needs, and
// jobs/handle joins the two.
//
// Invariants: an event of a courier is stored once, however often it is told, and never
// changed (the digest of what it says is its key). A parcel's state follows its newest
// event. An upload is repeated until the provider has what the shop sent: version counts
// changes, done_version what the provider has, and they are equal only when it was told.
//
// What WeChat holds of an order is asked for (TimerLook) while it waits for its buyer, a few days
// apart; a try to upload whose outcome is unknown asks before it is repeated, because WeChat takes
// one correction only. What WeChat lost is uploaded again twice by itself; what differs then is a
// Mismatch that stays until it is gone.
//
// Where parcels are is told by a service behind Tracker, by the shop's own key: a number is
// subscribed when it is sent, what is told comes to an address of the shop's own, and a parcel
// of which nothing was told for a day is asked about. The address only routes; what comes
// there is believed for its signature with the shop's salt. Words may come late, twice and
// several at once: the tracks of a number are locked before they are stored.
//
// Local delivery is what the shop's own people bring around one of its stores. LocalTerms.Fit
// judges an order: the straight line from the store within a radius, the division of an address
// that has no position, the least amount, the slot; and what it costs. A slot never has more
// orders than places: local_load is raised by a conditional update with the order, and lowered
// once when the order closes before it was brought. Distances are computed in whole millimetres on
// a plane, for there are no floats here. Who brings an order lies sealed.
//
// Decisions: couriers are a table in code, because a release brings new ones and no shop
// changes them. A tracking number is checked against its courier's form before it is
// stored: a slip of the pen costs the buyer days. WeChat takes one correction after it was
// told that everything is sent; what it refuses for that reason stays visible as failed,
// with its own words.
package delivery
