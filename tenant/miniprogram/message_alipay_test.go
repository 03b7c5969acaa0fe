package miniprogram_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/smartwalle/alipay/v3"

	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant/miniprogram"
)

const alipayTemplate = "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM="

// TestTemplateMessagesUnderNumbers: messages of templates for trades and forms go under the number
// of what their receiver paid or submitted in the app, three times within seven days.
func TestTemplateMessagesUnderNumbers(t *testing.T) {
	t.Parallel()
	b := newAlipay(t, alipaygw.AppInput{})
	who, err := b.login(t, "小满")
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.login(t, "阿哲")
	if err != nil {
		t.Fatal(err)
	}
	send := func(openID, kind, number string) error {
		if kind != "" {
			kind = "TPL" + kind
		}
		_, err := b.service.SendSubscribeMessage(t.Context(), b.env.Tenant.ID, b.app, miniprogram.Message{
			OpenID: openID, TemplateID: cmp.Or(kind, alipayTemplate), FormID: number, Page: "pages/order", Data: map[string]string{"keyword1": "高山云雾绿茶"},
		})
		return err
	}
	for _, kind := range []string{"", alipaygw.KindTrade, alipaygw.KindForm} {
		id := alipayTemplate
		if kind != "" {
			id = "TPL" + kind
		}
		if _, err := b.gateway.AddTemplate(alipaygw.Template{AppID: b.keys.AppID, TemplateID: id, Kind: kind, Keywords: []string{"keyword1"}}); err != nil {
			t.Fatal(err)
		}
	}
	form, err := b.gateway.SubmitForm(b.keys.AppID, "小满")
	if err != nil {
		t.Fatal(err)
	}
	ruled := func(what string, err error, want miniprogram.Ruling, code string) {
		t.Helper()
		if got, said := miniprogram.Judge(err); err == nil || got != want || said != code || !miniprogram.NotSent(err) {
			t.Errorf("%s: %d %q (%v), want %d %q", what, got, said, err, want, code)
		}
	}
	ruled("without a number", send(who.OpenID, "form", ""), miniprogram.Drop, "INVALID_PARAMETER")
	ruled("a number that nobody gave", send(who.OpenID, "form", "theformIdisamockone"), miniprogram.FormWrong, "FORM_ID_NOT_MATCH_APPID")
	ruled("a form for a trade", send(who.OpenID, "trade", form.FormID), miniprogram.TemplateWrong, "USER_TEMPLATE_ILLEGAL")
	ruled("with a subscription", send(who.OpenID, "", form.FormID), miniprogram.FormWrong, "FORM_ID_NOT_MATCH_APPID")
	ruled("another's form", send(other.OpenID, "form", form.FormID), miniprogram.FormWrong, "FORM_ID_NOT_MATCH_USERID")
	for range 3 {
		if err := send(who.OpenID, "form", form.FormID); err != nil {
			t.Fatal(err)
		}
	}
	ruled("a fourth time", send(who.OpenID, "form", form.FormID), miniprogram.FormWrong, "FORM_ID_OVER_COUNT")

	unpaid, paid := b.trade(t, "小满", who.OpenID), b.trade(t, "小满", who.OpenID)
	if _, err := b.gateway.Pay(alipaygw.PayInput{TradeNo: paid.TradeNo, Buyer: "小满"}); err != nil {
		t.Fatal(err)
	}
	ruled("not paid", send(who.OpenID, "trade", unpaid.TradeNo), miniprogram.FormWrong, "TRADE_NO_NOT_MATCH_USERID")
	ruled("another's payment", send(other.OpenID, "trade", paid.TradeNo), miniprogram.FormWrong, "TRADE_NO_NOT_MATCH_USERID")
	if err := send(who.OpenID, "trade", paid.TradeNo); err != nil {
		t.Fatal(err)
	}
	if !b.gateway.Backdate(paid.SellerID, paid.OutTradeNo, time.Now().AddDate(0, 0, -7).Add(-time.Minute)) {
		t.Fatal("no such trade")
	}
	ruled("after seven days", send(who.OpenID, "trade", paid.TradeNo), miniprogram.FormWrong, "FORM_ID_OVER_TIME")
	sent := b.gateway.Books().Messages
	if len(sent) != 4 || sent[0].FormID != form.FormID || sent[3].FormID != paid.TradeNo {
		t.Errorf("%+v", sent)
	}
}

// TestTemplateMessages: an Alipay app sends the messages of templates for subscriptions, to
// buyers by open_id or by user_id, one for each subscription, and each refusal has its ruling.
func TestTemplateMessages(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]alipaygw.AppInput{
		"open_id, public key": {KeyMode: "public_key"}, "user_id, certificates": {KeyMode: "certificate", IDType: "user_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newAlipay(t, in)
			who, err := b.login(t, "小满")
			if err != nil {
				t.Fatal(err)
			}
			message := miniprogram.Message{
				OpenID: who.OpenID, TemplateID: alipayTemplate, Page: "pages/order/detail?no=1", Data: map[string]string{"keyword1": "高山云雾绿茶", "keyword2": "128.00元"},
			}
			send := func(change func(m *miniprogram.Message)) error {
				m := message
				m.Data = map[string]string{"keyword1": message.Data["keyword1"], "keyword2": message.Data["keyword2"]}
				if change != nil {
					change(&m)
				}
				_, err := b.service.SendSubscribeMessage(t.Context(), b.env.Tenant.ID, b.app, m)
				return err
			}
			ruled := func(what string, err error, want miniprogram.Ruling, code string) {
				t.Helper()
				if got, said := miniprogram.Judge(err); err == nil || got != want || said != code {
					t.Errorf("%s: %d %q (%v), want %d %q", what, got, said, err, want, code)
				}
			}
			ruled("no such template", send(nil), miniprogram.TemplateWrong, "USER_TEMPLATE_ILLEGAL")
			if _, err := b.gateway.AddTemplate(alipaygw.Template{AppID: b.keys.AppID, TemplateID: alipayTemplate, Keywords: []string{"keyword1", "keyword2"}}); err != nil {
				t.Fatal(err)
			}
			ruled("not subscribed", send(nil), miniprogram.Drop, "USER_NOT_SUBSCRIBED")
			if _, err := b.gateway.Subscribe(alipaygw.SubscribeInput{AppID: b.keys.AppID, Buyer: "小满", TemplateID: alipayTemplate, Subscribe: true}); err != nil {
				t.Fatal(err)
			}
			ruled("a long value", send(func(m *miniprogram.Message) { m.Data["keyword1"] = strings.Repeat("长", 51) }), miniprogram.TemplateWrong, "USER_KEYWORD_LENGTH_ERROR")
			ruled("a keyword less", send(func(m *miniprogram.Message) { delete(m.Data, "keyword1") }), miniprogram.TemplateWrong, "USER_TEMPLATE_LACK_KEYWORD")
			ruled("a stranger", send(func(m *miniprogram.Message) { m.OpenID = "0nobody" }), miniprogram.Drop, "USER_NOT_EXIST")
			for code, want := range map[string]miniprogram.Ruling{"isv.insufficient-isv-permissions": miniprogram.SetupWrong, "isv.app-call-limited": miniprogram.Later} {
				if err := b.gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetMessage, Mode: alipaygw.ModeUnsignedError, Value: code}); err != nil {
					t.Fatal(err)
				}
				err := send(nil)
				if got, _ := miniprogram.Judge(err); got != want || !miniprogram.NotSent(err) {
					t.Errorf("%s: %d (%v), want %d", code, got, err, want)
				}
			}
			if err := send(nil); err != nil {
				t.Fatal(err)
			}
			ruled("a second one", send(nil), miniprogram.Drop, "USER_NOT_SUBSCRIBED")
			if sent := b.gateway.Books().Messages; len(sent) != 1 || sent[0].To != who.OpenID || !strings.Contains(sent[0].Data, `"keyword2":{"value":"128.00元"}`) {
				t.Errorf("%+v", sent)
			}
		})
	}
}

// trade is one that a buyer may pay in the app, as another client opens it.
func (b *alipayBench) trade(t *testing.T, buyer, openID string) alipaygw.Trade {
	t.Helper()
	client, err := alipay.New(b.keys.AppID, b.keys.BareKey, true, alipay.WithProductionGateway(b.url+"/alipay/gateway.do"), alipay.WithTimeLocation(time.FixedZone("CST", 8*60*60)))
	if err == nil {
		err = client.LoadAliPayPublicKey(b.keys.AlipayPublicKey)
	}
	if err != nil {
		t.Fatal(err)
	}
	call := alipay.NewPayload("alipay.trade.create")
	for name, value := range map[string]string{
		"out_trade_no": "T" + digits(12), "total_amount": "88.80", "subject": "高山云雾绿茶", "product_code": "JSAPI_PAY", "buyer_open_id": openID,
	} {
		call.AddBizField(name, value)
	}
	var got alipay.TradeCreateRsp
	if err := client.Request(t.Context(), call, &got); err != nil || got.TradeNo == "" {
		t.Fatalf("%+v %v", got, err)
	}
	for _, trade := range b.gateway.Books().Trades {
		if trade.TradeNo == got.TradeNo && trade.Buyer == buyer {
			return trade
		}
	}
	t.Fatal("the provider does not know its trade")
	return alipaygw.Trade{}
}
