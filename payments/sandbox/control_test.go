package sandbox_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"galleria/payments/sandbox"
)

func contains(body []byte, text string) bool { return bytes.Contains(body, []byte(text)) }

func TestSetUpOverHTTP(t *testing.T) {
	t.Parallel()
	e := setup(t)
	var m, again sandbox.Merchant
	e.control(http.MethodPost, "merchants", sandbox.MerchantInput{MchID: mchid}, &m)
	e.control(http.MethodPost, "merchants", sandbox.MerchantInput{MchID: mchid, KeyMode: sandbox.KeyModePublicKey}, &again)
	if m != again || m != e.merchant {
		t.Error("the same merchant got other keys")
	}
	if len(m.APIv3Key) != 32 || len(m.CertificateSerial) != 40 || strings.ToUpper(m.CertificateSerial) != m.CertificateSerial ||
		!strings.HasPrefix(m.PublicKeyID, "PUB_KEY_ID_") || !strings.HasPrefix(m.PrivateKeyPEM, "-----BEGIN PRIVATE KEY-----") ||
		!strings.HasPrefix(m.PublicKeyPEM, "-----BEGIN PUBLIC KEY-----") || m.PlatformSerial != "" {
		t.Errorf("merchant is not what one pastes into a console: %+v", m)
	}
	var app sandbox.App
	e.control(http.MethodPost, "apps", sandbox.AppInput{AppID: "wxnew0000000000001", MchIDs: []string{mchid}}, &app)
	var second sandbox.App
	e.control(http.MethodPost, "apps", sandbox.AppInput{AppID: "wxnew0000000000001", MchIDs: []string{bothMchid}}, &second)
	if len(app.Secret) != 32 || second.Secret != app.Secret || len(second.MchIDs) != 2 {
		t.Errorf("app: %+v then %+v", app, second)
	}
}

func TestKeyModeSwitchKeepsKeys(t *testing.T) {
	t.Parallel()
	e := setup(t)
	cert := e.keysOf(certMchid)
	both, err := e.server.AddMerchant(sandbox.MerchantInput{MchID: certMchid, KeyMode: sandbox.KeyModeBoth})
	if err != nil {
		t.Fatal(err)
	}
	if both.PrivateKeyPEM != cert.PrivateKeyPEM || both.PlatformSerial != cert.PlatformSerial || both.PublicKeyID == "" {
		t.Error("the switch must keep the keys and add the public key")
	}
}

func TestMerchantMadeTwiceAtOnce(t *testing.T) {
	t.Parallel()
	e := setup(t)
	keys := make(chan string, 2)
	for _, mode := range []string{sandbox.KeyModePublicKey, sandbox.KeyModeCertificate} {
		go func() {
			m, err := e.server.AddMerchant(sandbox.MerchantInput{MchID: "1900000999", KeyMode: mode})
			if err != nil {
				t.Error(err)
			}
			keys <- m.PrivateKeyPEM
		}()
	}
	first, second := <-keys, <-keys
	if first != second {
		t.Error("one merchant was given two private keys")
	}
}

func TestControlRefusals(t *testing.T) {
	t.Parallel()
	e := setup(t)
	cases := map[string]struct {
		path   string
		body   string
		status int
	}{
		"mchid":              {"merchants", `{"mchid":"12"}`, 400},
		"key mode":           {"merchants", `{"mchid":"1900000109","key_mode":"rsa"}`, 400},
		"app id":             {"apps", `{"app_id":"2021000000000000"}`, 400},
		"unknown field":      {"wx-login", `{"appid":"x"}`, 400},
		"not JSON":           {"wx-login", `app_id=x`, 400},
		"other letters":      {"wx-login", `{"App_Id":"` + appID + `","buyer":"a"}`, 400},
		"field twice":        {"wx-login", `{"app_id":"wx0","app_id":"` + appID + `","buyer":"a"}`, 400},
		"trailing data":      {"wx-login", `{} {}`, 400},
		"unknown app":        {"wx-login", `{"app_id":"wx0","buyer":"a"}`, 404},
		"no buyer":           {"wx-login", `{"app_id":"` + appID + `"}`, 400},
		"phone":              {"phone-code", `{"app_id":"` + appID + `","buyer":"a","phone":"110"}`, 400},
		"no keywords":        {"templates", `{"app_id":"` + appID + `","template_id":"t"}`, 400},
		"unknown keyword":    {"templates", `{"app_id":"` + appID + `","template_id":"t","keywords":["text1"]}`, 400},
		"template elsewhere": {"subscribe", `{"app_id":"` + appID + `","buyer":"a","template_id":"nope","accept":true}`, 404},
		"order to pay":       {"pay-order", `{"mchid":"` + mchid + `","out_trade_no":"NOBODY01"}`, 404},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := do(t, http.MethodPost, e.url+"/_control/"+c.path, c.body, nil)
			if a.status != c.status || a.field(t, "code") == nil {
				t.Errorf("got %d %s, want %d", a.status, a.body, c.status)
			}
		})
	}
	a := do(t, http.MethodPost, e.url+"/_control/wx-login", `{"app_id":"`+appID+`","buyer":"a"}`, map[string]string{"Sec-Fetch-Site": "cross-site"})
	if a.status != http.StatusForbidden {
		t.Errorf("from another site: got %d, want 403", a.status)
	}
}

func TestPayOrder(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("BUTTON0001", nil)
	in := sandbox.PayOrderInput{MchID: mchid, OutTradeNo: "BUTTON0001"}
	for _, want := range []int{200, 409} {
		if a := e.control(http.MethodPost, "pay-order", in, nil); a.status != want {
			t.Errorf("got %d %s, want %d", a.status, a.body, want)
		}
	}
	if summary(resource(t, e.merchant.APIv3Key, e.inbox.wait(t).body)) != "8880 CNY "+appID+" "+mchid {
		t.Error("the callback does not match")
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("PAGE0001", map[string]any{"description": `<script>alert(1)</script>`})
	e.paid("PAGE0002")
	e.inbox.wait(t)
	e.attempts(1)
	for lang, want := range map[string][]string{
		"zh": {"支付沙箱", "支付宝交易", "银联交易", "PAGE0001", "PAGE0002", "¥88.80", "支付", "&lt;script&gt;"},
		"en": {"Provider sandbox", "Alipay trades", "UnionPay trades", "PAGE0001", "¥88.80", "Pay", "Send again"},
	} {
		a := do(t, http.MethodGet, e.url+"/?lang="+lang, "", nil)
		for _, text := range want {
			if !contains(a.body, text) {
				t.Errorf("%s page lacks %q", lang, text)
			}
		}
		if contains(a.body, "<script>alert") || contains(a.body, "https://") || contains(a.body, e.merchant.APIv3Key) {
			t.Errorf("%s page has a hole, an outside address or a key", lang)
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s page: policy %q", lang, csp)
		}
	}
	for path, kind := range map[string]string{"/_page/page.css": "text/css", "/_page/page.js": "text/javascript"} {
		if a := do(t, http.MethodGet, e.url+path, "", nil); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	if a := do(t, http.MethodGet, e.url+"/no-such-page", "", nil); a.status != 404 {
		t.Errorf("unknown page: got %d, want 404", a.status)
	}
}
