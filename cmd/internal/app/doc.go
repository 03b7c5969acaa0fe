// Package app is the composition root: it reads the configuration, builds every room
// with what it needs, and runs the parts a process is asked to run. It is the only place
// where order and payments are introduced to each other, and the only one that knows
// all rooms.
package app
