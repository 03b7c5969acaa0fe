// Package trial keeps the purchases that a shop makes from itself, to see that it sells.
//
// It owns test_purchase: which step is next, and what stopped it. It does not make the
// purchase: that goes through the installation's own API like a buyer's (cmd/internal/tryout),
// run by the event Topic, and whether the order was paid is the order's own word.
//
// Invariants: a shop has one unfinished purchase at most. A step is written down when it is
// done, so that a run that died goes on where it was; every step may be done twice. A run
// that was stopped waits for a person: Begin takes it up again.
package trial
