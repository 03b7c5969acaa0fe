package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/console/staff"
)

// A code works once, also on two processes at the same moment; recovery codes, too.
func TestSecondFactorCodesWorkOnce(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	key, recovery := d.signedIn(t, d.owner).enrol(d)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes, want 10", len(recovery))
	}
	d.env.Clock().Advance(2 * time.Minute)
	now := d.env.Clock().Now()
	for name, code := range map[string]string{"of the app": codeOf2FA(t, key, now), "for recovery": strings.ToUpper(strings.ReplaceAll(recovery[3], "-", " "))} {
		browsers := make([]*browser, 4)
		for i := range browsers {
			browsers[i] = d.browser(t)
			browsers[i].signIn(d.owner.Login, password, "")
			browsers[i].get("/console/login/code")
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for _, b := range browsers {
			wg.Go(func() {
				if b.post("/console/login/code", url.Values{"code": {code}}).StatusCode == http.StatusSeeOther {
					mu.Lock()
					defer mu.Unlock()
					in++
				}
			})
		}
		wg.Wait()
		if in != 1 {
			t.Errorf("a code %s let %d sessions in, want 1", name, in)
		}
	}
	for name, at := range map[string]time.Duration{"two steps old": -75 * time.Second, "two steps early": 75 * time.Second} {
		b := d.browser(t)
		b.signIn(d.owner.Login, password, "")
		b.get("/console/login/code")
		b.wantPost("/console/login/code", url.Values{"code": {codeOf2FA(t, key, now.Add(at))}}, http.StatusUnauthorized)
		_ = name
	}
	var stored string
	query(t, d, &stored, "SELECT string_agg(t::text, ' ') FROM platform.staff_totp t WHERE staff_id = $1", d.owner.ID)
	if strings.Contains(strings.ToUpper(stored), key) {
		t.Error("the secret is stored in clear")
	}
}

// Guessing codes is throttled like guessing passwords.
func TestSecondFactorIsThrottled(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	key, _ := d.signedIn(t, d.owner).enrol(d)
	d.env.Clock().Advance(2 * time.Minute)
	b := d.browser(t)
	b.signIn(d.owner.Login, password, "")
	for i := range staff.TriesPerWindow {
		b.get("/console/login/code")
		b.address = "2001:db8:9:" + strconv.Itoa(i) + "::1"
		b.wantPost("/console/login/code", url.Values{"code": {"00000" + strconv.Itoa(i%10)}}, http.StatusUnauthorized)
	}
	b.get("/console/login/code")
	b.address = "2001:db8:9:ffff::1"
	b.wantPost("/console/login/code", url.Values{"code": {codeOf2FA(t, key, d.env.Clock().Now())}}, http.StatusTooManyRequests)
}

// Who owes a second factor gets the page that sets it up, and nothing else.
func TestGuardedRolesNeedASecondFactor(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Owner(t, "INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES ($1, 'own_keys', '密钥', '{payment_account.update,payment_account.read}')", d.env.Tenant.ID.String())
	for role, owes := range map[string]bool{authz.Owner: true, authz.Finance: true, "own_keys": true, authz.Manager: false, authz.Clerk: false} {
		b := d.signedIn(t, d.hire(t, d.env.Tenant, role))
		for _, path := range []string{d.shop("/products"), "/console/account", "/console"} {
			to := b.get(path).Header.Get("Location")
			if got := to == "/console/account/totp"; got != owes {
				t.Errorf("%s: GET %s goes to %q, want the set-up page: %t", role, path, to, owes)
			}
		}
	}
	root := d.signedIn(t, d.onPlatform(t, authz.PlatformAdmin))
	if to := root.get("/console/platform/staff").Header.Get("Location"); to != "/console/account/totp" {
		t.Errorf("platform staff go to %q, want the set-up page", to)
	}
	root.enrol(d)
	root.wantStatus("/console/platform/staff", http.StatusOK)
	root.wantPost("/console/account/totp/remove", nil, http.StatusForbidden)
}
