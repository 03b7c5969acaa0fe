// Package idempotency makes a keyed request have its effect once.
//
// The key is written in the same transaction as the effect, so either both exist or
// neither does: a request whose answer got lost is repeated with its key and gets the
// first result. Two requests with one key at the same time wait for each other in the
// unique index; whoever waits longer than the lock timeout is told that the first is
// still running. A key with another body is refused.
//
// What is kept is the operation's result as a domain value, not HTTP bytes: the edge
// renders a replay as it rendered the original. Keys live at least seven days, longer
// than any provider's or client's retries.
package idempotency
