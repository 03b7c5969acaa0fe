// Package coupon offers, gives and takes coupons: what a shop gives away under conditions, to
// be taken by buyers, for a code, as a gift after a payment, or by staff.
//
// It owns coupon (the offer), coupon_terms (its wording, version by version), coupon_grant (one
// in a member's hands), coupon_event (what became of each), coupon_count (what each member has
// had) and coupon_code. Whether a coupon fits an order, and what it takes off there, pricing
// says: Rules hands over what a member holds. Orders hold, use and give back coupons in their
// own transaction.
//
// Invariants: a grant serves one order at a time, and only its member's (coupon_grant_order);
// what is issued is what was granted and never more than the total (coupon_issued); no member
// has more than the limits, whoever asks at once; what coupons take off orders that live is
// within the budget (coupon_budget); nothing is given twice for one claim, code, order or issue
// (coupon_given_once). A grant moves only by a row of Transitions, with its event.
//
// Decisions. Whether a member's level is high enough is read, as a read model does, by the statement
// that takes the stock. Changed terms are a new version, and who holds a coupon keeps what was promised.
// Limits count what a member has had, not what is left of it: used, over or taken back makes no
// room. A coupon of an unpaid order that closes always comes back as it was; one of an order
// whose money all went back does so if its terms say so, for some days at least. Whether a
// coupon is over is a matter of the clock, not of the job that writes it down; members hear of it three
// days and one day before, of all that end on a day at once, but not of what they were given within the
// last day. Budget that orders free again can be spent again. A coupon stops by itself when less is left
// of its budget than one use takes, or when all of them are given; staff are told then, and when four
// fifths of the budget are spent (TopicBudget): the event says only which coupon passed a mark, who tells
// looks where it stands by then. The coupon's row is changed last in a transaction:
// it is what everybody waits for.
package coupon
