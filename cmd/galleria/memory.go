package main

import "runtime/debug"

const (
	// heapGrowth is by how much the heap may grow, in percent of what is in use, before it
	// is cleaned up. Requests leave small garbage; at the usual 100 a sixth of the CPU time
	// of a busy server went into the cleaning.
	heapGrowth = 300
	// heapCalm is the memory, bytes, from which on cleaning up comes before speed.
	heapCalm = 100 << 20
)

// useMemory trades memory that is there for CPU time. Who sets GOGC or GOMEMLIMIT knows
// better.
func useMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapCalm)
	}
}

// restMemory gives back, beside the first requests, what only the start has needed: the hash
// that unknown accounts are compared with takes 19 MiB to make.
func restMemory() { go debug.FreeOSMemory() }
