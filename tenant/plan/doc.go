// Package plan knows what a shop has paid for: which features are open to it and how much
// of what it may use, and it counts that use.
//
// It owns platform.plan, plan_limit, tenant_plan, tenant_limit and quota_usage. It does
// not know what a SKU or a message is: the rooms that make them take from the quota where
// they make them.
//
// Invariants
//   - Use is counted by a conditional update in the transaction that uses, never by
//     counting rows first: any number of takers in parallel stop exactly at the hard limit.
//   - A shop without a plan of its own has the default one. What a plan does not limit is
//     unlimited; a feature that it does not name is shut.
//   - A limit that was agreed with one shop goes before its plan's.
//
// Decisions
//   - A counter is one row per shop, quota and period, and a row that every order changed
//     would let the orders of a shop wait for each other. What flows (orders) is therefore
//     taken through a Meter: a process takes a block of places at a time, in a short
//     transaction of its own, and hands them out from memory. Blocks get smaller as the
//     limit comes near and are one place at the end, so nobody is refused while places
//     lie idle elsewhere for long; a killed process loses at most its block, which counts
//     as used until the month ends.
//   - Features are asked for where something begins (console), never where it goes on: a shop whose
//     plan changes keeps what it has promised its buyers, and can end it.
//   - Months are those of Asia/Shanghai.
//   - api_calls is a rate per minute and has no counter here: the web edge's limiter reads
//     it as the shop's budget.
package plan
