// Package bench measures Galleria against what its machine can do: the real `galleria
// serve` next to a bare Fiber handler and next to pgbench, all on one database, in one run.
//
// It owns the stack it measures (Postgres with durability on, Redis, one shop of 1,000
// products with three SKUs each), the load generator, the yardsticks, and the table of bars
// that the ratios are held against. It owns no code of the product: what is measured is the
// binary, started as an installation starts it.
//
// How to read its numbers:
//   - Rates are worth little on a shared machine. Ratios within one run and CPU time per
//     operation are what the bars are about. The rounds are interleaved (product, Fiber,
//     pgbench, product, …) and every figure is the median of the rounds.
//   - CPU time is user and system time of process trees, from /proc: the product's is serve,
//     worker and Redis; the database's is the postmaster with its backends. The generator
//     and pgbench itself are not counted.
//   - Every answer is checked. A point with a wrong answer is broken and shows no figures; the run goes
//     on and then fails.
//   - Statements per request are counted by pg_stat_statements, by the role that ran them, so
//     that the relay and the worker beside it do not count.
//
// Decisions:
//   - "Uncached" pages are real misses: every request asks for a page nobody has asked for
//     since the catalogue's last change, and a change is announced every few milliseconds.
//     What a miss costs to keep for the next reader is part of its price.
//   - The worker sleeps (SIGSTOP) while single routes are measured, and runs, drained at the
//     end, while whole purchases are.
//   - The provider's signatures are made before the clock starts. They are the provider's cost.
//   - The fleet is measured last: two hundred shops are made, opened, asked and upgraded by the
//     newest migration, which was taken away from them before. Each figure stands next to the
//     bar of the plan for many shops on one database.
//   - What one shop's flash crowd does to another shop is asked of a server with as many connections
//     and places as an installation has by default: five crowds of a thousand, each for a hundred
//     pieces, while the neighbour's buyers ask for lists, details and quotes a hundred times a
//     second, whatever the answers take (an open loop; times count from when a request was due). The
//     crowd is a process of its own at the lowest priority (nice 19), because phones take no
//     processor time from the server that they ask; on a machine whose processors are taken by
//     others the figures say little, and the ratio less. Once the crowd's shop is in another lane of
//     database connections than the neighbour's, once in the same: one in eight is.
//   - Live rules are those of a shop of their own, as is the crowd: the other works shall not meet
//     them.
//   - The yardsticks work on the product's own tables, with the plainest statements that do
//     the visible part of the same work, and without tenancy, sessions or events that anybody
//     acts on. They are a limit to measure against, not an equal.
package bench
