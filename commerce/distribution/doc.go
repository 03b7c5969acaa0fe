// Package distribution lets members sell for the shop: who brought whom, what each is owed for
// which order, and how it is paid out.
//
// It owns distribution_plan, distribution_rate, distributor_level, distributor,
// distribution_bond, commission_order, commission, withdrawal, withdrawal_proof, commission_signal and code_picture. It writes no other table; it
// reads orders, their lines, after-sales cases and what numbers of members are found by as a read model does, because what is owed has
// to come from what happened to an order and not from what was told of it. How money leaves is
// the caller's (Payouts), and so are the books (Books).
//
// Invariants. At most two levels are paid, by the database's own check: more is a pyramid, which
// the law forbids. Nobody earns from what he bought himself, and nobody is brought by those whom
// he brought, however long the chain. An order is owed to who had brought its buyer when it was
// placed, at the rates of that moment: plans, rates and bonds are histories, so this can be told
// at any time later, and placing an order costs nothing for it. An entry is base × rate, rounded
// down; both tiers together take at most half of what was paid. What is available is what final
// entries have, less what went back, less what was drawn (distributor.available_fen); it may
// fall below zero when an order is refunded after its commission was drawn, and is made up by
// what comes next. A withdrawal is one transfer, under one number; above the plan's
// limit two people have approved it (withdrawal_twice).
//
// Decisions. Entries follow their order by state and not by message (FollowOrderTx): events may
// come twice, late or in any order. Money becomes available when the order's own money is final,
// never by a count of days. What went back without a case that says of which line is spread over
// the lines and the freight in proportion to what is left of them. Commission is an expense of
// the day on which it becomes available; fees that the shop keeps of a withdrawal lessen it, tax
// that it withholds is owed to the tax office. The second tier's rate gives way where level and
// product rates would add up to more than half. A frozen distributor earns and cannot draw; one
// who was refused or has left earns nothing from new orders. An entry counts as withdrawn when
// what was paid out covers it, the oldest first. The picture of
// a distributor's code is asked for when somebody first wants it, outside any transaction, and kept
// with the shop's private files: a code works for ever. Posters are drawn anew each time, since
// prices change, and bear words where the machine has a font for Chinese, which is too large to come with the program. Who is the buyer
// under another name as the provider tells earns nothing. A shared phone is no proof of it, but usual for
// it: unless the shop chose otherwise (OnShared), nobody is brought by who shares one with them, and an
// order of theirs earns nothing; staff (Signals) and the distributor (Refusals) read why. A shared address,
// or a parcel's phone, is only marked, and holds withdrawals until somebody has looked. Why a
// withdrawal failed is told in words by this room (ExplainFailure), for the distributor and the staff:
// a provider's codes are known in one place.
package distribution
