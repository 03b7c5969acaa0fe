// Package points keeps what buyers have earned: by orders, by signing in, by bringing others and
// from staff, and what they pay with it.
//
// It owns points_terms, points_rate, points_account, points_lot, points_use, points_order and
// points_entry. It writes no other table; it reads orders, their lines, after-sales cases and who
// brought whom as a read model does. How many points an order may be paid with, pricing says:
// Rules hands over what holds for a member. Orders hold, use and give back points in their own
// transaction.
//
// Invariants. Points come in lots, and each point of a lot is somewhere: remaining, held, spent,
// lapsed or taken (the lot's own arithmetic in the database). An account is the sum of its lots,
// none of its parts ever below zero; who has something to use owes nothing. The journal adds up
// to what can be used and to what is owed. A lot is given once for what it was given for
// (points_given_once). Whoever changes lots locks their account first.
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
// buyer is rewarded for the buyer's first order whose money is final.
package points
