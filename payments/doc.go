// Package payments collects money for bills and gives it back, through providers that
// hold each merchant's own keys.
//
// It owns the tables payment_attempt, payment_event, payment_anomaly, payment_exchange,
// payment_setting, refund and refund_event, the
// states of an attempt, the once-only handling of a provider's notifications, the
// query ladder, the close before an order may close, and refunds. It does not own
// orders: it knows a business number and asks its BillSource for amount, title and
// deadline inside its own transaction; what happened is published as events. It does
// not own keys (payments/account) nor any provider's wire (payments/wechat, …), which
// stand behind the interface Channel.
//
// Invariants
//   - Paid means that the provider said so under its signature and that amount and
//     identity (AppID, merchant, trade type, currency: what the channel expects of such a
//     payment) equal the attempt's. Everything else is a row of payment_anomaly and an
//     answer that is not ok.
//   - A notification of money for a closed shop is such a row, too.
//   - One transition per attempt and event, by compare-and-set (transitions.go).
//   - At most one success per business number counts; any further one is marked surplus
//     and its refund is requested in the same transaction.
//   - refund_reserved_fen + refunded_fen never exceeds what was collected; the reserve
//     is taken by a conditional UPDATE before a provider hears of the refund.
//   - What a person asks to refund above the shop's limit is sent only after another
//     person approved it (refund_decide.go, CHECK refund_two_people).
//   - A refund ended by hand is ended after the provider said that it knows nothing of it,
//     and carries who, how and what proves it.
//   - No network call inside a transaction.
//   - Where a provider cannot close (Traits.NoClose), an attempt is closed on our side and
//     asked about until its deadline has passed; money that comes all the same is late or
//     double, and goes back.
//
// Decisions
//   - Notifications are an optimisation, the query ladder is the truth: both end in the
//     same function, applyPaid.
//   - An attempt in any state becomes succeeded when the provider says that it was paid:
//     money that arrived is a fact, also after a close. Whether it still buys something
//     is the order's to decide.
//   - An attempt that was stored but whose provider call had no known end is repeated
//     with the same number and byte-identical parameters; only a change of parameters
//     closes it at the provider and takes a new number.
//   - A refund is never called failed because of an error answer, which no provider
//     signs: only a signed CLOSED ends it without the money having moved.
//
// The charts of an attempt's and a refund's states are in testdata/transitions.golden.md.
package payments
