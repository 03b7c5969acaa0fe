// Package readmodel answers the console's pages: read-only SQL across contexts.
//
// It owns statements and the shapes of their answers, which the views show as they
// are. It owns no table and writes nothing; rules about orders, stock and payments
// stay in their contexts.
//
// Invariants: named columns only; every list is keyset-paged by id and bounded; every
// count that a page shows is bounded too (CountCap), because a tab label must not cost
// a scan of a busy shop's history; each page costs one batched round trip.
//
// Decisions: pages see plain statuses as text, because a view only looks up their
// label; amounts stay money.Fen. Searching orders walks the newest first and is bounded
// by the statement timeout of the pool: exact enough for a desk, and without an index
// in every tenant.
package readmodel
