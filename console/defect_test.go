package console_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"

	"galleria/console"
	"galleria/console/authz"
	"galleria/tenant"
)

// broken is a dependency with a defect.
type broken struct{ console.Assets }

func (broken) Lookup(string) (body, gzip []byte, contentType string, ok bool) { panic("a defect") }

func TestPanicBecomesAPageAndOneLogLine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var log bytes.Buffer
	deps := consoleDeps(t, d.env, d.staff)
	deps.Assets, deps.Log, deps.BaseURL = broken{deps.Assets}, slog.New(slog.NewTextHandler(&log, nil)), "https://shop.example.com"
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Use(func(c *fiber.Ctx) error {
		c.SetUserContext(tenant.WithRequestID(c.UserContext(), "request-4711"))
		return c.Next()
	})
	if err := console.Register(app, deps); err != nil {
		t.Fatal(err)
	}
	b := d.browser(t)
	b.app = app
	res := b.get("/console/static/app.000000000000.js")
	if res.StatusCode != http.StatusInternalServerError || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("status %d, HSTS %q; want 500 with HSTS", res.StatusCode, res.Header.Get("Strict-Transport-Security"))
	}
	b.see("出了点问题", "request-4711")
	b.miss("a defect", "goroutine", ".go:")
	if lines := strings.Count(log.String(), "request_id=request-4711"); lines != 1 || !strings.Contains(log.String(), "a defect") || !strings.Contains(log.String(), "goroutine") {
		t.Errorf("%d log lines, want one with cause and stack:\n%s", lines, log.String())
	}
}

func TestNewRefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cases := map[string]func(*console.Deps){
		"short secret":     func(c *console.Deps) { c.Secret = []byte("short") },
		"no base url":      func(c *console.Deps) { c.BaseURL = "" },
		"a path for a url": func(c *console.Deps) { c.BaseURL = "/console" },
		"another scheme":   func(c *console.Deps) { c.BaseURL = "javascript://x" },
		"no database":      func(c *console.Deps) { c.DB = nil },
	}
	for name, spoil := range cases {
		deps := consoleDeps(t, d.env, d.staff)
		spoil(&deps)
		if _, err := console.New(deps); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestWeakHashIsReplacedAtSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	weak, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	m := d.hire(t, d.env.Tenant, authz.Clerk)
	d.env.Owner(t, "UPDATE platform.staff SET password_hash = $1 WHERE id = $2", weak, m.ID)
	d.signedIn(t, m)
	var stored string
	query(t, d, &stored, "SELECT password_hash FROM platform.staff WHERE id = $1", m.ID)
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=2,p=1$") {
		t.Errorf("stored hash %.40s, want the parameters of the desk", stored)
	}
	d.signedIn(t, m)
}
