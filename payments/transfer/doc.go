// Package transfer pays money from the shop to people: refunds of goodwill by staff today,
// commissions later.
//
// It owns the tables transfer and transfer_event, the states of a payout, its once-only execution under one
// number, and its postings. It does not own what is paid for (a source names it: kind and
// number), nor accounts and keys (payments/account), nor any provider's wire, which stands
// behind payments.Transferrer.
//
// Invariants
//   - One source is one transfer, one transfer is one number for the provider. A result
//     that is not known is asked for; nothing is ever sent again under a new number.
//   - Every transition is by compare-and-set (transitions.go), together with its posting
//     and its event. Money that arrived is a fact: also after a failure or a cancellation
//     that the provider had told of before.
//   - An error answer, which WeChat Pay does not sign, ends nothing. What was cancelled
//     before the provider knew of it is cancelled for good, because it is never sent.
//   - Who is paid is sealed; people see a masked hint.
//   - No network call inside a transaction.
//
// Decisions
//   - What was said with the provider is kept beside what is said about payments, masked
//     (payments.TransferCalls).
//   - Merchants of a service provider do not pay people through it: their transfers go with
//     an account of their own (TRANSFER_PARTNER).
//   - The provider is asked again by timer: 10 s, 30 s, 1, 3, 10 min, then every half hour
//     and, after a day, every six hours. A receiver who does not confirm within the
//     provider's day ends it there (FAIL), which we learn by asking.
//   - Too little money in the merchant's account leaves the transfer submitted: it goes on
//     under its number when there is enough, unless somebody cancels it.
//
// The chart of the states is in testdata/transitions.golden.md.
package transfer
