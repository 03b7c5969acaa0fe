// Package level keeps how far members have grown and which level that gives them: its discount,
// its prices of single SKUs, its rights.
//
// It owns level_terms, level, level_version, level_price, level_account, level_entry, level_order
// and level_change. It writes no other table; it reads orders, SKUs and the cart as a read model
// does. What a level takes off an order pricing says: Rules hands over the member's. Orders hold
// nothing of a level. Points read by how much a level earns more.
//
// Invariants. An account is the sum of its journal, which nobody changes. An order counts once
// (level_order), a review once (its key). Who has a level that goes on has at least grown to it
// at its last change. The newest change of a member says the level that the account has.
// Whoever changes an account locks it first, the order before it.
//
// Decisions. Members grow when an order's money is final, by the terms of its placing, and lose
// in proportion to what goes back afterwards; growth may fall below zero, so that sums stay exact.
// A level is reached in the transaction of what crosses its threshold. Nothing but a review takes
// it away, and a review has a time that was said when the level was reached: at the end of its
// days it takes keep_growth off, and the rest decides which level it will be. So growth and level
// never contradict each other after a review, and nobody climbs back by the next cent. A level for
// good is reviewed at the end of the day on which refunds or staff pulled growth below it.
//
// A wording is never changed: a level goes on as its next version, its prices with it, and orders
// keep the version that they were priced by. A threshold that was lowered, or a level that has
// ended, moves members in the background, portion by portion; one that was raised takes nothing
// from who has the level before the review. Members with no level are below the lowest threshold.
package level
