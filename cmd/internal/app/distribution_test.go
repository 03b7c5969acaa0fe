package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/cmd/internal/oracle"
	"galleria/commerce/notice"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant"
	"galleria/tenant/vault"
)

// TestCommissionReachesItsReceivers: a buyer who came by a link buys; when the goods can no
// longer be returned, what both tiers earned is drawn, by WeChat Pay with the receiver's word
// and by Alipay, through the queue and the providers' own protocols, and the books balance.
func TestCommissionReachesItsReceivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("promoted", 50)
	pays, err := w.sandbox.Alipay().AddApp(alipaygw.AppInput{AppID: "2021000000004711", SellerID: "2088000000004711", KeyMode: alipaygw.KeyModeCertificate})
	if err != nil {
		t.Fatal(err)
	}
	app, _ := tenant.ParseAppID(s.appID)
	_, err = w.Accounts.Add(t.Context(), s.ID, account.AddInput{
		Name: "支付宝", MerchantNo: pays.SellerID, Mode: payments.Sandbox, BaseURL: w.play, AppIDs: []tenant.AppID{app},
		Keys: account.AlipayKeys{
			SignAppID: pays.AppID, PrivateKey: vault.NewSecret([]byte(pays.PrivateKey)), KeyMode: payments.KeyModeCertificate, AppCertificate: pays.AppCert,
			AlipayCertificate: pays.AlipayCert, RootCertificate: pays.RootCert,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	two := w.promotersOf(s)
	b := w.login(s, "买茶人")
	b.broughtBy(two[1].code)
	no := b.order(4).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 30*time.Second)
	var line, member int64
	w.scan(s, "SELECT l.id, o.member_id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{no}, &line, &member)
	b.sent(no, line, 4)
	if _, err := w.Orders.Receive(t.Context(), s.ID, member, no); err != nil {
		t.Fatal(err)
	}
	if first, _ := two[1].account(); first != 0 {
		t.Errorf("%d fen may be drawn before the goods are safe", first)
	}
	w.finishes(s, no)
	base := s.prices[0] * 4
	for i, part := range []int64{5, 10} {
		if got, _ := two[i].account(); int64(got) != int64(base)*part/100 {
			t.Errorf("tier %d may draw %d fen of %d", 2-i, got, base)
		}
	}

	m := &market{shop: s}
	template := "draw" + s.appID
	if _, err := w.sandbox.AddTemplate(sandbox.Template{AppID: s.appID, TemplateID: template, Keywords: []string{"amount2", "thing3"}}); err != nil {
		t.Fatal(err)
	}
	err = w.Notices.PutTemplate(t.Context(), s.ID, notice.Template{
		AppID: s.appID, Event: notice.Withdrawal, TemplateID: template, Page: "pages/withdrawals", Fields: map[string]string{"amount2": "amount", "thing3": "status"},
	})
	if err != nil {
		t.Fatal(err)
	}
	two[1].must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"}, nil)
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": two[1].name, "template_id": template, "accept": true}, http.StatusOK, nil)
	near, _ := two[1].account()
	byWeChat := two[1].draw(map[string]any{"way": "wechat", "amount_fen": near})
	bill := w.billOf(s, byWeChat)
	var incoming struct {
		Items []struct {
			OutBillNo string `json:"out_bill_no"`
			Status    string `json:"status"`
			Package   string `json:"package"`
		} `json:"items"`
	}
	eventually(t, 30*time.Second, "the Mini Program is given what confirms it", func() bool {
		two[1].must(http.StatusOK, http.MethodGet, "/me/transfers", nil, &incoming)
		return len(incoming.Items) == 1 && incoming.Items[0].OutBillNo == bill && incoming.Items[0].Status == "wait_user_confirm" && incoming.Items[0].Package != ""
	})
	eventually(t, 30*time.Second, "who has a day to confirm it is written to", func() bool {
		return w.count(s, "SELECT count(*) FROM message_log WHERE event = 'withdrawal.moved' AND channel = 'wechat_subscribe' AND state = 'sent'") == 1
	})
	if n := w.count(s, "SELECT count(*) FROM staff_notice WHERE event = 'withdrawal.moved'"); n != 0 {
		t.Errorf("the staff hear %d times of what does not wait for them", n)
	}
	w.confirms(m, two[1].name, bill, sandbox.ConfirmInput{})
	far, _ := two[0].account()
	byAlipay := two[0].draw(map[string]any{"way": "alipay", "amount_fen": far, "account": "13800138000", "name": "李雷"})
	for _, drawn := range []string{byWeChat, byAlipay} {
		w.ends(s, drawn, "succeeded")
		if n := w.count(s, "SELECT count(*) FROM transfer x JOIN withdrawal w ON w.withdrawal_no = x.source_no WHERE x.source_no = $1 AND x.status = 'succeeded' AND x.amount_fen = w.pay_fen AND w.tax_fen > 0", drawn); n != 1 {
			t.Errorf("%s is %d transfers of its amount", drawn, n)
		}
	}
	for i, want := range []int64{int64(far), int64(near)} {
		if available, withdrawn := two[i].account(); available != 0 || int64(withdrawn) != want {
			t.Errorf("tier %d has %d and has drawn %d, want 0 and %d", 2-i, available, withdrawn, want)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM commission WHERE status = 'withdrawn'"); n != 2 {
		t.Errorf("%d commissions count as drawn, want 2", n)
	}
	found, err := oracle.CheckShop(t.Context(), w.DB, s.ID, oracle.Input{Rest: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s %s: %d, such as %s", f.ID, f.Meaning, f.Count, f.Sample)
	}
}
