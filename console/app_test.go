package console_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"galleria/console"
	"galleria/console/authz"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/egress"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

const (
	appSecret = "0123456789abcdef0123456789abcdef"
	otherApps = "/apps/wx0000000000000000"
)

// appDesk is a desk whose Mini Programs of the sandbox talk to a real one.
type appDesk struct {
	*desk
	provider *sandbox.Server
}

func newAppDesk(t *testing.T) *appDesk {
	t.Helper()
	d := &appDesk{desk: newDesk(t)}
	var err error
	if d.provider, err = sandbox.Open(sandbox.Config{Now: d.env.Clock().Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.provider.Close() })
	server := httptest.NewServer(d.provider.Handler())
	t.Cleanup(server.Close)
	deps := consoleDeps(t, d.env, d.staff)
	deps.SandboxURL = server.URL
	deps.MiniPrograms = miniprogram.New(miniprogram.Deps{
		DB: d.env.DB, Vault: d.env.Vault, Now: d.env.Clock().Now, SandboxBase: egress.Only(server.URL), Plans: d.env.Plans,
	})
	if d.console, err = console.New(deps); err != nil {
		t.Fatal(err)
	}
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true})
	d.app.Use(func(c *fiber.Ctx) error {
		c.Locals(console.ClientIPLocal, c.Get("X-Test-Address"))
		return c.Next()
	})
	d.console.Mount(d.app)
	return d
}

// known registers a fresh AppID at the sandbox.
func (d *appDesk) known(t *testing.T) string {
	t.Helper()
	appID := "wx" + tenanttest.RandomHex(8)
	if _, err := d.provider.AddApp(sandbox.AppInput{AppID: appID, Secret: appSecret}); err != nil {
		t.Fatal(err)
	}
	return appID
}

func wechatForm(appID, secret string) url.Values {
	return url.Values{"provider": {"wechat"}, "app_id": {appID}, "name": {"青禾门店"}, "mode": {"sandbox"}, "secret": {secret}}
}

// TestAppsAreAddedCheckedMendedAndRemoved is the way of an owner: a mistake next to its field,
// a wrong secret said in plain words, new keys, and the end.
func TestAppsAreAddedCheckedMendedAndRemoved(t *testing.T) {
	t.Parallel()
	d := newAppDesk(t)
	d.env.Clock().Set(d.env.Clock().Now())
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	b.wantStatus(shop+"/apps", http.StatusOK)
	b.see("还没有绑定小程序", shop+"/apps/new")
	b.wantStatus(shop+"/apps/new", http.StatusOK)
	b.see("微信小程序", "支付宝小程序")
	b.wantStatus(shop+"/apps/new?provider=wechat", http.StatusOK)

	if res := b.post(shop+"/apps", wechatForm("gh_0123", "short-secret")); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a form with mistakes: %d, want 422", res.StatusCode)
	}
	b.see("微信 AppID 以 wx 开头", "AppSecret 是 32 位", `value="gh_0123"`, `value="青禾门店"`)
	b.miss("short-secret")

	appID := d.known(t)
	wrong := strings.Repeat("f", 32)
	res := b.post(shop+"/apps", wechatForm(appID, wrong))
	wantTo(t, res, shop+"/apps/"+appID+"?done=app_added")
	b.wantStatus(shop+"/apps/"+appID+"?done=app_added", http.StatusOK)
	b.see("小程序已接入", "AppSecret 不对", "微信公众平台 → 开发 → 开发设置", "40125", "请求编号")
	b.miss(wrong)

	d.env.Clock().Advance(miniprogram.CheckEvery)
	b.wantStatus(shop+"/apps/"+appID+"/keys", http.StatusOK)
	b.miss(wrong, "ffff")
	wantTo(t, b.post(shop+"/apps/"+appID+"/keys", url.Values{"secret": {appSecret}}), shop+"/apps/"+appID+"?done=app_rekeyed")
	b.wantStatus(shop+"/apps/"+appID, http.StatusOK)
	b.see("正常", "cdef")
	if res := b.post(shop+"/apps/"+appID+"/check", nil); res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("a check right after another: %d, want 429 with a time to wait", res.StatusCode)
	}
	b.see("刚刚检查过")
	d.env.Clock().Advance(miniprogram.CheckEvery)
	b.get(shop + "/apps/" + appID)
	wantTo(t, b.post(shop+"/apps/"+appID+"/check", nil), shop+"/apps/"+appID+"?done=app_checked")

	b.get(shop + "/apps/" + appID)
	if res := b.post(shop+"/apps/"+appID+"/rename", url.Values{"name": {" "}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an empty name: %d", res.StatusCode)
	}
	wantTo(t, b.post(shop+"/apps/"+appID+"/rename", url.Values{"name": {"总店"}}), shop+"/apps/"+appID+"?done=app_renamed")
	b.get(shop + "/apps/" + appID)
	if res := b.post(shop+"/apps/"+appID+"/disable", nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("disabled without being sure: %d", res.StatusCode)
	}
	wantTo(t, b.post(shop+"/apps/"+appID+"/disable", url.Values{"sure": {"1"}}), shop+"/apps/"+appID+"?done=app_disabled")
	b.wantStatus(shop+"/apps", http.StatusOK)
	b.see("总店", "已停用")
	b.get(shop + "/apps/" + appID)
	wantTo(t, b.post(shop+"/apps/"+appID+"/enable", nil), shop+"/apps/"+appID+"?done=app_enabled")
	b.get(shop + "/apps/" + appID)
	wantTo(t, b.post(shop+"/apps/"+appID+"/remove", url.Values{"sure": {"1"}}), shop+"/apps?done=app_removed")
	b.wantStatus(shop+"/apps/"+appID, http.StatusNotFound)
	b.wantStatus(shop+"/audit", http.StatusOK)
	b.see("移除了", "停用了", "改名为")
}

// What another shop has: refused in words that say nothing of whose it is, and not there.
func TestAppOfAnotherShop(t *testing.T) {
	t.Parallel()
	d := newAppDesk(t)
	other := d.env.OpenShop(t)
	theirs := d.env.App(t, other)
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	b.get(shop + "/apps/new?provider=wechat")
	if res := b.post(shop+"/apps", wechatForm(theirs.ID.String(), appSecret)); res.StatusCode != http.StatusConflict {
		t.Errorf("claim of a taken AppID: %d, want 409", res.StatusCode)
	}
	b.see("该小程序已被其他店铺绑定")
	b.miss(other.Name, other.Handle, other.ID.String(), theirs.Name)
	for _, path := range []string{"", "/keys"} {
		b.wantStatus(shop+"/apps/"+theirs.ID.String()+path, http.StatusNotFound)
	}
	for _, act := range []string{"keys", "rename", "disable", "enable", "remove", "check"} {
		b.get(shop)
		if res := b.post(shop+"/apps/"+theirs.ID.String()+"/"+act, url.Values{"sure": {"1"}, "name": {"x"}, "secret": {appSecret}}); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s of another shop's app: %d, want 404", act, res.StatusCode)
		}
	}
	b.wantStatus(shop+otherApps, http.StatusNotFound)
}

// An app that buyers used, that has orders or that an account collects for stays.
func TestUsedAppIsNotRemoved(t *testing.T) {
	t.Parallel()
	d := newAppDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	used := one[string](t, d.desk, "SELECT app_id FROM platform.app WHERE tenant_id = $1 LIMIT 1", d.env.Tenant.ID.String())
	b.wantStatus(shop+"/apps/"+used, http.StatusOK)
	b.see("还不能移除")
	b.miss(`action="` + shop + "/apps/" + used + `/remove"`)
	if res := b.post(shop+"/apps/"+used+"/remove", url.Values{"sure": {"1"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("removal of a used app: %d, want 409", res.StatusCode)
	}
	b.see("还有数据依赖这个小程序")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, sql := range []string{"DELETE FROM member_session", "DELETE FROM member_identity", "UPDATE payment_account SET app_ids = '{}'"} {
			if _, err := tx.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
				return err
			}
		}
		return nil
	})
	b.wantStatus(shop+"/apps/"+used, http.StatusOK)
	b.see("有从它下的订单")
	if res := b.post(shop+"/apps/"+used+"/remove", url.Values{"sure": {"1"}}); res.StatusCode != http.StatusConflict {
		t.Errorf("removal of an app with %d orders: %d, want 409", len(g.orderNos), res.StatusCode)
	}
}

// A second app is a matter of the plan, and the page says so.
func TestSecondAppSaysThePlan(t *testing.T) {
	t.Parallel()
	d := newAppDesk(t)
	d.assign(t, "starter")
	hired := d.hire(t, d.env.Tenant, authz.Manager) // before the rights of the shop are read and remembered
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	b.get(shop + "/apps/new?provider=wechat")
	form := wechatForm("wx"+tenanttest.RandomHex(8), appSecret)
	form.Set("mode", "live")
	d.env.App(t, d.env.Tenant) // there is one, live
	if res := b.post(shop+"/apps", form); res.StatusCode != http.StatusUnprocessableEntity && res.StatusCode != http.StatusForbidden {
		t.Errorf("second live app in the starter plan: %d", res.StatusCode)
	}
	b.see("套餐")
	manager := d.signedIn(t, hired)
	manager.wantStatus(shop+"/apps", http.StatusOK)
	manager.miss(shop + "/apps/new")
	manager.wantStatus(shop+"/apps/new", http.StatusForbidden)
}

func TestOnboardingIsResumedWhereItWasLeft(t *testing.T) {
	t.Parallel()
	d := newAppDesk(t)
	d.env.Owner(t, "UPDATE platform.tenant SET status = 'onboarding', went_live_at = NULL WHERE id = $1", d.env.Tenant.ID.String())
	b := d.signedIn(t, d.owner)
	shop := "/console/" + d.env.Tenant.Handle
	b.wantStatus(shop+"/onboarding", http.StatusOK)
	b.see("0 / 5", "request 合法域名", "http://console.test", "203.0.113.20", shop+"/apps/new", "完成以上步骤后可开业")
	appID := d.known(t)
	b.get(shop + "/apps/new?provider=wechat")
	wantTo(t, b.post(shop+"/apps", wechatForm(appID, strings.Repeat("e", 32))), shop+"/apps/"+appID+"?done=app_added")
	b = d.signedIn(t, d.owner) // another day
	b.wantStatus(shop+"/onboarding", http.StatusOK)
	b.see("0 / 5", "有问题", "AppSecret 不对", "40125", `href="`+shop+"/apps/"+appID+`"`)
	b.get(shop + "/apps/" + appID + "/keys")
	wantTo(t, b.post(shop+"/apps/"+appID+"/keys", url.Values{"secret": {appSecret}}), shop+"/apps/"+appID+"?done=app_rekeyed")
	b.wantStatus(shop+"/onboarding", http.StatusOK)
	b.see("1 / 5")
	b.miss("有问题")
}

func TestE2EApps(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"desk light Chinese", 1360, 900, false, false},
		{"phone dark English", 390, 844, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newAppDesk(t)
			d.env.Owner(t, "UPDATE platform.tenant SET status = 'onboarding', went_live_at = NULL WHERE id = $1", d.env.Tenant.ID.String())
			b := openChromium(t, d.desk, tc.width, tc.height)
			b.run(chromedp.Navigate(b.base + "/console/" + d.env.Tenant.Handle + "/onboarding"))
			if !tc.english {
				b.press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				b.press(`button[name="theme"][value="dark"]`)
			}
			b.connect(d, tc.english)
		})
	}
}

// connect walks from the empty checklist to an app that works, through a wrong secret.
func (b *chromium) connect(d *appDesk, english bool) {
	b.t.Helper()
	shop, appID := "/console/"+d.env.Tenant.Handle, d.known(b.t)
	b.run(chromedp.SendKeys("#login", d.owner.Login, chromedp.ByQuery), chromedp.SendKeys("#password", password, chromedp.ByQuery))
	b.press(`form[action="/console/login"] button[type="submit"]`)
	b.inspect("onboarding")
	b.press(`#step-app a.btn`)
	b.inspect("choose")
	b.press(`a[href$="provider=wechat"]`)
	b.inspect("form")
	b.run(
		chromedp.Click(`input[name="mode"][value="sandbox"]`, chromedp.ByQuery), chromedp.SendKeys("#app_id", appID, chromedp.ByQuery),
		chromedp.SendKeys("#name", "青禾门店", chromedp.ByQuery), chromedp.SendKeys("#secret", strings.Repeat("a", 32), chromedp.ByQuery),
	)
	b.press(`form[action="` + shop + `/apps"] button[type="submit"]`)
	if at := b.text("location.pathname"); at != shop+"/apps/"+appID {
		b.t.Errorf("after adding at %s", at)
	}
	b.inspect("app_wrong")
	b.run(chromedp.Navigate(b.base + shop + "/onboarding"))
	b.inspect("onboarding_wrong")
	b.press(`#step-app a.btn`)
	b.press(`a[href$="/keys"]`)
	b.run(chromedp.SendKeys("#secret", appSecret, chromedp.ByQuery))
	d.env.Clock().Advance(miniprogram.CheckEvery)
	b.press(`form[action$="/keys"] button[type="submit"]`)
	word := "正常"
	if english {
		word = "Works"
	}
	if got := b.text(`document.querySelector('#app-check').closest('section').innerText`); !strings.Contains(got, word) {
		b.t.Errorf("the check says %q, want %q", got, word)
	}
	b.inspect("app_works")
	b.run(chromedp.Navigate(b.base + shop + "/apps"))
	b.inspect("apps")
	b.run(chromedp.Navigate(b.base + shop + "/apps/new?provider=" + string(tenant.Alipay)))
	b.inspect("form_alipay")
	b.run(chromedp.Click("#key-mode-certificate", chromedp.ByQuery), chromedp.WaitVisible("#root_cert", chromedp.ByQuery), chromedp.WaitNotVisible("#public_key", chromedp.ByQuery))
	b.inspect("form_alipay_certificates")
	b.run(chromedp.Navigate(b.base + shop + "/onboarding"))
	b.inspect("onboarding_app_done")
}
