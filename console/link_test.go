package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"galleria/console"
	"galleria/console/authz"
	"galleria/console/courier"
	"galleria/console/staff"
	"galleria/tenant/tenanttest"
)

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

// mailOnly is a courier that knows no phones.
type mailOnly struct{ *courier.Desk }

func (mailOnly) Goes(w courier.Way, _ courier.Kind) bool { return w == courier.Mail }

// TestPagesOfferOnlyWaysThatGo: where no text message goes, a phone number is refused with a word
// that helps, by every page that would send to it, whether or not it is somebody's.
func TestPagesOfferOnlyWaysThatGo(t *testing.T) {
	t.Parallel()
	d := deskOver(t, tenanttest.New(t), func(deps *console.Deps) {
		desk := courier.NewDesk(time.Now)
		deps.Courier, deps.Opening.Courier = mailOnly{desk}, mailOnly{desk}
	})
	sees := func(b *browser) {
		t.Helper()
		b.see("请换用邮箱或手机号中的另一种")
	}
	b := d.browser(t)
	b.get("/console/forgot")
	for _, phone := range []string{"13800138000", "+86 139 0013 9000"} {
		if res := b.post("/console/forgot", url.Values{"address": {phone}}); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a link to %s: status %d, want 422", phone, res.StatusCode)
		}
		sees(b)
	}
	if res := b.post("/console/forgot", url.Values{"address": {"who@shop.test"}}); res.StatusCode != http.StatusOK {
		t.Errorf("a link by mail: status %d, want 200", res.StatusCode)
	}
	if res := b.post("/console/signup", url.Values{"address": {"13800138000"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a code to a phone: status %d, want 422", res.StatusCode)
	}
	sees(b)
	owner := d.signedIn(t, d.owner)
	invite := "/console/" + d.env.Tenant.Handle + "/staff/invite"
	owner.get(invite)
	if res := owner.post(invite, url.Values{"address": {"13800138000"}, "role": {"clerk"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an invitation to a phone: status %d, want 422", res.StatusCode)
	}
	sees(owner)
}
