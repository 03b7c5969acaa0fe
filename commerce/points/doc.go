// Package points keeps what buyers have earned: by orders, by signing in, by bringing others and
// from staff, and what they pay with it.
//
// It keeps the mall as well: what a shop gives for points, and money beside them.
//
// It owns points_terms, points_rate, points_account, points_lot, points_use, points_order,
// points_entry, mall_offer, mall_count and mall_exchange. It writes no other table; it reads orders, their lines, after-sales cases and who
// brought whom as a read model does. How many points an order may be paid with, pricing says:
// Rules hands over what holds for a member. Orders hold, use and give back points in their own
// transaction.
//
// Invariants. Points come in lots, and each point of a lot is somewhere: remaining, held, spent,
// lapsed or taken (the lot's own arithmetic in the database). An account is the sum of its lots,
// none of its parts ever below zero; who has something to use owes nothing. The journal adds up
// to what can be used and to what is owed. A lot is given once for what it was given for
// (points_given_once). Whoever changes lots locks their account first. No more is taken of an
// offer than there is (mall_stock), nor by a member than the limit; an order is one exchange.
//
// Decisions. Lots that end first are used first, and what comes back goes to the same lots; if
// their time is over, it is valid again for the days of grace, or not at all. Points of an order
// are frozen until its money is final, and follow it by state, not by message (FollowOrderTx).
// What a refund takes back comes from the order's own lot, then from others; what is missing
// is a debt that the next points pay first. Points that an unpaid order holds lapse with their
// time if it closes: ordering does not make them last longer. That points are over is a matter
// of the clock; the job writes it down. Days end at midnight in Beijing, so points end by days.
// The books hold what a member's points are worth, rounded down, account by account: what is
// issued is an expense owed to members, what is spent or lapses is owed no longer. Who brought a
// buyer is rewarded for the buyer's first order whose money is final. Goods of the mall go
// through an order that names the offer: pricing gives its line the offer's price and lets nothing
// else lower it, and the points are held, used and given back as those that pay for a part. The
// stock of an offer stands beside that of its SKU; both must have some. A coupon is given at
// once, without an order, and its points do not come back. An order that names no offer costs no
// statement more: whether it was an exchange is read with what is read anyway.
package points
