// Package session keeps staff signed in.
//
// It owns the session token, its cookie, its row (platform.staff_session), and the
// tokens that protect forms. It does not own passwords (console/staff) or permissions
// (console/authz); it reports in which shops the person has a role, because that is
// read in the same statement.
//
// Invariants: a token is 256 random bits made here and never taken from a client; only
// its SHA-256 is stored, so a copy of the table signs nobody in; signing in always
// makes a new token and ends the one that came with the request; a session ends after
// IdleFor without a request, and after LastsFor in any case. A form token is an HMAC of
// the session's hash (or, before sign-in, of a random visitor cookie), so it needs no
// storage and dies with the session.
//
// Decisions: the cookie is always __Host-, Secure, HttpOnly and SameSite=Lax, also on
// http://127.0.0.1, where browsers treat the origin as trustworthy and keep it
// (Chromium, checked). A password alone makes a pending session where a second factor is
// set up; every further proof renews the token. The last use is written at most once a minute: reading pages
// must not cost a write each.
package session
