// Package oracle says what must never be found in a shop's tables, and looks for it.
//
// It owns no table and changes none. Each invariant is one statement of sql/*.sql that
// returns what breaks it, headed by its id and meaning; a statement is one snapshot, so no
// invariant needs a long transaction. Invariants that speak of things under way compare
// with `rest`: what is older must have come to its end. Those marked `truth` compare with
// what the providers say, and are skipped where nobody says it.
//
// An invariant that nothing breaks is worth nothing until something does: testdata holds
// mutations, each of which damages good books in one way and must be found under the name
// of what it breaks. Every invariant has at least one.
//
// The tests let a seeded crowd buy, pay, pay twice, cancel, refund and ship at once in
// several shops, and then expect no finding; `galleria books` asks the same of all shops in
// production.
package oracle
