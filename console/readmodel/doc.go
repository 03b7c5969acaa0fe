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
// label; amounts stay money.Fen. Searching orders by words reads them newest first,
// over the last 50,000 or over the days that were chosen, because an index for it would
// cost files in every tenant: 300,000 orders without a match took 1.3 s, this 0.2 s. A
// whole order number is found at any age.
package readmodel
