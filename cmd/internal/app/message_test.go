package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/commerce/points"
	"galleria/payments/sandbox"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// A buyer pays, is sent the goods and is told of both in the Mini Program; the shop's people
// see the new order on their bell. At night the subscribe message waits for the morning.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("told", 10)
	w.owner("UPDATE "+s.ID.String()+".message_hours SET quiet_from = 0, quiet_until = 1439", nil) // all day but a minute
	b := w.login(s, "小明")
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 10*time.Second)
	eventually(t, 10*time.Second, "the decision about the payment", func() bool { return w.count(s, "SELECT count(*) FROM message_log") == 1 }) // before there is a consent
	var line int64
	w.scan(s, "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{no}, &line)
	const template = "TPL01234567890123456789012345678901234567"
	_, err := w.sandbox.AddTemplate(sandbox.Template{AppID: s.appID, TemplateID: template, Keywords: []string{"character_string1", "thing2"}})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Notices.SaveTemplate(t.Context(), s.ID, notice.Template{
		AppID: s.appID, Event: notice.OrderShipped, TemplateID: template, Fields: map[string]string{"character_string1": "tracking_no", "thing2": "title"},
	}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"}, nil)
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": template, "accept": true}, http.StatusOK, nil)
	b.sent(no, line, 1)
	var inbox miniapi.InboxPage
	eventually(t, 15*time.Second, "both messages", func() bool {
		b.must(http.StatusOK, http.MethodGet, "/me/messages", nil, &inbox)
		return len(inbox.Items) == 2
	})
	if inbox.Items[0].Event != "order.shipped" || !strings.Contains(inbox.Items[0].Text, "SF1234567890123") || inbox.Items[1].Event != "order.paid" || inbox.Unread != 2 {
		t.Errorf("%+v", inbox)
	}
	if page := w.signIn(s).get("/console/" + s.Handle + "/notices"); !strings.Contains(page, no) || !strings.Contains(page, "新订单") {
		t.Error("the board does not show the new order")
	}
	w.tellsOfPoints(s, b)
	w.quiet(s, 15*time.Second)
	if n := len(w.sandbox.Books().Messages); n != 0 {
		t.Errorf("%d messages were sent in quiet hours", n)
	}
	w.owner("UPDATE "+s.ID.String()+".message_hours SET quiet_until = 0", nil)
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'notice.quiet'", []any{s.ID.String()})
	eventually(t, 15*time.Second, "the message of the morning", func() bool { return len(w.sandbox.Books().Messages) == 1 })
	w.quiet(s, 15*time.Second)
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}

// tellsOfPoints has a buyer told of points that end, for which there is no order and no template.
func (w *world) tellsOfPoints(s *shop, b *buyer) {
	w.t.Helper()
	var member int64
	w.scan(s, "SELECT min(member_id) FROM orders", nil, &member)
	err := w.DB.InTenant(w.t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return w.Outbox.Append(w.t.Context(), tx, points.TopicExpiring, "1", points.ExpiringEvent{MemberID: member, Points: 88, At: time.Date(2027, 1, 8, 4, 0, 0, 0, time.UTC), Days: 7})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	var inbox miniapi.InboxPage
	eventually(w.t, 15*time.Second, "the word of points", func() bool {
		b.must(http.StatusOK, http.MethodGet, "/me/messages", nil, &inbox)
		return len(inbox.Items) == 3
	})
	if got := inbox.Items[0].Text; got != "您有 88 积分将在2027年1月8日 12:00到期。" {
		w.t.Error(got)
	}
}
