package main

import (
	"runtime"
	"testing"
)

// A process that uses little keeps to its hundred megabytes; one that uses much may always double
// what is in use before it cleans up, so that it does not clean without end.
func TestMemoryMayDouble(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, tc := range []struct{ live, beside, want uint64 }{
		{5 * mb, 10 * mb, 100 * mb}, {45 * mb, 10 * mb, 100 * mb}, {50 * mb, 20 * mb, 120 * mb}, {95 * mb, 40 * mb, 230 * mb},
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
