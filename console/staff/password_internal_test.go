package staff

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// T013: two hundred sign-ins at once cost the memory of as many hashes as there are places,
// not of two hundred.
func TestT013_HashesWaitForAPlace(t *testing.T) {
	const places, signIns = 2, 200
	h, err := newHasher(places, 0)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var most, heap atomic.Int64
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			most.Store(max(most.Load(), int64(len(h.slots))))
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			heap.Store(max(heap.Load(), int64(now.HeapInuse)-int64(before.HeapInuse)))
		}
	})
	var wait sync.WaitGroup
	for range signIns {
		wait.Go(func() {
			if ok, _, err := h.matches(t.Context(), "a guess", h.nobody); ok || err != nil {
				t.Errorf("%v %v", ok, err)
			}
		})
	}
	wait.Wait()
	close(stop)
	watch.Wait()
	if most.Load() > places {
		t.Errorf("%d hashes at once, want %d", most.Load(), places)
	}
	// The garbage of finished hashes is collected when it is as much as what is in use.
	const oneHash, slack = 19 << 20, 24 << 20
	if limit := int64(2*(places+1)*oneHash*12/10 + slack); heap.Load() > limit {
		t.Errorf("the heap grew by %d MB, want at most %d", heap.Load()>>20, limit>>20)
	}
}
