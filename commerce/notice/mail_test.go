package notice_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// postman takes mails, or refuses them.
type postman struct {
	taken  []notice.Mail
	refuse error
}

func (p *postman) SendMail(_ context.Context, _ notice.MailKey, m notice.Mail) error {
	p.taken = append(p.taken, m)
	return p.refuse
}

func (*postman) CheckMail(host string) error {
	if host != "smtp.shop.cn" {
		return fault.ErrValidation
	}
	return nil
}

func newMailWorld(t *testing.T) (*world, *postman) {
	t.Helper()
	w, p := newWorld(t), &postman{}
	w.Service = notice.New(notice.Deps{DB: w.DB, Audit: w.Audit, Outbox: w.Outbox, Vault: w.Vault, Mailer: p, Now: w.Clock().Now})
	return w, p
}

func mailbox() notice.MailInput {
	return notice.MailInput{
		Provider: notice.MailServer, Host: "smtp.shop.cn", Port: 465, Security: notice.ImplicitTLS, Username: "cs@shop.cn", Password: vault.NewSecret([]byte("p4ss w0rd")),
		SenderName: "山野茶铺", SenderAddress: "cs@shop.cn", Actor: "staff:1",
	}
}

// What no server would take, what is not secured and what is not public is not saved; the
// password lies sealed.
func TestMailAccountIsChecked(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	for field, change := range map[string]func(*notice.MailInput){
		"provider":       func(in *notice.MailInput) { in.Provider = "sendmail" },
		"host":           func(in *notice.MailInput) { in.Host = "127.0.0.1" },
		"port":           func(in *notice.MailInput) { in.Port = 25 },
		"security":       func(in *notice.MailInput) { in.Security = "none" },
		"username":       func(in *notice.MailInput) { in.Username = "cs\r\nQUIT" },
		"password":       func(in *notice.MailInput) { in.Password = vault.NewSecret(nil) },
		"sender_name":    func(in *notice.MailInput) { in.SenderName = "茶\r\nBcc: x@evil.example" },
		"sender_address": func(in *notice.MailInput) { in.SenderAddress = "cs@shop.cn>\r\nBcc: <x@evil.example" },
	} {
		in := mailbox()
		change(&in)
		err := w.SetMail(t.Context(), w.Tenant.ID, in)
		refused, ok := errors.AsType[*fault.Error](err)
		if !ok || !errors.Is(err, fault.ErrValidation) || len(refused.Fields()) != 1 || refused.Fields()[0].Path != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.MailKey(t.Context(), w.Tenant.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a refused account is there: %v", err)
	}
	if err := w.SetMail(t.Context(), w.Tenant.ID, mailbox()); err != nil {
		t.Fatal(err)
	}
	key, err := w.MailKey(t.Context(), w.Tenant.ID)
	if err != nil || string(key.Password.Reveal()) != "p4ss w0rd" || key.Host != "smtp.shop.cn" {
		t.Fatal(key.Host, err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		var clear bool
		err := tx.QueryRow(t.Context(), "SELECT position('p4ss'::bytea in password_sealed) > 0 FROM mail_account").Scan(&clear)
		if clear {
			t.Error("the password lies in clear")
		}
		return err
	})
	if err := w.SwitchMail(t.Context(), w.Tenant.ID, false, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.MailKey(t.Context(), w.Tenant.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the key of one that rests: %v", err)
	}
}

func (w *world) mailedOut() (n int) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT count(*) FROM platform.outbox WHERE topic = 'notice.mail_out'").Scan(&n)
	})
	return n
}

// The board's notices are mailed once, to who chose them, and only where there is an account.
func TestBoardIsMailedToWhoChoseIt(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	tell := func(id uuid.UUID) {
		w.InTenant(t, func(tx tenantdb.Tx) error {
			return w.BoardTx(t.Context(), tx, id, notice.StockScarce, notice.Facts{Title: "茶", Left: 2, At: tx.Now()})
		})
	}
	if err := w.ChooseMail(t.Context(), w.Tenant.ID, 7, []string{notice.StockScarce, notice.OrderShipped, "no.such"}, notice.English); err != nil {
		t.Fatal(err)
	}
	tell(uuid.New())
	if n := w.mailedOut(); n != 0 {
		t.Fatalf("%d without an account", n)
	}
	if err := w.SetMail(t.Context(), w.Tenant.ID, mailbox()); err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	tell(id)
	tell(id)
	w.begin(notice.OrderPaid, uuid.New()) // nobody wants it
	if n := w.mailedOut(); n != 1 {
		t.Fatalf("%d, want one", n)
	}
	var list []notice.MailV1
	w.InTenant(t, func(tx tenantdb.Tx) (err error) {
		list, err = w.MailReaders(t.Context(), tx, notice.MailOutV1{EventID: id, Event: notice.StockScarce})
		return err
	})
	if len(list) != 1 || list[0].AccountID != 7 || list[0].Lang != notice.English || list[0].EventID == id {
		t.Fatalf("%+v", list)
	}
	if err := w.ChooseMail(t.Context(), w.Tenant.ID, 7, []string{notice.OrderPaid}, "zh-CN"); err != nil {
		t.Fatal(err)
	}
	w.begin(notice.OrderPaid, uuid.New())
	if n := w.mailedOut(); n != 2 {
		t.Errorf("%d after a paid order, want two", n)
	}
	if got, err := w.MailChoice(t.Context(), w.Tenant.ID, 7); err != nil || len(got) != 1 || got[0] != notice.OrderPaid {
		t.Error(got, err)
	}
	if err := w.ChooseMail(t.Context(), w.Tenant.ID, 7, nil, "zh-CN"); err != nil {
		t.Fatal(err)
	}
	if got, err := w.MailChoice(t.Context(), w.Tenant.ID, 7); err != nil || got != nil {
		t.Error(got, err)
	}
}

// A mail begins once; one that was put off begins again; a header stays one line whatever a
// product is called.
func TestMailBeginsOnce(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	if err := w.SetMail(t.Context(), w.Tenant.ID, mailbox()); err != nil {
		t.Fatal(err)
	}
	own := notice.MailTemplate{Event: notice.StockScarce, Audience: notice.Staff, Subject: "缺货：{title}", Body: "还剩 {left} 件"}
	if err := w.SaveMailTemplate(t.Context(), w.Tenant.ID, own, "staff:1"); err != nil {
		t.Fatal(err)
	}
	key, err := w.MailKey(t.Context(), w.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := notice.MailV1{EventID: uuid.New(), Event: notice.StockScarce, Audience: notice.Staff, AccountID: 7, Facts: notice.Facts{Title: "茶\r\nBcc: x@evil.example\u2028Y", Left: 2}}
	begin := func(p notice.MailV1, to string) (b notice.Begun) {
		w.InTenant(t, func(tx tenantdb.Tx) (err error) {
			b, err = w.BeginMailTx(t.Context(), tx, key, p, to)
			return err
		})
		return b
	}
	b := begin(p, "li@shop.cn")
	if !b.Ready || b.Message.Data["subject"] != "缺货：茶 Bcc: x@evil.example Y" || b.Message.Data["text"] != "还剩 2 件" {
		t.Fatalf("%+v", b)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.MailLaterTx(t.Context(), tx, b.Message, "451") })
	if b = begin(p, "li@shop.cn"); !b.Ready {
		t.Fatal("not begun again after it was put off")
	}
	if begin(p, "li@shop.cn").Ready {
		t.Error("begun twice")
	}
	w.finish(b.Message, notice.Outcome{State: notice.Sent}) // ended by the second begin: its sender died
	nobody := p
	nobody.EventID = uuid.New()
	for _, to := range []string{"", "a@b.cn, c@d.cn", "L <a@b.cn>", "a@b.cn\r\nBcc: x"} {
		nobody.EventID = uuid.New()
		if begin(nobody, to).Ready {
			t.Errorf("sent to %q", to)
		}
	}
	list, _, err := w.Service.Log(t.Context(), w.Tenant.ID, "", 0)
	if err != nil || len(list) != 5 {
		t.Fatal(list, err)
	}
	if e := list[4]; e.State != notice.Failed || e.Reason != "outcome unknown" || e.AccountID != 7 || e.MemberID != 0 || e.Channel != notice.Email {
		t.Errorf("%+v", e)
	}
	if e := list[0]; e.State != notice.Skipped || e.Reason != "no address" {
		t.Errorf("%+v", e)
	}
}

// Only values of the event may stand in braces, and a subject is one line.
func TestMailTemplatesAreChecked(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	good := notice.MailTemplate{Event: notice.InvoiceMoved, Audience: notice.Buyer, Subject: "发票 {order_no}", Body: "{status}\n谢谢"}
	for field, change := range map[string]func(*notice.MailTemplate){
		"event":   func(m *notice.MailTemplate) { m.Event = notice.OrderShipped }, // no buyer's address is known there
		"subject": func(m *notice.MailTemplate) { m.Subject = "a\r\nBcc: x@evil.example" },
		"body":    func(m *notice.MailTemplate) { m.Body = "{password}" },
	} {
		m := good
		change(&m)
		err := w.SaveMailTemplate(t.Context(), w.Tenant.ID, m, "staff:1")
		refused, ok := errors.AsType[*fault.Error](err)
		if !ok || !errors.Is(err, notice.ErrTemplate) || refused.Fields()[0].Path != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := w.SaveMailTemplate(t.Context(), w.Tenant.ID, good, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if a, err := w.MailAccount(t.Context(), w.Tenant.ID); !errors.Is(err, fault.ErrNotFound) || len(a.Templates) != 1 {
		t.Error(a.Templates, err)
	}
	good.Subject, good.Body = "", ""
	if err := w.SaveMailTemplate(t.Context(), w.Tenant.ID, good, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if a, _ := w.MailAccount(t.Context(), w.Tenant.ID); len(a.Templates) != 0 {
		t.Error(a.Templates)
	}
}

// A test goes out at once, is logged with what the server said, and there are twenty an hour.
func TestMailIsTried(t *testing.T) {
	t.Parallel()
	w, p := newMailWorld(t)
	in := notice.MailTest{Event: notice.StockScarce, Audience: notice.Staff, To: "li@shop.cn", Lang: "zh-CN", AccountID: 7, Actor: "staff:7"}
	if _, err := w.TestMail(t.Context(), w.Tenant.ID, in); !errors.Is(err, fault.ErrNotFound) {
		t.Fatalf("without an account: %v", err)
	}
	if err := w.SetMail(t.Context(), w.Tenant.ID, mailbox()); err != nil {
		t.Fatal(err)
	}
	bad := in
	bad.To = "li@shop.cn, x@evil.example"
	if _, err := w.TestMail(t.Context(), w.Tenant.ID, bad); !errors.Is(err, fault.ErrValidation) || len(p.taken) != 0 {
		t.Fatal(err, p.taken)
	}
	p.refuse = &notice.MailError{Code: "535", Broken: true}
	if code, err := w.TestMail(t.Context(), w.Tenant.ID, in); code != "535" || err != nil {
		t.Fatal(code, err)
	}
	p.refuse = errors.New("the line broke")
	if code, err := w.TestMail(t.Context(), w.Tenant.ID, in); code != notice.MailUnknown || err != nil {
		t.Fatal(code, err)
	}
	p.refuse = nil
	for range 18 {
		if code, err := w.TestMail(t.Context(), w.Tenant.ID, in); code != "" || err != nil {
			t.Fatal(code, err)
		}
	}
	if m := p.taken[len(p.taken)-1]; m.To != "li@shop.cn" || !strings.Contains(m.Subject, "测试") {
		t.Errorf("%+v", m)
	}
	if _, err := w.TestMail(t.Context(), w.Tenant.ID, in); !errors.Is(err, notice.ErrTestLimit) || len(p.taken) != 20 {
		t.Fatal(err, len(p.taken))
	}
	list, _, err := w.Service.Log(t.Context(), w.Tenant.ID, notice.Failed, 0)
	if err != nil || len(list) != 2 || list[1].Code != "535" || !list[1].Test || list[1].AccountID != 7 {
		t.Error(list, err)
	}
}
