package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console"
	"galleria/console/authz"
	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// playDesk is a desk of an installation with a sandbox, and a merchant there.
func playDesk(t *testing.T, mchid string) (*desk, sandbox.Merchant) {
	t.Helper()
	d, m, _ := playDeskAt(t, mchid)
	return d, m
}

func playDeskAt(t *testing.T, mchid string) (*desk, sandbox.Merchant, *sandbox.Server) {
	t.Helper()
	server, err := sandbox.Open(sandbox.Config{Now: time.Now, RefundDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	play := httptest.NewServer(server.Handler())
	t.Cleanup(play.Close)
	m, err := server.AddMerchant(sandbox.MerchantInput{MchID: mchid})
	if err != nil {
		t.Fatal(err)
	}
	d := deskOver(t, tenanttest.New(t))
	deps := consoleDeps(t, d.env, d.staff)
	deps.SandboxURL, deps.Accounts = play.URL, accountsOf(d.env, play.URL)
	if d.console, err = console.New(deps); err != nil {
		t.Fatal(err)
	}
	d.app = fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true, DisablePreParseMultipartForm: true})
	d.console.Mount(d.app)
	return d, m, server
}

// upload sends a form with files, as a browser does without any script.
func (b *browser) upload(path string, values url.Values, files map[string]string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if !values.Has("csrf") {
		values.Set("csrf", b.token())
	}
	for name, all := range values {
		for _, value := range all {
			if err := form.WriteField(name, value); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		part, err := form.CreateFormFile(name, "any.pem")
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, path, &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(req)
}

// A shop adds a test account with files, sees that its keys fit, replaces them, binds and
// moves its app, and turns the account off, all by plain forms. No page shows a secret.
func TestPaymentAccountThroughTheConsole(t *testing.T) {
	t.Parallel()
	d, m := playDesk(t, "1900000201")
	app := d.env.App(t, d.env.Tenant)
	b := d.signedIn(t, d.owner)
	b.cookies["galleria_lang"] = "zh-CN"
	base := d.shop("/payment-accounts")
	secrets := []string{m.APIv3Key, "PRIVATE KEY", m.PrivateKeyPEM[40:90]}

	b.wantStatus(base, http.StatusOK)
	b.see("还没有收款账户", "添加收款账户")
	b.wantStatus(base+"/new", http.StatusOK)
	b.see("微信支付", "支付宝", "云闪付", "渠道建设中")
	b.wantStatus(base+"/new/paypal", http.StatusNotFound)
	b.wantStatus(base+"/new/wechat", http.StatusOK)
	b.see("账户中心 → API安全", app.ID.String(), `enctype="multipart/form-data"`)

	values := url.Values{
		"mode": {"sandbox"}, "name": {"沙箱"}, "merchant_no": {" " + m.MchID + " "}, "api_v3_key": {m.APIv3Key}, "merchant_serial": {m.CertificateSerial},
		"key_mode": {"public_key"}, "public_key_id": {m.PublicKeyID}, "app_id": {app.ID.String()},
	}
	files := map[string]string{"private_key": m.PublicKeyPEM, "public_key": m.PrivateKeyPEM} // exchanged
	res := b.upload(base+"/new/wechat", values, files)
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("exchanged keys: %d", res.StatusCode)
	}
	b.see("这是公钥，这里需要私钥", "这是私钥，这里需要渠道的公钥", m.PublicKeyID, m.CertificateSerial, `value="沙箱"`)
	b.miss(secrets...)

	res = b.upload(base+"/new/wechat", values, map[string]string{"private_key": strings.ReplaceAll(m.PrivateKeyPEM, "\n", "\r\n"), "public_key": m.PublicKeyPEM})
	account := strings.TrimSuffix(res.Header.Get("Location"), "?done=account_added")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(account, base+"/") {
		t.Fatalf("add: %d %s\n%.900s", res.StatusCode, res.Header.Get("Location"), b.page)
	}
	b.wantStatus(account+"?done=account_added", http.StatusOK)
	b.see("账户已添加", "检测通过", "http://console.test/notify/wechat/", "由此账户收款", m.PublicKeyID)
	b.miss(secrets...)
	if res := b.post(account+"/check", nil); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("checked again at once: %d", res.StatusCode)
	}
	b.see("刚刚检测过")

	// New keys that the provider does not accept are not stored.
	b.wantStatus(account+"/keys", http.StatusOK)
	b.miss(append(secrets, m.CertificateSerial)...)
	b.see("留空则不变")
	if res := b.upload(account+"/keys", url.Values{"merchant_serial": {strings.Repeat("B", 40)}}, nil); res.StatusCode != http.StatusConflict {
		t.Errorf("a wrong serial: %d", res.StatusCode)
	}
	b.see("新密钥没有通过检测", "SIGN_ERROR", "商户证书序列号有误", "证书或序列号不对", "商户API证书 → 管理证书")
	if res := b.upload(account+"/keys", url.Values{"api_v3_key": {"short"}}, nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a short key: %d", res.StatusCode)
	}
	b.see("APIv3 密钥必须正好 32 个字符，现在是 5 个")
	if res := b.upload(account+"/keys", url.Values{"api_v3_key": {strings.Repeat("k", 32)}}, nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a good key: %d\n%.600s", res.StatusCode, b.page)
	}
	b.wantStatus(account, http.StatusOK)
	b.see("刚更换过密钥", "v2")

	// Alipay's keys are kept though its channel is not there, and say so.
	b.wantStatus(base+"/new/alipay", http.StatusOK)
	b.see("您填写的密钥会安全保存")

	// Turning off and letting go of an app have to be confirmed.
	for path, want := range map[string]string{"/status": "status=disabled", "/unbind": "app_id=" + app.ID.String()} {
		values, _ := url.ParseQuery(want)
		if res := b.post(account+path, values); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s unconfirmed: %d", path, res.StatusCode)
		}
		b.see("请先勾选确认")
		values.Set("sure", "1")
		values.Del("csrf")
		if res := b.post(account+path, values); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s confirmed: %d", path, res.StatusCode)
		}
		b.wantStatus(account, http.StatusOK)
	}
	b.see("已停用", "无账户收款")
	if res := b.post(account+"/bind", url.Values{"app_id": {app.ID.String()}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("bind: %d", res.StatusCode)
	}
	b.wantStatus(account, http.StatusOK)
	if res := b.post(account+"/rename", url.Values{"name": {""}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("empty name: %d", res.StatusCode)
	}
	if res := b.post(account+"/rename", url.Values{"name": {"试用"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("rename: %d", res.StatusCode)
	}
	b.wantStatus(base, http.StatusOK)
	b.see("试用", app.ID.String())
	b.miss(secrets...)
	b.wantStatus(d.shop("/audit"), http.StatusOK)
	b.see("停用了收款账户", "更换了收款账户")
	b.miss(secrets...)
}

// Who may look may not change, a form needs its token, and files are taken by these forms
// alone.
func TestPaymentAccountFormsAreGuarded(t *testing.T) {
	t.Parallel()
	d, _ := playDesk(t, "1900000202")
	finance := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Finance))
	base := d.shop("/payment-accounts")
	finance.wantStatus(base, http.StatusOK)
	finance.wantStatus(base+"/new", http.StatusForbidden)
	finance.wantStatus(base, http.StatusOK)
	if res := finance.upload(base+"/new/wechat", url.Values{}, nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("finance adds: %d", res.StatusCode)
	}
	owner := d.signedIn(t, d.owner)
	owner.wantStatus(base, http.StatusOK)
	for path, values := range map[string]url.Values{base + "/new/wechat": {"csrf": {"forged"}}, d.shop("/roles"): {"name": {"x"}}} {
		if res := owner.upload(path, values, nil); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d, want refused", path, res.StatusCode)
		}
	}
	owner.wantStatus(base, http.StatusOK)
	if res := owner.upload(base+"/new/wechat", url.Values{}, map[string]string{"private_key": strings.Repeat("x", 70<<10)}); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge file: %d", res.StatusCode)
	}
}
