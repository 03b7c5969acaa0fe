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
// notification that could be lost. What each person may do is asked of it once per
// policy. A denial is checked against the tables again after a second, so that a fresh
// grant need not wait. What a preset role allows lives in Go alone, so a release extends
// it everywhere without touching rows; a shop that wants another set makes a role of its
// own, whose codes are stored as text: an unknown code in the tables grants nothing. The
// platform's own staff are a domain of their own with permissions of another type.
package authz
