package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/payments/sandbox"
)

// logbook keeps every line that the servers log, and shows the test those that are not
// information.
type logbook struct {
	mu    sync.Mutex
	lines []string
	out   io.Writer
}

// Write implements io.Writer for a JSON handler: one call is one line.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	if bytes.Contains(p, []byte(`"level":"INFO"`)) {
		return len(p), nil
	}
	return l.out.Write(p)
}

// of returns the lines that hold text.
func (l *logbook) of(text string) (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// in is the same world as a subtest sees it.
func (w *world) in(t *testing.T) *world {
	t.Helper()
	c := *w
	c.t = t
	return &c
}

// another starts a second server and worker of the same installation and returns its address.
func (w *world) another() string {
	w.t.Helper()
	listener := listen(w.t)
	w.run(listener)
	return "http://" + listener.Addr().String()
}

// owner runs one statement as the owner of all schemas; write schema names out.
func (w *world) owner(sql string, args []any, into ...any) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.config.DatabaseURL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if len(into) > 0 {
		err = conn.QueryRow(ctx, sql, args...).Scan(into...)
	} else {
		_, err = conn.Exec(ctx, sql, args...)
	}
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

// problem is the failure in an answer's body; empty if it is none.
func (a answer) problem() (p struct {
	Code      string          `json:"code"`
	RequestID string          `json:"request_id"`
	Data      json.RawMessage `json:"data"`
},
) {
	_ = json.Unmarshal(a.body, &p)
	return p
}

// send sends a request as it is. A connection that breaks is status 0.
func (w *world) send(method, url string, h http.Header, body []byte) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if h != nil {
		req.Header = h
	}
	started := time.Now()
	res, err := w.client.Do(req)
	if err != nil {
		return answer{body: []byte(err.Error()), took: time.Since(started)}
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{body: []byte(err.Error()), took: time.Since(started)}
	}
	return answer{status: res.StatusCode, header: res.Header, body: read, took: time.Since(started)}
}

// headers are those of the buyer's requests.
func (b *buyer) headers() http.Header {
	h := http.Header{}
	h.Set("X-App-Id", b.shop.appID)
	h.Set("Content-Type", "application/json")
	if b.token != "" {
		h.Set("Authorization", "Bearer "+b.token)
	}
	return h
}

// door is where the provider calls back about a shop's payments.
func (s *shop) door(base string) string { return base + "/notify/wechat/" + s.account }

// notice builds a callback of the shop's provider.
func (w *world) notice(s *shop, in sandbox.NotificationInput) (http.Header, []byte) {
	w.t.Helper()
	if in.MchID == "" {
		in.MchID = s.mchID
	}
	h, body, err := w.sandbox.Notification(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return h, body
}

// tell builds a callback and sends it to the shop's own door.
func (w *world) tell(s *shop, in sandbox.NotificationInput) answer {
	w.t.Helper()
	h, body := w.notice(s, in)
	return w.send(http.MethodPost, s.door(w.base), h, body)
}

// begun is an order whose payment has begun and whose money has not moved.
func (b *buyer) begun(qty int64) (orderNo, outTradeNo string) {
	b.w.t.Helper()
	orderNo = b.order(qty).OrderNo
	b.payParams(orderNo)
	return orderNo, b.w.attempt(b.shop, orderNo)
}

// attempt returns the number of an order's latest payment attempt.
func (w *world) attempt(s *shop, orderNo string) (outTradeNo string) {
	w.t.Helper()
	w.scan(s, "SELECT out_trade_no FROM payment_attempt WHERE business_no = $1 ORDER BY id DESC LIMIT 1", []any{orderNo}, &outTradeNo)
	return outTradeNo
}

// transaction gives a payment that never really happened the same number every time.
func transaction(outTradeNo string) func(map[string]any) {
	return func(m map[string]any) { m["transaction_id"] = "42" + outTradeNo[:26] }
}

// quiet waits until nothing is left to do for a shop: no event waits, no refund is open.
func (w *world) quiet(s *shop, within time.Duration) {
	w.t.Helper()
	eventually(w.t, within, "rest in shop "+s.Handle, func() bool {
		var pending int
		w.owner("SELECT count(*) FROM platform.outbox WHERE tenant_id = $1 AND done_at IS NULL AND dead_at IS NULL", []any{s.ID.String()}, &pending)
		return pending == 0 && w.count(s, "SELECT count(*) FROM figure_due") == 0 && w.count(s, "SELECT count(*) FROM refund WHERE status IN ('requested', 'processing')") == 0
	})
}

// rules are statements that find what must never be, each named by what it would mean.
var rules = map[string]string{
	"stock differs from its movements": `SELECT count(*) FROM stock_level l CROSS JOIN LATERAL
		(SELECT COALESCE(sum(on_hand_delta), 0)::bigint AS on_hand, COALESCE(sum(reserved_delta), 0)::bigint AS reserved
		 FROM stock_movement WHERE sku_id = l.sku_id) m WHERE (l.on_hand, l.reserved) <> (m.on_hand, m.reserved)`,
	"reserved stock differs from held reservations": `SELECT count(*) FROM stock_level l WHERE l.reserved IS DISTINCT FROM
		(SELECT COALESCE(sum(qty), 0)::bigint FROM reservation r WHERE r.sku_id = l.sku_id AND r.state = 'held')`,
	"an order's reservation is not in the state of the order": `SELECT count(*) FROM orders o JOIN reservation r USING (order_no) WHERE r.state <>
		CASE WHEN o.status IN ('pending_payment', 'closing') THEN 'held' WHEN o.status = 'closed' THEN 'released' ELSE 'committed' END`,
	"an order holds other goods than it sold": `SELECT count(*) FROM orders o JOIN order_line l ON l.order_id = o.id
		LEFT JOIN reservation r ON r.order_no = o.order_no AND r.sku_id = l.sku_id WHERE r.qty IS DISTINCT FROM l.qty`,
	"a paid order without the money": `SELECT count(*) FROM orders o WHERE o.status IN ('paid', 'fulfilling', 'completed') AND o.payable_fen > 0 AND NOT EXISTS
		(SELECT FROM payment_attempt a WHERE a.business_no = o.order_no AND a.out_trade_no = o.paid_by AND a.status = 'succeeded' AND NOT a.surplus
		 AND a.amount_fen = o.payable_fen AND a.refunded_fen = 0 AND a.refund_reserved_fen = 0)`,
	"money that counts without a paid order": `SELECT count(*) FROM payment_attempt a JOIN orders o ON o.order_no = a.business_no
		WHERE a.status = 'succeeded' AND NOT a.surplus AND o.paid_by IS DISTINCT FROM a.out_trade_no`,
	"surplus money not given back": `SELECT count(*) FROM payment_attempt WHERE surplus AND refunded_fen <> amount_fen`,
	"two payments of one order count": `SELECT count(*) FROM (SELECT FROM payment_attempt WHERE status = 'succeeded' AND NOT surplus
		GROUP BY business_no HAVING count(*) > 1) x`,
	"an order paid without its one event": `SELECT count(*) FROM orders o WHERE o.paid_at IS NOT NULL AND 1 <>
		(SELECT count(*) FROM platform.outbox e WHERE e.topic = 'order.paid' AND e.key = o.order_no)`,
	"two messages about one order": `SELECT count(*) FROM (SELECT FROM message_log GROUP BY event_id HAVING count(*) > 1) x`,
	"a dead event":                 `SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL`,
}

// healthy checks the rules for a shop, and its books against the provider's: what the
// provider took and did not give back is what the paid orders cost.
func (w *world) healthy(s *shop) {
	w.t.Helper()
	for meaning, sql := range rules {
		if n := w.count(s, sql); n != 0 {
			w.t.Errorf("shop %s: %s (%d)", s.Handle, meaning, n)
		}
	}
	for _, c := range w.sandbox.Books().Charges {
		if c.MchID != s.mchID || c.TransactionID == "" {
			continue
		}
		var status string
		var surplus bool
		w.scan(s, "SELECT status, surplus FROM payment_attempt WHERE out_trade_no = $1", []any{c.OutTradeNo}, &status, &surplus)
		kept := c.TotalFen - c.RefundedFen
		if status != "succeeded" || (surplus && kept != 0) || (!surplus && kept != c.TotalFen) {
			w.t.Errorf("shop %s: the provider keeps %d of %d of %s; we call it %s (surplus %v)", s.Handle, kept, c.TotalFen, c.OutTradeNo, status, surplus)
		}
	}
}

// orderNo is the number in the answer to an order.
func (a answer) orderNo() string {
	var got placed
	_ = json.Unmarshal(a.body, &got)
	return got.OrderNo
}
