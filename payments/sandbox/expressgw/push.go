package expressgw

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Nudge makes the service look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// runClockwork sends pushes when they are due.
func (g *Gateway) runClockwork(ctx context.Context) {
	for {
		timer := time.NewTimer(g.runDue(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-g.wake:
			timer.Stop()
		}
	}
}

func (g *Gateway) runDue(ctx context.Context) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, rest := g.now(), idleTick
	for _, p := range g.books.pushes {
		if p.NextAt.IsZero() || g.inflight[p.ID] {
			continue
		}
		if wait := p.NextAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
			continue
		}
		g.inflight[p.ID] = true
		g.wait.Go(func() { g.deliver(ctx, p) })
	}
	return rest
}

// owe is the push that tells a subscriber of where its number is now; problem says that the
// service gives it up. g.mu must be held.
func (g *Gateway) owe(s Subscription, problem string, id int) Push {
	last := g.result(number{s.Company, s.Number})
	status := "polling"
	switch {
	case problem != "":
		status = "abort"
	case last.IsCheck == "1":
		status = "shutdown"
	}
	param, err := json.Marshal(map[string]any{
		"status": status, "billstatus": "got", "message": problem, "autoCheck": "0", "comOld": "", "comNew": "", "lastResult": last,
	})
	if err != nil {
		panic("expressgw: push does not encode: " + err.Error()) // our own structs
	}
	return Push{ID: id, Company: s.Company, Number: s.Number, URL: s.CallbackURL, Salt: s.Salt, Param: string(param), NextAt: g.now().UTC()}
}

// tell owes a push to everybody who follows a number. g.mu must be held.
func (g *Gateway) tell(e entry, key number, problem string) error {
	ended := problem != "" || g.result(key).IsCheck == "1"
	for _, who := range g.books.order {
		s := g.books.subscriptions[who]
		if who.number != key || s.Ended {
			continue
		}
		e.Pushes = append(e.Pushes, g.owe(s, problem, len(g.books.pushes)+len(e.Pushes)))
		if ended {
			s.Ended = true
			if err := g.commit(entry{Subscription: &s}); err != nil {
				return err
			}
		}
	}
	return g.commit(e)
}

// Scan is a courier's word about a number. Who follows it is told.
func (g *Gateway) Scan(s Scan) error {
	if err := checkNumber(s.Company, s.Number, "0000", "701"); err != nil || word(s.Code) == "" || s.Text == "" {
		return badControl("a scan names company, number, the code of a state and a text")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.At.IsZero() {
		s.At = g.now()
	}
	s.At = s.At.UTC()
	if err := g.commit(entry{Scan: &s}); err != nil {
		return err
	}
	defer g.Nudge()
	return g.tell(entry{}, number{s.Company, s.Number}, "")
}

// Abort gives a number up, as the service does when nothing was heard of it for days.
func (g *Gateway) Abort(company, no, message string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.Nudge()
	return g.tell(entry{}, number{company, no}, message)
}

// deliver makes one attempt, with whatever fault is armed for it.
func (g *Gateway) deliver(ctx context.Context, p Push) {
	f := g.takeFault(TargetNotify)
	if f.is(ModeDuplicate) {
		g.wait.Go(func() { _, _ = g.post(ctx, p, f) })
	}
	status, accepted := 0, false
	if !f.is(ModeDrop) {
		status, accepted = g.post(ctx, p, f)
	}
	if ctx.Err() != nil {
		return // shutting down: the attempt did not count, it is owed after the restart
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	defer delete(g.inflight, p.ID)
	p.Statuses, p.Accepted, p.NextAt = append(p.Statuses, status), accepted, time.Time{}
	if n := len(p.Statuses); !accepted && n <= len(g.schedule) {
		p.NextAt = g.now().UTC().Add(g.schedule[n-1])
	}
	if !accepted {
		g.log.WarnContext(ctx, "kuaidi100 push not accepted", "number", p.Number, "status", status, "next_at", p.NextAt)
	}
	if err := g.commit(entry{Push: &p}); err != nil {
		g.log.ErrorContext(ctx, "push cannot be written down", "error", err)
	}
	g.Nudge()
}

// post sends one copy and reports whether the subscriber took it.
func (g *Gateway) post(ctx context.Context, p Push, f *Fault) (status int, accepted bool) {
	salt := p.Salt
	if f.is(ModeCorruptSignature) {
		salt += "x"
	}
	form := Signed(p.Param, salt)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader(form))
	if err != nil {
		return 0, false
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, false
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Result     bool   `json:"result"`
		ReturnCode string `json:"returnCode"`
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&answer)
	return resp.StatusCode, err == nil && resp.StatusCode == http.StatusOK && answer.Result && answer.ReturnCode == "200"
}

// Signed is the form of a push: tests make hostile ones with it.
func Signed(param, salt string) string {
	return url.Values{"param": {param}, "sign": {sign(param, salt)}}.Encode()
}

// SaltOf is the salt that a number was subscribed with, for tests.
func (g *Gateway) SaltOf(company, no string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, s := range g.books.subscriptions {
		if key.number == (number{company, no}) {
			return s.Salt, nil
		}
	}
	return "", fmt.Errorf("nobody follows %s of %s", no, company)
}
