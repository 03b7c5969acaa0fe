package sandbox

import (
	"context"
	"net/http"
	"slices"

	"galleria/payments/sandbox/internal/courier"
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
	if copies > courier.MaxCopies {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "at most %d copies", courier.MaxCopies)
	}
	d, ok := s.latestDelivery(in.OutTradeNo, in.EventType)
	if !ok {
		return ResendResult{}, badControl(http.StatusNotFound, "NOT_FOUND", "no callback for %q yet", in.OutTradeNo)
	}
	to := orElse(in.To, d.URL)
	if refusal := checkNotifyURL(to); refusal != nil {
		return ResendResult{}, refusal
	}
	e := s.errand(d, to)
	if in.To != "" {
		e.Record = nil
	}
	out := ResendResult{EventID: d.EventID}
	for _, a := range s.courier.Resend(ctx, e, copies, in.Parallel) {
		out.Statuses = append(out.Statuses, a.Status)
	}
	return out, nil
}

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
