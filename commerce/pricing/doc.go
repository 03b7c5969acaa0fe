// Package pricing says what a basket costs. It is pure: no clock, no database, no context;
// the same basket always gives the same answer.
//
// It owns the arithmetic of an order's amounts and their invariants:
//
//	line:  goods = price × quantity, payable = goods − discount
//	whole: goods = Σ line goods, discount = Σ line discounts,
//	       payable = goods − discount + freight, and 0 ≤ payable ≤ MaxPayable
//
// It does not know where prices come from or whether anything is in stock.
//
// Decisions. Freight is a component of its own, beside the lines; the room freight computes
// it. Discounts are kept per line, because a
// refund needs each line's share. A quote carries a hash of everything that makes the
// amounts: a buyer confirms exactly what was shown, and a change in between is noticed even
// if the total stays the same.
package pricing
