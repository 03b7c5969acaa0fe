package app_test

import (
	"strings"
	"testing"
	"time"

	"galleria/commerce/invoice"
	"galleria/commerce/notice"
	"galleria/console/courier"
	"galleria/tenant/tenantdb"
)

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
	var owner int64
	err := w.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "UPDATE platform.staff SET mail = 'owner@shop.example' WHERE id = (SELECT staff_id FROM platform.staff_seat WHERE tenant_id = $1 LIMIT 1) RETURNING id", s.ID.String()).Scan(&owner)
	})
	if err != nil {
		t.Fatal(err)
	}
	for reader, events := range map[int64][]string{owner: {notice.OrderPaid}, owner + 4711: {notice.OrderPaid}} { // the second is nobody here
		if err := w.Notices.ChooseMail(t.Context(), s.ID, reader, events, notice.English); err != nil {
			t.Fatal(err)
		}
	}
	b := w.login(s, "小明")
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 20*time.Second)
	mailTo := func(to string) (found []courier.Delivered) {
		for _, m := range w.Desk.Messages() {
			if m.Way == courier.Mail && m.To == to {
				found = append(found, m)
			}
		}
		return found
	}
	eventually(t, 20*time.Second, "the mail to the owner", func() bool { return len(mailTo("owner@shop.example")) == 1 })
	if m := mailTo("owner@shop.example")[0]; m.Subject != "New order" || !strings.Contains(m.Text, no) || !strings.Contains(m.Text, "/console/"+s.Handle+"/notices") {
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
	eventually(t, 20*time.Second, "the mail about the invoice", func() bool { return len(mailTo("han@buyer.example")) == 1 })
	if m := mailTo("han@buyer.example")[0]; m.Subject != "发票有进展" || !strings.Contains(m.Text, "已开出") {
		t.Errorf("%s: %s", m.Subject, m.Text)
	}
	if n := w.count(s, "SELECT count(*) FROM message_log WHERE channel = 'email' AND state = 'sent'"); n != 2 {
		t.Errorf("%d mails are sent in the log, want two", n)
	}
	if n := w.count(s, "SELECT count(*) FROM platform.outbox WHERE dead_at IS NOT NULL OR failures > 0"); n != 0 {
		t.Errorf("%d events failed", n)
	}
}
