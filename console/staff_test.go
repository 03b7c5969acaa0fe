package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/pquerna/otp/totp"

	"galleria/console"
	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/session"
	"galleria/console/staff"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

const otherPassword = "quartz lantern meadow 71"

// strict is a desk whose console demands the second factor, with the desk of its messages.
func newStrictDesk(t *testing.T) (*desk, *courier.Desk) {
	t.Helper()
	d := newDesk(t)
	mail := courier.NewDesk(d.env.Clock().Now)
	deps := consoleDeps(t, d.env, d.staff)
	deps.SecondFactor, deps.Courier = true, mail
	d.mount(t, deps)
	return d, mail
}

// mount replaces the desk's console.
func (d *desk) mount(t *testing.T, deps console.Deps) {
	t.Helper()
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true})
	d.app.Use(func(c *fiber.Ctx) error {
		c.Locals(console.ClientIPLocal, c.Get("X-Test-Address"))
		return c.Next()
	})
	var err error
	if d.console, err = console.New(deps); err != nil {
		t.Fatal(err)
	}
	d.console.Mount(d.app)
}

// secondProcess is another process on the same database.
func (d *desk) secondProcess(t *testing.T) *desk {
	t.Helper()
	env := tenanttest.Attach(t, d.env.OwnerURL)
	env.Tenant = d.env.Tenant
	people, err := staff.New(staff.Deps{DB: env.DB})
	if err != nil {
		t.Fatal(err)
	}
	other := &desk{env: env, staff: people, owner: d.owner, clerk: d.clerk}
	other.mount(t, consoleDeps(t, env, people))
	return other
}

func (d *desk) shop(rest string) string { return "/console/" + d.env.Tenant.Handle + rest }

// wantPost sends a form and checks the status.
func (b *browser) wantPost(path string, values url.Values, want int) answer {
	b.t.Helper()
	res := b.post(path, values)
	if res.StatusCode != want {
		b.t.Errorf("POST %s: status %d, want %d\n%s", path, res.StatusCode, want, regexp.MustCompile(`(?s)<main.*</main>`).FindString(b.page))
	}
	return res
}

var linkForm = regexp.MustCompile(`http://console\.test(/console/(?:invite|reset)/[A-Za-z0-9_-]{43})`)

// wantLink waits for a message to the address and returns the link in it.
func wantLink(t *testing.T, mail *courier.Desk, to string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		for _, m := range mail.Messages() {
			if m.To != to {
				continue
			}
			if link := linkForm.FindStringSubmatch(m.Text); link != nil {
				return link[1]
			}
			t.Fatalf("message to %s has no link of the configured host: %s", to, m.Text)
		}
	}
	t.Fatalf("no message to %s", to)
	return ""
}

// enrol sets a second factor up and returns its key and the recovery codes.
func (b *browser) enrol(d *desk) (key string, recovery []string) {
	b.t.Helper()
	b.wantStatus("/console/account/totp", http.StatusOK)
	m := regexp.MustCompile(`id="totp-key">([A-Z2-7-]+)<`).FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatal("no key on the page")
	}
	key = strings.ReplaceAll(m[1], "-", "")
	b.wantPost("/console/account/totp", url.Values{"code": {codeOf2FA(b.t, key, d.env.Clock().Now())}}, http.StatusOK)
	codes := regexp.MustCompile(`(?s)id="recovery-codes">(.*?)</pre>`).FindStringSubmatch(b.page)
	if codes == nil {
		b.t.Fatal("no recovery codes on the page")
	}
	return key, strings.Fields(codes[1])
}

func codeOf2FA(t *testing.T, key string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(key, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// T014: a planted id is never taken over, and every step of signing in gives a new one.
func TestT014_EveryProofGivesANewID(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	b := d.signedIn(t, d.owner)
	first := b.sessionToken()
	key, _ := b.enrol(d)
	enrolled := b.sessionToken()
	b.wantStatus(d.shop(""), http.StatusOK)
	b.wantPost("/console/logout", nil, http.StatusSeeOther)
	d.env.Clock().Advance(time.Minute)

	planted := strings.Repeat("A", 43)
	b.cookies[session.CookieName] = planted
	if to := b.signIn(d.owner.Login, password, "").Header.Get("Location"); to != "/console/login/code" {
		t.Fatalf("after the password: goes to %q, want the code", to)
	}
	half := b.sessionToken()
	if to := b.get(d.shop("")).Header.Get("Location"); !strings.HasPrefix(to, "/console/login/code") {
		t.Errorf("half a session opens the shop: goes to %q", to)
	}
	b.wantStatus("/console/login/code", http.StatusOK)
	b.wantPost("/console/login/code", url.Values{"code": {codeOf2FA(t, key, d.env.Clock().Now())}}, http.StatusSeeOther)
	whole := b.sessionToken()
	b.wantStatus(d.shop(""), http.StatusOK)
	d.env.Clock().Advance(session.ProofLasts)
	b.wantStatus("/console/reauth", http.StatusOK)
	b.wantPost("/console/reauth", url.Values{"code": {codeOf2FA(t, key, d.env.Clock().Now())}}, http.StatusSeeOther)
	seen := map[string]bool{planted: true}
	for _, token := range []string{first, enrolled, half, whole, b.sessionToken()} {
		if seen[token] || len(token) != 43 {
			t.Errorf("token %.6s… is not new", token)
		}
		seen[token] = true
		if token == b.sessionToken() {
			continue
		}
		old := d.browser(t)
		old.cookies[session.CookieName] = token
		if to := old.get(d.shop("")).Header.Get("Location"); !strings.HasPrefix(to, "/console/login") {
			t.Errorf("an id of before still opens the shop (goes to %q)", to)
		}
	}
}

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

// T015: what ends a session or a right holds on two processes within five seconds.
func TestT015_EndsOnBothProcesses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		end  func(t *testing.T, d *desk, someone staff.Member, owner *browser)
	}{
		{"password change", func(t *testing.T, d *desk, someone staff.Member, _ *browser) {
			t.Helper()
			b := d.signedIn(t, someone)
			b.wantStatus("/console/account", http.StatusOK)
			b.wantPost("/console/account/password", url.Values{"current": {password}, "password": {otherPassword}, "repeat": {otherPassword}}, http.StatusSeeOther)
			b.wantStatus("/console/account", http.StatusOK) // this one goes on
		}},
		{"role removal", func(t *testing.T, d *desk, someone staff.Member, owner *browser) {
			t.Helper()
			owner.get(d.shop("/staff/" + strconv.FormatInt(someone.ID, 10)))
			owner.wantPost(d.shop("/staff/"+strconv.FormatInt(someone.ID, 10)+"/roles"), url.Values{"role": {authz.Promoter}}, http.StatusSeeOther)
		}},
		{"staff disabled", func(t *testing.T, d *desk, someone staff.Member, owner *browser) {
			t.Helper()
			owner.get(d.shop("/staff"))
			owner.wantPost(d.shop("/staff/"+strconv.FormatInt(someone.ID, 10)+"/disable"), nil, http.StatusSeeOther)
		}},
		{"staff removed", func(t *testing.T, d *desk, someone staff.Member, owner *browser) {
			t.Helper()
			owner.get(d.shop("/staff"))
			owner.wantPost(d.shop("/staff/"+strconv.FormatInt(someone.ID, 10)+"/remove"), url.Values{"sure": {"1"}}, http.StatusSeeOther)
		}},
		{"logout of all", func(t *testing.T, d *desk, someone staff.Member, _ *browser) {
			t.Helper()
			b := d.signedIn(t, someone)
			b.wantStatus("/console/account", http.StatusOK)
			b.wantPost("/console/account/sessions/end-others", nil, http.StatusSeeOther)
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			far := d.secondProcess(t)
			someone := d.hire(t, d.env.Tenant, authz.Warehouse)
			owner := d.signedIn(t, d.owner)
			here := d.signedIn(t, someone)
			there := far.browser(t)
			there.cookies = here.cookies
			here.wantStatus(d.shop("/orders"), http.StatusOK)
			there.wantStatus(d.shop("/orders"), http.StatusOK)
			tc.end(t, d, someone, owner)
			ended := time.Now()
			for name, b := range map[string]*browser{"this process": here, "the other process": there} {
				for b.get(d.shop("/orders")).StatusCode == http.StatusOK {
					if time.Since(ended) > 5*time.Second {
						t.Fatalf("%s still serves after five seconds", name)
					}
					time.Sleep(50 * time.Millisecond)
				}
			}
			var acts int
			query(t, d, &acts, "SELECT count(*) FROM platform.audit_log WHERE action IN ('console.password_changed','staff.roles_set','staff.disabled','staff.removed','console.sessions_ended') AND actor IN ('staff:' || $1::bigint, 'staff:' || $2::bigint)", d.owner.ID, someone.ID)
			if acts != 1 {
				t.Errorf("%d audit entries, want 1", acts)
			}
		})
	}
}

// T015: an invitation accepted with an address that works elsewhere gives only the
// inviting shop, once, and only while it is open.
func TestT015_InviteGivesOnlyItsShop(t *testing.T) {
	t.Parallel()
	d, mail := newStrictDesk(t)
	elsewhere := d.env.OpenShop(t)
	address := "lin-" + tenanttest.RandomHex(4) + "@example.com"
	lin, err := d.staff.Add(t.Context(), staff.AddInput{Login: "lin-" + tenanttest.RandomHex(4), Name: "林小满", Password: password, Mail: address})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.staff.EnsureRoles(t.Context(), elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := d.staff.Grant(t.Context(), elsewhere.ID, lin.ID, authz.Support); err != nil {
		t.Fatal(err)
	}
	manager := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Manager))
	invite := func(to string, roles ...string) {
		manager.wantStatus(d.shop("/staff/invite"), http.StatusOK)
		manager.wantPost(d.shop("/staff/invite"), url.Values{"address": {to}, "role": roles}, http.StatusSeeOther)
	}
	invite(strings.ToUpper(address), authz.Warehouse)
	link := wantLink(t, mail, address)

	b := d.browser(t)
	b.wantStatus(link, http.StatusOK)
	b.see(d.env.Tenant.Name, "仓库", "登录并加入")
	b.miss(elsewhere.Name)
	if to := b.signIn(address, password, link).Header.Get("Location"); to != link {
		t.Fatalf("after sign-in goes to %q, want the invitation", to)
	}
	b.wantStatus(link, http.StatusOK)
	b.wantPost(link+"/join", nil, http.StatusSeeOther)
	b.wantStatus(d.shop("/orders"), http.StatusOK)
	b.wantStatus(d.shop("/apps"), http.StatusForbidden)
	b.wantStatus("/console/"+elsewhere.Handle+"/orders", http.StatusOK)
	b.wantStatus(link, http.StatusGone)
	var roles string
	query(t, d, &roles, "SELECT string_agg(tenant_id || '=' || role_code, ',' ORDER BY tenant_id = $2) FROM platform.staff_role WHERE staff_id = $1", lin.ID, d.env.Tenant.ID.String())
	if want := elsewhere.ID.String() + "=support," + d.env.Tenant.ID.String() + "=warehouse"; roles != want {
		t.Errorf("roles %s, want %s", roles, want)
	}

	// A new address makes an account with that address proven, in that shop alone.
	phone := "138" + strconv.FormatInt(10000000+time.Now().UnixNano()%89999999, 10)
	invite(phone, authz.Support)
	link = wantLink(t, mail, "+86"+phone)
	fresh := d.browser(t)
	fresh.wantStatus(link, http.StatusOK)
	fresh.wantPost(link, url.Values{"name": {"周哲"}, "password": {"12345678901234"}, "repeat": {"12345678901234"}}, http.StatusUnprocessableEntity)
	fresh.see("这个密码太常见", "密码强度", `value="周哲"`)
	fresh.wantPost(link, url.Values{"name": {"周哲"}, "password": {otherPassword}, "repeat": {otherPassword}}, http.StatusSeeOther)
	fresh.wantStatus(d.shop("/orders"), http.StatusOK)
	again := d.browser(t)
	if res := again.signIn(phone, otherPassword, ""); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign in by phone: status %d, want 303", res.StatusCode)
	}

	// Taken back, replaced, too old, inviter gone: gone.
	for name, end := range map[string]func(){
		"taken back": func() {
			manager.get(d.shop("/staff"))
			m := regexp.MustCompile(`/staff/invite/(\d+)/revoke`).FindStringSubmatch(manager.page)
			if m == nil {
				t.Fatal("no open invitation on the page")
			}
			manager.wantPost(d.shop("/staff/invite/"+m[1]+"/revoke"), nil, http.StatusSeeOther)
		},
		"replaced": func() { invite("new@example.com", authz.Support) },
		"too old": func() {
			d.env.Owner(t, "UPDATE platform.staff_invite SET expires_at = now() - interval '1 second' WHERE tenant_id = $1", d.env.Tenant.ID.String())
		},
	} {
		mail = courier.NewDesk(d.env.Clock().Now)
		deps := consoleDeps(t, d.env, d.staff)
		deps.Courier = mail
		d.mount(t, deps)
		manager.app = d.app
		invite("new@example.com", authz.Support)
		link := wantLink(t, mail, "new@example.com")
		end()
		visitor := d.browser(t)
		if visitor.get(link); !strings.Contains(visitor.page, "邀请已失效") {
			t.Errorf("%s: the link still works", name)
		}
	}
}

// T017: the link names the configured host whatever the request says, works once, for 15
// minutes, and ends all sessions; unknown addresses get the same answer.
func TestT017_PasswordReset(t *testing.T) {
	t.Parallel()
	d, mail := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	add := func() (staff.Member, string) {
		address := "reset-" + tenanttest.RandomHex(6) + "@example.com"
		m, err := d.staff.Add(t.Context(), staff.AddInput{Login: "who-" + tenanttest.RandomHex(6), Name: "林小满", Password: password, Mail: address})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.staff.Grant(t.Context(), d.env.Tenant.ID, m.ID, authz.Support); err != nil {
			t.Fatal(err)
		}
		return m, address
	}
	ask := func(address string) *browser {
		b := d.browser(t)
		b.header.Set("X-Forwarded-Host", "evil.test")
		b.header.Set("Forwarded", "host=evil.test")
		b.get("/console/forgot")
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://evil.test/console/forgot", strings.NewReader(url.Values{"address": {address}, "csrf": {b.token()}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if res := b.do(req); res.StatusCode != http.StatusOK {
			t.Errorf("ask: status %d, want 200", res.StatusCode)
		}
		return b
	}
	set := func(link string, want int) {
		b := d.browser(t)
		b.get("/console/login")
		b.wantPost(link, url.Values{"password": {otherPassword}, "repeat": {otherPassword}}, want)
	}
	someone, address := add()
	signedIn := d.signedIn(t, someone)
	known, unknown := ask(address), ask("nobody-"+tenanttest.RandomHex(4)+"@example.com")
	strip := regexp.MustCompile(`(reset|nobody)-[0-9a-f]+@example\.com|content="[^"]{43}"|value="[^"]{43}"`)
	if strip.ReplaceAllString(known.page, "") != strip.ReplaceAllString(unknown.page, "") {
		t.Error("the answer tells whether an address is known")
	}
	link := wantLink(t, mail, address)
	set(link, http.StatusSeeOther)
	set(link, http.StatusGone)
	if to := signedIn.get(d.shop("/orders")).Header.Get("Location"); !strings.HasPrefix(to, "/console/login") {
		t.Errorf("a session goes on after the reset (goes to %q)", to)
	}
	if res := d.browser(t).signIn(address, otherPassword, ""); res.StatusCode != http.StatusSeeOther {
		t.Errorf("sign in with the new password: status %d", res.StatusCode)
	}

	_, address = add()
	ask(address)
	link = wantLink(t, mail, address)
	d.env.Clock().Advance(16 * time.Minute)
	set(link, http.StatusGone)

	changer, address := add()
	ask(address)
	link = wantLink(t, mail, address)
	b := d.signedIn(t, changer)
	b.get("/console/account")
	b.wantPost("/console/account/password", url.Values{"current": {password}, "password": {otherPassword}, "repeat": {otherPassword}}, http.StatusSeeOther)
	set(link, http.StatusGone)

	// An account name that looks like somebody's address proves nothing.
	name := "claimed-" + tenanttest.RandomHex(4) + "@example.com"
	if _, err := d.staff.Add(t.Context(), addInput(name, "陌生人", password)); err != nil {
		t.Fatal(err)
	}
	ask(name)
	if len(mail.Messages()) != 3 {
		t.Errorf("%d messages, want 3", len(mail.Messages()))
	}
}

// T020, T023: nobody hands out, changes or takes what is above his own rights, himself
// included, whatever else a form says; and a right that was taken a moment ago is gone.
func TestT023_NobodyRisesAboveHimself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	managing := d.hire(t, d.env.Tenant, authz.Manager)
	manager := d.signedIn(t, managing)
	clerk := d.hire(t, d.env.Tenant, authz.Clerk)
	id := func(m staff.Member) string { return strconv.FormatInt(m.ID, 10) }
	manager.wantStatus(d.shop("/staff"), http.StatusOK)
	before := d.fingerprint(t)
	forms := []struct {
		name, path string
		values     url.Values
	}{
		{"owner for himself", "/staff/" + id(managing) + "/roles", url.Values{"role": {authz.Owner}}},
		{"owner for another", "/staff/" + id(clerk) + "/roles", url.Values{"role": {authz.Owner}}},
		{"another role for himself", "/staff/" + id(managing) + "/roles", url.Values{"role": {authz.Manager, authz.Finance}}},
		{"the owner's roles", "/staff/" + id(d.owner) + "/roles", url.Values{"role": {authz.Support}}},
		{"disable the owner", "/staff/" + id(d.owner) + "/disable", nil},
		{"remove the owner", "/staff/" + id(d.owner) + "/remove", url.Values{"sure": {"1"}}},
		{"disable himself", "/staff/" + id(managing) + "/disable", nil},
		{"invite an owner", "/staff/invite", url.Values{"address": {"x@example.com"}, "role": {authz.Owner}}},
		{"a role beyond him", "/roles", url.Values{"name": {"越权"}, "permission": {"payment_account.update"}}},
		{"ownership in a role", "/roles", url.Values{"name": {"越权"}, "permission": {"owner.transfer"}}},
		{"a preset", "/roles/" + authz.Support, url.Values{"name": {"客服"}, "permission": {"app.read"}}},
		{"the transfer", "/transfer", url.Values{"heir": {id(managing)}, "confirm": {d.env.Tenant.Handle}}},
		{"mass assignment", "/staff/" + id(clerk) + "/roles", url.Values{"role": {authz.Owner}, "tenant_id": {"t_000000000000"}, "owner_id": {id(managing)}, "status": {"active"}, "created_at": {"2020-01-01"}}},
	}
	for _, f := range forms {
		manager.get(d.shop("/staff"))
		if res := manager.post(d.shop(f.path), f.values); res.StatusCode < 400 {
			t.Errorf("%s: status %d, want a refusal", f.name, res.StatusCode)
		}
	}
	if after := d.fingerprint(t); after != before {
		t.Error("a refused form changed something")
	}

	// Unknown fields change nothing besides what was asked for.
	manager.get(d.shop("/roles/new"))
	manager.wantPost(d.shop("/roles"), url.Values{"name": {"夜班"}, "permission": {"order.read"}, "code": {"owner"}, "tenant_id": {"t_000000000000"}}, http.StatusSeeOther)
	var made int
	query(t, d, &made, "SELECT count(*) FROM platform.role WHERE tenant_id = $1 AND code LIKE 'own\\_%' AND permissions = '{order.read}'", d.env.Tenant.ID.String())
	if made != 1 {
		t.Errorf("%d roles made, want 1", made)
	}

	// The session's cached rights say manager; the tables say otherwise since this moment.
	d.env.Clock().Set(d.env.Clock().Now())
	manager.wantStatus(d.shop("/staff"), http.StatusOK)
	d.env.Owner(t, "UPDATE platform.staff_role SET role_code = 'support' WHERE tenant_id = $1 AND staff_id = $2", d.env.Tenant.ID.String(), managing.ID)
	manager.wantPost(d.shop("/staff/"+id(clerk)+"/disable"), nil, http.StatusForbidden)
}

// T021: a permission is toggled two hundred times while twenty clients use it on two
// processes; no decision is wrong for longer than five seconds, and none is torn.
func TestT021_ToggledPermission(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.env.Owner(t, "INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES ($1, 'own_toggle', '开关', '{order.read}')", shop.ID.String())
	someone := d.hire(t, shop, "own_toggle")
	far := tenanttest.Attach(t, d.env.OwnerURL)
	enforcers := []*authz.Enforcer{
		authz.New(authz.Deps{DB: d.env.DB, Now: time.Now}), authz.New(authz.Deps{DB: far.DB, Now: time.Now}),
	}
	toggles := newToggles()
	done := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	asked, wrong := 0, 0
	for client := range 20 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
				}
				began := time.Now()
				granted, err := enforcers[client%2].Granted(t.Context(), shop.ID, someone.ID)
				if err != nil {
					continue // an unreadable policy denies
				}
				mu.Lock()
				asked++
				if !toggles.possible(granted[authz.ProductRead], began, time.Now()) || !granted[authz.OrderRead] {
					wrong++
				}
				mu.Unlock()
			}
		})
	}
	for i := range 200 {
		on := i%2 == 0
		toggles.begin(on)
		setToggle(t, d.env.DB, shop.ID, on)
		toggles.end()
		if i%20 == 19 { // a state that lasts has to be seen
			time.Sleep(authz.CacheFor + 200*time.Millisecond)
			for n, e := range enforcers {
				if got, err := e.Allowed(t.Context(), shop.ID, someone.ID, authz.ProductRead); err != nil || got != on {
					t.Errorf("process %d after toggle %d: %t, %v; want %t", n, i, got, err, on)
				}
			}
		}
	}
	close(done)
	wg.Wait()
	if wrong > 0 || asked < 1000 {
		t.Errorf("%d of %d decisions wrong, want none of many", wrong, asked)
	}
}

func setToggle(t *testing.T, db *tenantdb.DB, shop tenant.ID, on bool) {
	t.Helper()
	codes := []string{"order.read"}
	if on {
		codes = append(codes, "product.read")
	}
	err := db.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE platform.role SET permissions = $1 WHERE tenant_id = $2 AND code = 'own_toggle'", codes, shop.String())
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// toggles is the history of the permission, for judging an answer.
type toggles struct {
	mu     sync.Mutex
	states []toggle
}

// toggle is one state: it may have held from begun on, and may be seen until five seconds
// after the next one has surely been stored.
type toggle struct {
	on     bool
	begun  time.Time
	stored time.Time // zero while under way
}

func newToggles() *toggles {
	long := time.Now().Add(-time.Hour)
	return &toggles{states: []toggle{{on: false, begun: long, stored: long}}}
}

func (h *toggles) begin(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, toggle{on: on, begun: time.Now()})
}

func (h *toggles) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[len(h.states)-1].stored = time.Now()
}

// possible tells whether some state that gives this answer could still be believed
// between the two moments.
func (h *toggles) possible(answer bool, from, to time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range h.states {
		if s.on != answer || s.begun.After(to) {
			continue
		}
		if i == len(h.states)-1 || h.states[i+1].stored.IsZero() || from.Sub(h.states[i+1].stored) <= 5*time.Second {
			return true
		}
	}
	return false
}

// T109: what needs a recent proof asks for it; a form that was interrupted is kept but for
// its secrets, proves itself first, and is sent by its person, not by us.
func TestT109_StepUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(time.Now())
	b := d.signedIn(t, d.owner)
	b.wantStatus(d.shop("/transfer"), http.StatusOK)
	b.wantStatus(d.shop("/staff/invite"), http.StatusOK)
	d.env.Clock().Advance(session.ProofLasts)
	if to := b.get(d.shop("/transfer")).Header.Get("Location"); to != "/console/reauth?next="+url.QueryEscape(d.shop("/transfer")) {
		t.Errorf("GET with an old proof goes to %q, want the question", to)
	}
	b.get(d.shop("/staff/invite"))
	b.header.Set("Referer", "http://console.test"+d.shop("/staff/invite"))
	values := url.Values{"address": {"new@example.com"}, "role": {authz.Support, authz.Warehouse}, "api_secret": {"hunter2hunter2"}}
	if res := b.post(d.shop("/staff/invite"), url.Values{"address": {"x@example.com"}, "csrf": {"forged"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("forged form: status %d, want 403", res.StatusCode)
	}
	b.get(d.shop("/staff/invite"))
	b.wantPost(d.shop("/staff/invite"), values, http.StatusOK)
	b.see("请再次验证身份", `name="kept:address" value="new@example.com"`, `value="support"`, `value="warehouse"`, "密码、密钥等内容出于安全不会保留")
	b.miss("hunter2")
	kept := url.Values{"next": {d.shop("/staff/invite")}, "action": {d.shop("/staff/invite")}, "kept:address": {"new@example.com"}, "kept:role": {authz.Support, authz.Warehouse}}
	kept.Set("password", "wrong guess here")
	b.wantPost("/console/reauth", kept, http.StatusUnauthorized)
	b.see(`name="kept:address" value="new@example.com"`)
	b.miss("wrong guess here")
	kept.Set("password", password)
	old := b.sessionToken()
	b.wantPost("/console/reauth", kept, http.StatusOK)
	b.see("继续提交", `name="address" value="new@example.com"`)
	if b.sessionToken() == old {
		t.Error("the session was not renewed")
	}
	b.wantPost(d.shop("/staff/invite"), url.Values{"address": {"new@example.com"}, "role": {authz.Support, authz.Warehouse}}, http.StatusSeeOther)
	var invited int
	query(t, d, &invited, "SELECT count(*) FROM platform.staff_invite WHERE tenant_id = $1", d.env.Tenant.ID.String())
	if invited != 1 {
		t.Errorf("%d invitations, want 1", invited)
	}
}

// The shop always has an owner: a transfer needs the handle typed and an heir with a second
// factor, two at once leave one owner, and no tool takes the last one away.
func TestOwnerTransfer(t *testing.T) {
	t.Parallel()
	d, _ := newStrictDesk(t)
	d.env.Clock().Set(time.Now())
	owner := d.signedIn(t, d.owner)
	owner.enrol(d)
	first, second := d.hire(t, d.env.Tenant, authz.Manager), d.hire(t, d.env.Tenant, authz.Support)
	id := func(m staff.Member) string { return strconv.FormatInt(m.ID, 10) }
	send := func(b *browser, heir, confirm string) int {
		b.get(d.shop("/transfer"))
		return b.post(d.shop("/transfer"), url.Values{"heir": {heir}, "confirm": {confirm}}).StatusCode
	}
	if got := send(owner, id(first), "not the handle"); got != http.StatusUnprocessableEntity {
		t.Errorf("wrong handle: status %d, want 422", got)
	}
	if got := send(owner, id(first), d.env.Tenant.Handle); got != http.StatusConflict {
		t.Errorf("heir without a second factor: status %d, want 409", got)
	}
	if got := send(owner, "999999999", d.env.Tenant.Handle); got != http.StatusConflict {
		t.Errorf("a stranger as heir: status %d, want 409", got)
	}
	for _, heir := range []staff.Member{first, second} {
		d.signedIn(t, heir).enrol(d)
	}
	owner.get(d.shop("/transfer"))
	var wg sync.WaitGroup
	statuses := make([]int, 2)
	for i, heir := range []staff.Member{first, second} {
		b := owner.on(t)
		b.page = owner.page
		wg.Go(func() {
			statuses[i] = b.post(d.shop("/transfer"), url.Values{"heir": {id(heir)}, "confirm": {d.env.Tenant.Handle}}).StatusCode
		})
	}
	wg.Wait()
	var owners int
	var roles string
	query(t, d, &owners, "SELECT count(*) FROM platform.staff_role WHERE tenant_id = $1 AND role_code = 'owner'", d.env.Tenant.ID.String())
	query(t, d, &roles, "SELECT string_agg(role_code, ',') FROM platform.staff_role WHERE tenant_id = $1 AND staff_id = $2", d.env.Tenant.ID.String(), d.owner.ID)
	if owners != 1 || roles != authz.Manager || (statuses[0] == http.StatusSeeOther) == (statuses[1] == http.StatusSeeOther) {
		t.Errorf("statuses %v: %d owners, the old one is %s; want one transfer, one owner and a manager", statuses, owners, roles)
	}
	heir := first
	if statuses[1] == http.StatusSeeOther {
		heir = second
	}
	if err := d.staff.Revoke(t.Context(), d.env.Tenant.ID, heir.ID, authz.Owner); codeOf(err) != "NOT_FOUND" {
		t.Errorf("revoking the last owner: %v, want refused", err)
	}
}

// A verified address signs in, also in other spellings; an account name of the same letters
// does not get in its way; nobody has an address that is another's.
func TestAddressesSignIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	suffix := tenanttest.RandomHex(5)
	mail := "li-" + suffix + "@example.com"
	if _, err := d.staff.Add(t.Context(), addInput(mail, "占名者", otherPassword)); err != nil {
		t.Fatal(err)
	}
	phone := "+86139" + strconv.FormatInt(10000000+time.Now().UnixNano()%89999999, 10)
	m, err := d.staff.Add(t.Context(), staff.AddInput{Login: "li-" + suffix, Name: "李雷", Password: password, Mail: mail, Phone: phone})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"li-" + suffix, mail, strings.ToUpper(mail), phone, strings.TrimPrefix(phone, "+86"), " " + phone[3:6] + " " + phone[6:10] + " " + phone[10:]} {
		got, err := d.staff.Authenticate(t.Context(), staff.Credentials{Login: name, Password: password, IP: "192.0.2.77"})
		if err != nil || got.ID != m.ID {
			t.Errorf("sign in as %q: %v, %v", name, got, err)
		}
	}
	for _, in := range []staff.AddInput{
		{Login: "other-" + suffix, Name: "某人", Password: password, Mail: mail}, {Login: "other-" + suffix, Name: "某人", Password: password, Phone: phone},
	} {
		if _, err := d.staff.Add(t.Context(), in); codeOf(err) != "ADDRESS_TAKEN" {
			t.Errorf("a second owner of an address: %v, want ADDRESS_TAKEN", err)
		}
	}
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"short1!":                  staff.TooShort,
		"123456789012":             staff.TooCommon,
		"Woaini1314520":            staff.TooCommon,
		"shanye@example.com":       staff.TooCommon,
		"aaaaaaaaaaaaaaaa":         staff.TooWeak,
		"shanyeshanye1":            staff.TooWeak,
		strings.Repeat("x", 201):   staff.TooLong,
		otherPassword:              "",
		"山野咖啡 好喝 到 停不下来":           "",
		"correct horse battery":    "",
		strings.Repeat("ab1 ", 50): staff.TooWeak,
	} {
		if got := staff.Weigh(password, "shanye@example.com", "shanye").Problem; got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}
