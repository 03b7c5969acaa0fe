package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

const answerLimit = 5 * time.Second // how long a merchant may take to answer a callback

// Nudge makes the provider look at its clock now: call it after moving an injected clock.
func (s *Server) Nudge() {
	s.unionPay.Nudge()
	s.express.Nudge()
	s.courier.Nudge()
}

// runDue settles refunds, ends transfers and sends callbacks, those that are due.
func (s *Server) runDue(r *courier.Round) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.books.unsettled {
		if !r.Came(s.books.refunds[key].DueAt) {
			continue
		}
		if err := s.settleRefund(key); err != nil {
			s.log.Error("refund cannot be settled", "out_refund_no", key.name, "error", err)
			r.Again()
		}
	}
	for _, key := range s.books.transferOrder {
		t := s.books.transfers[key]
		if t.DueAt.IsZero() || !r.Came(t.DueAt) {
			continue
		}
		if err := s.dueTransfer(t); err != nil {
			s.log.Error("transfer cannot be ended", "out_bill_no", t.OutBillNo, "error", err)
			r.Again()
		}
	}
	for id := range s.books.pending {
		d := s.books.deliveries[id]
		r.Carry(d.NextAt, s.errand(d, d.URL))
	}
}

// errand is the delivery of a callback to an address.
func (s *Server) errand(d Delivery, url string) courier.Errand {
	return courier.Errand{
		ID: d.EventID, To: d.MchID,
		Fault:  func() *Fault { return s.faults.Take(TargetNotify, d.MchID, d.OutTradeNo) },
		Send:   func(ctx context.Context, f *Fault) (courier.Answer, error) { return s.send(ctx, d, url, f) },
		Record: func(a Attempt) { s.record(d, a) },
	}
}

// owe returns a delivery to be written together with what it is about. s.mu must be held.
func (s *Server) owe(url, mchid, outTradeNo, eventType, original, summary string, content any) (*Delivery, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encode resource: %w", err)
	}
	return &Delivery{
		EventID: s.uuid(), MchID: mchid, OutTradeNo: outTradeNo, EventType: eventType, Original: original,
		Summary: summary, URL: url, Content: string(raw), Number: s.books.callbacks[mchid] + 1, Progress: courier.Owed(s.now().UTC()),
	}, nil
}

// send hands one copy over: fresh timestamp, nonces and signature, the same event id.
func (s *Server) send(ctx context.Context, d Delivery, url string, f *Fault) (courier.Answer, error) {
	s.mu.Lock()
	keys := s.keysOf(d.MchID)
	s.mu.Unlock()
	if keys == nil {
		return courier.Answer{}, payError("MCH_NOT_EXISTS")
	}
	if f != nil {
		if content, err := rewrite([]byte(d.Content), func(m map[string]any) { tamperMap(f, m) }); err == nil {
			d.Content = string(content)
		}
	}
	body, err := s.envelope(d, keys.APIv3Key, f)
	if err != nil {
		return courier.Answer{}, err
	}
	plan := signPlan{signer: keys.callbackSigner(d.Number), body: body, at: s.now(), nonce: s.letters(32)}
	out, err := s.sign(s.bend(f, plan))
	if err != nil {
		return courier.Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(out.body))
	if err != nil {
		return courier.Answer{}, fmt.Errorf("callback address: %w", err)
	}
	req.Header = callbackHeaders(out)
	if f.Is(ModeCutAfterDoing) {
		return courier.Answer{}, s.courier.HangUp(req)
	}
	status, _, err := s.courier.Hand(req)
	return courier.Answer{Status: status, Taken: status == http.StatusOK || status == http.StatusNoContent}, err
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (s *Server) record(d Delivery, a Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := attemptRow{EventID: d.EventID, Step: s.books.deliveries[d.EventID].After(a, s.now().UTC(), s.schedule)}
	if !a.Taken && !a.Resend {
		s.log.Warn("callback not accepted", "event_id", d.EventID, "out_trade_no", d.OutTradeNo,
			"status", a.Status, "error", a.Error, "next_at", row.NextAt)
	}
	if err := s.commit(entry{Attempt: &row}); err != nil {
		s.log.Error("attempt cannot be written down", "event_id", d.EventID, "error", err)
	}
}
