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

	mu      sync.Mutex
	list    []Delivered
	refuses []Refusal
}

// Refusal is what the desk's mail server answers instead of doing as it is told, once.
type Refusal struct {
	Verb  string // "MAIL", "RCPT" or "DATA": the last answers a whole letter
	Reply string // "451 4.7.1 come back later"
}

// Refuse has the desk's mail server refuse, each once and in this order. With it one sees what
// becomes of mails that do not go.
func (d *Desk) Refuse(list ...Refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuses = append(d.refuses, list...)
}

// refusal takes the next refusal if it is of this verb.
func (d *Desk) refusal(verb string) (reply string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.refuses) == 0 || d.refuses[0].Verb != verb {
		return "", false
	}
	reply = d.refuses[0].Reply
	d.refuses = d.refuses[1:]
	return reply, true
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
func (*Desk) Goes(Way, Kind) bool { return true }

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
