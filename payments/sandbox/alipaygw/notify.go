package alipaygw

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	answerLimit     = 5 * time.Second // how long a merchant may take to answer
	reorderPatience = 3 * time.Second
	idleTick        = time.Hour
	busyTick        = time.Second // the clock may be set from outside: look again at least this often
	maxCopies       = 1000
	mostAnswer      = 1 << 10
	accepted        = "success" // exactly, and nothing around it
)

// deliveryClient never follows a redirect and uses no proxy.
func deliveryClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       answerLimit,
	}
}

// heldDelivery waits for the next delivery of its seller to overtake it.
type heldDelivery struct {
	sellerID string
	overtake chan struct{}
}

// Nudge makes the provider look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// runClockwork sends notifications when they are due.
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

// runDue starts everything that is due and returns how long there is nothing to do.
func (g *Gateway) runDue(ctx context.Context) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, rest := g.now(), idleTick
	for id := range g.books.pending {
		if g.inflight[id] {
			continue
		}
		d := g.books.deliveries[id]
		if wait := d.NextAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
			continue
		}
		g.inflight[id] = true
		g.wait.Go(func() { g.deliver(ctx, d) })
	}
	return rest
}

// deliver makes one scheduled attempt, with whatever fault is armed for it.
func (g *Gateway) deliver(ctx context.Context, d Delivery) {
	f := g.takeFault(TargetNotify, d.AppID, d.SellerID, d.OutTradeNo)
	switch {
	case f.is(ModeReorder):
		g.hold(ctx, d.SellerID, f)
	case f != nil:
		pause(ctx, time.Duration(f.DelayMS)*time.Millisecond)
	}
	if f.is(ModeDuplicate) {
		copies := 2
		if n, err := strconv.Atoi(f.Value); err == nil && n > 1 {
			copies = min(n, maxCopies)
		}
		for range copies - 1 {
			g.wait.Go(func() { g.record(ctx, d, g.post(ctx, d, d.URL, f, true)) })
		}
	}
	a := Attempt{At: g.now().UTC(), Error: "lost on the way", Fault: ModeDrop}
	if !f.is(ModeDrop) {
		a = g.post(ctx, d, d.URL, f, false)
	}
	g.record(ctx, d, a)
	g.mu.Lock()
	delete(g.inflight, d.NotifyID)
	g.release(d.SellerID)
	g.mu.Unlock()
	g.Nudge()
}

// hold waits until another delivery of the seller is through, or patience ends.
func (g *Gateway) hold(ctx context.Context, sellerID string, f *Fault) {
	h := heldDelivery{sellerID: sellerID, overtake: make(chan struct{})}
	g.mu.Lock()
	g.held = append(g.held, h)
	g.mu.Unlock()
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

// release lets the held deliveries of a seller go. g.mu must be held.
func (g *Gateway) release(sellerID string) {
	kept := g.held[:0]
	for _, h := range g.held {
		if h.sellerID == sellerID {
			close(h.overtake)
		} else {
			kept = append(kept, h)
		}
	}
	g.held = kept
}

// post sends one copy: the same notify_id, signed afresh.
func (g *Gateway) post(ctx context.Context, d Delivery, url string, f *Fault, resend bool) Attempt {
	a := Attempt{At: g.now().UTC(), Resend: resend}
	if f != nil {
		a.Fault = f.Mode
	}
	started := g.now()
	var err error
	a.Status, a.Answer, err = g.send(ctx, d, url, f)
	a.Duration = g.now().Sub(started)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func (g *Gateway) send(ctx context.Context, d Delivery, url string, f *Fault) (status int, answer string, err error) {
	body, err := g.message(d, f)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("notification address: %w", err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("User-Agent", "Mozilla/4.0")
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("notification: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if f.is(ModeCutAfterDoing) {
		return 0, "", fmt.Errorf("the answer was lost on the way")
	}
	said, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return resp.StatusCode, "", fmt.Errorf("notification: %w", err)
	}
	return resp.StatusCode, string(said), nil
}

// message is the body of one copy, with whatever fault is armed.
func (g *Gateway) message(d Delivery, f *Fault) (string, error) {
	g.mu.Lock()
	keys := g.keysOf(d.AppID)
	g.mu.Unlock()
	if keys == nil {
		return "", badControl("there is no app %q", d.AppID)
	}
	said := map[string]string{}
	for name, value := range d.Fields {
		said[name] = value
	}
	f.tamper(said)
	with := SignTruly
	switch {
	case f.is(ModeWrongKey):
		with = SignStranger
	case f.is(ModeUnsigned):
		with = SignNothing
	case f.is(ModeCorruptSignature):
		with = SignOther
	}
	form, err := g.form(keys, said, with)
	if err != nil {
		return "", err
	}
	switch {
	case f.is(ModeSignTypeRSA):
		form.Set("sign_type", "RSA")
	case f.is(ModeWrongCertSN):
		form.Set("alipay_cert_sn", strings.Repeat("0", 32))
	case f.is(ModeCorruptBody):
		form.Set("trade_no", form.Get("trade_no")+"0")
	}
	body := form.Encode()
	if f != nil && f.Mode != ModeCorruptBody {
		body = string(f.bend([]byte(body)))
	}
	return body, nil
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (g *Gateway) record(ctx context.Context, d Delivery, a Attempt) {
	if ctx.Err() != nil {
		return // shutting down: the attempt did not count, it is owed after the restart
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now().UTC()
	current := g.books.deliveries[d.NotifyID]
	row := attemptRow{NotifyID: d.NotifyID, Attempt: a, NextAt: current.NextAt, DoneAt: current.DoneAt}
	switch {
	case a.Status == http.StatusOK && a.Answer == accepted:
		row.NextAt = time.Time{}
		if row.DoneAt.IsZero() {
			row.DoneAt = now
		}
	case !a.Resend && current.DoneAt.IsZero():
		row.NextAt = time.Time{}
		if n := scheduled(current.Attempts); n < len(g.schedule) {
			row.NextAt = now.Add(g.schedule[n])
		}
		g.log.WarnContext(ctx, "alipay notification not accepted", "notify_id", d.NotifyID, "out_trade_no", d.OutTradeNo,
			"status", a.Status, "answer", a.Answer, "error", a.Error, "next_at", row.NextAt)
	}
	if err := g.commit(entry{Attempt: &row}); err != nil {
		g.log.ErrorContext(ctx, "attempt cannot be written down", "notify_id", d.NotifyID, "error", err)
	}
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

// ResendInput asks for further copies of the newest notification about a trade.
type ResendInput struct {
	OutTradeNo string `json:"out_trade_no"`
	Copies     int    `json:"copies,omitempty"` // 0 means 1
	Parallel   bool   `json:"parallel,omitempty"`
	To         string `json:"to,omitempty"` // another address than the trade's
}

// Resend sends copies now and returns what each was answered with.
func (g *Gateway) Resend(ctx context.Context, in ResendInput) ([]Attempt, error) {
	g.mu.Lock()
	var d Delivery
	for _, id := range g.books.deliveryOrder {
		if g.books.deliveries[id].OutTradeNo == in.OutTradeNo {
			d = g.books.deliveries[id]
		}
	}
	g.mu.Unlock()
	if d.NotifyID == "" {
		return nil, badControl("nothing was said about %q", in.OutTradeNo)
	}
	out := make([]Attempt, min(max(in.Copies, 1), maxCopies))
	done := make(chan struct{}, len(out))
	for i := range out {
		one := func() {
			out[i] = g.post(ctx, d, orElse(in.To, d.URL), nil, true)
			g.record(ctx, d, out[i])
			done <- struct{}{}
		}
		if in.Parallel {
			g.wait.Go(one)
		} else {
			one()
		}
	}
	for range out {
		<-done
	}
	return out, nil
}
