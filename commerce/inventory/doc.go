// Package inventory keeps how much of each SKU there is and who holds it.
//
// It owns stock_level, stock_location, stock_away, reservation, reservation_away,
// stock_movement and stock_alarm. The catalogue inserts the level of
// a new SKU (0 on hand) and reads levels for the shelf; nobody else writes here. It knows
// an order only as a number.
//
// Invariants: 0 <= reserved <= on_hand; available = on_hand - reserved; the movements of a
// SKU add up to its level; reserved = what its held reservations hold. A line set is taken
// whole or not at all.
//
// Places. A shop has one main place, which needs no row; others hold their part in
// stock_away. The level is the sum over all and the one row that orders queue for, under
// whose lock everything else of the SKU is written: in a shop with one place a reservation is
// one conditional update, and elsewhere a second statement only when the main place lacks
// something. A level's version grows with corrections by people, not with orders, so that a
// SKU that sells can be corrected and two people who correct it cannot undo each other.
//
// What comes back may go to any open place (PutBackTx); LeftFrom says where it came from.
//
// An alarm stands in stock_alarm from the transaction in which a SKU became scarce or ran
// out, once per crossing, until there is enough again.
//
// Life of a reservation: held → committed (paid: the goods leave the shelf) or → released
// (closed). CommitTx and ReleaseTx look at that state, so a repeat changes nothing and the
// two cannot both happen.
//
// Decisions. Each operation is one statement that locks its rows in the order of the SKU
// ids: orders with common SKUs queue up instead of waiting for each other in a circle (40
// deadlocks in 24 s unsorted, none sorted). The statement decides by what it has locked, not
// by what somebody read before. Callers run it last, because a popular SKU's row is what
// all buyers queue for.
//
// When a SKU becomes sold out, scarce or plentiful, the catalogue's channel is notified in
// the same transaction: the shelf shows nothing finer than these three.
package inventory
