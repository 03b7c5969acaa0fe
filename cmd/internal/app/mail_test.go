package app_test

import (
	"strings"
	"testing"
	"time"

	"galleria/commerce/invoice"
	"galleria/commerce/level"
	"galleria/commerce/notice"
	"galleria/console/courier"
	"galleria/tenant/tenantdb"
)

// mailedOwner gives the shop's owner a proven address.
func (w *world) mailedOwner(s *shop) (owner int64) {
	w.t.Helper()
	err := w.DB.InPlatform(w.t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "UPDATE platform.staff SET mail = $2 WHERE id = (SELECT staff_id FROM platform.staff_seat WHERE tenant_id = $1 LIMIT 1) RETURNING id",
			s.ID.String(), "owner@shop.example").Scan(&owner)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return owner
}

// mailTo are the mails that came to an address, the newest first.
func (w *world) mailTo(to string) (found []courier.Delivered) {
	for _, m := range w.Desk.Messages() {
		if m.Way == courier.Mail && m.To == to {
			found = append(found, m)
		}
	}
	return found
}

// TestMailsThatDoNotGoAtOnce: what the server refuses for now, at the receiver or the whole letter,
// goes later and arrives once; what it refuses for good is not tried again, and the shop reads why.
func TestMailsThatDoNotGoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("latemail", 10)
	in := notice.MailInput{Provider: notice.MailDesk, SenderName: "山野茶铺", SenderAddress: "cs@shop.example", Actor: "staff:1"}
	if err := w.Notices.SetMail(t.Context(), s.ID, in); err != nil {
		t.Fatal(err)
	}
	if err := w.Notices.ChooseMail(t.Context(), s.ID, w.mailedOwner(s), []string{notice.OrderPaid}, "zh-CN"); err != nil {
		t.Fatal(err)
	}
	b := w.login(s, "小明")
	buy := func() string {
		no := b.order(1).OrderNo
		b.pay(no)
		b.waitFor(no, "paid", 20*time.Second)
		return no
	}
	log := func(want string) {
		t.Helper()
		var got string
		eventually(t, 20*time.Second, want, func() bool {
			w.scan(s, "SELECT coalesce(string_agg(concat_ws(' ', state, nullif(code, ''), nullif(reason, '')), ', ' ORDER BY id), '') FROM message_log WHERE channel = 'email'", nil, &got)
			return got == want
		})
	}
	timers := func() int {
		return w.count(s, "SELECT count(*) FROM platform.timer WHERE tenant_id = $1 AND topic = $2", s.ID.String(), string(notice.TimerMail))
	}
	hurry := func() {
		t.Helper()
		if n := timers(); n != 1 {
			t.Fatalf("%d tries are set, want one", n)
		}
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), string(notice.TimerMail)})
	}
	w.Desk.Refuse(courier.Refusal{Verb: "RCPT", Reply: "451 4.7.1 greylisted"}, courier.Refusal{Verb: "DATA", Reply: "452 4.3.1 no room now"})
	no := buy()
	log("sending 451 later")
	var minutes int
	w.scan(s, "SELECT round(extract(epoch FROM due_at - now()) / 60) FROM platform.timer WHERE tenant_id = $1 AND topic = $2", []any{s.ID.String(), string(notice.TimerMail)}, &minutes)
	if minutes != 1 {
		t.Errorf("the next try is in %d minutes, want one", minutes)
	}
	if page := w.signIn(s).get("/console/" + s.Handle + "/messages/log"); !strings.Contains(page, "系统会稍后再发") || !strings.Contains(page, "平台代码 451") {
		t.Error("the log does not say that it goes later")
	}
	hurry()
	log("sending 452 later")
	if n := len(w.mailTo("owner@shop.example")); n != 0 {
		t.Fatalf("%d mails that the server refused", n)
	}
	hurry()
	log("sent")
	if got := w.mailTo("owner@shop.example"); len(got) != 1 || !strings.Contains(got[0].Text, no) {
		t.Errorf("%+v", got)
	}

	w.Desk.Refuse(courier.Refusal{Verb: "RCPT", Reply: "550 5.1.1 nobody of that name"})
	buy()
	log("sent, failed 550 refused by the server")
	if n := timers(); n != 0 {
		t.Errorf("%d tries of what was refused for good", n)
	}
	if page := w.signIn(s).get("/console/" + s.Handle + "/messages/log"); !strings.Contains(page, "收件地址不存在或拒收") || !strings.Contains(page, "平台代码 550") {
		t.Error("the log does not say why")
	}
	w.quiet(s, 15*time.Second)
	if n := len(w.mailTo("owner@shop.example")); n != 1 {
		t.Errorf("%d mails arrived, want one", n)
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}

// TestMails: what the board tells goes by mail to who of the staff chose it and may see it,
// and the buyer's invoice to the address that stands on it; over SMTP, in fact.
func TestMails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("mails", 10)
	in := notice.MailInput{Provider: notice.MailDesk, SenderName: "山野茶铺", SenderAddress: "cs@shop.example", Actor: "staff:1"}
	if err := w.Notices.SetMail(t.Context(), s.ID, in); err != nil {
		t.Fatal(err)
	}
	owner := w.mailedOwner(s)
	for reader, events := range map[int64][]string{owner: {notice.OrderPaid}, owner + 4711: {notice.OrderPaid}} { // the second is nobody here
		if err := w.Notices.ChooseMail(t.Context(), s.ID, reader, events, notice.English); err != nil {
			t.Fatal(err)
		}
	}
	b := w.login(s, "小明")
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 20*time.Second)
	eventually(t, 20*time.Second, "the mail to the owner", func() bool { return len(w.mailTo("owner@shop.example")) == 1 })
	if m := w.mailTo("owner@shop.example")[0]; m.Subject != "New order" || !strings.Contains(m.Text, no) || !strings.Contains(m.Text, "/console/"+s.Handle+"/notices") {
		t.Errorf("%s: %s", m.Subject, m.Text)
	}
	eventually(t, 20*time.Second, "the one that goes nowhere", func() bool {
		return w.count(s, "SELECT count(*) FROM message_log WHERE channel = 'email' AND state = 'skipped' AND reason = 'no address'") == 1
	})

	var member int64
	w.scan(s, "SELECT member_id FROM orders WHERE order_no = $1", []any{no}, &member)
	r, err := w.Invoices.Ask(t.Context(), s.ID, member, no, invoice.AskInput{Party: invoice.Party{Kind: invoice.Person, Name: "韩梅梅", Email: "han@buyer.example"}})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Invoices.Issue(t.Context(), s.ID, invoice.IssueInput{
		ID: r.ID, Number: "26530000000000000001", On: time.Now().UTC().Truncate(24 * time.Hour), AmountFen: r.KeptFen, Link: "https://inv.example.com/1", Actor: "staff:1",
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the mail about the invoice", func() bool { return len(w.mailTo("han@buyer.example")) == 1 })
	if m := w.mailTo("han@buyer.example")[0]; m.Subject != "发票有进展" || !strings.Contains(m.Text, "已开出") {
		t.Errorf("%s: %s", m.Subject, m.Text)
	}

	on := map[notice.Choice]bool{{Event: notice.LevelChanged, Audience: notice.Buyer, Channel: notice.Email}: true}
	if err := w.Notices.SaveSettings(t.Context(), s.ID, on, notice.Hours{}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	err = w.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return w.Outbox.Append(t.Context(), tx, level.TopicChanged, itoa(member), level.ChangedEvent{MemberID: member, Level: "金卡", Reason: level.Upgrade})
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the mail about the level, to the address of the last invoice", func() bool { return len(w.mailTo("han@buyer.example")) == 2 })
	if m := w.mailTo("han@buyer.example")[0]; m.Subject != "会员等级变化" || !strings.Contains(m.Text, "金卡") {
		t.Errorf("%s: %s", m.Subject, m.Text)
	}
	if n := w.count(s, "SELECT count(*) FROM message_log WHERE channel = 'email' AND state = 'sent'"); n != 3 {
		t.Errorf("%d mails are sent in the log, want three", n)
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}
