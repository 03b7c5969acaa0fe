// Package authz decides what a member of staff may do in a shop.
//
// It owns the registry of permissions, the preset roles, and the answer to "may this
// person do this here?". It does not own people or sessions (console/staff,
// console/session), nor what a page shows.
//
// Invariants: a route without a declared Access cannot be registered; what is not
// granted is denied; a policy that cannot be read denies; a grant in one shop says
// nothing about another.
//
// Decisions: the model is Casbin's RBAC with domains, the domain being the shop. Each
// shop has a small enforcer of its own over a read-only adapter, so a decision never
// walks other shops' rules, and it is rebuilt from the tables once it is older than
// CacheFor: a revoked role ends within that time on every process, without a
// notification that could be lost. Codes of permissions live in Go and are stored as
// text: an unknown code in the tables grants nothing.
package authz
