package invoice_test

import (
	"slices"
	"sync"
	"testing"
)

// The same request sent several times at once is one, and no sender is refused.
func TestTheSameRequestAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	for range 4 {
		no := w.paid(buyer, 11_800)
		var ids [12]int64
		var wait sync.WaitGroup
		for i := range ids {
			wait.Go(func() {
				r, err := w.ask(buyer, no, person("韩梅梅"))
				if err != nil {
					t.Error(err)
				}
				ids[i] = r.ID
			})
		}
		wait.Wait()
		if slices.Min(ids[:]) != slices.Max(ids[:]) {
			t.Errorf("requests %v", ids)
		}
	}
	if n := w.told(); n != 4 {
		t.Errorf("staff were told %d times of 4 requests", n)
	}
}
