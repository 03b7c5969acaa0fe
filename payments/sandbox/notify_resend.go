package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// ResendInput asks for more copies of a callback that was already owed.
type ResendInput struct {
	OutTradeNo string `json:"out_trade_no"`
	EventType  string `json:"event_type,omitempty"` // "" is the latest of any type
	Copies     int    `json:"copies,omitempty"`     // 0 means 1; at most 1000
	Parallel   bool   `json:"parallel,omitempty"`
	To         string `json:"to,omitempty"` // another address
}

// ResendResult says how the copies were received.
type ResendResult struct {
	EventID  string `json:"event_id"`
	Statuses []int  `json:"statuses"` // one per copy; 0 when no answer came
}

// Resend sends copies now, outside the schedule, and waits for their answers.
func (s *Server) Resend(ctx context.Context, in ResendInput) (ResendResult, error) {
	copies := max(in.Copies, 1)
	if copies > maxCopies {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "at most %d copies", maxCopies)
	}
	d, ok := s.latestDelivery(in.OutTradeNo, in.EventType)
	if !ok {
		return ResendResult{}, badControl(http.StatusNotFound, "NOT_FOUND", "no callback for %q yet", in.OutTradeNo)
	}
	to := orElse(in.To, d.URL)
	if refusal := checkNotifyURL(to); refusal != nil {
		return ResendResult{}, refusal
	}
	statuses := make([]int, copies)
	one := func(i int) {
		a := s.post(ctx, d, to, nil, true)
		statuses[i] = a.Status
		if in.To == "" {
			s.record(ctx, d, a)
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
	return ResendResult{EventID: d.EventID, Statuses: statuses}, nil
}

var errHungUp = errors.New("hung up before the answer")

func (s *Server) latestDelivery(outTradeNo, eventType string) (Delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Backward(s.books.deliveryOrder) {
		d := s.books.deliveries[id]
		if d.OutTradeNo == outTradeNo && (eventType == "" || eventType == d.EventType) {
			return d, true
		}
	}
	return Delivery{}, false
}

// sendAndLeave writes the request and hangs up without waiting for the answer.
func (s *Server) sendAndLeave(ctx context.Context, address string, out signed) error {
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
		return fmt.Errorf("callback: %w", err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(answerLimit)) //nolint:forbidigo // a socket deadline is on the machine's clock
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(out.body))
	if err != nil {
		return fmt.Errorf("callback address: %w", err)
	}
	req.Header = callbackHeaders(out)
	if err := req.Write(conn); err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	return errHungUp
}
