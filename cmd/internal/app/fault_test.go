package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"galleria/cmd/internal/devstack"
	"galleria/migrations"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
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

// catchUp waits until nothing is left to do. Tries that wait for their time come soon, and
// so does the question about a payment or a refund whose callback was lost: how long the
// platform waits between them is not what is tested.
func (w *world) catchUp(s *shop) {
	w.t.Helper()
	var hastened time.Time
	var left string
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if left = w.left(s); left == "" {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("shop %s does not come to rest: %s", s.Handle, left)
		}
		if time.Since(hastened) < 2*time.Second {
			continue // or the same work would be sent faster than it can be done
		}
		id := []any{s.ID.String()}
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic IN ('payments.query', 'payments.refund_query') AND due_at > now()", id)
		w.owner("UPDATE platform.outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL AND next_at > now()", id)
		hastened = time.Now()
	}
}

// left says what a shop still has to do.
func (w *world) left(s *shop) (left string) {
	w.t.Helper()
	taken := 0
	for _, charge := range w.sandbox.Books().Charges {
		if charge.MchID == s.mchID && charge.TransactionID != "" {
			taken++
		}
	}
	if known := w.count(s, "SELECT count(*) FROM payment_attempt WHERE status = 'succeeded'"); known < taken {
		return fmt.Sprintf("%d of %d payments are known", known, taken)
	}
	w.owner(`SELECT COALESCE(string_agg(topic || ' ' || key || ' ' || last_error, ', '), '') FROM platform.outbox
		WHERE tenant_id = $1 AND done_at IS NULL AND dead_at IS NULL`, []any{s.ID.String()}, &left)
	if left == "" {
		w.scan(s, "SELECT COALESCE(string_agg(out_refund_no || ' ' || last_error, ', '), '') FROM refund WHERE status IN ('requested', 'processing')", nil, &left)
	}
	return left
}

func testT059(w *world, s *shop, c *cluster) {
	b := w.login(s, "T059")
	orderNo, no := b.begun(1)
	in := sandbox.NotificationInput{OutTradeNo: no, EventID: "EV-" + no, Mutate: transaction(no)}
	w.quiet(s, 15*time.Second) // work that Postgres takes with it comes again when its lease is over, which is not this case
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

// Postgres crashes five times while people order, pay, cancel and pay too late.
func testT089(w *world, s *shop, c *cluster) {
	p := w.shopping(s, 6)
	for i := range 5 {
		orders, _ := p.orders()
		refunds := w.refunds(s)
		eventually(w.t, 30*time.Second, "orders and a refund before the crash", func() bool {
			n, _ := p.orders()
			return n >= orders+20 && w.refunds(s) > refunds
		})
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
			status, code, wait := http.StatusBadGateway, "PROVIDER_BAD_RESPONSE", ""
			if mode == sandbox.ModeHTTP429 { // too many of our calls: no bad gateway, and worth a repeat
				status, code, wait = http.StatusServiceUnavailable, "PROVIDER_BUSY", "30"
			}
			if got.status != status || got.problem().Code != code || got.header.Get("Retry-After") != wait {
				w.t.Errorf("prepay with %s: %d %s, want %d %s", mode, got.status, got.body, status, code)
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
