package app_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
)

// One world for what is looked at in turn: metrics after a sale, the public listener,
// the jobs of a suspended shop, the doctor.
func TestHealthOfAnInstallation(t *testing.T) { //nolint:paralleltest // cases build on each other
	metrics := listen(t)
	address := metrics.Addr().String()
	_ = metrics.Close()
	w := newWorld(t, func(c *app.Config) {
		c.MetricsAddr, c.APIPlaces, c.CallbackPlaces, c.ConsolePlaces = address, 64, 16, 16
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.RunMetrics(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("metrics ended with %v", err)
		}
	})
	s := w.openShop("health", 20)
	b := w.login(s, "H1")
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 15*time.Second)

	t.Run("Metrics", func(t *testing.T) { testMetrics(w.in(t), s, "http://"+address) })
	t.Run("T019_MetricsAreNotPublic", func(t *testing.T) { testMetricsPrivate(w.in(t)) })
	t.Run("T009_JobsOfASuspendedShop", func(t *testing.T) { testSuspendedJobs(w.in(t), s, b) })
	t.Run("Doctor", func(t *testing.T) { testDoctor(w.in(t), s) })
	t.Run("T112_Guard", func(t *testing.T) { testGuard(w.in(t)) })
}

func testMetrics(w *world, s *shop, base string) {
	var text string
	eventually(w.t, 20*time.Second, "metrics", func() bool {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, base+"/metrics", http.NoBody)
		if err != nil {
			w.t.Fatal(err)
		}
		res, err := w.client.Do(req)
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		text = string(body)
		return err == nil && res.StatusCode == http.StatusOK
	})
	for _, want := range []string{
		`galleria_http_requests_total{class="api",status="201"}`, `galleria_http_request_seconds_bucket{class="callback"`, `galleria_callbacks_total{outcome="ok"} 1`,
		"galleria_callback_lag_seconds_count 1", "galleria_outbox_owed ", "galleria_outbox_due ", "galleria_outbox_lag_seconds ", "galleria_outbox_dead 0", "galleria_timers_due ",
		`galleria_tenants{status="active"} `, "galleria_tenants_behind 0", "galleria_payment_anomalies 0", "galleria_scrape_error 0",
		`galleria_key_alarms{kind="damaged"} 0`, `galleria_key_alarms{kind="expiry"} 0`,
		`galleria_queue_tasks{queue="critical",state="pending"}`, `galleria_pool_conns_max{pool="lane_0"} 4`, `galleria_pool_conns_max{pool="lane_7_reserve"} 1`,
		`galleria_pool_acquires_total{pool="platform"}`, `galleria_places{class="api"} 64`, "galleria_build_info{", "go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+want) {
			w.t.Errorf("no %s among the metrics", want)
		}
	}
	// Labels are few: nothing of a shop, a buyer, an order or an address.
	for _, secret := range []string{s.ID.String(), s.Handle, s.appID, s.account, s.mchID, "127.0.0.1", "/api", "/notify"} {
		if strings.Contains(text, secret) {
			w.t.Errorf("the metrics tell %q", secret)
		}
	}
	labels := regexp.MustCompile(`[{,]([a-z_]+)="`)
	var names []string
	for _, m := range labels.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	want := []string{"class", "go", "kind", "le", "outcome", "pool", "quantile", "queue", "revision", "state", "status", "version"}
	if got := slices.Compact(names); !slices.Equal(got, want) {
		w.t.Errorf("labels %v, want %v", got, want)
	}
	if n := strings.Count(text, "\n"); n > 800 {
		w.t.Errorf("%d lines of metrics", n)
	}
}

func testMetricsPrivate(w *world) {
	for _, path := range []string{"/metrics", "/metrics/", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/asynq", "/asynqmon", "/queues", "/-/healthy", "/internal/metrics", "/%6detrics", "//metrics"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, http.NoBody)
			if err != nil {
				w.t.Fatal(err)
			}
			req.Header.Set("X-HTTP-Method-Override", "GET")
			status, body := do(w.t, w.client, req)
			if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
				w.t.Errorf("%s %s: %d %.100s", method, path, status, body)
			}
		}
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ok\n"} {
		req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.base+path, http.NoBody)
		if err != nil {
			w.t.Fatal(err)
		}
		if status, body := do(w.t, w.client, req); status != http.StatusOK || string(body) != want {
			w.t.Errorf("%s: %d %q, want one word", path, status, body)
		}
	}
}

// A suspended shop's payment is applied at once; the message about it waits, and goes out
// when the shop is back.
func testSuspendedJobs(w *world, s *shop, b *buyer) {
	no := b.order(1).OrderNo
	params := b.payParams(no)
	if err := w.Registry.SetStatus(w.t.Context(), s.ID, tenant.Suspended, "test"); err != nil {
		w.t.Fatal(err)
	}
	w.control("/_control/pay", params, http.StatusOK, nil)
	eventually(w.t, 15*time.Second, "the order is paid while the shop is suspended", func() bool {
		return w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1 AND status = 'paid'", no) == 1
	})
	waiting := func() (n, sends int) {
		w.scan(s, "SELECT count(*), coalesce(max(sends), 0) FROM platform.outbox WHERE topic = 'order.paid' AND key = $1 AND done_at IS NULL AND dead_at IS NULL", []any{no}, &n, &sends)
		return n, sends
	}
	eventually(w.t, 15*time.Second, "the message was looked at and waits", func() bool {
		n, sends := waiting()
		var later bool
		w.scan(s, "SELECT coalesce(bool_and(next_at > now() + interval '50 seconds'), false) FROM platform.outbox WHERE topic = 'order.paid' AND key = $1", []any{no}, &later)
		return n == 1 && sends > 0 && later
	})
	if err := w.Registry.SetStatus(w.t.Context(), s.ID, tenant.Active, ""); err != nil {
		w.t.Fatal(err)
	}
	w.owner("UPDATE platform.outbox SET next_at = now() WHERE key = $1 AND done_at IS NULL", []any{no}) // instead of the minute
	eventually(w.t, 15*time.Second, "the message is done with", func() bool { n, _ := waiting(); return n == 0 })
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL"); n != 0 {
		w.t.Errorf("%d events were dropped", n)
	}
}

// codes are the findings by code.
func codes(findings []app.Finding) map[string]app.Level {
	out := make(map[string]app.Level)
	for _, f := range findings {
		out[f.Code] = f.Level
	}
	return out
}

func testDoctor(w *world, s *shop) {
	healthy := codes(app.Examine(w.t.Context(), w.config, nil))
	for _, code := range []string{"config.ok", "db.ok", "db.connections_ok", "schema.ok", "keys.ok", "redis.ok"} {
		if healthy[code] != app.Fine {
			w.t.Errorf("%s is %q in a healthy installation: %v", code, healthy[code], healthy)
		}
	}
	for code, level := range healthy {
		if level == app.Failure {
			w.t.Errorf("%s in a healthy installation", code)
		}
	}
	schema := s.ID.String()
	w.owner("CREATE INDEX by_hand ON tenant_template.member (nickname)", nil)
	w.owner("GRANT CREATE ON SCHEMA "+schema+" TO galleria_app", nil)
	w.owner("INSERT INTO "+schema+`.payment_provider_key (account_id, serial, pem, not_after)
		SELECT id, 'A1', 'x', now() + interval '5 days' FROM `+schema+".payment_account", nil)
	w.owner("INSERT INTO "+schema+`.payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, first_at, last_at)
		SELECT id, 'e', 'amount', true, 'n', '{}', sha256('x'), now(), now() FROM `+schema+".payment_account", nil)
	cfg := w.config
	cfg.LaneConns, cfg.TrustedProxies = 100, []string{"0.0.0.0/0"}
	cfg.KEK = "ODEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	sick := codes(app.Examine(w.t.Context(), cfg, nil))
	for code, level := range map[string]app.Level{
		"schema.template_drift": app.Failure, "schema.drift": app.Warning, "db.grants": app.Failure, "certificate.soon": app.Warning,
		"work.anomalies": app.Warning, "db.connections": app.Failure, "config.proxies_all": app.Failure, "keys.other": app.Failure,
	} {
		if sick[code] != level {
			w.t.Errorf("%s is %q, want %q", code, sick[code], level)
		}
	}
	w.owner("DROP INDEX tenant_template.by_hand", nil)
	w.owner("REVOKE CREATE ON SCHEMA "+schema+" FROM galleria_app", nil)
	var left int
	w.owner("SELECT count(*) FROM pg_namespace WHERE nspname = 'tenant_probe'", nil, &left)
	if left != 0 {
		w.t.Error("the doctor left a schema behind")
	}
	away := w.config
	away.DatabaseURL = "postgres://nobody:none@127.0.0.1:1/none"
	away.RedisURL = "redis://127.0.0.1:1/0"
	if got := codes(app.Examine(w.t.Context(), away, nil)); got["db.away"] != app.Failure || got["redis.away"] != app.Warning {
		w.t.Errorf("without servers: %v", got)
	}
}

// The stack of the tests is what production refuses: a superuser as owner, and a Redis
// that may be told to evict.
func testGuard(w *world) {
	cfg := w.config
	cfg.Environment = "production"
	ground, err := app.NewGround(w.t.Context(), cfg, w.Log, time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(ground.Close)
	err = ground.Ready(w.t.Context())
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") || !strings.Contains(err.Error(), "superuser") {
		w.t.Errorf("a superuser in production: %v", err)
	}
	w.redis.Evict(w.t, "allkeys-lru")
	if err := ground.Ready(w.t.Context()); err == nil || !strings.Contains(err.Error(), "noeviction") {
		w.t.Errorf("a Redis that evicts in production: %v", err)
	}
	w.redis.Evict(w.t, "noeviction")
	if err := w.Ready(w.t.Context()); err != nil {
		w.t.Errorf("the same in development: %v", err)
	}
}

// T112: what the configuration alone shows is refused before anything is connected.
func TestT112ProductionRefusesByNameWithTheFix(t *testing.T) {
	t.Parallel()
	open := filepath.Join(t.TempDir(), "kek")
	if err := os.WriteFile(open, []byte(good()["GALLERIA_KEK"]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ variable, value, says, fix string }{
		"default cookie key":    {"GALLERIA_COOKIE_KEY", "default-default-default-default-x", "GALLERIA_COOKIE_KEY", "openssl rand"},
		"example role secret":   {"DATABASE_ROLE_SECRET", "example0123456789example0123456789", "DATABASE_ROLE_SECRET", "openssl rand"},
		"short cookie key":      {"GALLERIA_COOKIE_KEY", "abc", "GALLERIA_COOKIE_KEY", "openssl rand"},
		"one secret for both":   {"GALLERIA_COOKIE_KEY", "b1946ac92492d2347c6235b4d2611184", "GALLERIA_COOKIE_KEY", "of its own"},
		"readable key file":     {"GALLERIA_KEK_FILE", open, "GALLERIA_KEK_FILE", "chmod 600"},
		"sandbox":               {"GALLERIA_SANDBOX_URL", "https://sandbox.example.net", "GALLERIA_SANDBOX_URL", "unset"},
		"sandbox on loopback":   {"GALLERIA_SANDBOX_URL", "http://127.0.0.1:7001", "GALLERIA_SANDBOX_URL", "unset"},
		"public on loopback":    {"GALLERIA_PUBLIC_URL", "https://localhost:8443", "GALLERIA_PUBLIC_URL", "address"},
		"plain http":            {"GALLERIA_PUBLIC_URL", "http://shop.myshop.cn", "GALLERIA_PUBLIC_URL", "https"},
		"database without tls":  {"DATABASE_URL", "postgres://o:wohxeing7aeShie8@10.0.0.5/g?sslmode=disable", "DATABASE_URL", "sslmode=require"},
		"database maybe tls":    {"DATABASE_URL", "postgres://o:wohxeing7aeShie8@10.0.0.5/g?sslmode=prefer", "DATABASE_URL", "sslmode=require"},
		"database of examples":  {"DATABASE_URL", "postgres://o:postgres@10.0.0.5/g?sslmode=require", "DATABASE_URL", "openssl rand"},
		"redis without one":     {"REDIS_URL", "redis://10.0.0.6:6379/0", "REDIS_URL", "requirepass"},
		"metrics everywhere":    {"GALLERIA_METRICS_ADDR", ":9464", "GALLERIA_METRICS_ADDR", "127.0.0.1:9464"},
		"metrics on 0.0.0.0":    {"GALLERIA_METRICS_ADDR", "0.0.0.0:9464", "GALLERIA_METRICS_ADDR", "GALLERIA_METRICS_PUBLIC"},
		"metrics on the net":    {"GALLERIA_METRICS_ADDR", "8.8.8.8:9464", "GALLERIA_METRICS_ADDR", "GALLERIA_METRICS_PUBLIC"},
		"metrics by a name":     {"GALLERIA_METRICS_ADDR", "metrics.myshop.cn:9464", "GALLERIA_METRICS_ADDR", "private"},
		"key-encryption key 00": {"GALLERIA_KEK", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "GALLERIA_KEK", "32 random bytes"},
	} {
		vars := good()
		if name == "readable key file" {
			delete(vars, "GALLERIA_KEK")
		}
		vars[c.variable] = c.value
		_, err := load(vars)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.fix) {
			t.Errorf("%s: %v, want it to name %s and to say %q", name, err, c.says, c.fix)
		}
		if err != nil && len(c.value) > 20 && strings.Contains(c.variable, "KEY") && strings.Contains(err.Error(), c.value) {
			t.Errorf("%s: the refusal shows the secret", name)
		}
	}
	for variable, value := range map[string]string{
		"GALLERIA_METRICS_ADDR": "10.0.0.9:9464", "DATABASE_URL": "postgres://o:wohxeing7aeShie8@10.0.0.5/g?sslmode=verify-full",
		"REDIS_URL": "rediss://:wohxeing7aeShie8@10.0.0.6:6379/0", "GALLERIA_TRUSTED_PROXIES": "10.0.0.0/8",
	} {
		vars := good()
		vars[variable] = value
		if _, err := load(vars); err != nil {
			t.Errorf("%s=%s is refused: %v", variable, value, err)
		}
	}
	consent := good()
	consent["GALLERIA_METRICS_ADDR"], consent["GALLERIA_METRICS_PUBLIC"] = "0.0.0.0:9464", "true"
	if _, err := load(consent); err != nil {
		t.Errorf("with consent: %v", err)
	}
}

// T106: no sandbox but the configured one, for accounts that are there already, too.
func TestT106StoredSandboxAddressesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("elsewhere", 5)
	elsewhere := url.URL{Scheme: "http", Host: listen(t).Addr().String()}
	w.owner("UPDATE "+s.ID.String()+`.payment_account SET config = config || jsonb_build_object('base_url', $1::text), updated_at = now()`, []any{elsewhere.String()})
	w.owner("UPDATE "+s.ID.String()+".app_credential SET api_base = $1", []any{elsewhere.String()})
	if _, err := w.Accounts.ByKey(t.Context(), s.ID, s.account); err == nil {
		t.Error("an account with a foreign sandbox was opened")
	}
	appID, _ := tenant.ParseAppID(s.appID)
	if _, err := w.MiniProgram.Login(t.Context(), s.ID, appID, "0code"); err == nil {
		t.Error("a login code was sent to a foreign address")
	}
}
