package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/payments/sandbox"
)

// A shop whose merchant number a service provider opened finds its own form, is told at
// once what does not fit, keeps what it typed, and learns from the live check that the
// provider must be allowed to act for it.
func TestPartnerAccountThroughTheConsole(t *testing.T) {
	t.Parallel()
	d, m, play := playDeskAt(t, "1900000211")
	app := d.env.App(t, d.env.Tenant)
	if _, err := play.AddApp(sandbox.AppInput{AppID: "wxsp000000000001", MchIDs: []string{m.MchID}}); err != nil {
		t.Fatal(err)
	}
	b := d.signedIn(t, d.owner)
	b.cookies["galleria_lang"] = "zh-CN"
	base := d.shop("/payment-accounts")
	b.wantStatus(base+"/new", http.StatusOK)
	b.see("微信支付 · 直连商户", "微信支付 · 服务商模式", "没有自己的 API 证书时选这个", "relation=partner")
	b.wantStatus(base+"/new/wechat", http.StatusOK)
	b.see("改为添加服务商模式账户")
	b.miss("服务商商户号（sp_mchid）")
	b.wantStatus(base+"/new/wechat?relation=partner", http.StatusOK)
	b.see("特约商户号（sub_mchid）", "服务商商户号（sp_mchid）", "服务商的密钥与证书", "改为添加直连商户", `name="relation" value="partner"`)

	values := func() url.Values {
		return url.Values{
			"relation": {"partner"}, "mode": {"sandbox"}, "name": {"服务商代收"}, "merchant_no": {"1900000311"}, "sp_mchid": {m.MchID}, "sp_appid": {"wxsp000000000001"},
			"api_v3_key": {m.APIv3Key}, "merchant_serial": {m.CertificateSerial}, "key_mode": {"public_key"}, "public_key_id": {m.PublicKeyID}, "app_id": {app.ID.String()},
		}
	}
	files := func() map[string]string {
		return map[string]string{"private_key": m.PrivateKeyPEM, "public_key": m.PublicKeyPEM}
	}
	wrong := values()
	wrong.Set("sp_mchid", "1900000311")
	wrong.Set("sub_appid", "2021000000000000")
	if res := b.upload(base+"/new/wechat", wrong, files()); res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a provider that is the merchant: %d", res.StatusCode)
	}
	b.see("服务商商户号与特约商户号不能相同", "微信 AppID 以 wx 开头", `value="2021000000000000"`, `value="wxsp000000000001"`, `value="服务商代收"`, `name="relation" value="partner"`)

	res := b.upload(base+"/new/wechat", values(), files())
	account := strings.TrimSuffix(res.Header.Get("Location"), "?done=account_added")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("add: %d\n%.900s", res.StatusCode, b.page)
	}
	b.wantStatus(account, http.StatusOK)
	b.see("服务商无权为此商户收款", "受理关系不存在", "没有受理关系", "联系服务商核对特约商户号", "特约商户号（sub_mchid）", "1900000311", m.MchID)
	b.miss(m.APIv3Key, "PRIVATE KEY")

	if _, err := play.AddRelation(sandbox.Relation{SpMchID: m.MchID, SubMchID: "1900000311"}); err != nil {
		t.Fatal(err)
	}
	// The form of the keys shows who signs; the provider has the new ones tried.
	b.wantStatus(account+"/keys", http.StatusOK)
	b.see(`value="`+m.MchID+`"`, `value="wxsp000000000001"`, `<option value="partner" selected`)
	if res := b.upload(account+"/keys", url.Values{"relation": {"partner"}, "sp_mchid": {m.MchID}, "sp_appid": {"wxsp000000000001"}, "sub_appid": {app.ID.String()}}, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("one app only: %d\n%.900s", res.StatusCode, b.page)
	}
	b.wantStatus(account, http.StatusOK)
	b.see("特约商户 AppID（sub_appid）", app.ID.String(), "v2")
}
