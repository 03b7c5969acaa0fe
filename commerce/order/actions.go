package order

import "slices"

// The events that move no status. Deeds says where each may be done and by whom.
const (
	EventReprice   Event = "reprice"   // the shop changes what an unpaid order costs
	EventReaddress Event = "readdress" // the shop corrects where it goes
	EventRetrack   Event = "retrack"   // the shop corrects a parcel's number
	EventPack      Event = "pack"      // goods are put into a parcel that has no number yet
	EventUnpack    Event = "unpack"    // and are taken out again
	EventLose      Event = "lose"      // a parcel is lost
	EventFound     Event = "found"     // and has turned up at its buyer's
	EventResend    Event = "resend"    // or its goods are sent once more
	EventDeliver   Event = "deliver"   // a parcel arrived, as its courier says
	EventArrive    Event = "arrive"    // the shop's own people have handed it over
	EventNote      Event = "note"      // a note among the staff
	EventDelete    Event = "delete"    // the buyer does not want to see it any more
	EventBuyAgain  Event = "buy_again" // its goods go into the cart once more
	EventFinish    Event = "finish"    // its money is final
	EventRedeem    Event = "redeem"    // a voucher of it was used
	EventLapse     Event = "lapse"     // vouchers of it were not used in time
)

// Facts are what a guard asks of an order beside its status.
type Facts struct {
	Unsent   bool       // pieces are left that have not left the shop
	Unpacked bool       // pieces of them are in no parcel
	Packed   bool       // pieces of them are
	Lost     bool       // a parcel is lost, and nobody has made up for it
	Delivery ParcelKind // how it reaches its buyer; Express if empty
	Hidden   bool       // its buyer has deleted it
	Waits    bool       // its group is not complete: no goods may leave
}

func (f Facts) express() bool { return f.Delivery == Express || f.Delivery == "" }

// sent reports whether it comes to an address.
func (f Facts) sent() bool { return f.express() || f.Delivery == Local }

// Guard is a condition of an event beside status and actor.
type Guard string

// The guards.
const (
	GuardNone    Guard = ""
	GuardUnsent  Guard = "goods left to send" // and a courier to send them with
	GuardToPack  Guard = "goods left to pack" // and a courier to send them with
	GuardPacked  Guard = "goods packed"
	GuardLost    Guard = "goods lost"
	GuardAllSent Guard = "all goods sent"
	GuardPickup  Guard = "fetched in a store"
	GuardExpress Guard = "sent by courier"
	GuardLocal   Guard = "brought by the shop"
	GuardSent    Guard = "sent to an address"
	GuardVirtual Guard = "handed out as codes"
	GuardVoucher Guard = "codes that are used in the shop"
	GuardShown   Guard = "not deleted"
)

// holds reports whether the guard lets an order of these facts pass.
func (g Guard) holds(f Facts) bool {
	switch g {
	case GuardNone:
		return true
	case GuardUnsent:
		return f.Unsent && f.express()
	case GuardToPack:
		return f.Unpacked && f.express()
	case GuardPacked:
		return f.Packed
	case GuardLost:
		return f.Lost
	case GuardAllSent:
		return !f.Unsent
	case GuardPickup, GuardLocal, GuardVirtual, GuardVoucher:
		return f.Delivery == map[Guard]ParcelKind{GuardPickup: Pickup, GuardLocal: Local, GuardVirtual: Virtual, GuardVoucher: Voucher}[g]
	case GuardExpress:
		return f.express()
	case GuardSent:
		return f.sent()
	case GuardShown:
		return !f.Hidden
	}
	return false
}

// Guards says which events ask for more than status and actor.
func Guards() map[Event]Guard {
	return map[Event]Guard{
		EventShip: GuardUnsent, EventReceive: GuardAllSent, EventPickUp: GuardPickup, EventHandOut: GuardVirtual,
		EventUseUp: GuardVoucher, EventRedeem: GuardVoucher, EventLapse: GuardVoucher,
		EventBring: GuardLocal, EventArrive: GuardLocal,
		EventPack: GuardToPack, EventUnpack: GuardPacked, EventLose: GuardExpress, EventFound: GuardLost, EventResend: GuardLost,
		EventReaddress: GuardSent, EventRetrack: GuardExpress, EventDelete: GuardShown,
	}
}

// Deed is something that may be done to an order and leaves its status as it is.
type Deed struct {
	Event Event
	At    []Status
	By    []Actor
}

// Deeds is what may be done beside Transitions.
func Deeds() []Deed {
	return []Deed{
		{EventReprice, []Status{PendingPayment}, []Actor{Staff}},
		{EventReaddress, []Status{PendingPayment, Paid}, []Actor{Staff}},
		{EventShip, []Status{Fulfilling}, []Actor{Staff}}, // another parcel
		{EventPack, []Status{Paid, Fulfilling}, []Actor{Staff}},
		{EventUnpack, []Status{Paid, Fulfilling}, []Actor{Staff}},
		{EventRetrack, []Status{Fulfilling}, []Actor{Staff}},
		{EventLose, []Status{Fulfilling}, []Actor{Staff}}, // of what its buyer has received nothing is lost
		{EventFound, []Status{Fulfilling, Completed}, []Actor{Staff}},
		{EventResend, []Status{Fulfilling}, []Actor{Staff}},
		{EventBring, []Status{Fulfilling}, []Actor{Staff}}, // with somebody else
		{EventArrive, []Status{Fulfilling}, []Actor{Staff}},
		{EventDeliver, []Status{Fulfilling, Completed}, []Actor{System}},
		{EventRedeem, []Status{Paid}, []Actor{Staff}},
		{EventLapse, []Status{Paid}, []Actor{System}},
		{EventFinish, []Status{Completed}, []Actor{System}},
		{EventBuyAgain, []Status{Paid, Fulfilling, Completed, Closed}, []Actor{Member}},
		{EventDelete, []Status{Completed, Closed}, []Actor{Member}},
		{EventNote, []Status{PendingPayment, Closing, Paid, Fulfilling, Completed, Closed}, []Actor{Staff}},
	}
}

// sends reports an event by which goods leave the shop, or are made ready to; Service.mayLeave is asked at each.
func (e Event) sends() bool {
	return slices.Contains([]Event{EventShip, EventPack, EventResend, EventBring, EventPickUp, EventHandOut, EventRedeem}, e)
}

// ActionsOf are the events that by may set off at a status, for the buttons of Mini Program
// and console, in the order of the tables. It is never nil.
func ActionsOf(by Actor, at Status, facts Facts) []Event {
	actions := []Event{}
	add := func(e Event) {
		if Guards()[e].holds(facts) && (!facts.Waits || !e.sends()) && !slices.Contains(actions, e) {
			actions = append(actions, e)
		}
	}
	for _, t := range Transitions() {
		if t.From == at && slices.Contains(t.By, by) {
			add(t.Event)
		}
	}
	for _, d := range Deeds() {
		if slices.Contains(d.At, at) && slices.Contains(d.By, by) {
			add(d.Event)
		}
	}
	return actions
}

// allow returns where event leads if by may set it off at a status with these facts: the
// status itself for a deed. Else ErrState.
func allow(from Status, event Event, by Actor, facts Facts) (Status, error) {
	refused := ErrState.WithData(map[string]any{"status": from})
	if !Guards()[event].holds(facts) {
		return from, refused
	}
	if to, err := Next(from, event, by); err == nil {
		return to, nil
	}
	for _, d := range Deeds() {
		if d.Event == event && slices.Contains(d.At, from) && slices.Contains(d.By, by) {
			return from, nil
		}
	}
	return from, refused
}
