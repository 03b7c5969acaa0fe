package main

import (
	"runtime"
	"testing"
)

// A process that uses little keeps to its hundred megabytes; what is in use may always grow by
// half before it is cleaned up, so that one that uses much does not clean without end.
func TestMemoryMayGrow(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, tc := range []struct{ live, beside, want uint64 }{
		{5 * mb, 10 * mb, 100 * mb}, {45 * mb, 10 * mb, 100 * mb}, {50 * mb, 40 * mb, 115 * mb}, {96 * mb, 40 * mb, 184 * mb},
	} {
		if got := calmAt(tc.live, tc.beside); got != int64(tc.want) {
			t.Errorf("%d MB in use beside %d: %d MB, want %d", tc.live/mb, tc.beside/mb, got/mb, tc.want/mb)
		}
	}
}

// What follows the memory is called after every cleaning, not only after the first.
func TestCleaningsAreFollowed(t *testing.T) {
	t.Parallel()
	called := make(chan struct{}, 100)
	afterEachCleaning(func() { called <- struct{}{} })
	for range 3 {
		runtime.GC()
		<-called
	}
}
