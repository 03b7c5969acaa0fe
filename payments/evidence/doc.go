// Package evidence keeps the files that prove a refund which was ended by hand: a bank's
// receipt, a screenshot.
//
// It owns what such a file must be, where it lies and the table refund_evidence. It does not
// own refunds: a file is taken in the transaction that ends one.
//
// Invariants: the type is what the bytes say, never a name or a header; a file is kept as it
// came, since it is a proof, and is sent to nobody but the shop's people, as a download that
// no browser runs; its key is of a form that /media/shop/ serves to nobody; it is counted in
// the plan's storage and recorded in the transaction that writes its row; reading it is
// recorded, too; rows are never changed or deleted.
//
// Decisions: the file is written before its row, so that a crash leaves a file without a row
// and never a row without a file; Sweep, once a day, removes such files.
package evidence
