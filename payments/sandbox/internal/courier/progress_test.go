package courier_test

import (
	"testing"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

// TestProgress walks a message through its schedule: what is not taken comes again after the next
// wait, copies use nothing up, and what was taken once stays taken.
func TestProgress(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC)
	schedule := []time.Duration{time.Minute, time.Hour}
	try := func(p courier.Progress, at time.Time, a courier.Attempt) courier.Progress {
		return p.With(p.After(a, at, schedule))
	}
	p := courier.Owed(start)
	for i, want := range []time.Time{start.Add(time.Minute), start.Add(time.Hour), {}} {
		p = try(p, start, courier.Attempt{Resend: true})
		p = try(p, start, courier.Attempt{Status: 500})
		if !p.NextAt.Equal(want) || !p.DoneAt.IsZero() {
			t.Fatalf("after %d attempts: next at %v, done at %v; want %v, never", i+1, p.NextAt, p.DoneAt, want)
		}
	}
	before := p
	p = try(p, start.Add(time.Second), courier.Attempt{Resend: true, Taken: true})
	p = try(p, start.Add(time.Hour), courier.Attempt{Resend: true, Taken: true})
	p = try(p, start.Add(time.Hour), courier.Attempt{})
	if !p.DoneAt.Equal(start.Add(time.Second)) || !p.NextAt.IsZero() || len(p.Attempts) != 9 || len(before.Attempts) != 6 {
		t.Errorf("after a copy was taken: %+v", p)
	}
}
