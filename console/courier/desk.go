package courier

import (
	"context"
	"slices"
	"sync"
	"time"
)

// deskHolds is how many messages are kept.
const deskHolds = 100

// Desk is the courier of development: messages stay here to be read on a local page.
type Desk struct {
	now func() time.Time

	mu   sync.Mutex
	list []Delivered
}

// Delivered is a message and when it came.
type Delivered struct {
	Message
	At time.Time
}

var _ Courier = (*Desk)(nil)

// NewDesk returns an empty desk.
func NewDesk(now func() time.Time) *Desk { return &Desk{now: now} }

// Send keeps the message; the oldest of too many is forgotten.
func (d *Desk) Send(_ context.Context, m Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) == deskHolds {
		d.list = d.list[1:]
	}
	d.list = append(d.list, Delivered{Message: m, At: d.now()})
	return nil
}

// Goes reports that every way is open.
func (*Desk) Goes(Way) bool { return true }

// Messages returns what has come, the newest first.
func (d *Desk) Messages() []Delivered {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]Delivered, 0, len(d.list))
	for _, m := range slices.Backward(d.list) {
		out = append(out, m)
	}
	return out
}
