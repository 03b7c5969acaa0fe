// Package verify proves that a mail address or a phone is somebody's, by a code of six
// digits that is sent there.
//
// It owns platform.verification and platform.verification_send, the codes and how often
// they are sent and tried. It does not send (console/courier) and does not know what the
// proof is for. A proof belongs to one browser: the one whose mark (session.Cookies.Visitor)
// asked for it.
//
// Invariants: a code lives CodeLife, is tried at most MaxTries times, counted before it is
// looked at, and only a keyed digest of it is kept; to one address at most PerAddress
// messages go in a day and never two within Pause, from one client network at most
// PerNetwork in an hour. Counting and sending are one step under a lock, on every process.
// An address that has an account takes the same steps and costs the same: only what the
// message says tells the two apart, and only the owner of the address reads it.
package verify
