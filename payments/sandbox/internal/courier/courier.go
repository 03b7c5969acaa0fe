// Package courier carries what a pretended provider has to tell merchants: when it is due, again
// by the provider's schedule until it is taken, and with whatever fault is armed for the road.
//
// It owns the clockwork, the connections, what is on the way and the order of attempts. It does
// not own the messages, the books they are written down in, or what counts as taken: those are
// the provider's.
package courier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"galleria/payments/sandbox/internal/faults"
)

// MaxCopies is how often one message may be sent at once.
const MaxCopies = 1000

const (
	reorderPatience = 3 * time.Second
	idleTick        = time.Hour
	busyTick        = time.Second // the clock may be set from outside: look again at least this often
	mostAnswer      = 64 << 10    // bytes of an answer that are read
)

// Courier of one provider. All methods are safe for concurrent use.
type Courier struct {
	now    func() time.Time
	limit  time.Duration
	client *http.Client
	wake   chan struct{}
	ctx    context.Context //nolint:containedctx // what is told later ends with the courier
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu       sync.Mutex // guards everything below; never held while a provider is asked
	inflight map[string]bool
	held     []held
}

// held waits for the next delivery to the same merchant to overtake it.
type held struct {
	to       string
	overtake chan struct{}
}

// New makes a courier that waits limit for an answer, never follows a redirect and uses no proxy.
func New(now func() time.Time, limit time.Duration) *Courier {
	ctx, cancel := context.WithCancel(context.Background())
	return &Courier{
		now: now, limit: limit, wake: make(chan struct{}, 1), ctx: ctx, cancel: cancel, inflight: map[string]bool{},
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       limit,
		},
	}
}

// Start begins to ask a provider for what is due: it tells a Round, as often as needed.
func (c *Courier) Start(due func(*Round)) {
	c.wait.Go(func() {
		for {
			r := &Round{courier: c, now: c.now(), rest: idleTick}
			due(r)
			timer := time.NewTimer(r.rest)
			select {
			case <-c.ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			case <-c.wake:
				timer.Stop()
			}
		}
	})
}

// Nudge makes the courier look at the clock now.
func (c *Courier) Nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Go does something beside, until the courier is closed.
func (c *Courier) Go(work func(ctx context.Context)) { c.wait.Go(func() { work(c.ctx) }) }

// Close stops and waits for what is on the way; its attempts do not count.
func (c *Courier) Close() {
	c.cancel()
	c.wait.Wait()
	c.client.CloseIdleConnections()
}

// Do sends a request; the caller reads the answer and closes it.
func (c *Courier) Do(req *http.Request) (*http.Response, error) {
	return c.client.Do(req) //nolint:gosec // the address is the pretended merchant's own, as with the provider
}

// Hand sends a request and reads what is answered, up to a limit.
func (c *Courier) Hand(req *http.Request) (status int, answer []byte, err error) {
	resp, err := c.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("deliver: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("deliver: %w", err)
	}
	return resp.StatusCode, answer, nil
}

var errHungUp = errors.New("hung up before the answer")

// HangUp sends a request and leaves without waiting for the answer; it always fails.
func (c *Courier) HangUp(req *http.Request) error {
	if req.URL.Scheme != "http" {
		return fmt.Errorf("hang up early: only plain http: %q", req.URL)
	}
	host := req.URL.Host
	if req.URL.Port() == "" {
		host = net.JoinHostPort(req.URL.Hostname(), "80")
	}
	dialer := net.Dialer{Timeout: c.limit}
	conn, err := dialer.DialContext(req.Context(), "tcp", host)
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(c.limit)) //nolint:forbidigo // a socket deadline is on the machine's clock
	if err := req.Write(conn); err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	return errHungUp
}

// Round is one look at the clock.
type Round struct {
	courier *Courier
	now     time.Time
	rest    time.Duration
}

// Came says whether a moment has come; if not, the courier looks again then.
func (r *Round) Came(at time.Time) bool {
	wait := at.Sub(r.now)
	if wait > 0 {
		r.rest = min(r.rest, wait, busyTick)
	}
	return wait <= 0
}

// Again makes the courier look again soon, after something that failed.
func (r *Round) Again() { r.rest = min(r.rest, busyTick) }

// Carry makes a scheduled attempt if it is due and not on its way.
func (r *Round) Carry(at time.Time, e Errand) {
	c := r.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inflight[e.ID] || !r.Came(at) {
		return
	}
	c.inflight[e.ID] = true
	c.wait.Go(func() { c.deliver(c.ctx, e) })
}

// Errand is one message to one merchant.
type Errand struct {
	ID     string
	To     string               // the merchant: only messages to the same one overtake each other
	Fault  func() *faults.Fault // what is armed for the next scheduled attempt, or nil
	Send   func(ctx context.Context, f *faults.Fault) (Answer, error)
	Record func(a Attempt) // writes down and decides what follows; nil: nobody wants to know
}

// Answer is a merchant's.
type Answer struct {
	Status int    // of HTTP; 0 when none came
	Text   string // what is worth writing down of it
	Taken  bool   // the provider need not tell it again
}

func (c *Courier) deliver(ctx context.Context, e Errand) {
	f := e.Fault()
	if f.Is(faults.ModeReorder) {
		c.hold(ctx, e.To, f)
	} else {
		f.Wait(ctx)
	}
	if f.Is(faults.ModeDuplicate) {
		copies := 2
		if n, err := strconv.Atoi(f.Value); err == nil && n > 1 {
			copies = min(n, MaxCopies)
		}
		for range copies - 1 {
			c.wait.Go(func() { c.record(ctx, e, c.try(ctx, e, f, true)) })
		}
	}
	a := Attempt{At: c.now().UTC(), Error: "lost on the way", Fault: faults.ModeDrop}
	if !f.Is(faults.ModeDrop) {
		a = c.try(ctx, e, f, false)
	}
	c.record(ctx, e, a)
	c.mu.Lock()
	delete(c.inflight, e.ID)
	c.release(e.To)
	c.mu.Unlock()
	c.Nudge()
}

// record tells of an attempt, but not of one that was cut short by a shutdown: it did not count, and
// is owed after the restart.
func (c *Courier) record(ctx context.Context, e Errand, a Attempt) {
	if ctx.Err() == nil && e.Record != nil {
		e.Record(a)
	}
}

func (c *Courier) try(ctx context.Context, e Errand, f *faults.Fault, resend bool) Attempt {
	a := Attempt{At: c.now().UTC(), Resend: resend}
	if f != nil {
		a.Fault = f.Mode
	}
	started := c.now()
	said, err := e.Send(ctx, f)
	a.Status, a.Answer, a.Taken, a.Duration = said.Status, said.Text, said.Taken && err == nil, c.now().Sub(started)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

// Resend sends copies now, outside of the schedule, and returns what became of each.
func (c *Courier) Resend(ctx context.Context, e Errand, copies int, parallel bool) []Attempt {
	out := make([]Attempt, copies)
	var wait sync.WaitGroup
	for i := range out {
		one := func() {
			out[i] = c.try(ctx, e, nil, true)
			c.record(ctx, e, out[i])
		}
		if parallel {
			wait.Go(one)
		} else {
			one()
		}
	}
	wait.Wait()
	return out
}

// hold waits until another delivery to the merchant is through, or patience ends.
func (c *Courier) hold(ctx context.Context, to string, f *faults.Fault) {
	h := held{to: to, overtake: make(chan struct{})}
	c.mu.Lock()
	c.held = append(c.held, h)
	c.mu.Unlock()
	patience := reorderPatience
	if f.DelayMS > 0 {
		patience = time.Duration(f.DelayMS) * time.Millisecond
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-h.overtake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// release lets the held deliveries to a merchant go. c.mu must be held.
func (c *Courier) release(to string) {
	kept := c.held[:0]
	for _, h := range c.held {
		if h.to == to {
			close(h.overtake)
		} else {
			kept = append(kept, h)
		}
	}
	c.held = kept
}
