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
// Decision: a change answers with the whole cart. Putting a line, which everybody does, is one
// statement and one round trip: it writes only what is on sale and has a place, and gives the
// lines with the catalogue's facts of them. For that the cart's statements read the
// catalogue's tables, which only the catalogue writes; a test holds what they say against
// what the catalogue says. Pieces beyond the stock are accepted and shown as not_enough,
// because stock may come in before checkout; an order refuses them.
package cart
