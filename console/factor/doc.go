// Package factor keeps the second factor of people who sign in to the console: codes of
// an authenticator app (RFC 6238) and recovery codes for a lost one.
//
// It owns platform.staff_totp and platform.staff_recovery. It does not own passwords or
// the throttle (console/staff) and does not decide who needs a second factor
// (console/authz).
//
// Invariants: the secret is stored sealed for its person and opens nowhere else; a code
// is taken once, because the newest accepted 30-second step only moves forward, by a
// conditional update; one step early or late is forgiven; a recovery code is taken once,
// by a conditional update, and only its SHA-256 is stored (80 random bits need no slow
// hash); every try counts as a failure until it proved right.
//
// Decisions: a new authenticator replaces the old one only when its first code was
// right, so a page that was closed halfway locks nobody out.
package factor
