// Package arch keeps the house in order: its tests compare the real import
// graph, the folders and the length of the files with the tables in
// table_test.go, which are meant to be read.
//
// It owns: which room may import which, where each third-party module is at
// home, what lies in the repository's root, how long a file may get.
//
// It does not own: what happens inside a room (the linters do), and the
// contract tests of the provider sandbox, which are a module of their own so
// that an independent client can never leak into the product.
//
// Somebody whose import is refused here needs, in this order: an event in the
// outbox, an interface declared by the room that calls, or a better idea of
// where the code belongs. Only then a new line in the table, with its reason.
package arch
