// Package order takes orders and moves them through their life.
//
// It owns orders, order_line, order_adjustment and order_event, and the table of transitions (Transitions;
// its chart is testdata/transitions.golden.md). It does not own prices (pricing), stock
// (inventory), the catalogue, carts or addresses, and knows nothing of payments: money
// reaches it as MarkPaidTx, and Bill is what there is to be paid. It reads the shop's time
// to pay from the row shop.
//
// Invariants: line goods = price × quantity; the lines add up to the order; payable = goods
// − discount + freight ≥ 0. A status changes only by a row of the table, as a compare-and-set
// under the order's row lock, together with its timeline entry, its events and its stock. An
// order holds stock exactly while it is pending_payment or closing. It is never both paid and
// closed without a refund in between. Only the first payment counts (orders.paid_by); any
// other money is OutcomeLate and to be given back.
//
// A test order (orders.test) proves a shop's setup: it takes every step of a real one, but
// gives its goods back when it is paid and counts neither as a sale nor as revenue. Orders
// of a shop that has not opened are such, and those that MarkTest names before they are
// paid. Whatever later moves goods of a paid order back has to leave test orders out.
//
// Virtual goods (orders.delivery) go nowhere: the order has no address, its cards are the
// buyer's in the transaction of the payment, and it is completed with it. Goods of different
// ways are not one order: it is refused with DELIVERY_KIND and told how to part.
//
// Vouchers are a way of their own, not Virtual: they are issued in the transaction of the payment,
// too, but the order stays paid until none of them can be used any more (used up, expired or paid
// back); only then does the time begin after which its money is final. A piece has left the shop,
// in a parcel of that kind, with its first use or when it lapsed, so that whatever counts unsent
// pieces counts untouched ones. A claim takes what is unused of pieces, untouched ones first.
// Orders of vouchers from before they had codes are pickup orders, and stay so.
//
// A parcel of a courier's may be packed before it has a number. Its pieces are in order_line.packed
// until it leaves, when they become sent, and in no other parcel: sent + dropped + packed never
// exceed what was ordered, by a CHECK. For everybody else they are unsent. What a case claims is taken out of
// packed parcels, the newest first and after pieces in none, in the claim's transaction; an order
// that closes with its money has none any more. A number without a parcel's name goes to the only
// packed one that fits; parcels that were sent without being packed are as before.
//
// A parcel on its way may be lost, as staff say: no courier's service has a word for it, only for
// trouble. Time does not complete its order until somebody made up for it: a case pays for it
// (refund_case; one that ends without money opens the matter again), or the same pieces are sent
// once more, in a parcel that names it (resends), from stock again; they stay counted as sent once.
// One that turns up is delivered if nobody has made up for it, and none of its pieces was claimed; else it
// stays lost here, and is the courier's and the shop's affair. Its buyer's own word that all arrived
// always counts. Of an order that was received nothing can be lost: there is the after-sales case.
//
// A provider's word that an order was received completes it as its timer would, and never one that
// waits for the shop (ReceivedByProviderTx).
//
// What the shop's own people bring goes as a whole (Bring), in a slot that the order holds from
// its placing until it closes, or for good once it is on its way. It arrives by their word (Arrive)
// and is received like a parcel that was signed for.
//
// What makes an order cheaper comes from the rooms of Deps.Offers as rules; pricing applies them,
// and order_adjustment keeps what each took off each line, with its wording and funder. The
// order holds them from its placing: used when it is paid, released when it closes unpaid,
// returned when all its money, or all of an order that cost nothing, went back. A buyer who
// names no coupon gets the best ones; one who names some gets exactly those or no order.
//
// Closing takes two steps, because only the provider knows whether money is under way:
// Cancel or ExpireTx make an order closing; whoever talks to the provider then either
// reports the money (MarkPaidTx, which still wins) or lets it be closed (FinishClosingTx),
// which alone gives the stock back.
//
// Placing an order needs four round trips (BEGIN, read and key, write, COMMIT; one more from
// the cart), because steps share them (tenantdb.Pipeline). The stock is reserved in the last
// statement before COMMIT, so that buyers of one popular SKU wait for each other as briefly
// as possible. A replay is answered from the key alone: what was read beside it does not
// matter any more.
//
// An address is copied into the order, and who it names lies sealed there, bound to the order's
// number; division and the phone's last digits stay, for the books and for couriers. Whole phone
// numbers and names are found by a blind index. Orders from before are read as they are until
// SealReceivers, in the shop's upkeep, has had them. A line keeps title, spec, picture and price of its
// moment. Order numbers come from the clock and a random tail, not from a counter.
package order
