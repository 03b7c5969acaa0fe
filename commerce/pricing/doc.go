// Package pricing says what a basket costs. It is pure: no clock, no database, no context;
// the same basket with the same rules always gives the same answer.
//
// It owns the arithmetic of an order's amounts and their invariants:
//
//	line:  goods = price × quantity, payable = goods − discount ≥ 0,
//	       discount = Σ its adjustments
//	whole: goods = Σ line goods, discount = Σ line discounts,
//	       payable = goods − discount + freight, and 0 ≤ payable ≤ MaxPayable
//
// It does not know where prices and rules come from, who may use them, or whether anything
// is in stock: rooms hand over rules as they stand for one buyer.
//
// Stages. What a piece costs (points mall, flash sale, group, timed discount, level), what the order costs
// (reductions, a coupon), what comes with it (gifts), the freight (free delivery, a coupon), what points pay. Each stage
// counts with what the one before left: a coupon's minimum is measured after cheaper prices,
// free delivery after the coupon. A matrix says which kinds may meet in one line; by default
// those of one stage exclude each other. Where several may be used, the one that takes most
// off is; of equal ones that which ends first. Reductions take what they find, the largest
// first, each line once: that is not always the best of all ways, but one that can be told.
//
// A gift is measured where reductions are, so that what one campaign takes off does not keep it
// from giving. Of what it counted with the order keeps the amounts, because goods that go back
// may take the gift with them. What cannot be had is not promised: the next gift of the tier
// comes instead, or none, and the answer says so.
//
// A budget is of a campaign, whatever its rules give. What it does not hold whole is not given,
// line by line for prices of pieces, and the answer says so.
//
// Every rule is answered: applied with its amount, or why not and what is missing. Every fen
// off is an adjustment with rule, version and who pays for it; an amount over several lines
// is split in proportion to what they cost, by the largest remainder.
//
// Decisions. Freight is a component of its own, beside the lines. Discounts are kept per
// line, because a refund needs each line's share. Points pay for goods, not for freight. A
// quote carries a hash of everything that makes the amounts: a buyer confirms exactly what
// was shown, and a change in between is noticed even if the total stays the same.
package pricing
