package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"galleria/cmd/internal/devstack"
	"galleria/migrations"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// TestHostileFaults breaks what the platform stands on: Postgres, the way to it, Redis and
// the provider. The installation has a Postgres of its own, which keeps what it
// acknowledged as a real one does, behind a proxy that can lose answers.
func TestHostileFaults(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	w := newWorldOn(t, c.url)
	run := func(name, handle string, test func(w *world, s *shop)) {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			s := w.openShop(handle, 100_000)
			test(w, s)
			w.catchUp(s)
			w.healthy(s)
		})
	}
	run("T059_PostgresAwayWhenTheNoticeComes", "notice", func(w *world, s *shop) { testT059(w, s, c) })
	run("T083_RedisKilledAndFlushed", "redis", testT083)
	run("T089_PostgresKilled", "killed", func(w *world, s *shop) { testT089(w, s, c) })
	run("T090_LostAnswers", "answers", func(w *world, s *shop) { testT090(w, s, c) })
	run("T095_ProviderTalksNonsense", "nonsense", testT095)
}

// cluster is a Postgres of one test, which may kill it, at an address that stays.
type cluster struct {
	t     testing.TB
	dir   string
	url   string // through the proxy
	pg    *devstack.Postgres
	proxy *toxiproxy.Proxy
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	dir, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{t: t, dir: dir}
	c.launch()
	t.Cleanup(func() {
		if err := c.pg.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("stop Postgres: %v", err)
		}
	})
	u, err := url.Parse(c.pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	runner := migrations.New(migrations.Config{URL: c.pg.URL(), RolePassword: tenantdb.RolePasswords([]byte(secret))})
	if _, err := runner.Platform(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 5 { // one spare schema for each case
		id := tenant.NewID()
		if err := runner.Build(t.Context(), id.String(), id.Lane()); err != nil {
			t.Fatal(err)
		}
	}
	c.proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "postgres", "127.0.0.1:0", u.Host)
	if err := c.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.proxy.Stop)
	u.Host = c.proxy.Listen
	c.url = u.String()
	return c
}

func (c *cluster) launch() {
	c.t.Helper()
	pg, err := devstack.StartPostgres(c.t.Context(), devstack.PostgresConfig{Dir: c.dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	c.pg = pg
}

// kill ends the postmaster as a crash would; its children follow it.
func (c *cluster) kill() {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "pg", "postmaster.pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		c.t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	<-c.pg.Done()
}

// restart brings a killed server back, at the address that the platform knows.
func (c *cluster) restart() {
	c.t.Helper()
	_ = c.pg.Stop(c.t.Context()) // it ended badly, as was wanted
	c.launch()
	u, err := url.Parse(c.pg.URL())
	if err != nil {
		c.t.Fatal(err)
	}
	next := &toxiproxy.Proxy{Listen: c.proxy.Listen, Upstream: u.Host, Enabled: true}
	if err := c.proxy.Update(next); err != nil {
		c.t.Fatal(err)
	}
}

// loseAnswers lets requests through to Postgres and nothing back, for as long.
func (c *cluster) loseAnswers(d time.Duration) {
	c.t.Helper()
	const toxic = `{"name":"lost","type":"timeout","stream":"downstream","toxicity":1,"attributes":{"timeout":1}}`
	if _, err := c.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		c.t.Fatal(err)
	}
	time.Sleep(d)
	if err := c.proxy.Toxics.RemoveToxic(c.t.Context(), "lost"); err != nil {
		c.t.Fatal(err)
	}
}

// catchUp waits until nothing is left to do. Tries that wait for their time come at once,
// and so does the question about a payment whose callback was lost: how long the platform
// waits between them is not what is tested.
func (w *world) catchUp(s *shop) {
	w.t.Helper()
	id := []any{s.ID.String()}
	eventually(w.t, 60*time.Second, "rest in shop "+s.Handle, func() bool {
		time.Sleep(100 * time.Millisecond)
		taken := 0
		for _, charge := range w.sandbox.Books().Charges {
			if charge.MchID == s.mchID && charge.TransactionID != "" {
				taken++
			}
		}
		if w.count(s, "SELECT count(*) FROM payment_attempt WHERE status = 'succeeded'") < taken {
			w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.query' AND due_at > now()", id)
			return false
		}
		w.owner("UPDATE platform.outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL AND next_at > now()", id)
		var pending int
		w.owner("SELECT count(*) FROM platform.outbox WHERE tenant_id = $1 AND done_at IS NULL AND dead_at IS NULL", id, &pending)
		return pending == 0
	})
}

func testT059(w *world, s *shop, c *cluster) {
	b := w.login(s, "T059")
	orderNo, no := b.begun(1)
	in := sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)}
	c.kill()
	for range 3 {
		got := w.tell(s, in)
		if got.status < 500 || got.took > 5*time.Second {
			w.t.Errorf("Postgres away: %d after %s, want a 5xx within 5 s", got.status, got.took)
		}
	}
	c.restart()
	eventually(w.t, 15*time.Second, "the repeat taken", func() bool { return ok(w.tell(s, in).status) })
	b.wantOneEffect(orderNo, no)
}

// purchases is a crowd that orders, and pays every third order, until stopped. It keeps
// what it was told.
type purchases struct {
	w    *world
	stop chan struct{}
	wait sync.WaitGroup

	mu       sync.Mutex
	acked    map[string]string // idempotency key → order number
	statuses map[int]int
	last     time.Time // of the latest acknowledged order
}

// shopping starts the crowd. Every buyer repeats a request under its key until the answer
// says what became of it, as the documentation asks.
func (w *world) shopping(s *shop, buyers int) *purchases {
	w.t.Helper()
	crowd, addresses := w.crowd(s, buyers)
	p := &purchases{w: w, stop: make(chan struct{}), acked: map[string]string{}, statuses: map[int]int{}}
	for i, b := range crowd {
		p.wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-p.stop:
					return
				default:
				}
				p.buy(b, addresses[i], n%3 == 0)
			}
		})
	}
	return p
}

func (p *purchases) buy(b *buyer, address int64, pay bool) {
	key := tenanttest.RandomHex(8)
	h := b.headers()
	h.Set("Idempotency-Key", key)
	body := toJSON(b.w.t, map[string]any{"lines": []any{line(b.shop.skus[0], 1)}, "address_id": address, "expected_payable_fen": int64(b.shop.prices[0])})
	got := p.insist(http.MethodPost, "/orders", h, body)
	if got.status != http.StatusCreated {
		return
	}
	p.mu.Lock()
	p.acked[key], p.last = got.orderNo(), time.Now()
	p.mu.Unlock()
	if !pay {
		return
	}
	paying := p.insist(http.MethodPost, "/orders/"+got.orderNo()+"/pay", b.headers(), "")
	if paying.status == http.StatusOK {
		b.w.send(http.MethodPost, b.w.play+"/_control/pay", nil, paying.body)
	}
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
// order, and not one lost.
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
	p.w.t.Logf("%d orders; answers %v", len(p.acked), p.statuses)
}

// Redis dies and comes back empty, twice, and is emptied once, while people buy. Six
// buyers keep both processors busy, which is all the load that this asks for.
func testT083(w *world, s *shop) {
	p := w.shopping(s, 6)
	for range 2 {
		time.Sleep(400 * time.Millisecond)
		w.redis.Kill()
		time.Sleep(700 * time.Millisecond)
		w.redis.Start(w.t)
	}
	time.Sleep(400 * time.Millisecond)
	w.redis.Flush(w.t)
	time.Sleep(400 * time.Millisecond)
	p.end(s)
	total := 0
	for _, n := range p.statuses {
		total += n
	}
	if bad := p.statuses[http.StatusServiceUnavailable]; bad*100 > total {
		w.t.Errorf("%d of %d requests were refused without Redis", bad, total)
	}
}

// Three crashes of Postgres under load; more would only take longer.
func testT089(w *world, s *shop, c *cluster) {
	p := w.shopping(s, 6)
	for i := range 3 {
		before, _ := p.orders()
		eventually(w.t, 30*time.Second, "orders before the crash", func() bool { n, _ := p.orders(); return n >= before+20 })
		c.kill()
		crashed := time.Now()
		c.restart()
		up := time.Now()
		eventually(w.t, 15*time.Second, "orders after the crash", func() bool { _, last := p.orders(); return last.After(up) })
		_, last := p.orders()
		w.t.Logf("crash %d: Postgres back after %s, an order after %s", i+1, up.Sub(crashed), last.Sub(crashed))
	}
	p.end(s)
	if p.statuses[http.StatusServiceUnavailable] == 0 {
		w.t.Error("nobody noticed the crashes")
	}
}

// Answers of Postgres are lost, again and again, while people buy: what was committed is
// found by its key.
func testT090(w *world, s *shop, c *cluster) {
	p := w.shopping(s, 6)
	for range 8 {
		time.Sleep(300 * time.Millisecond)
		c.loseAnswers(50 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	p.end(s)
	if p.statuses[http.StatusServiceUnavailable] == 0 {
		w.t.Error("no answer was lost")
	}
}

// The provider answers with garbage, too much, and forgeries: an order cannot be paid with
// such an answer and is not called paid by one, although the money has moved; the next
// honest answer does both.
func testT095(w *world, s *shop) {
	b := w.login(s, "T095")
	arm := func(f sandbox.Fault) {
		if err := w.sandbox.Arm(f); err != nil {
			w.t.Fatal(err)
		}
	}
	query := func(what, no string) {
		if err := w.Payments.Query(w.t.Context(), s.ID, no); err != nil {
			w.t.Errorf("%s: %v", what, err)
		}
	}
	forged := []string{
		sandbox.ModeGarbage, sandbox.ModeTruncated, sandbox.ModeHuge, sandbox.ModeGzipBomb, sandbox.ModeOtherAnswer, sandbox.ModeHTTP429,
		sandbox.ModeCorruptBody, sandbox.ModeCorruptSignature, sandbox.ModeWrongKey, sandbox.ModeOldTimestamp, sandbox.ModeSignTest,
	}
	lies := []string{sandbox.ModeAmountPlusOne, sandbox.ModeWrongAppID, sandbox.ModeWrongMchID, sandbox.ModeCurrency} // truly signed, and wrong
	other := b.order(1).OrderNo
	b.pay(other)
	value := map[string]string{sandbox.ModeOtherAnswer: w.attempt(s, other)} // which is paid
	for i, mode := range append(forged, lies...) {
		orderNo := b.order(1).OrderNo
		if i < len(forged) {
			arm(sandbox.Fault{Target: sandbox.TargetPrepay, Mode: mode, Value: value[mode], Match: s.mchID})
			got := w.send(http.MethodPost, w.base+"/api/v1/orders/"+orderNo+"/pay", b.headers(), nil)
			code, wait := "PROVIDER_BAD_RESPONSE", ""
			if mode == sandbox.ModeHTTP429 {
				code, wait = "PROVIDER_BUSY", "30"
			}
			if got.status != http.StatusBadGateway || got.problem().Code != code || got.header.Get("Retry-After") != wait {
				w.t.Errorf("prepay with %s: %d %s, want 502 %s", mode, got.status, got.body, code)
			}
		}
		params := b.payParams(orderNo)
		no := w.attempt(s, orderNo)
		arm(sandbox.Fault{Target: sandbox.TargetNotify, Mode: sandbox.ModeDrop, Match: no, Count: 100})
		arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: mode, Value: value[mode], Match: no})
		w.control("/_control/pay", params, http.StatusOK, nil)
		query("query with "+mode, no)
		b.wantUnpaid(orderNo)
		if armed := len(w.sandbox.Armed()); armed != 1 {
			w.t.Errorf("%s: %d faults are left, want the one of the callbacks", mode, armed)
		}
		query("the honest query after "+mode, no)
		b.waitFor(orderNo, "paid", 15*time.Second)
		w.sandbox.Disarm()
	}
}
