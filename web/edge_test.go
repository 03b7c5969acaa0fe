package web_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/web"
	"galleria/web/middleware"
	"galleria/web/miniapi"
)

// get asks for a path outside the API.
func (h *house) get(t *testing.T, path string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return h.send(t, req)
}

func TestEachRequestIsLoggedOnceUnderItsID(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *settings) {
		s.mount = append(s.mount, func(r fiber.Router) {
			r.Get("/panics", func(*fiber.Ctx) error { panic("the secret reason") })
		})
	})
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	given := c.must(t, http.StatusOK, http.MethodGet, "/me", nil, "X-Request-Id", "trace-0001")
	refused := c.call(t, http.MethodGet, "/products?limit=0", nil, "X-Request-Id", "bad id\tx")
	broken := h.get(t, "/panics")
	for _, r := range []struct {
		name   string
		answer answer
		status int
		want   map[string]any
	}{
		{"success", given, 200, map[string]any{"route": "/api/v1/me", "method": "GET", "tenant_id": s.ID.String(), "app_id": c.app, "member_id": 1.0, "level": "INFO"}},
		{"refusal", refused, 422, map[string]any{"route": "/api/v1/products", "code": "VALIDATION", "level": "INFO"}},
		{"panic", broken, 500, map[string]any{"code": "INTERNAL", "level": "ERROR", "error": "panic: the secret reason"}},
	} {
		requestID := r.answer.header.Get("X-Request-Id")
		if r.answer.status != r.status || requestID == "" {
			t.Errorf("%s: status %d, request id %q", r.name, r.answer.status, requestID)
		}
		got := h.log.of(requestID)
		if len(got) != 1 {
			t.Errorf("%s is logged %d times: %v", r.name, len(got), got)
			continue
		}
		for key, value := range r.want {
			if got[0][key] != value {
				t.Errorf("%s: log has %s=%v, want %v", r.name, key, got[0][key], value)
			}
		}
	}
	if given.header.Get("X-Request-Id") != "trace-0001" {
		t.Errorf("a good request id was replaced by %q", given.header.Get("X-Request-Id"))
	}
	if id := refused.header.Get("X-Request-Id"); !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) || !strings.Contains(string(refused.body), id) {
		t.Errorf("a bad request id became %q in %s", id, refused.body)
	}
	if strings.Contains(string(broken.body), "secret reason") || broken.code() != "INTERNAL" {
		t.Errorf("a panic shows %s", broken.body)
	}
}

func TestServerRefusalsHaveTheEnvelope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.client(s)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/nowhere", nil)
	c.refused(t, http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", http.MethodDelete, "/shop", nil)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/shop/", nil)
	c.refused(t, http.StatusNotFound, "NOT_FOUND", http.MethodGet, "/Shop", nil)
	english := c.call(t, http.MethodGet, "/nowhere", nil, "Accept-Language", "en-GB,zh;q=0.5")
	chinese := c.call(t, http.MethodGet, "/nowhere", nil, "Accept-Language", "zh-CN")
	if !strings.Contains(string(english.body), "Not found") || !strings.Contains(string(chinese.body), "内容不存在") {
		t.Errorf("messages: %s and %s", english.body, chinese.body)
	}
	if got := h.raw(t, "NONSENSE\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, `"MALFORMED"`) {
		t.Errorf("no HTTP at all: %q", got)
	}
}

func TestT008SuspendedAndOutdatedShopsAreClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-li")
	c.must(t, http.StatusOK, http.MethodGet, "/me", nil)
	if err := h.Registry.SetStatus(t.Context(), s.ID, tenant.Suspended, "欠费"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "suspended", func() bool { return c.call(t, http.MethodGet, "/me", nil).status == http.StatusForbidden })
	c.refused(t, http.StatusForbidden, "TENANT_SUSPENDED", http.MethodGet, "/products", nil)
	if err := h.Registry.SetStatus(t.Context(), s.ID, tenant.Active, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "open again", func() bool { return c.call(t, http.MethodGet, "/me", nil).status == http.StatusOK })
	h.Owner(t, "UPDATE platform.tenant SET schema_version = 1 WHERE id = $1", s.ID.String())
	h.Owner(t, "SELECT pg_notify('galleria_tenant', $1)", s.ID.String())
	eventually(t, "maintenance", func() bool { return c.call(t, http.MethodGet, "/me", nil).status == http.StatusServiceUnavailable })
	late := c.call(t, http.MethodGet, "/shop", nil)
	if late.code() != "MAINTENANCE" || late.header.Get("Retry-After") == "" {
		t.Errorf("an outdated schema: %d %s %v", late.status, late.body, late.header)
	}
}

func TestT110BudgetsAndForgedAddresses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *settings) {
		s.limits = miniapi.Limits{Read: middleware.Rate{PerSecond: 1, Burst: 3}, Login: middleware.Rate{PerSecond: 1, Burst: 2}}
	})
	h.Clock().Advance(0)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	statuses := map[int]int{}
	for i := range 8 {
		got := h.client(a).call(t, http.MethodGet, "/shop", nil, "X-Forwarded-For", "203.0.113."+id(int64(i)), "X-Real-IP", "203.0.113."+id(int64(i)))
		statuses[got.status]++
		if got.status == http.StatusTooManyRequests && (got.code() != "RATE_LIMITED" || got.header.Get("Retry-After") != "1") {
			t.Errorf("refusal %s with Retry-After %q", got.body, got.header.Get("Retry-After"))
		}
	}
	if statuses[200] != 3 || statuses[429] != 5 {
		t.Errorf("statuses of 8 requests: %v, want 3 answered (the budget) and 5 refused", statuses)
	}
	h.client(b).must(t, http.StatusOK, http.MethodGet, "/shop", nil) // another shop's buyers are not affected
	for range 2 {
		h.client(a).refused(t, http.StatusUnauthorized, "WX_CODE_INVALID", http.MethodPost, "/auth/login", map[string]any{"code": "x"})
	}
	h.client(a).refused(t, http.StatusTooManyRequests, "RATE_LIMITED", http.MethodPost, "/auth/login", map[string]any{"code": "x"})
	h.Clock().Advance(time.Second)
	h.client(a).must(t, http.StatusOK, http.MethodGet, "/shop", nil)
}

func TestClientAddressIsTheLastThatAProxyOfOursSaw(t *testing.T) {
	t.Parallel()
	show := func(r fiber.Router) {
		r.Get("/address", func(c *fiber.Ctx) error { return c.SendString(c.Locals(middleware.LocalClientIP).(string)) }) //nolint:forcetypeassert // a string or a bug
	}
	behind := newHouse(t, func(s *settings) {
		s.config, s.mount = web.Config{TrustedProxies: []string{"127.0.0.1", "10.0.0.0/8"}}, append(s.mount, show)
	})
	direct := newHouse(t, func(s *settings) { s.mount = append(s.mount, show) })
	for _, c := range []struct {
		h               *house
		forwarded, want string
	}{
		{behind, "", "127.0.0.1"},
		{behind, "203.0.113.9", "203.0.113.9"},
		{behind, "1.2.3.4, 203.0.113.9", "203.0.113.9"},
		{behind, "1.2.3.4, 203.0.113.9, 10.1.1.1", "203.0.113.9"},
		{behind, "nonsense", "127.0.0.1"},
		{direct, "203.0.113.9", "127.0.0.1"},
	} {
		got := c.h.get(t, "/address", "X-Forwarded-For", c.forwarded)
		if string(got.body) != c.want {
			t.Errorf("X-Forwarded-For %q: %s, want %s", c.forwarded, got.body, c.want)
		}
	}
	if _, err := web.NewServer(web.Config{TrustedProxies: []string{"proxy.local"}}, web.Deps{}); err == nil {
		t.Error("a name was accepted as a proxy's address")
	}
}

func TestHealthAndContract(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a := h.get(t, "/healthz"); a.status != http.StatusOK {
		t.Errorf("/healthz: %d", a.status)
	}
	if a := h.get(t, "/readyz"); a.status != http.StatusOK || string(a.body) != "ok\n" {
		t.Errorf("/readyz: %d %s", a.status, a.body)
	}
	if a := h.get(t, "/openapi.json"); a.status != http.StatusOK || !strings.Contains(string(a.body), `"openapi": "3.1.0"`) {
		t.Errorf("/openapi.json: %d", a.status)
	}
	docs := h.get(t, "/docs")
	policy := docs.header.Get("Content-Security-Policy")
	if docs.status != http.StatusOK || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("/docs: %d, policy %q", docs.status, policy)
	}
	for _, loads := range []string{"<script", "<link", "<img", "<iframe", "@import", "url(", " src=", " style="} {
		if strings.Contains(string(docs.body), loads) {
			t.Errorf("/docs has %q", loads)
		}
	}
	for path := range h.contract.Paths.Map() {
		if !strings.Contains(string(docs.body), "<code>"+miniapi.Prefix+path+"</code>") {
			t.Errorf("/docs does not show %s", path)
		}
	}
}

// Readiness says one word to strangers: neither what is missing nor where it is.
func TestReadinessOfAServerThatEndsOrLacksRedis(t *testing.T) {
	t.Parallel()
	drain := new(web.Draining)
	away := web.Check{Name: "redis", Optional: true, Ping: func(context.Context) error { return errors.New("dial tcp 10.0.0.9:6379: refused") }}
	h := newHouse(t, func(s *settings) { s.checks, s.drain = []web.Check{away}, drain })
	if a := h.get(t, "/readyz"); a.status != http.StatusOK || string(a.body) != "degraded\n" {
		t.Errorf("/readyz without Redis: %d %q, want ready and degraded", a.status, a.body)
	}
	if !strings.Contains(h.log.text(), "10.0.0.9") {
		t.Error("what is missing does not stand in the log")
	}
	drain.Store(true)
	if a := h.get(t, "/readyz"); a.status != http.StatusServiceUnavailable || string(a.body) != "shutting down\n" {
		t.Errorf("/readyz of a server that ends: %d %q", a.status, a.body)
	}
	if a := h.get(t, "/healthz"); a.status != http.StatusOK {
		t.Errorf("/healthz of a server that ends: %d", a.status)
	}
}

func TestReadinessTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.DB.Close()
	if a := h.get(t, "/readyz"); a.status != http.StatusServiceUnavailable || string(a.body) != "unavailable\n" {
		t.Errorf("/readyz without a database: %d %s", a.status, a.body)
	}
	if a := h.get(t, "/healthz"); a.status != http.StatusOK {
		t.Errorf("/healthz without a database: %d", a.status)
	}
}

// A method that HTTP does not have reaches no route, and is refused like everything else: in the
// envelope, once in the log.
func TestAnUnknownMethodIsRefusedInTheEnvelope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	back := h.raw(t, "BREW /api/v1/shop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	id := regexp.MustCompile(`"request_id":"([0-9a-f]+)"`).FindStringSubmatch(back)
	if !strings.HasPrefix(back, "HTTP/1.1 405 ") || !strings.Contains(back, `"METHOD_NOT_ALLOWED"`) || id == nil {
		t.Fatalf("got %s", back)
	}
	if lines := h.log.of(id[1]); len(lines) != 1 {
		t.Errorf("%d lines in the log, want 1", len(lines))
	}
}
