package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

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
		followMemory()
	}
}

// calmAt is the memory from which on cleaning up comes before speed when live bytes of the heap
// are in use, and the rest of the process beside it. A crowd of a thousand connections alone comes
// near heapCalm: a limit that is nearly used up would have the process clean without end, for as
// long as the crowd is there. So what is in use may always grow by half.
func calmAt(live, beside uint64) int64 {
	return int64(max(heapCalm, live+live/2+beside))
}

// followMemory sets the limit anew after each cleaning that has found another amount in use.
func followMemory() {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	limit := int64(heapCalm)
	afterEachCleaning(func() {
		metrics.Read(samples)
		beside := samples[1].Value.Uint64()
		for _, s := range samples[2:] {
			beside -= s.Value.Uint64()
		}
		// Setting it stops the world for a moment: a tenth more or less is not worth that.
		if want := calmAt(samples[0].Value.Uint64(), beside); want-limit > limit/10 || limit-want > limit/10 {
			limit = want
			debug.SetMemoryLimit(want)
		}
	})
}

// afterEachCleaning has f called, never twice at once, when a cleaning of the heap is over: what
// is forgotten at once is found by the next one.
func afterEachCleaning(f func()) {
	runtime.AddCleanup(new([64]byte), func(f func()) {
		f()
		afterEachCleaning(f)
	}, f)
}

// restMemory gives back, beside the first requests, what only the start has needed: the hash
// that unknown accounts are compared with takes 19 MiB to make.
func restMemory() { go debug.FreeOSMemory() }
