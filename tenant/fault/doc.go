// Package fault holds the one error type that crosses rooms.
//
// It owns the kinds of failure, the stable codes that belong to no single room,
// and the rule that a failure carries a sentence for people in Chinese and
// English. It does not own HTTP: the web and console rooms map kinds to status
// codes, each in one table.
package fault
