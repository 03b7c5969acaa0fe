package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console"
	"galleria/console/courier"
	"galleria/console/verify"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
	"galleria/tenant/signup"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// letter returns the newest message to an address.
func (d *desk) letter(t *testing.T, to string) courier.Message {
	t.Helper()
	for _, m := range d.opening.Desk.Messages() {
		if m.To == to {
			return m.Message
		}
	}
	t.Fatalf("no message to %s", to)
	return courier.Message{}
}

func (d *desk) code(t *testing.T, to string) string {
	t.Helper()
	code := sixDigits.FindString(d.letter(t, to).Text)
	if code == "" {
		t.Fatalf("no code in the message to %s", to)
	}
	return code
}

// wantTo checks that an answer leads on.
func wantTo(t *testing.T, res answer, to string) {
	t.Helper()
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != to {
		t.Fatalf("status %d to %q, want 303 to %q", res.StatusCode, got, to)
	}
}

const strongPassword = "毛笔 lantern 37 river stone"

// join goes the way to an account and returns its browser.
func (d *desk) join(t *testing.T, address string) *browser {
	t.Helper()
	b := d.browser(t)
	b.wantStatus("/console/signup", http.StatusOK)
	wantTo(t, b.post("/console/signup", url.Values{"address": {address}}), "/console/signup/code")
	b.wantStatus("/console/signup/code", http.StatusOK)
	wantTo(t, b.post("/console/signup/code", url.Values{"code": {d.code(t, strings.ToLower(address))}}), "/console/signup/account")
	b.wantStatus("/console/signup/account", http.StatusOK)
	wantTo(t, b.post("/console/signup/account", url.Values{"name": {"李店长"}, "password": {strongPassword}}), "/console/signup/shop")
	b.wantStatus("/console/signup/shop", http.StatusOK)
	return b
}

func address() string { return "new-" + tenanttest.RandomHex(6) + "@shop.test" }

// The whole way over HTTP.
func TestAMerchantOpensAShop(t *testing.T) {
	t.Parallel()
	d := deskOver(t, tenanttest.NewAlone(t))
	mail := address()
	b := d.join(t, strings.ToUpper(mail[:1])+mail[1:])
	handle := "own-" + tenanttest.RandomHex(5)
	b.see(`value="` + strings.Split(mail, "@")[0]) // the proposal
	wantTo(t, b.post("/console/signup/shop", url.Values{"name": {"青禾生活"}, "handle": {" " + strings.ToUpper(handle) + " "}}), "/console/signup/terms")
	b.wantStatus("/console/signup/terms", http.StatusOK)
	b.see("青禾生活", handle, "服务条款")
	wantTo(t, b.post("/console/signup/terms", url.Values{"accept": {"yes"}, "version": {signup.TermsVersion}}), "/console/signup/progress")
	b.wantStatus("/console/signup/progress", http.StatusOK)
	b.see("进行中", "等待", `http-equiv="refresh"`, `hx-trigger="every 1s"`)
	b.miss("http-equiv=\"refresh\" content=\"0\"")

	d.work(t)
	deadline := time.Now().Add(30 * time.Second)
	for b.get("/console/signup/progress").StatusCode != http.StatusSeeOther {
		if time.Now().After(deadline) {
			t.Fatalf("no shop within 30 s\n%.2000s", b.page)
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.header.Set("HX-Request", "true")
	if res := b.get("/console/signup/progress"); res.Header.Get("HX-Redirect") != "/console/"+handle {
		t.Errorf("the script is led to %q", res.Header.Get("HX-Redirect"))
	}
	b.header = http.Header{}
	b.wantStatus("/console/"+handle, http.StatusOK)
	b.see("青禾生活", "店主", "店铺还没有开业", "/console/"+handle+"/onboarding")
	b.wantStatus("/console/"+handle+"/onboarding", http.StatusOK)
	b.see("绑定小程序", "开通收款账户", "上架第一件商品", "0 / 5")
	// Nothing is left over for a second shop by mistake.
	wantTo(t, b.post("/console/signup/terms", url.Values{"accept": {"yes"}, "version": {signup.TermsVersion}}), "/console/signup/progress")
	if n := one[int](t, d, "SELECT count(*)::int FROM platform.tenant WHERE handle = $1", handle); n != 1 {
		t.Errorf("%d shops, want 1", n)
	}
	// The account works on its own.
	again := d.browser(t)
	wantTo(t, again.signIn(mail, strongPassword, ""), "/console")
}

func one[T any](t *testing.T, d *desk, sql string, args ...any) (v T) {
	t.Helper()
	query(t, d, &v, sql, args...)
	return v
}

// work does the job of applications until the test ends, as a worker does it; the worker
// itself stands in a test of the whole installation.
func (d *desk) work(t *testing.T) {
	t.Helper()
	signups, ok := d.opening.Signups.(*signup.Service)
	if !ok {
		t.Fatal("no service behind the pages")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	t.Cleanup(func() { cancel(); wait.Wait() })
	wait.Go(func() {
		for ctx.Err() == nil {
			var events []outbox.Event
			err := d.env.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
				events, err = d.env.Outbox.Claim(ctx, tx, 10, time.Second)
				return err
			})
			for _, ev := range events {
				err = errors.Join(err, signups.Advance(ctx, ev.TenantID), d.env.Outbox.MarkDone(ctx, d.env.DB.Platform(), ev.ID))
			}
			if err != nil && ctx.Err() == nil {
				t.Errorf("job: %v", err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// An address with an account sees the same pages; only its owner is told, by mail, and the
// link in it is ours whatever the request's Host says.
func TestAKnownAddressIsToldByMailOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	known, fresh := d.owner.Login, address()
	pages := map[string]string{}
	for _, mail := range []string{known, fresh} {
		b := d.browser(t)
		b.get("/console/signup")
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/console/signup",
			strings.NewReader(url.Values{"csrf": {b.token()}, "address": {mail}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Forwarded-Host", "evil.test")
		wantTo(t, b.do(req), "/console/signup/code")
		b.get("/console/signup/code")
		pages[mail] = strings.ReplaceAll(csrfMeta.ReplaceAllString(b.page, ""), mail[:2]+"***@shop.test", "MASKED")
		if mail == known {
			for i := range 3 {
				if res := b.post("/console/signup/code", url.Values{"code": {fmt.Sprintf("%06d", i)}}); res.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("a guess at a known address: %d", res.StatusCode)
				}
			}
		}
	}
	strip := regexp.MustCompile(`value="[^"]*"|还有 [0-9]+|[0-9]+ 秒`)
	if a, b := strip.ReplaceAllString(pages[known], ""), strip.ReplaceAllString(pages[fresh], ""); a != b {
		t.Error("the page tells a known address from a fresh one")
	}
	letter := d.letter(t, known)
	if letter.Kind != "signup_known" || !strings.Contains(letter.Text, "http://console.test/console/login") || strings.Contains(letter.Text, "evil") || sixDigits.MatchString(letter.Text) {
		t.Errorf("the letter to a known address: %+v", letter)
	}
	if got := d.letter(t, fresh).Kind; got != "signup_code" {
		t.Errorf("the letter to a fresh address is %s", got)
	}
}

// T110: codes for one address: not twice a minute, not more than five a day, whichever
// browser asks; from one network not without end.
func TestT110_CodesCannotBePumped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(time.Now())
	send := func(b *browser, mail string) answer {
		b.get("/console/signup?change=1")
		return b.post("/console/signup", url.Values{"address": {mail}})
	}
	mail := address()
	for i := range verify.PerAddress {
		b := d.browser(t)
		wantTo(t, send(b, mail), "/console/signup/code")
		b.get("/console/signup/code")
		for name, res := range map[string]answer{"the same browser": b.post("/console/signup/resend", nil), "another browser": send(d.browser(t), mail)} {
			if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
				t.Errorf("message %d again at once from %s: %d", i, name, res.StatusCode)
			}
		}
		d.env.Clock().Advance(verify.Pause)
	}
	if res := send(d.browser(t), strings.ToUpper(mail)); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the sixth of a day: %d", res.StatusCode)
	}
	d.env.Clock().Advance(24 * time.Hour)
	wantTo(t, send(d.browser(t), mail), "/console/signup/code")

	pump := d.browser(t)
	var statuses []int
	for i := range verify.PerNetwork + 5 {
		b := pump.on(t)
		b.cookies = map[string]string{}
		b.header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
		b.header.Set("X-Real-IP", fmt.Sprintf("203.0.113.%d", i))
		statuses = append(statuses, send(b, address()).StatusCode)
	}
	refused := 0
	for _, status := range statuses {
		if status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of %d refused, want 5: %v", refused, len(statuses), statuses)
	}
}

func TestACodeIsTriedFiveTimesAndForTenMinutes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(time.Now())
	begin := func() (*browser, string) {
		mail := address()
		b := d.browser(t)
		b.get("/console/signup")
		wantTo(t, b.post("/console/signup", url.Values{"address": {mail}}), "/console/signup/code")
		b.get("/console/signup/code")
		return b, d.code(t, mail)
	}
	b, code := begin()
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	for i := range verify.MaxTries {
		want := http.StatusUnprocessableEntity
		if i == verify.MaxTries-1 {
			want = http.StatusConflict
		}
		if res := b.post("/console/signup/code", url.Values{"code": {wrong}}); res.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", i+1, res.StatusCode, want)
		}
	}
	if res := b.post("/console/signup/code", url.Values{"code": {code}}); res.StatusCode != http.StatusConflict {
		t.Errorf("the right code after five guesses: %d", res.StatusCode)
	}
	b.see("验证码已失效")

	b, code = begin()
	thief := d.browser(t) // a code is good in its own browser only
	thief.get("/console/signup")
	wantTo(t, thief.post("/console/signup/code", url.Values{"code": {code}}), "/console/signup")
	d.env.Clock().Advance(verify.CodeLife)
	if res := b.post("/console/signup/code", url.Values{"code": {code}}); res.StatusCode != http.StatusConflict {
		t.Errorf("a code of eleven minutes: %d", res.StatusCode)
	}
	d.env.Clock().Advance(verify.Pause)
	wantTo(t, b.post("/console/signup/resend", nil), "/console/signup/code") // and the way on

	b, code = begin()
	wantTo(t, b.get("/console/signup/account"), "/console/signup/code") // not before the proof
	b.get("/console/signup/code")
	wantTo(t, b.post("/console/signup/code", url.Values{"code": {code}}), "/console/signup/account")
	d.env.Clock().Advance(verify.ProofLife)
	wantTo(t, b.get("/console/signup/account"), "/console/signup")
}

func TestWrongAnswersKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.get("/console/signup")
	for _, bad := range []string{"", "no address", "a@b", "who@evil.test\r\nBcc: x@y.zz", "李@shop.test", "1234567890"} {
		if res := b.post("/console/signup", url.Values{"address": {bad}}); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("address %q: %d", bad, res.StatusCode)
		}
	}
	b.see(`value="1234567890"`, "请填写正确的邮箱")
	phone := "139" + fmt.Sprintf("%08d", time.Now().UnixNano()%100_000_000)
	wantTo(t, b.post("/console/signup", url.Values{"address": {"+86 " + phone[:3] + "-" + phone[3:]}}), "/console/signup/code")
	b.get("/console/signup/code")
	b.see(phone[:3] + "****" + phone[7:])
	b.miss(phone)
	wantTo(t, b.post("/console/signup/code", url.Values{"code": {d.code(t, "+86"+phone)}}), "/console/signup/account")
	b.get("/console/signup/account")
	for _, bad := range []url.Values{
		{"name": {""}, "password": {strongPassword}},
		{"name": {"李"}, "password": {"short"}},
		{"name": {"李"}, "password": {"123456789012345"}},
		{"name": {strings.Repeat("李", 41)}, "password": {strongPassword}},
		{"name": {"李"}, "password": {phone + phone}},
	} {
		if res := b.post("/console/signup/account", bad); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, res.StatusCode)
		}
		b.miss(strongPassword)
	}
	wantTo(t, b.post("/console/signup/account", url.Values{"name": {"李店长"}, "password": {strongPassword}}), "/console/signup/shop")
	b.get("/console/signup/shop")
	for what, tc := range map[string]struct {
		values url.Values
		status int
		says   string
	}{
		"no name":        {url.Values{"name": {" "}, "handle": {"fine-handle"}}, 422, "请填写 1–40 个字的店铺名称"},
		"bad handle":     {url.Values{"name": {"青禾"}, "handle": {"青禾"}}, 422, "请使用 3–32 个小写字母"},
		"reserved":       {url.Values{"name": {"青禾"}, "handle": {"p1atform"}}, 409, "已被占用"},
		"taken":          {url.Values{"name": {"青禾"}, "handle": {d.env.Tenant.Handle}}, 409, d.env.Tenant.Handle + "-2"},
		"without hyphen": {url.Values{"name": {"青禾"}, "handle": {strings.ReplaceAll(d.env.Tenant.Handle, "-", "")}}, 409, "已被占用"},
	} {
		if res := b.post("/console/signup/shop", tc.values); res.StatusCode != tc.status || !strings.Contains(b.page, tc.says) {
			t.Errorf("%s: %d, want %d and %q", what, res.StatusCode, tc.status, tc.says)
		}
	}
	wantTo(t, b.get("/console/signup/terms"), "/console/signup/shop") // nothing to hand in
	b.wantStatus("/console/signup/shop?handle="+d.env.Tenant.Handle, http.StatusOK)
	b.see("已被占用")
	free := "free-" + tenanttest.RandomHex(6)
	b.wantStatus("/console/signup/shop?handle="+free, http.StatusOK)
	b.see("可以使用")
	wantTo(t, b.post("/console/signup/shop", url.Values{"name": {"<b>青禾</b>"}, "handle": {free}}), "/console/signup/terms")
	b.get("/console/signup/terms")
	b.see("&lt;b&gt;青禾")
	if res := b.post("/console/signup/terms", url.Values{"version": {signup.TermsVersion}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without accepting: %d", res.StatusCode)
	}
	if res := b.post("/console/signup/terms", url.Values{"accept": {"yes"}, "version": {"1999"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("old terms: %d", res.StatusCode)
	}
	// Somebody else signs in on the same browser, and the first comes back later: the draft waits.
	resumed := d.browser(t)
	resumed.signIn(phone, strongPassword, "/console/signup/terms")
	resumed.wantStatus("/console/signup/terms", http.StatusOK)
	resumed.see(free)
}

// Where sign-up is closed there is no page of it, and nothing that leads to one.
func TestClosedSignUpIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, opening := range map[string]*console.Opening{"closed": openingOf(d.env, d.staff, signup.ModeClosed), "none": nil} {
		deps := consoleDeps(t, d.env, d.staff)
		if opening != nil {
			opening.Desk = nil // as in production
		}
		deps.Opening = opening
		app := fiber.New()
		if err := console.Register(app, deps); err != nil {
			t.Fatal(err)
		}
		b := d.browser(t)
		b.app = app
		for _, path := range []string{"/console/signup", "/console/signup/code", "/console/signup/account", "/console/dev/messages"} {
			b.wantStatus(path, http.StatusNotFound)
		}
		b.wantStatus("/console/login", http.StatusOK)
		b.miss("/console/signup")
		if t.Failed() {
			t.Log(name)
		}
	}
}

// What each state of a shop means in the console.
func TestConsoleInEveryStateOfAShop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := "/console/" + d.env.Tenant.Handle
	b, clerk := d.signedIn(t, d.owner), d.signedIn(t, d.clerk)
	move := func(event registry.Event) {
		t.Helper()
		if err := d.env.Registry.Move(t.Context(), registry.MoveInput{ID: d.env.Tenant.ID, Event: event, Reason: "证照过期", Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
	}
	d.env.Owner(t, "UPDATE platform.tenant SET status = 'onboarding', went_live_at = NULL WHERE id = $1", d.env.Tenant.ID.String())
	b.wantStatus(shop, http.StatusOK)
	b.see("店铺还没有开业")
	if res := b.post(shop+"/open", nil); res.StatusCode != http.StatusConflict {
		t.Errorf("opening an empty shop: %d", res.StatusCode)
	}
	b.see("还有步骤没有完成")
	clerk.get(shop)
	if res := clerk.post(shop+"/open", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("a clerk opens the shop: %d", res.StatusCode)
	}
	d.stock(t, d.env.Tenant, "阿哲")
	b.wantStatus(shop+"/onboarding", http.StatusOK)
	b.see("2 / 5", "正式开业", "待确认", "未检查")
	wantTo(t, b.post(shop+"/open", nil), shop)
	b.wantStatus(shop, http.StatusOK)
	b.miss("店铺还没有开业")
	if got := one[string](t, d, "SELECT actor FROM platform.audit_log WHERE action = 'tenant.open' AND tenant_id = $1 ORDER BY id DESC LIMIT 1", d.env.Tenant.ID.String()); got != fmt.Sprintf("staff:%d", d.owner.ID) {
		t.Errorf("the opening is audited as %s's", got)
	}

	move(registry.EventSuspend)
	b.wantStatus(shop+"/orders", http.StatusOK)
	b.see("店铺当前未营业，原因：证照过期")
	if res := b.post(shop+"/open", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("a change in a suspended shop: %d", res.StatusCode)
	}
	b.see("店铺已被暂停")
	b.get(shop)
	move(registry.EventResume)
	b.wantStatus(shop, http.StatusOK)
	b.miss("店铺当前未营业")
	move(registry.EventClose)
	b.wantStatus(shop+"/orders", http.StatusOK)
	b.see("店铺正在关闭")
	move(registry.EventFinish)
	wantTo(t, b.get(shop+"/orders"), shop)
	b.wantStatus(shop, http.StatusOK)
	b.see("店铺已关闭", "证照过期")
	clerk.wantStatus(shop, http.StatusNotFound)
	if status := one[string](t, d, "SELECT status FROM platform.tenant WHERE id = $1", d.env.Tenant.ID.String()); status != string(tenant.Closed) {
		t.Errorf("status %s", status)
	}
}
