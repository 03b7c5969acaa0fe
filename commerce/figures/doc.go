// Package figures counts what a shop sells, by business day of Asia/Shanghai, so that a page
// over a year reads hundreds of rows instead of every order.
//
// It owns the tables figure_*. It writes no other table; it reads orders, their lines and
// timeline, after-sales cases and members, as a read model does, because a recount has to
// come from what happened and not from what was told.
//
// What is counted. An order counts as placed on the day it was placed, as paid on the day the
// provider named, as cancelled on the day it closed without having been paid; all three
// stay. Money that went back counts on the day it went back, whatever day the order is of:
// a closed day of sales never changes. Test orders do not count. Amounts of products are
// what was paid for their lines, so freight is in the shop's figures only; what went back is
// known by product as far as an after-sales case says of which.
//
// Different buyers of a period are members, each once, told apart by a row of member and day
// (figure_buyer); the sum of the days' buyers is more. A member who joined with another is
// one buyer, of the past too.
//
// The funnel counts people by day: whoever comes on two days is two. Looking and filling a
// cart leave no fact in the database, so they are gathered in memory and written every few
// seconds (Looks): showing a product costs nothing, a killed process loses seconds of looks,
// and a recount leaves these two figures as they are. Looks are those of members, told by the
// report of footprints; visitors without a session are not counted.
//
// Invariants. Counting is by state and not by message: an order's row in figure_order says
// what of it is counted, and every call counts what is missing. So events may come twice,
// late or in any order, and a recount may run between an event and its effect. After any
// history the figures equal a recount (TestAnyHistoryEqualsARecount).
//
// Orders are counted many at a time, about a second after something happened to them: all
// orders of a day share its row, and would wait there for each other one by one. Whoever moves
// an order leaves a note (NoteOrderTx) in its transaction. The shop's one timer is set outside of
// it, by Run, for all shops of a process together. With the same notes others count what only
// has to be right a second later: a product's sales, of which each paid order is taken once
// (SoldOrderTx, figure_sold), and what a member has bought.
//
// Locks. The counted orders are locked first, in the order of their ids, then the shop's
// figures, which orders, a recount and a merge of members take alone; members share them.
package figures
