package unionpaygw

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

const answerLimit = 10 * time.Second // how long a merchant may take to answer

// Nudge makes the gateway look at its clock now: call it after moving an injected clock.
func (g *Gateway) Nudge() { g.courier.Nudge() }

// runDue ends refunds and sends notifications, those that are due.
func (g *Gateway) runDue(r *courier.Round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key := range g.books.unsettled {
		if !r.Came(g.books.trades[key].DueAt) {
			continue
		}
		if err := g.settle(key); err != nil {
			g.log.Error("unionpay refund cannot be settled", "order_id", key.orderID, "error", err)
			r.Again()
		}
	}
	for id := range g.books.pending {
		d := g.books.deliveries[id]
		r.Carry(d.NextAt, g.errand(d, d.URL))
	}
}

// errand is the delivery of a notification to an address.
func (g *Gateway) errand(d Delivery, address string) courier.Errand {
	return courier.Errand{
		ID: d.ID, To: d.MerID,
		Fault:  func() *Fault { return g.faults.Take(TargetNotify, d.MerID, d.OrderID) },
		Send:   func(ctx context.Context, f *Fault) (courier.Answer, error) { return g.send(ctx, d, address, f) },
		Record: func(a Attempt) { g.record(d, a) },
	}
}

// owe is the notification of a trade that succeeded. g.mu must be held.
func (g *Gateway) owe(t Trade) *Delivery {
	return &Delivery{
		ID: t.QueryID + "-" + t.TxnType, MerID: t.MerID, OrderID: t.OrderID, TxnType: t.TxnType, URL: t.BackURL, Fields: g.noticeFields(t),
		Progress: courier.Owed(g.now().UTC()),
	}
}

func (g *Gateway) noticeFields(t Trade) map[string]string {
	fields := g.facts(t)
	fields["respCode"], fields["respMsg"] = t.RespCode, message(t.RespCode)
	return fields
}

// send hands one copy over.
func (g *Gateway) send(ctx context.Context, d Delivery, address string, f *Fault) (courier.Answer, error) {
	fields := maps.Clone(d.Fields)
	if f.Is(ModeRespCode) {
		fields["respCode"] = f.Value
	}
	tamper(f, fields)
	signed, err := g.signed(fields, signWith(f), true)
	if err != nil {
		return courier.Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(bend(f, signed, encodeForm)))
	if err != nil {
		return courier.Answer{}, fmt.Errorf("backUrl: %w", err)
	}
	req.Header = noticeHeader()
	if f.Is(ModeCutAfterDoing) {
		return courier.Answer{}, g.courier.HangUp(req)
	}
	status, _, err := g.courier.Hand(req)
	return courier.Answer{Status: status, Taken: status == http.StatusOK}, err
}

func noticeHeader() http.Header {
	return http.Header{"Content-Type": {formType + ";charset=UTF-8"}, "User-Agent": {"Mozilla/4.0"}}
}

// record writes an attempt down and decides what follows: done, again later, or never.
func (g *Gateway) record(d Delivery, a Attempt) {
	g.mu.Lock()
	defer g.mu.Unlock()
	row := attemptRow{ID: d.ID, Step: g.books.deliveries[d.ID].After(a, g.now().UTC(), g.schedule)}
	if !a.Taken && !a.Resend {
		g.log.Warn("unionpay notification not accepted", "order_id", d.OrderID, "status", a.Status, "error", a.Error, "next_at", row.NextAt)
	}
	if err := g.commit(entry{Attempt: &row}); err != nil {
		g.log.Error("attempt cannot be written down", "order_id", d.OrderID, "error", err)
	}
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
	if copies > courier.MaxCopies {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "at most %d copies", courier.MaxCopies)
	}
	d, ok := g.latestDelivery(in.OrderID)
	if !ok {
		return ResendResult{}, badControl(http.StatusNotFound, "NOT_FOUND", "no notification of %q yet", in.OrderID)
	}
	to := orElse(in.To, d.URL)
	if refused := checkBackURL(to); refused != nil {
		return ResendResult{}, badControl(http.StatusBadRequest, "INVALID", "%s", refused.detail)
	}
	e := g.errand(d, to)
	if in.To != "" {
		e.Record = nil
	}
	var out ResendResult
	for _, a := range g.courier.Resend(ctx, e, copies, in.Parallel) {
		out.Statuses = append(out.Statuses, a.Status)
	}
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
