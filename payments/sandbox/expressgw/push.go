package expressgw

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

// Nudge makes the service look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() { g.courier.Nudge() }

// runDue sends the pushes that are due.
func (g *Gateway) runDue(r *courier.Round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.books.pushes {
		if p.NextAt.IsZero() {
			continue
		}
		r.Carry(p.NextAt, courier.Errand{
			ID: strconv.Itoa(p.ID), To: p.URL,
			Fault:  func() *Fault { return g.faults.Take(TargetNotify) },
			Send:   func(ctx context.Context, f *Fault) (courier.Answer, error) { return g.send(ctx, p, f) },
			Record: func(a courier.Attempt) { g.record(p, a) },
		})
	}
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

// record writes a scheduled attempt down and decides what follows: done, again later, or never.
func (g *Gateway) record(p Push, a courier.Attempt) {
	if a.Resend {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.Statuses, p.Accepted, p.NextAt = append(slices.Clip(p.Statuses), a.Status), a.Taken, time.Time{}
	if !a.Taken {
		if n := len(p.Statuses); n <= len(g.schedule) {
			p.NextAt = g.now().UTC().Add(g.schedule[n-1])
		}
		g.log.Warn("kuaidi100 push not accepted", "number", p.Number, "status", a.Status, "next_at", p.NextAt)
	}
	if err := g.commit(entry{Push: &p}); err != nil {
		g.log.Error("push cannot be written down", "error", err)
	}
}

// send hands one copy over.
func (g *Gateway) send(ctx context.Context, p Push, f *Fault) (courier.Answer, error) {
	salt := p.Salt
	if f.Is(ModeCorruptSignature) {
		salt += "x"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL, strings.NewReader(Signed(p.Param, salt)))
	if err != nil {
		return courier.Answer{}, fmt.Errorf("push address: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, said, err := g.courier.Hand(req)
	if err != nil {
		return courier.Answer{Status: status}, err
	}
	var answer struct {
		Result     bool   `json:"result"`
		ReturnCode string `json:"returnCode"`
	}
	readable := json.Unmarshal(said, &answer) == nil
	return courier.Answer{Status: status, Taken: readable && status == http.StatusOK && answer.Result && answer.ReturnCode == "200"}, nil
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
