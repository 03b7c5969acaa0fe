// Package demo fills a fresh installation with two shops that look as if they had been
// selling for two weeks: 青禾生活 (things for the home) and 山野茶咖 (tea and coffee).
//
// It owns the catalogues, the people and the plan of who bought what. It owns no table:
// shops are opened by provision, goods received by inventory, orders placed by order, and
// paid through payments at the provider sandbox, which checks every signature and calls
// back, exactly as they will be later.
//
// The past. Everything is done at the moment it happened, by turning Clock: the services
// in Deps and the sandbox tell the time by it. Nothing else may work on them meanwhile, so
// a process seeds before it serves. Three things cannot be turned. The database's clock
// says whether a bill is overdue, so history reads its bills itself (till); it says when a
// timer is due, which is why the workers start afterwards; and the provider's SDK dates
// requests by the wall clock, so a desk before the sandbox dates and signs them again. The
// workers then find two weeks of events in the outbox, and orders that are done already.
//
// Again. A shop whose message template is stored is finished: it is written last. In an
// unfinished one every step looks for what is there: products by their title, goods by the
// document they came with, orders by their idempotency key. The only state a killed seed
// leaves to others is a payment between the provider's yes and the order; it is in the
// outbox or on the query ladder, and the workers finish it.
package demo
