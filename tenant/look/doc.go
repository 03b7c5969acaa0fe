// Package look lets the platform's staff look into a shop: for a while, with a reason, and
// recorded where the shop can read it.
//
// It owns platform.look and look_page. It does not know what a page shows, who may begin a
// look, or which pages are open to one: the console does.
//
// Invariants
//   - A look ends by itself; one that has run out opens nothing.
//   - One person has at most one open look into a shop.
//   - Beginning, extending and ending stand in the shop's audit log and in the platform's,
//     in the transaction of the act; each kind of page that is looked at stands in the
//     shop's once per look.
//
// Decisions: nothing sweeps looks that ran out at the moment they do. Every act here ends
// them first, with the moment they ran out at, and the entry of a beginning says until when
// it holds.
package look
