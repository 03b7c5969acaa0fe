// Package routine knows the work that recurs: how it went last, when it comes again, and
// how to have it done now.
//
// There are two sorts. The platform's own work (old events, spare schemas, the anchors of
// the audit log) is a row of platform.routine that processes claim: any number may look, one
// does it. A shop's work (its upkeep, its bills) is a timer of its own that becomes an event,
// so nothing loops over shops; of each run the worker notes here how it went.
//
// It owns platform.routine and routine_run. It does not know what the work does.
//
// Invariants
//   - A piece of the platform's work is claimed by one process at a time, and comes at most
//     once per period however many processes look.
//   - A process that dies in the middle holds its claim for the work's Limit, no longer.
//   - Hurrying changes when work comes, never whether: no run is lost or done twice by it. Dated
//     work, whose moments were promised (the end of a coupon), is not hurried: it can be looked at
//     early (LookNow), which does what is due by its own row and leaves the timer where it is.
//     Failed runs of it are tried again.
//
// Decisions: only the last run is kept, with the failures in a row; a history would be a
// log, and the log has one. A run's note is written beside the effect, not with it: losing
// one to a crash loses a line on a page.
package routine
