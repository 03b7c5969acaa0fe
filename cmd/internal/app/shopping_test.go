package app_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// purchases is a crowd that orders until stopped. Every third order is paid, and every
// third is cancelled and paid too late, so that its money goes back. It keeps what it was
// told.
type purchases struct {
	w    *world
	stop chan struct{}
	wait sync.WaitGroup

	mu       sync.Mutex
	acked    map[string]string // idempotency key → order number
	statuses map[int]int
	last     time.Time // of the latest acknowledged order
	late     []latecomer
}

// latecomer is a buyer who pays when the order is closed.
type latecomer struct {
	buyer   *buyer
	orderNo string
	params  []byte
}

// shopping starts the crowd. Every buyer repeats a request under its key until the answer
// says what became of it, as the documentation asks. The provider says of every close that
// it was done before, and goes on taking the money.
func (w *world) shopping(s *shop, buyers int) *purchases {
	w.t.Helper()
	w.owner("UPDATE "+s.ID.String()+".shop SET max_open_orders = 1000", nil) // one buyer leaves more unpaid than a person may
	err := w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetClose, Mode: sandbox.ModeError, Value: "ORDER_CLOSED", Match: s.mchID, Count: 1_000_000})
	if err != nil {
		w.t.Fatal(err)
	}
	crowd, addresses := w.crowd(s, buyers)
	p := &purchases{w: w, stop: make(chan struct{}), acked: map[string]string{}, statuses: map[int]int{}}
	for i, b := range crowd {
		p.wait.Go(func() {
			var late []latecomer
			for n := 0; ; n++ {
				select {
				case <-p.stop:
					p.mu.Lock()
					defer p.mu.Unlock()
					p.late = append(p.late, late...)
					return
				default:
				}
				late = slices.DeleteFunc(late, p.paysLate)
				if c, ok := p.buy(b, addresses[i], n%3); ok {
					late = append(late, c)
				}
			}
		})
	}
	return p
}

// What becomes of an order.
const (
	isPaid = iota
	isPaidLate
	isLeft
)

// buy orders, and does with the order what it is for. An order that is to be paid late has
// been cancelled when it returns.
func (p *purchases) buy(b *buyer, address int64, fate int) (c latecomer, late bool) {
	key := tenanttest.RandomHex(8)
	h := b.headers()
	h.Set("Idempotency-Key", key)
	body := toJSON(b.w.t, map[string]any{"lines": []any{line(b.shop.skus[0], 1)}, "address_id": address, "expected_payable_fen": int64(b.shop.prices[0])})
	got := p.insist(http.MethodPost, "/orders", h, body)
	if got.status != http.StatusCreated {
		return c, false
	}
	p.mu.Lock()
	p.acked[key], p.last = got.orderNo(), time.Now()
	p.mu.Unlock()
	if fate == isLeft {
		return c, false
	}
	paying := p.insist(http.MethodPost, "/orders/"+got.orderNo()+"/pay", b.headers(), "")
	if paying.status != http.StatusOK {
		return c, false
	}
	if fate == isPaid {
		b.w.send(http.MethodPost, b.w.play+"/_control/pay", nil, paying.body)
		return c, false
	}
	cancelled := p.insist(http.MethodPost, "/orders/"+got.orderNo()+"/cancel", b.headers(), "")
	return latecomer{b, got.orderNo(), paying.body}, cancelled.status == http.StatusOK
}

// paysLate pays if the order is closed.
func (p *purchases) paysLate(c latecomer) bool {
	var order orderView
	got := p.insist(http.MethodGet, "/orders/"+c.orderNo, c.buyer.headers(), "")
	if json.Unmarshal(got.body, &order) != nil || order.Status != "closed" {
		return false
	}
	if got := p.w.send(http.MethodPost, p.w.play+"/_control/pay", nil, c.params); got.status != http.StatusOK {
		p.w.t.Errorf("late payment of %s: %d %s", c.orderNo, got.status, got.body)
	}
	return true
}

// insist repeats a request until it is answered with something else than "try again".
func (p *purchases) insist(method, path string, h http.Header, body string) answer {
	deadline := time.Now().Add(60 * time.Second)
	for {
		got := p.w.send(method, p.w.base+"/api/v1"+path, h.Clone(), []byte(body))
		p.mu.Lock()
		p.statuses[got.status]++
		p.mu.Unlock()
		again := got.status == http.StatusServiceUnavailable || got.problem().Code == "IDEMPOTENCY_IN_PROGRESS"
		switch {
		case got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "":
			p.w.t.Errorf("%s: 503 without Retry-After: %s", path, got.body)
		case !again && got.status >= 400:
			p.w.t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
		case got.status == 0:
			p.w.t.Errorf("%s %s: %s", method, path, got.body)
		}
		if !again || time.Now().After(deadline) {
			return got
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *purchases) orders() (n int, last time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acked), p.last
}

// end stops the crowd and compares what it was told with what the shop has: each key one
// order, and not one lost. The same for the provider, whose callbacks we took. Who still
// wanted to pay late does it now.
func (p *purchases) end(s *shop) {
	p.w.t.Helper()
	close(p.stop)
	p.wait.Wait()
	numbers := map[string]bool{}
	for _, no := range p.acked {
		numbers[no] = true
		if n := p.w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1", no); n != 1 {
			p.w.t.Errorf("the acknowledged order %s is not there", no)
		}
	}
	if n := p.w.count(s, "SELECT count(*) FROM orders"); n != len(p.acked) || len(numbers) != len(p.acked) {
		p.w.t.Errorf("%d orders, %d numbers, %d keys", n, len(numbers), len(p.acked))
	}
	taken := 0
	for _, d := range p.w.sandbox.Books().Deliveries {
		if d.MchID != s.mchID || !slices.ContainsFunc(d.Attempts, func(a sandbox.Attempt) bool { return ok(a.Status) }) {
			continue
		}
		taken++
		if n := p.w.count(s, "SELECT count(*) FROM payment_event WHERE event_id = $1", d.EventID); n != 1 {
			p.w.t.Errorf("the acknowledged %s of %s is not there", d.EventType, d.OutTradeNo)
		}
	}
	p.w.t.Logf("%d orders, %d callbacks taken, %d refunds; answers %v", len(p.acked), taken, p.w.refunds(s), p.statuses)
	p.w.catchUp(s)
	for _, c := range p.late {
		if !p.paysLate(c) {
			p.w.t.Errorf("order %s was cancelled and is not closed", c.orderNo)
		}
	}
	p.w.sandbox.Disarm()
}

// refunds counts what the provider was asked to give back.
func (w *world) refunds(s *shop) (n int) {
	for _, r := range w.sandbox.Books().Refunds {
		if r.MchID == s.mchID {
			n++
		}
	}
	return n
}
