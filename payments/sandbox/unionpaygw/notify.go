package unionpaygw

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	answerLimit = 10 * time.Second // how long a merchant may take to answer
	idleTick    = time.Hour
	busyTick    = time.Second // the clock may be set from outside: look again at least this often
)

// deliveryClient never follows a redirect and uses no proxy.
func deliveryClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       answerLimit,
	}
}

// heldDelivery waits for the next delivery of its merchant to overtake it.
type heldDelivery struct {
	merID    string
	overtake chan struct{}
}

// Nudge makes the gateway look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// runClockwork ends refunds and sends notifications when they are due.
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
	for key := range g.books.unsettled {
		if wait := g.books.trades[key].DueAt.Sub(now); wait > 0 {
			rest = min(rest, wait, busyTick)
		} else if err := g.settle(key); err != nil {
			g.log.ErrorContext(ctx, "unionpay refund cannot be settled", "order_id", key.orderID, "error", err)
			rest = min(rest, busyTick)
		}
	}
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

// owe is the notification of a trade that succeeded. g.mu must be held.
func (g *Gateway) owe(t Trade) *Delivery {
	now := g.now().UTC()
	return &Delivery{
		ID: t.QueryID + "-" + t.TxnType, MerID: t.MerID, OrderID: t.OrderID, TxnType: t.TxnType, URL: t.BackURL, Fields: g.noticeFields(t),
		CreatedAt: now, NextAt: now,
	}
}

func (g *Gateway) noticeFields(t Trade) map[string]string {
	fields := g.facts(t)
	fields["respCode"], fields["respMsg"] = t.RespCode, message(t.RespCode)
	return fields
}

// deliver makes one scheduled attempt, with whatever fault is armed for it.
func (g *Gateway) deliver(ctx context.Context, d Delivery) {
	f := g.takeFault(TargetNotify, d.MerID, d.OrderID)
	switch {
	case f.is(ModeReorder):
		g.hold(ctx, d.MerID, f)
	case f != nil && f.DelayMS > 0:
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
	var a Attempt
	if f.is(ModeDrop) {
		a = Attempt{At: g.now().UTC(), Error: "lost on the way", Fault: ModeDrop}
	} else {
		a = g.post(ctx, d, d.URL, f, false)
	}
	g.record(ctx, d, a)
	g.mu.Lock()
	delete(g.inflight, d.ID)
	g.release(d.MerID)
	g.mu.Unlock()
	g.Nudge()
}

// hold waits until another delivery of the merchant is through, or patience ends.
func (g *Gateway) hold(ctx context.Context, merID string, f *Fault) {
	h := heldDelivery{merID: merID, overtake: make(chan struct{})}
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

// release lets the held deliveries of a merchant go. g.mu must be held.
func (g *Gateway) release(merID string) {
	g.held = slices.DeleteFunc(g.held, func(h heldDelivery) bool {
		if h.merID == merID {
			close(h.overtake)
		}
		return h.merID == merID
	})
}

// post sends one copy.
func (g *Gateway) post(ctx context.Context, d Delivery, address string, f *Fault, resend bool) Attempt {
	a := Attempt{At: g.now().UTC(), Resend: resend}
	if f != nil {
		a.Fault = f.Mode
	}
	started := g.now()
	status, err := g.send(ctx, d, address, f)
	a.Status, a.Duration = status, g.now().Sub(started)
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

func (g *Gateway) send(ctx context.Context, d Delivery, address string, f *Fault) (int, error) {
	fields := maps.Clone(d.Fields)
	if f.is(ModeRespCode) {
		fields["respCode"] = f.Value
	}
	f.tamper(fields)
	signed, err := g.signed(fields, f.signWith(), true)
	if err != nil {
		return 0, err
	}
	body := f.bend(signed, encodeForm)
	if f.is(ModeCutAfterDoing) {
		return 0, g.sendAndLeave(ctx, address, body)
	}
	req, err := newNotice(ctx, address, body)
	if err != nil {
		return 0, err
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("notification: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	return resp.StatusCode, nil
}

func newNotice(ctx context.Context, address string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("backUrl: %w", err)
	}
	req.Header = noticeHeader()
	return req, nil
}

func noticeHeader() http.Header {
	return http.Header{"Content-Type": {formType + ";charset=UTF-8"}, "User-Agent": {"Mozilla/4.0"}}
}

var errHungUp = errors.New("hung up before the answer")

// sendAndLeave writes the request and hangs up without waiting for the answer.
func (g *Gateway) sendAndLeave(ctx context.Context, address string, body []byte) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return fmt.Errorf("hang up early: only plain http: %q", address)
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "80")
	}
	dialer := net.Dialer{Timeout: answerLimit}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(answerLimit)) //nolint:forbidigo // a socket deadline is on the machine's clock
	req, err := newNotice(ctx, address, body)
	if err != nil {
		return err
	}
	if err := req.Write(conn); err != nil {
		return fmt.Errorf("notification: %w", err)
	}
	return errHungUp
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (g *Gateway) record(ctx context.Context, d Delivery, a Attempt) {
	if ctx.Err() != nil {
		return // shutting down: the attempt did not count, it is owed after the restart
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now().UTC()
	current := g.books.deliveries[d.ID]
	row := attemptRow{ID: d.ID, Attempt: a, NextAt: current.NextAt, DoneAt: current.DoneAt}
	switch {
	case a.Status == http.StatusOK:
		row.NextAt = time.Time{}
		if row.DoneAt.IsZero() {
			row.DoneAt = now
		}
	case !a.Resend && current.DoneAt.IsZero():
		row.NextAt = time.Time{}
		if n := scheduled(current.Attempts); n < len(g.schedule) {
			row.NextAt = now.Add(g.schedule[n])
		}
		g.log.WarnContext(ctx, "unionpay notification not accepted", "order_id", d.OrderID, "status", a.Status, "error", a.Error, "next_at", row.NextAt)
	}
	if err := g.commit(entry{Attempt: &row}); err != nil {
		g.log.ErrorContext(ctx, "attempt cannot be written down", "order_id", d.OrderID, "error", err)
	}
}

// scheduled counts the attempts that used up a step of the schedule.
func scheduled(attempts []Attempt) (n int) {
	for _, a := range attempts {
		if !a.Resend {
			n++
		}
	}
	return n
}

// ResendInput asks for more copies of a notification that was already owed.
type ResendInput struct {
	OrderID  string `json:"order_id"`
	Copies   int    `json:"copies,omitempty"` // 0 means 1; at most 1000
	Parallel bool   `json:"parallel,omitempty"`
	To       string `json:"to,omitempty"` // another address
}

// ResendResult says how the copies were received.
type ResendResult struct {
	Statuses []int `json:"statuses"` // one per copy; 0 when no answer came
}

// Resend sends copies now, outside the schedule, and waits for their answers.
func (g *Gateway) Resend(ctx context.Context, in ResendInput) (ResendResult, error) {
	copies := max(in.Copies, 1)
	if copies > maxCopies {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "at most %d copies", maxCopies)
	}
	d, ok := g.latestDelivery(in.OrderID)
	if !ok {
		return ResendResult{}, badControl(http.StatusNotFound, "NOT_FOUND", "no notification of %q yet", in.OrderID)
	}
	to := orElse(in.To, d.URL)
	if refused := checkBackURL(to); refused != nil {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "%s", refused.detail)
	}
	out := ResendResult{Statuses: make([]int, copies)}
	one := func(i int) {
		a := g.post(ctx, d, to, nil, true)
		out.Statuses[i] = a.Status
		if in.To == "" {
			g.record(ctx, d, a)
		}
	}
	var wait sync.WaitGroup
	for i := range copies {
		if in.Parallel {
			wait.Go(func() { one(i) })
		} else {
			one(i)
		}
	}
	wait.Wait()
	return out, nil
}

func (g *Gateway) latestDelivery(orderID string) (Delivery, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range slices.Backward(g.books.deliveryOrder) {
		if d := g.books.deliveries[id]; d.OrderID == orderID {
			return d, true
		}
	}
	return Delivery{}, false
}

// NotificationInput asks for a notification that is ready to be posted but is not sent.
// Everything but MerID is optional; the zero value is a true one of a paid trade.
type NotificationInput struct {
	MerID   string
	OrderID string                  // which trade; one that is not known is invented
	Mutate  func(map[string]string) // changes the fields before they are signed
	Spoil   func(map[string]string) // changes them after
	Sign    SignWith
}

// Notification builds a signed notification: the headers and the body to post. The trade
// is shown as successful whatever its state is, so that forged payments can be tried.
func (g *Gateway) Notification(in NotificationInput) (http.Header, []byte, error) {
	g.mu.Lock()
	key, ok := g.find(PayInput{MerID: in.MerID, OrderID: in.OrderID})
	t := g.books.trades[key]
	g.mu.Unlock()
	now := g.now()
	if !ok {
		t = Trade{
			MerID: in.MerID, OrderID: orElse(in.OrderID, "NOSUCHORDER"+g.digits(8)), TxnTime: stamp(now), TxnType: typeConsume, TxnSubType: "01",
			BizType: "000201", AmountFen: 1,
		}
	}
	if !t.done() {
		t.RespCode, t.QueryID, t.TraceNo, t.TracedAt = codeOK, g.queryID(now), g.digits(6), now
	}
	fields := g.noticeFields(t)
	if in.Mutate != nil {
		in.Mutate(fields)
	}
	signed, err := g.signed(fields, in.Sign, true)
	if err != nil {
		return nil, nil, err
	}
	if in.Spoil != nil {
		in.Spoil(signed)
	}
	return noticeHeader(), encodeForm(signed), nil
}
