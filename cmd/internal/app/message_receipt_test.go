package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/payments/sandbox"
)

// buys orders, pays, and lets one message about it be sent.
func (b *buyer) buys() {
	b.w.t.Helper()
	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": b.shop.template, "result": "accept"}, nil)
	b.w.control("/_control/subscribe", map[string]any{"app_id": b.shop.appID, "buyer": b.name, "template_id": b.shop.template, "accept": true}, http.StatusOK, nil)
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 20*time.Second)
}

// TestReceiptsOfMessages: WeChat's receipts make messages delivered or failed, once, late or
// repeated as they may come; a forged one is nobody's word. What WeChat refuses for its
// template is told to the staff once, and what a buyer refuses in WeChat's settings ends.
func TestReceiptsOfMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("receipts", 50)
	w.pushes(s)
	b := w.login(s, "小明")
	states := func() (out string) {
		w.scan(s, "SELECT coalesce(string_agg(state || code, ' ' ORDER BY id), '') FROM message_log", nil, &out)
		return out
	}
	arm := func(target, mode, value string, delay int) {
		t.Helper()
		if err := w.sandbox.Arm(sandbox.Fault{Target: target, Mode: mode, Value: value, DelayMS: delay}); err != nil {
			t.Fatal(err)
		}
	}
	want := ""
	next := func(state string) {
		t.Helper()
		b.buys()
		want = strings.TrimSpace(want + " " + state)
		eventually(t, 20*time.Second, want, func() bool { return states() == want })
	}
	next("delivered")
	arm(sandbox.TargetReceipt, sandbox.ModeUndelivered, "45047", 0)
	next("failed45047")
	arm(sandbox.TargetReceipt, sandbox.ModeCorruptSignature, "", 0) // repeated truly
	next("delivered")
	arm(sandbox.TargetReceipt, sandbox.ModeDuplicate, "", 300)
	next("delivered")
	arm(sandbox.TargetReceipt, sandbox.ModeDrop, "", 0)
	next("sent")

	arm(sandbox.TargetMessage, sandbox.ModeError, "45009", 0) // said no, sent later
	next("delivered")
	for range 2 {
		arm(sandbox.TargetMessage, sandbox.ModeError, "40037", 0)
		next("failed40037")
	}
	if n := w.count(s, "SELECT count(*) FROM staff_notice WHERE event = 'message.broken'"); n != 1 {
		t.Errorf("staff were told %d times of one wrong template", n)
	}
	browser := w.signIn(s)
	page := browser.get("/console/" + s.Handle + "/messages/log")
	for _, words := range []string{"已送达", "平台代码 40037", "模板 ID 不对或模板已被删除"} {
		if !strings.Contains(page, words) {
			t.Errorf("the log does not say %q", words)
		}
	}
	if page = browser.get("/console/" + s.Handle + "/notices"); !strings.Contains(page, "消息发不出去") {
		t.Error("the board does not tell of the template")
	}

	// Staff try the template out: the message says so, and goes to whom they chose.
	var member int64
	w.scan(s, "SELECT min(member_id) FROM message_log", nil, &member)
	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": s.template, "result": "accept"}, nil)
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": s.template, "accept": true}, http.StatusOK, nil)
	arm(sandbox.TargetMessage, sandbox.ModeError, "-1", 0)
	if err := w.Notices.AskTest(t.Context(), s.ID, notice.Test{AppID: s.appID, Event: notice.OrderPaid, MemberID: member, Actor: "staff:1"}); err != nil {
		t.Fatal(err)
	}
	want += " delivered"
	eventually(t, 20*time.Second, want, func() bool { return states() == want })
	if sent := w.sandbox.Books().Messages; !strings.HasPrefix(sent[len(sent)-1].Data["thing3"], "【测试】") {
		t.Errorf("the test is not marked: %+v", sent[len(sent)-1])
	}

	allowed := func() int {
		return w.count(s, "SELECT coalesce(sum(remaining), 0) FROM subscribe_consent WHERE template_id = $1", s.template)
	}
	b.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": s.template, "result": "accept"}, nil)
	if n := allowed(); n != 1 {
		t.Errorf("%d messages are allowed, want 1", n)
	}
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": s.template, "off": true}, http.StatusOK, nil)
	eventually(t, 10*time.Second, "the refusal", func() bool { return allowed() == 0 })
	w.control("/_control/subscribe", map[string]any{"app_id": s.appID, "buyer": b.name, "template_id": s.template, "accept": true}, http.StatusOK, nil)
	eventually(t, 10*time.Second, "an acceptance that no client reported", func() bool { return allowed() == 1 })
}
