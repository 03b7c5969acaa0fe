package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/pquerna/otp/totp"

	"galleria/console"
	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/session"
	"galleria/console/staff"
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
	people, err := staff.New(staff.Deps{DB: env.DB, PasswordKiB: 64})
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
