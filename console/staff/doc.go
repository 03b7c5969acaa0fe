// Package staff knows the people who sign in to the console.
//
// It owns platform.staff, their passwords and verified addresses, their roles and seats in
// shops, invitations, reset links, the roles of the platform's own staff, and the throttle
// of sign-in. It does not own sessions (console/session), second factors (console/factor)
// or what a role allows (console/authz).
//
// Invariants: a password is kept as argon2id and nowhere else; an unknown account
// costs the same work as a known one and gets the same answer; no more than
// TriesPerWindow passwords are tried per account and per address within Window, even
// in parallel and across processes, because a try is counted under a lock before its
// password is looked at; nobody hands out, changes or takes what allows more than his own
// roles do, judged from the tables under the shop's lock and not from a cached policy; a
// shop never loses its last owner; links are 256 random bits of which only the SHA-256 is
// stored, and work once.
//
// Decisions: argon2id with 19 MiB, 2 passes, 1 lane (OWASP's minimum), at most NumCPU
// at a time, so that a flood of sign-ins cannot take the machine's memory. The limit
// per account means that a stranger can keep an account from signing in for as long
// as he keeps trying; the alternative is to let him keep guessing. Addresses count by
// /64 in IPv6.
package staff
