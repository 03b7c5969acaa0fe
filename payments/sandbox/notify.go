package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	answerLimit     = 5 * time.Second // how long a merchant may take to answer a callback
	reorderPatience = 3 * time.Second
	idleTick        = time.Hour
	busyTick        = time.Second // the clock may be set from outside: look again at least this often
	maxCopies       = 1000
)

// deliveryClient never follows a redirect (3xx is a failed attempt) and uses no proxy.
func deliveryClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       answerLimit,
	}
}

// heldDelivery waits for the next delivery of its merchant to overtake it.
type heldDelivery struct {
	mchid    string
	overtake chan struct{}
}

// Nudge makes the provider look at its clock now: call it after moving an injected clock.
func (s *Server) Nudge() {
	s.unionPay.Nudge()
	s.express.Nudge()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// runClockwork settles refunds and sends callbacks when they are due.
func (s *Server) runClockwork(ctx context.Context) {
	for {
		timer := time.NewTimer(s.runDue(ctx))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		}
	}
}

// runDue starts everything that is due and returns how long there is nothing to do.
func (s *Server) runDue(ctx context.Context) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, rest := s.now(), idleTick
	for key := range s.books.unsettled {
		if wait := s.books.refunds[key].DueAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
		} else if err := s.settleRefund(key); err != nil {
			s.log.ErrorContext(ctx, "refund cannot be settled", "out_refund_no", key.name, "error", err)
			rest = min(rest, busyTick)
		}
	}
	for _, key := range s.books.transferOrder {
		t := s.books.transfers[key]
		if t.DueAt.IsZero() {
			continue
		}
		if wait := t.DueAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
		} else if err := s.dueTransfer(t); err != nil {
			s.log.ErrorContext(ctx, "transfer cannot be ended", "out_bill_no", t.OutBillNo, "error", err)
			rest = min(rest, busyTick)
		}
	}
	for id := range s.books.pending {
		if s.inflight[id] {
			continue
		}
		d := s.books.deliveries[id]
		if wait := d.NextAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
			continue
		}
		s.inflight[id] = true
		s.wait.Go(func() { s.deliver(ctx, d) })
	}
	return rest
}

// owe returns a delivery to be written together with what it is about. s.mu must be held.
func (s *Server) owe(url, mchid, outTradeNo, eventType, original, summary string, content any) (*Delivery, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encode resource: %w", err)
	}
	now := s.now().UTC()
	return &Delivery{
		EventID: s.uuid(), MchID: mchid, OutTradeNo: outTradeNo, EventType: eventType, Original: original,
		Summary: summary, URL: url, Content: string(raw), Number: s.books.callbacks[mchid] + 1, CreatedAt: now, NextAt: now,
		DoneAt: time.Time{}, Attempts: nil,
	}, nil
}

// deliver makes one scheduled attempt, with whatever fault is armed for it.
func (s *Server) deliver(ctx context.Context, d Delivery) {
	f := s.takeFault(TargetNotify, d.MchID, d.OutTradeNo)
	if f != nil && f.DelayMS > 0 && !f.is(ModeReorder) {
		pause(ctx, time.Duration(f.DelayMS)*time.Millisecond)
	}
	if f.is(ModeReorder) {
		s.hold(ctx, d.MchID, f)
	}
	if f.is(ModeDuplicate) {
		copies := 2
		if n, err := strconv.Atoi(f.Value); err == nil && n > 1 {
			copies = min(n, maxCopies)
		}
		for range copies - 1 {
			s.wait.Go(func() { s.record(ctx, d, s.post(ctx, d, d.URL, f, true)) })
		}
	}
	var a Attempt
	if f.is(ModeDrop) {
		a = Attempt{At: s.now().UTC(), Status: 0, Error: "lost on the way", Fault: ModeDrop}
	} else {
		a = s.post(ctx, d, d.URL, f, false)
	}
	s.record(ctx, d, a)
	s.mu.Lock()
	delete(s.inflight, d.EventID)
	s.release(d.MchID)
	s.mu.Unlock()
	s.Nudge()
}

// hold waits until another delivery of the merchant is through, or patience ends.
func (s *Server) hold(ctx context.Context, mchid string, f *Fault) {
	h := heldDelivery{mchid: mchid, overtake: make(chan struct{})}
	s.mu.Lock()
	s.held = append(s.held, h)
	s.mu.Unlock()
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

// release lets the held deliveries of a merchant go. s.mu must be held.
func (s *Server) release(mchid string) {
	kept := s.held[:0]
	for _, h := range s.held {
		if h.mchid == mchid {
			close(h.overtake)
		} else {
			kept = append(kept, h)
		}
	}
	s.held = kept
}

// post sends one copy: fresh timestamp, nonces and signature, the same event id.
func (s *Server) post(ctx context.Context, d Delivery, url string, f *Fault, resend bool) Attempt {
	a := Attempt{At: s.now().UTC(), Resend: resend}
	if f != nil {
		a.Fault = f.Mode
	}
	started := s.now()
	status, err := s.send(ctx, d, url, f)
	a.Status, a.Duration = status, s.now().Sub(started)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func (s *Server) send(ctx context.Context, d Delivery, url string, f *Fault) (int, error) {
	s.mu.Lock()
	keys := s.keysOf(d.MchID)
	s.mu.Unlock()
	if keys == nil {
		return 0, payError("MCH_NOT_EXISTS")
	}
	if f != nil {
		if content, err := rewrite([]byte(d.Content), f.tamperMap); err == nil {
			d.Content = string(content)
		}
	}
	body, err := s.envelope(d, keys.APIv3Key, f)
	if err != nil {
		return 0, err
	}
	plan := signPlan{signer: keys.callbackSigner(d.Number), body: body, at: s.now(), nonce: s.letters(32)}
	out, err := s.sign(f.bend(s, plan))
	if err != nil {
		return 0, err
	}
	if f.is(ModeCutAfterDoing) {
		return 0, s.sendAndLeave(ctx, url, out)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(out.body))
	if err != nil {
		return 0, fmt.Errorf("callback address: %w", err)
	}
	req.Header = callbackHeaders(out)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("callback: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, nil
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (s *Server) record(ctx context.Context, d Delivery, a Attempt) {
	if ctx.Err() != nil {
		return // shutting down: the attempt did not count, it is owed after the restart
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().UTC()
	current := s.books.deliveries[d.EventID]
	row := attemptRow{EventID: d.EventID, Attempt: a, NextAt: current.NextAt, DoneAt: current.DoneAt}
	switch {
	case accepted(a.Status):
		row.NextAt = time.Time{}
		if row.DoneAt.IsZero() {
			row.DoneAt = now
		}
	case !a.Resend && current.DoneAt.IsZero():
		row.NextAt = time.Time{}
		if n := scheduled(current.Attempts); n < len(s.schedule) {
			row.NextAt = now.Add(s.schedule[n])
		}
		s.log.WarnContext(ctx, "callback not accepted", "event_id", d.EventID, "out_trade_no", d.OutTradeNo,
			"status", a.Status, "error", a.Error, "next_at", row.NextAt)
	}
	if err := s.commit(entry{Attempt: &row}); err != nil {
		s.log.ErrorContext(ctx, "attempt cannot be written down", "event_id", d.EventID, "error", err)
	}
}

func accepted(status int) bool {
	return status == http.StatusOK || status == http.StatusNoContent
}

// scheduled counts the attempts that used up a step of the schedule.
func scheduled(attempts []Attempt) int {
	n := 0
	for _, a := range attempts {
		if !a.Resend {
			n++
		}
	}
	return n
}
