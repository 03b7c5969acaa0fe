// Package reconcile compares, day by day, what each provider says it did with a shop's money
// with what the shop's books say, until not a fen is unexplained.
//
// It owns bill_day, bill_file, bill_file_part, bill_line and bill_difference. It does not own
// payments and refunds, which it reads to compare whole days in one statement and changes
// only through payments (a late success is asked for and applied as a callback's would be);
// nor a provider's files, which stand behind payments.BillReader; nor the books, to which it
// tells fees, payouts and what was explained.
//
// # A day
//
// A day belongs to a merchant account and is the provider's: midnight to midnight in
// Beijing, with UnionPay from 23:00. An account's timer asks when bills are ready, spread
// over the first hour. The file is kept as it came, read line by line and copied into
// bill_line; then every line of the day is matched at once, by the provider's number and
// then by our own. What does not agree becomes a difference with a key of its own, so that
// doing all of it again finds the same rows:
//
//	amount_differs  ours and theirs, or the bill of trades and the bill of funds
//	only_theirs     the provider is asked: a success that we had not heard of is applied
//	only_ours       the provider is asked: what it confirms may stand in the next day's bill
//	fee_differs     the fee that is named is not the fee that was kept
//
// What heals is healed by itself; the rest is open until somebody explains it, with a reason
// and a note, in the audit log. A day is closed by a conditional update, and a CHECK behind
// it, only with nothing open.
//
// # Decisions
//
//   - Raw files lie in the shop's schema, in pieces of 256 kB, as the provider packed them:
//     they are saved, moved and deleted with the shop, every server can read them, and its
//     role can read nobody else's. A hundred thousand lines are some 5 MB.
//   - A file is read to a temporary file first, and no transaction waits for a network or a
//     disk: pieces and lines are written in batches under a file that does not count until
//     it is adopted in one statement.
//   - The same file again changes nothing; another file of the same day replaces the first,
//     whose bytes stay and whose lines go. What was explained stays explained as long as it
//     is about the same amount.
//   - A difference of ours is carried to the next day once, and never back.
//   - A fee is in the books once, under the provider's number. UnionPay pays out what a day
//     comes to; WeChat Pay and Alipay say in the bill of funds when money was taken out.
//   - Explaining a difference books what the provider holds more or less than our books
//     said, against "unexplained": the receivable is then the provider's.
package reconcile
