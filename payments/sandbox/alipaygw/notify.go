package alipaygw

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

const (
	answerLimit = 5 * time.Second // how long a merchant may take to answer
	mostAnswer  = 1 << 10         // bytes of an answer that are written down
	accepted    = "success"       // exactly, and nothing around it
)

// Nudge makes the provider look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() { g.courier.Nudge() }

// runDue sends the notifications that are due.
func (g *Gateway) runDue(r *courier.Round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id := range g.books.pending {
		d := g.books.deliveries[id]
		r.Carry(d.NextAt, g.errand(d, d.URL))
	}
}

// errand is the delivery of a notification to an address.
func (g *Gateway) errand(d Delivery, url string) courier.Errand {
	return courier.Errand{
		ID: d.NotifyID, To: d.SellerID,
		Fault:  func() *Fault { return g.faults.Take(TargetNotify, d.AppID, d.SellerID, d.OutTradeNo) },
		Send:   func(ctx context.Context, f *Fault) (courier.Answer, error) { return g.send(ctx, d, url, f) },
		Record: func(a Attempt) { g.record(d, a) },
	}
}

var errAnswerLost = errors.New("the answer was lost on the way")

// send hands one copy over: the same notify_id, signed afresh.
func (g *Gateway) send(ctx context.Context, d Delivery, url string, f *Fault) (courier.Answer, error) {
	body, err := g.message(d, f)
	if err != nil {
		return courier.Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return courier.Answer{}, fmt.Errorf("notification address: %w", err)
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("User-Agent", "Mozilla/4.0")
	status, said, err := g.courier.Hand(req)
	if err == nil && f.Is(ModeCutAfterDoing) {
		return courier.Answer{}, errAnswerLost
	}
	text := string(said[:min(len(said), mostAnswer)])
	return courier.Answer{Status: status, Text: text, Taken: status == http.StatusOK && text == accepted}, err
}

// message is the body of one copy, with whatever fault is armed.
func (g *Gateway) message(d Delivery, f *Fault) (string, error) {
	g.mu.Lock()
	keys := g.keysOf(d.AppID)
	g.mu.Unlock()
	if keys == nil {
		return "", badControl("there is no app %q", d.AppID)
	}
	said := maps.Clone(d.Fields)
	tamper(f, said)
	with := SignTruly
	switch {
	case f.Is(ModeWrongKey):
		with = SignStranger
	case f.Is(ModeUnsigned):
		with = SignNothing
	case f.Is(ModeCorruptSignature):
		with = SignOther
	}
	form, err := g.form(keys, said, with)
	if err != nil {
		return "", err
	}
	switch {
	case f.Is(ModeSignTypeRSA):
		form.Set("sign_type", "RSA")
	case f.Is(ModeWrongCertSN):
		form.Set("alipay_cert_sn", strings.Repeat("0", 32))
	case f.Is(ModeCorruptBody):
		form.Set("trade_no", form.Get("trade_no")+"0")
	}
	body := form.Encode()
	if f != nil && f.Mode != ModeCorruptBody {
		body = string(bend(f, []byte(body)))
	}
	return body, nil
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (g *Gateway) record(d Delivery, a Attempt) {
	g.mu.Lock()
	defer g.mu.Unlock()
	row := attemptRow{NotifyID: d.NotifyID, Step: g.books.deliveries[d.NotifyID].After(a, g.now().UTC(), g.schedule)}
	if !a.Taken && !a.Resend {
		g.log.Warn("alipay notification not accepted", "notify_id", d.NotifyID, "out_trade_no", d.OutTradeNo,
			"status", a.Status, "answer", a.Answer, "error", a.Error, "next_at", row.NextAt)
	}
	if err := g.commit(entry{Attempt: &row}); err != nil {
		g.log.Error("attempt cannot be written down", "notify_id", d.NotifyID, "error", err)
	}
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
	e := g.errand(d, orElse(in.To, d.URL))
	if in.To != "" {
		e.Record = nil
	}
	return g.courier.Resend(ctx, e, min(max(in.Copies, 1), courier.MaxCopies), in.Parallel), nil
}
