// Package faults keeps the misbehaviours that tests arm for a pretended provider.
//
// It owns their form, the list of those that wait and what happens on any road: waiting and a
// flipped letter. It does not own what else a fault does: each provider speaks another protocol,
// and says which modes it knows.
package faults

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Fault is a misbehaviour armed for the next Count matching calls or deliveries.
type Fault struct {
	Target  string `json:"target"`
	Mode    string `json:"mode"`
	Match   string `json:"match,omitempty"` // only this app, merchant or order, by its number
	Count   int    `json:"count"`           // 0 means 1
	DelayMS int    `json:"delay_ms,omitempty"`
	Value   string `json:"value,omitempty"`
}

// What may happen to a delivery between a provider and a merchant, whatever it says.
const (
	ModeDrop      = "drop"      // it is lost on the way
	ModeDuplicate = "duplicate" // several arrive at once: value says how many
	ModeReorder   = "reorder"   // the merchant's next one arrives first
)

// Is says whether a fault was armed, and with this mode.
func (f *Fault) Is(mode string) bool { return f != nil && f.Mode == mode }

// Wait lets a fault's delay pass.
func (f *Fault) Wait(ctx context.Context) {
	if f != nil {
		Pause(ctx, time.Duration(f.DelayMS)*time.Millisecond)
	}
}

// List is what waits, in order. It is safe for concurrent use; its zero value is empty.
type List struct {
	mu    sync.Mutex
	armed []*Fault
}

// Arm adds a fault; faults of one target take effect in the order in which they were armed.
func (l *List) Arm(f Fault) {
	f.Count = max(f.Count, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = append(l.armed, &f)
}

// Armed lists the faults that wait; it is never nil.
func (l *List) Armed() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Fault, 0, len(l.armed))
	for _, f := range l.armed {
		out = append(out, *f)
	}
	return out
}

// Disarm forgets all faults.
func (l *List) Disarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = nil
}

// Take uses up one count of the first fault of a target that is for any of the matches, or returns nil.
func (l *List) Take(target string, matches ...string) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, f := range l.armed {
		if f.Target != target || (f.Match != "" && !slices.Contains(matches, f.Match)) {
			continue
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			l.armed = slices.Delete(l.armed, i, i+1)
		}
		return &taken
	}
	return nil
}

// Pause waits, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Flip changes the first letter or digit from an index on, as a bad line would.
func Flip(body []byte, from int) []byte {
	out := slices.Clone(body)
	for i := from; i < len(out); i++ {
		c := out[i]
		if (c >= 'a' && c < 'z') || (c >= 'A' && c < 'Z') || (c >= '0' && c < '9') {
			out[i]++
			return out
		}
	}
	return out
}
