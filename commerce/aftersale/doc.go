// Package aftersale settles what buyers bring back, want back or want instead: a case for
// some pieces of an order, from the application to the money, the replacement or the no.
//
// It owns aftersale_case, aftersale_line, aftersale_message, return_address and the table of
// transitions (Transitions; its chart is testdata/transitions.golden.md). It does not own
// orders: what a case holds of one is claimed there (order.Service.ClaimTx), under constraints
// by which no piece is in two cases and no fen goes back twice. It knows nothing of payments:
// it asks for a refund through Refunder, in its own transaction, and hears by events what
// became of it. Stock moves through inventory.
//
// Invariants: whoever changes a case locks its order first, then the case; a status changes
// only by a row of the table, as a compare-and-set, together with its message, its timer, its
// stock and its events. What is claimed of a line is the share of what was paid for it, by the
// stored amounts: any division of a line adds up to it exactly. Freight goes back with the last
// pieces of an order of which nothing was sent, else only if staff say so. Pieces that were
// never sent are not sent any more, are refunded whole and go back on the shelf as they are;
// pieces that came back go on the shelf only as far as an inspection found them sellable, in the
// place that it names: where they left from (most of a SKU's pieces, if several did), or the main
// place if that is closed, unless the inspector says otherwise. Test orders move no stock.
//
// Vouchers are only refunded, for what is unused of them. What is unused at their end goes back by
// a case that the system opens and passes (Lapsed), where the terms say so.
//
// Decisions. A case that is approved asks for its refund in the same transaction, so there is
// no status between: a refund that waits for a second person is a case that is refunding. A
// refund that ended without money makes the case refund_stopped: a person asks again or ends
// it. Only goods that were never sent are given back without an answer of the shop; every other
// case waits for one, overdue at the top of the desk. Goods that came back and were not looked
// at in time are paid for, and stay off the shelf. The claim of a case that ended with money
// stays, so that less than the share, once agreed, is final. Only the same SKU is exchanged.
package aftersale
