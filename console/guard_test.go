package console_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/console"
	"galleria/console/staff"
	"galleria/web/static"
)

// What is no text reaches no page's own code, whichever field of whichever form it stands in, and
// no column.
func TestTextThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	for _, text := range []string{"\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80"} {
		for path, field := range map[string]string{
			"/stock/locations": "name", "/stock/bulk": "rows", "/distribution/levels": "name", "/roles": "name", "/staff/1/roles": "role", "/products": "title",
		} {
			if a := b.post(shop+path, url.Values{field: {text}}); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s of %s is %q: %d, want 400", field, path, text, a.StatusCode)
			}
		}
		if a := b.post(shop+"/stock/locations", url.Values{text: {"x"}}); a.StatusCode != http.StatusBadRequest {
			t.Errorf("a field is called %q: %d, want 400", text, a.StatusCode)
		}
		if a := d.browser(t).signIn(text, password, ""); a.StatusCode != http.StatusBadRequest {
			t.Errorf("somebody signs in as %q: %d, want 400", text, a.StatusCode)
		}
		for _, path := range []string{"/points/entries?kind=", "/orders?q=", "/products?q="} {
			if a := b.get(shop + path + url.QueryEscape(text)); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s%q: %d, want 400", path, text, a.StatusCode)
			}
		}
	}
}

func TestT109FormsNeedTheirToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.signedIn(t, d.clerk)
	other.get("/console/" + d.env.Tenant.Handle)
	cases := []struct {
		name string
		send func(b *browser) answer
	}{
		{"no token", func(b *browser) answer { return b.post("/console/logout", url.Values{"csrf": {""}}) }},
		{"another session's token", func(b *browser) answer {
			return b.post("/console/logout", url.Values{"csrf": {other.token()}})
		}},
		{"token in the address", func(b *browser) answer {
			return b.post("/console/logout?csrf="+b.token(), url.Values{"csrf": {""}})
		}},
		{"cross-site fetch", func(b *browser) answer {
			b.header.Set("Sec-Fetch-Site", "cross-site")
			return b.post("/console/logout", nil)
		}},
		{"same-site sibling", func(b *browser) answer {
			b.header.Set("Sec-Fetch-Site", "same-site")
			return b.post("/console/logout", nil)
		}},
		{"foreign origin", func(b *browser) answer {
			b.header.Set("Origin", "https://evil.test")
			return b.post("/console/logout", nil)
		}},
		{"opaque origin", func(b *browser) answer {
			b.header.Set("Origin", "null")
			return b.post("/console/logout", nil)
		}},
		{"not a form", func(b *browser) answer {
			req := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/console/logout", strings.NewReader(`{"csrf":"`+b.token()+`"}`))
			req.Header.Set("Content-Type", "text/plain")
			return b.do(req)
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := d.signedIn(t, d.owner)
			b.get("/console/" + d.env.Tenant.Handle)
			if res := tc.send(b); res.StatusCode != http.StatusForbidden {
				t.Errorf("status %d, want 403", res.StatusCode)
			}
			b.see("页面已过期")
			b.header = http.Header{}
			b.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK) // still signed in
		})
	}
	t.Run("our own origin and token", func(t *testing.T) {
		t.Parallel()
		b := d.signedIn(t, d.owner)
		b.get("/console/" + d.env.Tenant.Handle)
		b.header.Set("Origin", "http://console.test")
		b.header.Set("Sec-Fetch-Site", "same-origin")
		if res := b.post("/console/logout", nil); res.StatusCode != http.StatusSeeOther {
			t.Errorf("status %d, want 303", res.StatusCode)
		}
	})
	t.Run("sign-in needs the visitor's token", func(t *testing.T) {
		t.Parallel()
		b := d.browser(t)
		if res := b.post("/console/login", url.Values{"login": {d.owner.Login}, "password": {password}, "csrf": {"x"}}); res.StatusCode != http.StatusForbidden {
			t.Errorf("status %d, want 403", res.StatusCode)
		}
		if b.sessionToken() != "" {
			t.Error("signed in without a form token")
		}
	})
}

func TestT109NothingChangesByGet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	for _, path := range []string{"/console/logout", "/console/locale?locale=en", "/console/theme?theme=dark"} {
		res := b.get(path)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", path, res.StatusCode)
		}
		if len(res.Cookies()) != 0 {
			t.Errorf("GET %s set cookies %v", path, res.Cookies())
		}
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
}

func TestT109EveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
	}
	shop := "/console/" + d.env.Tenant.Handle
	for _, b := range []*browser{d.browser(t), d.signedIn(t, d.owner)} {
		for _, path := range []string{"/console", "/console/login", shop, shop + "/orders", shop + "/nowhere", "/console/static/old.000000000000.css"} {
			res := b.get(path)
			for name, value := range want {
				if got := res.Header.Get(name); got != value {
					t.Errorf("GET %s: %s is %q, want %q", path, name, got, value)
				}
			}
		}
	}
}

func TestAssetsAreKeptForAYear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	assets, err := static.New(console.AssetPrefix)
	if err != nil {
		t.Fatal(err)
	}
	for name, contentType := range map[string]string{"console.css": "text/css", "app.js": "text/javascript", "icons.svg": "image/svg+xml", "tabler.min.css": "text/css"} {
		b := d.browser(t)
		res := b.get(assets.URL(name))
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), contentType) || res.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: status %d, type %q, caching %q", name, res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Cache-Control"))
		}
		plain := len(b.page)
		b.header.Set("Accept-Encoding", "gzip")
		if res := b.get(assets.URL(name)); res.Header.Get("Content-Encoding") != "gzip" || len(b.page) >= plain {
			t.Errorf("%s: not smaller compressed (%d of %d bytes)", name, len(b.page), plain)
		}
		if len(res.Cookies()) != 0 {
			t.Errorf("%s sets cookies", name)
		}
	}
}

func TestCompressedRequestIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.get("/console/login")
	b.header.Set("Content-Encoding", "gzip")
	if res := b.post("/console/login", nil); res.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("status %d, want 415", res.StatusCode)
	}
}

func TestHugeFormIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.get("/console/login")
	if res := b.post("/console/login", url.Values{"password": {strings.Repeat("x", 100<<10)}}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, want 413", res.StatusCode)
	}
}

// A client cannot choose the address that its guesses count for.
func TestForwardedHeaderIsNotBelieved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	status := 0
	for i := range staff.TriesPerWindow + 1 {
		b.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
		status = b.signIn(fmt.Sprintf("guess-%d-%s", i, d.owner.Login), "guess", "").StatusCode
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("status %d, want 429", status)
	}
}

func TestT109NextStaysLocal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	home := "/console"
	cases := map[string]string{
		"/console/shop-a/orders?q=%E5%92%96": "/console/shop-a/orders?q=%E5%92%96",
		"https://evil.test/console/x":        home,
		"//evil.test/console/":               home,
		"/\\evil.test":                       home,
		"\\\\evil.test":                      home,
		"/console\\..\\..//evil.test":        home,
		"/console/../../evil":                home,
		"/console//evil.test":                home,
		"javascript:alert(1)":                home,
		"/api/v1/me":                         home,
		"/consolex":                          home,
		"/console/\r\nSet-Cookie: a=b":       home,
		"/console/a#@evil.test":              "/console/a",
		"http:/console/a":                    home,
	}
	for next, want := range cases {
		t.Run(fmt.Sprintf("%q", next), func(t *testing.T) {
			t.Parallel()
			b := d.signedIn(t, d.owner)
			if got := b.get("/console/login?next=" + url.QueryEscape(next)).Header.Get("Location"); got != want {
				t.Errorf("goes to %q, want %q", got, want)
			}
		})
	}
}

func TestSignInRefusesAlike(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	disabled := d.hire(t, d.env.Tenant, "clerk")
	d.env.Owner(t, "UPDATE platform.staff SET status = 'disabled' WHERE id = $1", disabled.ID)
	cases := []struct{ name, login, secret string }{
		{"wrong password", d.owner.Login, "not the password"},
		{"unknown account", "nobody@shop.test", password},
		{"disabled account", disabled.Login, password},
		{"empty", "", ""},
		{"far too long", strings.Repeat("x", 3000), strings.Repeat("y", 3000)},
		{"injection", "' OR 1=1 --", "' OR 1=1 --"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := d.browser(t)
			res := b.signIn(tc.login, tc.secret, "")
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("status %d, want 401", res.StatusCode)
			}
			b.see("账号或密码不正确")
			if b.sessionToken() != "" {
				t.Error("signed in")
			}
			if tc.secret != "" && strings.Contains(b.page, tc.secret) && tc.secret != tc.login {
				t.Error("the page repeats the password")
			}
		})
	}
}

func TestSignInIsThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	people := d.staff
	try := func(login, secret, ip string) error {
		_, err := people.Authenticate(t.Context(), staff.Credentials{Login: login, Password: secret, IP: ip})
		return err
	}
	d.env.Clock().Set(time.Now())

	// Forty guesses at once, from forty addresses: ten reach the password.
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for i := range 40 {
		wg.Go(func() {
			err := try(d.owner.Login, "guess", fmt.Sprintf("192.0.2.%d", i))
			mu.Lock()
			defer mu.Unlock()
			answers[codeOf(err)]++
		})
	}
	wg.Wait()
	if answers["WRONG_LOGIN"] != staff.TriesPerWindow || answers["LOGIN_THROTTLED"] != 40-staff.TriesPerWindow {
		t.Errorf("answers %v, want %d tried and the rest throttled", answers, staff.TriesPerWindow)
	}
	if err := try(d.owner.Login, password, "203.0.113.1"); codeOf(err) != "LOGIN_THROTTLED" {
		t.Errorf("right password while throttled: %v, want LOGIN_THROTTLED", err)
	}
	if err := try(d.clerk.Login, password, "203.0.113.1"); err != nil {
		t.Errorf("another account: %v, want signed in", err)
	}

	// One address guessing many accounts, and its neighbour in the same /64.
	for i := range staff.TriesPerWindow {
		if err := try(fmt.Sprintf("nobody-%d", i), "guess", "2001:db8:1:2::1"); codeOf(err) != "WRONG_LOGIN" {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if err := try(d.clerk.Login, password, "2001:db8:1:2:ffff::9"); codeOf(err) != "LOGIN_THROTTLED" {
		t.Errorf("same /64: %v, want LOGIN_THROTTLED", err)
	}
	if err := try(d.clerk.Login, password, "2001:db8:1:3::1"); err != nil {
		t.Errorf("another /64: %v, want signed in", err)
	}

	d.env.Clock().Advance(staff.Window)
	if err := try(d.owner.Login, password, "203.0.113.1"); err != nil {
		t.Errorf("after the window: %v, want signed in", err)
	}
}

func TestThrottledSignInSaysHowLong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	var res answer
	for range staff.TriesPerWindow + 1 {
		res = b.signIn("nobody-"+d.owner.Login, "guess", "")
	}
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || res.Header.Get("Retry-After") == "0" {
		t.Errorf("status %d, Retry-After %q; want 429 with a time to wait", res.StatusCode, res.Header.Get("Retry-After"))
	}
	b.see("尝试次数过多")
}

// Without a choice of the visitor's own, pages follow what the system prefers.
func TestThemeFollowsTheSystemUntilChosen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct{ hint, cookie, want string }{
		"says nothing":     {"", "", "light"},
		"prefers dark":     {`"dark"`, "", "dark"},
		"prefers light":    {`"light"`, "", "light"},
		"chose otherwise":  {`"dark"`, "light", "light"},
		"nonsense in both": {`"><script>`, "sepia", "light"},
	} {
		req := httptest.NewRequest(http.MethodGet, "/console/login", http.NoBody)
		if c.hint != "" {
			req.Header.Set("Sec-Ch-Prefers-Color-Scheme", c.hint)
		}
		if c.cookie != "" {
			req.AddCookie(&http.Cookie{Name: "galleria_theme", Value: c.cookie})
		}
		res, err := d.app.Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || !strings.Contains(string(page), `data-bs-theme="`+c.want+`"`) {
			t.Errorf("%s: not %s: %.120s (%v)", name, c.want, page, err)
		}
	}
}
