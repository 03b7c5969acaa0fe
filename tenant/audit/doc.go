// Package audit keeps the log of acts that matter: who did what to which object, what it
// was before and after, from where, under which request id, and when. Every entry is
// written in the transaction of its act: an act whose entry cannot be written does not
// happen.
//
// It owns platform.audit_log, audit_head, audit_anchor and audit_anchor_day. It does not
// own the sentences people read (the console has them per action code) nor the question
// what is worth recording: every administrative act of every room is.
//
// There is one chain per shop and one for the platform. Rows are numbered from 1 without
// gaps, and each carries SHA-256 over its canonical form, the hash of the row before it
// included. Programs only insert; a trigger names the place in the chain and locks the
// chain's head until the transaction ends, so that processes side by side make one chain.
// Record last in a transaction: other acts of the same shop wait from there to the commit.
// No role of ours may change or delete a row or a head, and a shop's role sees and adds
// to its own chain only. Verify walks a chain in pages and names the first row that is
// not as it was written.
//
// Whoever owns the database could rewrite a chain from some row to its end. Therefore
// Anchor puts every head that moved into platform.audit_anchor once a day (of Shanghai),
// and one digest over them, which includes the digest of the time before, into the log:
// kept elsewhere, that line is what VerifyDays compares the tables with.
//
// Personal data is masked before it is written (see mask.go): names of people, phone
// numbers, mail and other addresses, numbers of documents and cards, ids of buyers at
// providers. What is a secret by type or by name is written as "[redacted]": that it changed
// is recorded, what it was is not. The name of the person who acted stays in clear: it is
// what the log is for.
//
// Decisions
//   - Rows of the time before the chain stand in the same table and were put into the
//     chains in the order of their ids by migration 000004. The chain vouches for them
//     from that migration on.
//   - A trigger and not a function to call: binaries from before the chain insert the same
//     way and go on working during an upgrade, and the right to insert is an ordinary
//     grant that row policies narrow. The rule against triggers is for shops' schemas;
//     the table lives in `platform`, which is never distributed.
//   - The canonical form exists twice, in SQL to write and in Go to verify; a test holds
//     them together. The columns before and after are json, not jsonb: the hash covers
//     the exact text.
package audit
