package miniprogram_test

import (
	"strings"
	"testing"

	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant/miniprogram"
)

const alipayTemplate = "MDI4YzIxMDE2M2I5YTQzYjUxNWE4MjA4NmU1MTIyYmM="

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
			ruled("a keyword less", send(func(m *miniprogram.Message) { delete(m.Data, "keyword1") }), miniprogram.Drop, "INVALID_PARAMETER")
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
