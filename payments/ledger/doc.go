// Package ledger keeps a shop's books: every fen that came, went or was lost on the way,
// once, in double entry.
//
// It owns ledger_journal and ledger_transfer. It does not own payments or refunds, whose
// transactions it joins (payments.Books), nor the bills of providers (payments/reconcile),
// which tell it of fees and settlements.
//
// Invariants
//   - A fact is a journal, named by its kind and its own number: posted once, however
//     often it is told.
//   - A journal is made of transfers, each of a positive amount from one account (credit)
//     to another (debit). The sum over all accounts is therefore always zero; no trigger
//     is needed for it.
//   - Rows are written and never changed: the shop's role may neither UPDATE nor DELETE
//     them. A mistake is corrected by a journal that reverses another, once.
//   - What a payment or a refund changes and its posting are one transaction.
//
// # Accounts
//
// An account is a name; it exists once something was posted to it.
//
//	receivable:<channel>:<account id>  what the provider holds for the shop       asset
//	bank                               what the provider has paid out             asset
//	sales                              collected for orders                       income
//	refunds                            given back of it                           income, the other way
//	fees:<channel>                     kept by the provider                       expense
//	surplus                            money that no order can use, until it is   liability
//	                                   given back
//	unexplained                        money that a bill knows and we do not      liability
//	payouts:<what>                     paid to members; commission: once it is    expense
//	                                   owed, less fees kept of withdrawals
//	payable:<what>                     owed to members: commission, wallet,       liability
//	                                   points; to the tax office: tax
//	discount:<what>                    given as coupons and points; points: what  expense
//	                                   they are worth until they are spent or end
package ledger
