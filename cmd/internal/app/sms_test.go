package app_test

import (
	"strings"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/tenant/vault"
)

// TestTextMessages: a buyer who gave a phone is told by text message, once the Mini Program's
// own message has had its time; the vendor is asked what became of it.
func TestTextMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("texts", 10)
	in := notice.SMSInput{Provider: notice.SMSDesk, KeyID: "LTAI5tExample0001", Secret: vault.NewSecret([]byte("s3cretS3cret0001")), SignName: "山野茶铺", PerDay: 3, Unreached: true, PieceFen: 5, MonthFen: 1000, Actor: "staff:1"}
	if err := w.Notices.SetSMS(t.Context(), s.ID, in); err != nil {
		t.Fatal(err)
	}
	template := notice.SMSTemplate{Event: notice.OrderPaid, Code: "SMS_154950909", Fields: map[string]string{"no": "order_no"}}
	if err := w.Notices.SaveSMSTemplate(t.Context(), s.ID, template, "staff:1"); err != nil {
		t.Fatal(err)
	}
	on := map[notice.Choice]bool{{Event: notice.OrderPaid, Audience: notice.Buyer, Channel: notice.SMS}: true}
	if err := w.Notices.SaveSettings(t.Context(), s.ID, on, notice.Hours{}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	b := w.login(s, "小明")
	no := b.order(1).OrderNo
	var member int64
	w.scan(s, "SELECT member_id FROM orders WHERE order_no = $1", []any{no}, &member)
	if _, err := w.Members.SetPhone(t.Context(), s.ID, member, "+8613800138000"); err != nil {
		t.Fatal(err)
	}
	b.pay(no)
	b.waitFor(no, "paid", 20*time.Second)
	fire := func(topic string) {
		t.Helper()
		eventually(t, 20*time.Second, topic, func() bool {
			return w.count(s, "SELECT count(*) FROM platform.timer WHERE topic = $1", topic) == 1
		})
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), topic})
	}
	state := func() (state string) {
		w.scan(s, "SELECT coalesce((SELECT state FROM message_log WHERE channel = 'sms'), '')", nil, &state)
		return state
	}
	fire("notice.sms")
	eventually(t, 20*time.Second, "the text message", func() bool { return state() == "sent" })
	text := w.Desk.Messages()[0]
	if text.To != "+8613800138000" || !strings.Contains(text.Text, no) || !strings.Contains(text.Text, "山野茶铺") {
		t.Errorf("%+v", text.Kind)
	}
	fire("notice.sms_receipt")
	eventually(t, 20*time.Second, "its receipt", func() bool { return state() == "delivered" })
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}
