package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"galleria/cmd/internal/app"
)

// TestT084_RedisAwaySlowAndReadOnly: whatever is wrong with Redis, people sign in, order and pay,
// callbacks are taken and staff get into the console; the jobs are done when it is well again.
func TestT084_RedisAwaySlowAndReadOnly(t *testing.T) { //nolint:tparallel // one Redis
	t.Parallel()
	var proxy *toxiproxy.Proxy
	w := newWorld(t, func(c *app.Config) {
		at, err := url.Parse(c.RedisURL)
		if err != nil {
			t.Fatal(err)
		}
		proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "redis", "127.0.0.1:0", at.Host)
		if err := proxy.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(proxy.Stop)
		at.Host = proxy.Listen
		c.RedisURL = at.String()
	})
	s := w.openShop("redis-trouble", 1000)
	// What is paid waits for its job as long as the queue is away: one buyer has many such orders.
	w.owner("UPDATE "+s.ID.String()+".shop SET max_open_orders = 1000", nil)
	toxic := func(text string) func() {
		return func() {
			if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	healed := func(name string) func() {
		return func() {
			if err := proxy.Toxics.RemoveToxic(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	direct := redis.NewClient(&redis.Options{Addr: strings.TrimSuffix(strings.TrimPrefix(w.redis.URL, "redis://"), "/0")})
	t.Cleanup(func() { _ = direct.Close() })
	replica := func(host, port string) func() {
		return func() {
			if err := direct.Do(t.Context(), "REPLICAOF", host, port).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, trouble := range []struct {
		name       string
		begin, end func()
	}{
		{"away", func() { w.redis.Kill() }, func() { w.redis.Start(t) }},
		{"slow", toxic(`{"name":"slow","type":"latency","stream":"downstream","toxicity":1,"attributes":{"latency":2000}}`), healed("slow")},
		{"read only", replica("127.0.0.1", "1"), replica("NO", "ONE")},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			w := w.in(t)
			trouble.begin()
			b, orders := w.login(s, trouble.name), []string(nil)
			for until := time.Now().Add(3 * time.Second); len(orders) == 0 || time.Now().Before(until); {
				began := time.Now()
				orderNo := b.order(1).OrderNo
				params := b.payParams(orderNo)
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("an order and its prepay took %s", took)
				}
				no := w.attempt(s, orderNo)
				w.control("/_control/pay", params, http.StatusOK, nil)
				eventually(t, 5*time.Second, "the callback taken", func() bool {
					return w.count(s, "SELECT count(*) FROM payment_attempt WHERE status = 'succeeded' AND out_trade_no = $1", no) == 1
				})
				orders = append(orders, orderNo)
				time.Sleep(200 * time.Millisecond)
			}
			w.signIn(s)
			trouble.end()
			t.Logf("%d orders meanwhile", len(orders))
			w.quiet(s, time.Minute)
			for _, orderNo := range orders {
				if got := b.status(orderNo); got != "paid" {
					t.Errorf("order %s is %s", orderNo, got)
				}
			}
			w.healthy(s)
		})
	}
}
