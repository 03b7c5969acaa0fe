package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// inAlipay gives a shop an Alipay Mini Program that takes payments, and signs a buyer in there.
func (w *world) inAlipay(s *shop, name string) (b *buyer, keys alipaygw.App) {
	w.t.Helper()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	keys, err := w.sandbox.Alipay().AddApp(alipaygw.AppInput{AppID: "2021000000006801", SellerID: "2088000000006801"})
	must(err)
	app, _ := tenant.ParseAppID(keys.AppID)
	secret := func(text string) vault.Secret { return vault.NewSecret([]byte(text)) }
	must(w.Registry.AddApp(w.t.Context(), tenant.App{ID: app, Provider: tenant.Alipay, TenantID: s.ID, Name: "支付宝店"}))
	must(w.MiniProgram.PutCredential(w.t.Context(), s.ID, miniprogram.CredentialInput{
		AppID: app, Provider: tenant.Alipay, APIBase: w.play,
		Alipay: miniprogram.AlipayInput{
			KeyMode: miniprogram.KeyMode(keys.KeyMode), PrivateKey: secret(keys.BareKey), PublicKey: keys.AlipayPublicKey, ContentKey: secret(keys.AESKey),
		},
	}))
	_, err = w.Accounts.Add(w.t.Context(), s.ID, account.AddInput{
		Name: "支付宝", MerchantNo: "2088000000006801", Mode: payments.Sandbox, BaseURL: w.play, AppIDs: []tenant.AppID{app},
		Keys: account.AlipayKeys{SignAppID: keys.AppID, PrivateKey: secret(keys.PrivateKey), KeyMode: payments.KeyModePublicKey, PublicKey: keys.AlipayPublicKey},
	})
	must(err)
	theirs := *s
	theirs.appID = keys.AppID
	b = &buyer{w: w, shop: &theirs, name: name}
	var code struct{ Code string }
	w.control("/_control/alipay/my-auth", map[string]any{"app_id": keys.AppID, "buyer": name}, http.StatusOK, &code)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	b.must(http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": code.Code}, &got)
	b.token = got.AccessToken
	return b, keys
}

// TestMessagesOfTradesAndForms: a buyer pays in an Alipay Mini Program and is told of it under the
// number of the trade; forms that the Mini Program hands in are the second source. The number that
// ends first is taken, one that Alipay refuses is passed over, and without any the log says so.
func TestMessagesOfTradesAndForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("alipaytold", 50)
	b, keys := w.inAlipay(s, "小满")
	gateway := w.sandbox.Alipay()
	bind := func(event string, kind notice.TemplateKind) {
		t.Helper()
		id := "TPL-" + string(kind)
		_, err := gateway.AddTemplate(alipaygw.Template{AppID: keys.AppID, TemplateID: id, Kind: string(kind), Keywords: []string{"keyword1", "keyword2"}})
		if err == nil {
			err = w.Notices.SaveTemplate(t.Context(), s.ID, notice.Template{
				AppID: keys.AppID, Event: event, Kind: kind, TemplateID: id, Page: "pages/order?no={order_no}", Fields: map[string]string{"keyword1": "title", "keyword2": "order_no"},
			}, "staff:1")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	bind(notice.OrderPaid, notice.ByTrade)
	buy := func() (trade string) {
		t.Helper()
		var placed placed
		b.must(http.StatusCreated, http.MethodPost, "/orders", b.orderBody(1), &placed, header{"Idempotency-Key": tenanttest.RandomHex(8)})
		params := b.payParams(placed.OrderNo)
		trade, _ = params["tradeNO"].(string)
		if trade == "" {
			t.Fatalf("%+v", params)
		}
		w.control("/_control/alipay/pay", map[string]any{"trade_no": trade, "buyer": b.name}, http.StatusOK, nil)
		b.waitFor(placed.OrderNo, "paid", 20*time.Second)
		return trade
	}
	ended := func(n int) (state, reason, code string) {
		t.Helper()
		eventually(t, 20*time.Second, "the end of a message", func() bool {
			return w.count(s, "SELECT count(*) FROM message_log WHERE state <> 'sending'") == n
		})
		w.scan(s, "SELECT state, reason, code FROM message_log ORDER BY id DESC LIMIT 1", nil, &state, &reason, &code)
		return state, reason, code
	}
	sentUnder := func(n int, want string) {
		t.Helper()
		state, reason, code := ended(n)
		sent := gateway.Books().Messages
		if state != "sent" || len(sent) == 0 || sent[len(sent)-1].FormID != want {
			t.Fatalf("message %d: %s %s %s, the provider has %+v, want one under %s", n, state, reason, code, sent, want)
		}
	}
	first := buy()
	sentUnder(1, first)

	bind(notice.OrderPaid, notice.ByForm)
	var offered struct {
		Items []any `json:"items"`
		Forms bool  `json:"forms"`
	}
	b.must(http.StatusOK, http.MethodGet, "/subscriptions", nil, &offered)
	if !offered.Forms || len(offered.Items) != 0 {
		t.Errorf("%+v", offered)
	}
	for _, formID := range []string{"the formId is a mock one", "", "表单"} {
		if status, body := b.call(http.MethodPost, "/subscriptions/forms", map[string]any{"form_id": formID}); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("form %q: %d %s", formID, status, body)
		}
	}
	var form struct {
		FormID string `json:"form_id"`
	}
	w.control("/_control/alipay/forms", map[string]any{"app_id": keys.AppID, "buyer": b.name}, http.StatusOK, &form)
	for _, formID := range []string{"ZjBiofnobody", form.FormID, form.FormID} {
		b.must(http.StatusNoContent, http.MethodPost, "/subscriptions/forms", map[string]any{"form_id": formID}, nil)
	}
	w.owner("UPDATE "+s.ID.String()+".message_form SET expires_at = now() + interval '1 hour' WHERE form_id IN ($1, 'ZjBiofnobody')", []any{form.FormID})
	buy()
	sentUnder(2, form.FormID) // after the one that Alipay does not know
	if n := w.count(s, "SELECT count(*) FROM message_form WHERE void_at IS NOT NULL"); n != 1 {
		t.Errorf("%d numbers are void, want the one that Alipay does not know", n)
	}
	if err := gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetMessage, Mode: alipaygw.ModeUnsignedError, Value: "isv.app-call-limited"}); err != nil {
		t.Fatal(err)
	}
	buy()
	sentUnder(3, form.FormID) // said no, sent later, and the use counts once
	buy()
	sentUnder(4, form.FormID)
	buy()
	sentUnder(5, first)

	w.owner("UPDATE "+s.ID.String()+".message_form SET given_at = now() - interval '9 days', expires_at = now() - interval '1 second'", nil)
	if err := w.Notices.DropTemplate(t.Context(), s.ID, notice.Template{AppID: keys.AppID, Event: notice.OrderPaid, Kind: notice.ByTrade}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	buy()
	if state, reason, _ := ended(6); state != "skipped" || reason != "no form" {
		t.Errorf("without a number: %s %s", state, reason)
	}
	if n := len(gateway.Books().Messages); n != 5 {
		t.Errorf("%d messages", n)
	}
	if n := w.count(s, "SELECT count(*) FROM message_form_use"); n != 5 {
		t.Errorf("%d uses of numbers", n)
	}
	w.quiet(s, 15*time.Second)
}
