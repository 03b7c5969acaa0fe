package console_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"

	"galleria/console"
	"galleria/console/session"
	"galleria/console/view"
)

func TestSignInGivesAFreshHostCookie(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	res := b.signIn(strings.ToUpper(d.owner.Login), password, "/console/"+d.env.Tenant.Handle+"/orders?status=paid")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/console/"+d.env.Tenant.Handle+"/orders?status=paid" {
		t.Errorf("status %d to %q, want 303 to the page asked for", res.StatusCode, res.Header.Get("Location"))
	}
	var cookie *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == session.CookieName {
			cookie = c
		}
	}
	if cookie == nil {
		t.Fatal("no session cookie")
	}
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 0 {
		t.Errorf("cookie attributes %v, want HttpOnly Secure SameSite=Lax Path=/ without Domain and Max-Age", cookie.Raw)
	}
	if raw, err := base64.RawURLEncoding.DecodeString(cookie.Value); err != nil || len(raw) != 32 {
		t.Errorf("token %q is not 256 bits", cookie.Value)
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
}

func TestOnlyTheHashOfATokenIsStored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	var row string
	query(t, d, &row, "SELECT string_agg(s::text, ' ') FROM platform.staff_session s WHERE staff_id = $1", d.owner.ID)
	if row == "" || strings.Contains(row, b.sessionToken()) {
		t.Errorf("session row %q must exist and not hold the token", row)
	}
	raw, err := base64.RawURLEncoding.DecodeString(b.sessionToken())
	if err != nil {
		t.Fatal(err)
	}
	var found int
	query(t, d, &found, "SELECT count(*) FROM platform.staff_session WHERE token_hash = $1 OR token_hash = $2", raw, []byte(b.sessionToken()))
	if found != 0 {
		t.Error("the token itself is stored")
	}
}

func query(t *testing.T, d *desk, into any, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(into); err != nil {
		t.Fatal(err)
	}
}

func TestSessionFixation(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	chosen := make([]byte, 32)
	_, _ = rand.Read(chosen)
	planted := base64.RawURLEncoding.EncodeToString(chosen)

	t.Run("a planted id is not taken over", func(t *testing.T) {
		t.Parallel()
		b := d.browser(t)
		b.cookies[session.CookieName] = planted
		if res := b.signIn(d.owner.Login, password, ""); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("sign in: status %d, want 303", res.StatusCode)
		}
		if b.sessionToken() == planted || b.sessionToken() == "" {
			t.Error("sign-in kept the planted id")
		}
		attacker := d.browser(t)
		attacker.cookies[session.CookieName] = planted
		if res := attacker.get("/console"); res.StatusCode != http.StatusSeeOther {
			t.Errorf("planted id: status %d, want 303 to sign-in", res.StatusCode)
		}
	})
	t.Run("signing in again ends the earlier session", func(t *testing.T) {
		t.Parallel()
		b := d.signedIn(t, d.clerk)
		before := b.sessionToken()
		b.get("/console/" + d.env.Tenant.Handle)
		if res := b.post("/console/login", url.Values{"login": {d.owner.Login}, "password": {password}}); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("second sign-in: status %d, want 303", res.StatusCode)
		}
		if b.sessionToken() == before {
			t.Error("the session id was not rotated")
		}
		old := d.browser(t)
		old.cookies[session.CookieName] = before
		if res := old.get("/console/" + d.env.Tenant.Handle); res.StatusCode != http.StatusSeeOther {
			t.Errorf("earlier session: status %d, want 303 to sign-in", res.StatusCode)
		}
	})
	t.Run("junk in the cookie is nobody", func(t *testing.T) {
		t.Parallel()
		for _, junk := range []string{"x", strings.Repeat("A", 3000), "' OR 1=1 --", "AAAA=="} {
			b := d.browser(t)
			b.cookies[session.CookieName] = url.QueryEscape(junk)
			if res := b.get("/console"); res.StatusCode != http.StatusSeeOther {
				t.Errorf("cookie %.20q: status %d, want 303", junk, res.StatusCode)
			}
		}
	})
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		end  func(t *testing.T, d *desk, b *browser)
	}{
		{"after half an hour without use", func(_ *testing.T, d *desk, _ *browser) { d.env.Clock().Advance(session.IdleFor) }},
		{"after twelve hours in any case", func(t *testing.T, d *desk, b *browser) {
			t.Helper()
			for range int(session.LastsFor / (20 * time.Minute)) {
				b.wantStatus("/console/"+d.env.Tenant.Handle+"/products", http.StatusOK)
				d.env.Clock().Advance(20 * time.Minute)
			}
		}},
		{"when the person is disabled", func(t *testing.T, d *desk, _ *browser) {
			t.Helper()
			d.env.Owner(t, "UPDATE platform.staff SET status = 'disabled' WHERE id = $1", d.owner.ID)
		}},
		{"when all sessions are ended", func(t *testing.T, d *desk, _ *browser) {
			t.Helper()
			n, err := session.NewStore(session.Deps{DB: d.env.DB}).EndAll(t.Context(), d.owner.ID)
			if err != nil || n != 1 {
				t.Errorf("ended %d sessions, %v; want 1", n, err)
			}
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.env.Clock().Set(time.Now())
			b := d.signedIn(t, d.owner)
			b.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
			tc.end(t, d, b)
			res := b.get("/console/" + d.env.Tenant.Handle)
			if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/console/login?expired=1") {
				t.Errorf("status %d to %q, want 303 to sign-in", res.StatusCode, to)
			}
			if b.sessionToken() != "" {
				t.Error("the dead cookie was not taken back")
			}
		})
	}
}

// TestFormOutlivesItsSession: a page that stands open asks whose session there is, which is a use
// of it. After its end the answer is 401 to the script; a form that comes all the same leads to the
// sign-in page and back to the page it was on. The token of the session before proves nothing.
func TestFormOutlivesItsSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(time.Now())
	b := d.signedIn(t, d.owner)
	ask := func() (status int, login, csrf string) {
		t.Helper()
		b.header.Set("HX-Request", "true")
		defer b.header.Del("HX-Request")
		res := b.get(view.SessionURL)
		if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers %v", res.Header)
		}
		var got struct{ Login, CSRF string }
		if res.StatusCode == http.StatusOK {
			if err := json.Unmarshal([]byte(b.page), &got); err != nil {
				t.Fatalf("%s: %v", b.page, err)
			}
		}
		return res.StatusCode, got.Login, got.CSRF
	}
	d.env.Clock().Advance(session.IdleFor - time.Minute)
	status, login, first := ask()
	if status != http.StatusOK || login != d.owner.Login || first == "" {
		t.Errorf("status %d, %q %q", status, login, first)
	}
	d.env.Clock().Advance(session.IdleFor - time.Minute)
	if status, _, csrf := ask(); status != http.StatusOK || csrf != first {
		t.Errorf("asking did not keep the session alive: status %d", status)
	}
	d.env.Clock().Advance(session.IdleFor)
	if status, _, _ := ask(); status != http.StatusUnauthorized {
		t.Errorf("after its end: status %d, want 401", status)
	}
	home := "/console/" + d.env.Tenant.Handle
	b.header.Set("Referer", "http://console.test"+home+"/products/new")
	res := b.post(home+"/products", url.Values{"title": {"半个商品"}, "csrf": {first}})
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || to != "/console/login?next="+url.QueryEscape(home+"/products/new") {
		t.Errorf("a form: status %d to %q", res.StatusCode, to)
	}
	b.header.Del("Referer")
	b = d.signedIn(t, d.owner)
	if _, _, csrf := ask(); csrf == first {
		t.Error("a new session has the token of the one before")
	}
	if res := b.post(home+"/products", url.Values{"title": {"半个商品"}, "csrf": {first}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("the old token: status %d, want 403", res.StatusCode)
	}
}

func TestUseKeepsASessionAlive(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(time.Now())
	b := d.signedIn(t, d.owner)
	for range 4 {
		d.env.Clock().Advance(session.IdleFor - time.Minute)
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/products", http.StatusOK)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	token := b.sessionToken()
	b.get("/console/" + d.env.Tenant.Handle)
	if res := b.post("/console/logout", nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/console/login" {
		t.Errorf("status %d to %q, want 303 to sign-in", res.StatusCode, res.Header.Get("Location"))
	}
	if b.sessionToken() != "" {
		t.Error("cookie was not taken back")
	}
	b.cookies[session.CookieName] = token // a copy of the cookie is worth nothing either
	if res := b.get("/console/" + d.env.Tenant.Handle); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after sign-out: status %d, want 303", res.StatusCode)
	}
	var acts int
	query(t, d, &acts, "SELECT count(*) FROM platform.audit_log WHERE actor = 'staff:' || $1::bigint AND action IN ('console.login', 'console.logout')", d.owner.ID)
	if acts != 2 {
		t.Errorf("%d audit entries, want 2", acts)
	}
}

// On http and loopback, a client that keeps the rules of Secure to the letter can sign in;
// anywhere else the cookies demand https.
func TestCookiesFollowTheAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for base, secure := range map[string]bool{
		"http://127.0.0.1:8080": false, "http://localhost:8080": false, "http://[::1]:8080": false,
		"https://127.0.0.1": true, "https://shop.example.com": true, "http://shop.example.com": true,
	} {
		deps := consoleDeps(t, d.env, d.staff)
		deps.BaseURL = base
		app := fiber.New()
		if err := console.Register(app, deps); err != nil {
			t.Fatal(err)
		}
		res, err := app.Test(httptest.NewRequest(http.MethodGet, "/console/login", http.NoBody))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		for _, c := range res.Cookies() {
			if strings.Contains(c.Name, "visit") && (c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/") {
				t.Errorf("%s: cookie %s, want secure %t", base, c, secure)
			}
		}
	}
}
