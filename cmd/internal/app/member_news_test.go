package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/level"
	"galleria/commerce/notice"
	"galleria/commerce/points"
	"galleria/payments/sandbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// TestNewsOfAMember: what no order stands behind is told in the inbox, and by the ways that the shop
// switched on: by the Mini Program that the member allowed it, and by text message.
func TestNewsOfAMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("news", 10)
	b := w.login(s, "小明")
	var member int64
	w.scan(s, "SELECT id FROM member ORDER BY id DESC LIMIT 1", nil, &member)
	if _, err := w.Members.SetPhone(t.Context(), s.ID, member, "+8613800138000"); err != nil {
		t.Fatal(err)
	}
	template := "ends" + s.appID
	if _, err := w.sandbox.AddTemplate(sandbox.Template{AppID: s.appID, TemplateID: template, Keywords: []string{"number1", "time2"}}); err != nil {
		t.Fatal(err)
	}
	err := w.Notices.PutTemplate(t.Context(), s.ID, notice.Template{
		AppID: s.appID, Event: notice.PointsExpiring, TemplateID: template, Page: "pages/points", Fields: map[string]string{"number1": "points", "time2": "ends_at"},
	})
	if err == nil {
		err = w.Notices.SetSMS(t.Context(), s.ID, notice.SMSInput{
			Provider: notice.SMSDesk, KeyID: "LTAI5tExample0001", Secret: vault.NewSecret([]byte("s3cretS3cret0001")), SignName: "山野茶铺", PerDay: 9, PieceFen: 5, MonthFen: 1000, Actor: "staff:1",
		})
	}
	if err == nil {
		err = w.Notices.SaveSMSTemplate(t.Context(), s.ID, notice.SMSTemplate{Event: notice.CouponExpiring, Code: "SMS_154950909", Fields: map[string]string{"what": "title"}}, "staff:1")
	}
	on := map[notice.Choice]bool{}
	for _, event := range []string{notice.PointsExpiring, notice.PointsExpired, notice.CouponExpiring, notice.LevelChanged} {
		on[notice.Choice{Event: event, Audience: notice.Buyer, Channel: notice.Inbox}] = true
	}
	on[notice.Choice{Event: notice.PointsExpiring, Audience: notice.Buyer, Channel: notice.WeChatSubscribe}] = true
	on[notice.Choice{Event: notice.CouponExpiring, Audience: notice.Buyer, Channel: notice.SMS}] = true
	if err == nil {
		err = w.Notices.SaveSettings(t.Context(), s.ID, on, notice.Hours{}, "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"}, nil)
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": template, "accept": true}, http.StatusOK, nil)

	ends := time.Now().Add(30 * 24 * time.Hour)
	err = w.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		for _, err := range []error{
			w.Outbox.Append(t.Context(), tx, points.TopicExpiring, itoa(member), points.ExpiringEvent{MemberID: member, Points: 120, At: ends, Days: 30}),
			w.Outbox.Append(t.Context(), tx, points.TopicExpired, itoa(member), points.ExpiredEvent{MemberID: member, Points: 7, At: tx.Now()}),
			w.Outbox.Append(t.Context(), tx, coupon.TopicExpiring, itoa(member), coupon.ExpiringEvent{MemberID: member, Coupons: 2, Title: "满 50 减 5", At: ends, Days: 3}),
			w.Outbox.Append(t.Context(), tx, level.TopicChanged, itoa(member), level.ChangedEvent{MemberID: member, Level: "金卡", Reason: level.Upgrade}),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 40*time.Second, "the inbox and the message", func() bool {
		return w.count(s, "SELECT count(*) FROM inbox_message WHERE member_id = $1", member) == 4 &&
			w.count(s, "SELECT count(*) FROM message_log WHERE event = 'points.expiring' AND channel = 'wechat_subscribe' AND state = 'sent'") == 1 &&
			w.count(s, "SELECT count(*) FROM platform.timer WHERE topic = 'notice.sms'") == 1
	})
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'notice.sms'", []any{s.ID.String()})
	eventually(t, 40*time.Second, "the text message", func() bool {
		return w.count(s, "SELECT count(*) FROM message_log WHERE event = 'coupon.expiring' AND channel = 'sms' AND state = 'sent'") == 1
	})
	if n := w.count(s, "SELECT count(*) FROM message_log WHERE state IN ('sending', 'sent', 'failed')"); n != 2 {
		t.Errorf("%d messages beside the inbox, want 2", n)
	}
	var box struct {
		Items []struct{ Event, Text string }
	}
	b.must(http.StatusOK, http.MethodGet, "/me/messages", nil, &box)
	said := map[string]string{}
	for _, m := range box.Items {
		said[m.Event] = m.Text
	}
	if said[notice.LevelChanged] != "您现在的会员等级是金卡（升级）。" || said[notice.PointsExpired] == "" || said[notice.CouponExpiring] == "" {
		t.Errorf("the inbox says %v", said)
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}
