// Package cart owns what members have put aside to buy: SKU, pieces, and whether the
// line is selected for checkout.
//
// It does not own prices, stock or titles: a cart stores none of them and shows what
// the catalogue says now. A line whose product left the shelf or ran out stays, with
// its state, until the buyer removes it. Nothing is reserved by a cart.
//
// Invariants: one line per member and SKU, 1 to MaxQty pieces, at most MaxLines lines.
// A line that is not the member's own is "not found".
//
// Decision: a change answers with the whole cart and runs in one transaction of two round
// trips: the change and the lines in the first, the catalogue's facts of them and COMMIT in
// the second. Whether a SKU is on sale is asked in front of the change. Pieces
// beyond the stock are accepted and shown as not_enough, because stock may come in
// before checkout; an order refuses them.
package cart
