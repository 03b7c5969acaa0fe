// Package console serves the merchant's back office: pages rendered on the server for
// the staff of a shop.
//
// It owns the addresses under /console, their handlers, the headers every page carries
// and the protection of its forms. It does not own what it shows (console/readmodel),
// how it looks (console/view), who somebody is (console/staff, console/session) or what
// he may do (console/authz), and it builds no fiber.App: Register mounts it on one.
//
// Invariants:
//   - A route exists only with a declared authz.Access; New fails on one without, and a
//     test compares the declarations with what the app serves.
//   - A shop is taken from the person's own shops, found by the handle in the address.
//     Another shop answers 404 like one that does not exist; a missing permission in an
//     own shop answers 403.
//   - Nothing changes by GET. A changing request carries a form token bound to the
//     session (before sign-in to the visitor's cookie) and comes from our own origin.
//   - Pages carry a content policy without inline code and are never stored. Static
//     files are named by their content and stored for a year.
//   - Each refusal is a page in the viewer's language and one line in the log.
//
// Decisions: handlers have one answer, the whole page; htmx on a list fetches that page
// and takes its results (see console/view). One page is one batched read of the shop
// plus one small read for the menu's badge. What a shop's state allows here is
// tenant.Policy's, enforced before any handler runs: a suspended shop can still be looked
// at, with a banner that says why, because its owner needs his orders and money most then;
// a closed one has one page. Signing up makes the account first (an address proved by
// console/verify) and the shop then (tenant/signup), so that each is resumed by signing in
// and a person can open another shop. An address with an account gets the same pages as a
// fresh one and hears of it by message only. Language and theme are cookies without meaning for security.
package console
