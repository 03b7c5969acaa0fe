// Package voucher keeps the vouchers that a shop sells: each piece of a product of that kind is a
// code that its buyer shows in the shop, good for one or more uses until it ends.
//
// It owns voucher and voucher_use. It does not own the terms (they stand on the product, and in
// its snapshot), stock or money, and moves no order: order calls it under the order's lock.
//
// Invariants: used is never more than uses (a CHECK, and every change is conditional); each use is
// a row that nobody changes; what the vouchers of a line were paid for adds up to the line; a
// voucher that an after-sales case holds cannot be used. It is active until it is used up, expired
// or refunded, and none of these is ever left.
//
// Decisions: vouchers are issued in the transaction of the payment, by the terms of the moment in
// which the order was placed. A code has sixteen digits, so that nobody takes it for a pickup
// code, and stands in clear as that does: it is worth nothing outside the shop's own console. A
// piece is worth its share of its line, rounded down, the last takes the rest; what is unused of
// it is worth its part of that, rounded down, and what was used is the rest. Whatever subset goes
// back, the parts are what was paid.
package voucher
