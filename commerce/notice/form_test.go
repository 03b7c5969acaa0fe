package notice_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// alipay is an Alipay Mini Program of the shop whose events have the kinds of templates given.
func (w *world) alipay(kinds ...notice.TemplateKind) (appID string) {
	w.t.Helper()
	id, _ := tenant.ParseAppID("2021" + tenanttest.RandomHex(6))
	if err := w.Registry.AddApp(w.t.Context(), tenant.App{ID: id, Provider: tenant.Alipay, TenantID: w.Tenant.ID, Name: "支付宝店", Enabled: true}); err != nil {
		w.t.Fatal(err)
	}
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), "INSERT INTO member_identity (app_id, openid, member_id) VALUES ($1, $2, $3)", id.String(), w.openID, w.member)
		return err
	})
	for _, kind := range kinds {
		err := w.SaveTemplate(w.t.Context(), w.Tenant.ID, notice.Template{
			AppID: id.String(), Event: notice.OrderPaid, Kind: kind, TemplateID: "TPL-" + string(kind), Page: "pages/order", Fields: map[string]string{"keyword1": "title"},
		}, "staff:1")
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return id.String()
}

// tells begins an event in an app; trade is what was just paid, or empty.
func (w *world) tells(appID, trade string) (b notice.Begun) {
	w.t.Helper()
	in := notice.BeginInput{EventID: uuid.New(), Event: notice.OrderPaid, MemberID: w.member, AppID: appID, OpenID: w.openID, Facts: notice.Sample(w.Clock().Now())}
	if trade != "" {
		in.Trade = &notice.Trade{No: trade, PaidAt: w.Clock().Now()}
	}
	w.InTenant(w.t, func(tx tenantdb.Tx) (err error) {
		b, err = w.BeginTx(w.t.Context(), tx, in)
		return err
	})
	return b
}

func (w *world) handsIn(appID, formID string) {
	w.t.Helper()
	if err := w.HandInForm(w.t.Context(), w.Tenant.ID, appID, w.openID, formID); err != nil {
		w.t.Fatal(err)
	}
}

// wants begins an event and expects it to go under a number.
func (w *world) wants(appID, formID string) notice.Message {
	w.t.Helper()
	b := w.tells(appID, "")
	if !b.Ready || b.Message.FormID != formID {
		w.t.Fatalf("goes under %q (%v), want %q; %+v", b.Message.FormID, b.Ready, formID, w.newest())
	}
	return b.Message
}

// TestTradesAndForms: a message goes under the number of the buyer's that ends first, of those
// whose kind has a template; each lets through three within its seven days. Without any, it
// falls back on a subscription, and then the log says what is missing.
func TestTradesAndForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	both := w.alipay(notice.ByTrade, notice.ByForm)
	w.handsIn(both, "form1")
	w.Clock().Advance(time.Hour)
	b := w.tells(both, "2026112322001")
	if !b.Ready || b.Message.FormID != "form1" || b.Message.TemplateID != "TPL-form" || b.Message.Kind != notice.ByForm {
		t.Fatalf("%+v", b)
	}
	w.Clock().Advance(time.Hour)
	w.handsIn(both, "form2")
	w.wants(both, "form1")
	w.wants(both, "form1")
	for range 3 {
		if m := w.wants(both, "2026112322001"); m.TemplateID != "TPL-trade" {
			t.Errorf("%+v", m)
		}
	}
	w.wants(both, "form2")
	w.Clock().Advance(7*24*time.Hour - time.Second)
	w.wants(both, "form2")
	w.Clock().Advance(time.Second)
	if b := w.tells(both, ""); b.Ready || w.newest().State != notice.Skipped || w.newest().Reason != "no form" {
		t.Errorf("after seven days: %+v %+v", b, w.newest())
	}
	trades := w.alipay(notice.ByTrade)
	w.handsIn(trades, "form1") // of another app: its own
	if b := w.tells(trades, ""); b.Ready || w.newest().Reason != "no trade" {
		t.Errorf("a form does for a trade: %+v %+v", b, w.newest())
	}
	all := w.alipay(notice.BySubscription, notice.ByTrade)
	if err := w.Report(t.Context(), w.Tenant.ID, all, w.openID, "TPL-subscription", true); err != nil {
		t.Fatal(err)
	}
	if err := w.Report(t.Context(), w.Tenant.ID, all, w.openID, "TPL-trade", true); !errors.Is(err, notice.ErrUnknownTemplate) {
		t.Errorf("a subscription to a template of trades: %v", err)
	}
	if m := w.wants(all, ""); m.TemplateID != "TPL-subscription" {
		t.Errorf("%+v", m)
	}
	if b := w.tells(all, ""); b.Ready || w.newest().Reason != "not subscribed" {
		t.Errorf("%+v %+v", b, w.newest())
	}
}

// TestUsesOfANumber: a use is spent once however often its event comes, goes back with a message
// that is not sent, and a number that the provider refuses is not tried again.
func TestUsesOfANumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	app := w.alipay(notice.ByForm)
	w.handsIn(app, "form1")
	uses := func() (n int) {
		w.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT count(*) FROM message_form_use").Scan(&n)
		})
		return n
	}
	in := func(what func(tx tenantdb.Tx) error) { t.Helper(); w.InTenant(t, what) }
	m := w.wants(app, "form1")
	in(func(tx tenantdb.Tx) error { // its sender died
		b, err := w.BeginTx(t.Context(), tx, notice.BeginInput{EventID: m.EventID, Event: m.Event, MemberID: w.member, AppID: app, OpenID: w.openID})
		if b.Ready {
			t.Error("sent twice")
		}
		return err
	})
	if n := uses(); n != 1 {
		t.Errorf("%d uses", n)
	}
	m = w.wants(app, "form1")
	in(func(tx tenantdb.Tx) error { return w.RetryTx(t.Context(), tx, m) })
	m = w.wants(app, "form1")
	in(func(tx tenantdb.Tx) error { return w.SkipTx(t.Context(), tx, m, "quota") })
	if n := uses(); n != 1 {
		t.Errorf("%d uses after giving back", n)
	}
	m = w.wants(app, "form1")
	w.handsIn(app, "form2")
	in(func(tx tenantdb.Tx) error {
		next, ok, err := w.NextFormTx(t.Context(), tx, m)
		if err != nil || !ok || next.FormID != "form2" || next.EventID != m.EventID {
			t.Errorf("%+v %v %v", next, ok, err)
		}
		m = next
		return nil
	})
	in(func(tx tenantdb.Tx) error {
		_, ok, err := w.NextFormTx(t.Context(), tx, m)
		if ok {
			t.Error("a number that was refused is tried again")
		}
		return errors.Join(err, w.FinishTx(t.Context(), tx, m, notice.Outcome{State: notice.Failed, Code: "FORM_ID_OVER_TIME"}))
	})
	if got := w.newest(); got.State != notice.Failed || got.Code != "FORM_ID_OVER_TIME" {
		t.Errorf("%+v", got)
	}
	if b := w.tells(app, ""); b.Ready {
		t.Errorf("under a number that was refused: %+v", b)
	}
}

// TestManyMessagesAtOnce: messages that choose at the same moment use no number more often than
// it allows.
func TestManyMessagesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	app := w.alipay(notice.ByForm)
	w.handsIn(app, "form1")
	w.handsIn(app, "form2")
	var group sync.WaitGroup
	var ready atomic.Int64
	for range 12 {
		group.Go(func() {
			err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
				b, err := w.BeginTx(t.Context(), tx, notice.BeginInput{
					EventID: uuid.New(), Event: notice.OrderPaid, MemberID: w.member, AppID: app, OpenID: w.openID, Facts: notice.Sample(w.Clock().Now()),
				})
				if b.Ready {
					ready.Add(1)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := ready.Load(); n != 6 {
		t.Errorf("%d messages under two numbers, want 6", n)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { // the schema says the same
		_, err := tx.Exec(t.Context(), "SAVEPOINT s")
		if err != nil {
			return err
		}
		_, err = tx.Exec(t.Context(), "INSERT INTO message_form_use (message_form_id, nth, event_id, used_at) SELECT message_form_id, 4, event_id, used_at FROM message_form_use LIMIT 1")
		if err == nil {
			t.Error("a fourth use is stored")
		}
		_, err = tx.Exec(t.Context(), "ROLLBACK TO s")
		return err
	})
}

// TestHandingInForms: only of an Alipay app, once, not too many, and nobody gets another's. They
// go with their buyer, and with time.
func TestHandingInForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	if err := w.HandInForm(t.Context(), w.Tenant.ID, app, w.openID, "form1"); !errors.Is(err, notice.ErrForm) {
		t.Errorf("of a WeChat app: %v", err)
	}
	ali := w.alipay(notice.ByForm)
	count := func() (n int) {
		w.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT count(*) FROM message_form WHERE openid = $1", w.openID).Scan(&n)
		})
		return n
	}
	if err := w.HandInForm(t.Context(), w.Tenant.ID, ali, "0other", "form0"); err != nil {
		t.Fatal(err)
	}
	w.handsIn(ali, "form0")
	if n := count(); n != 0 {
		t.Error("a buyer has another's form")
	}
	for i := range 25 {
		w.handsIn(ali, fmt.Sprintf("form%d", 1+i))
		w.handsIn(ali, "form1")
	}
	if n := count(); n != 20 {
		t.Errorf("%d forms are kept", n)
	}
	wrong := notice.Template{AppID: app, Event: notice.OrderPaid, Kind: notice.ByTrade, TemplateID: "T", Fields: map[string]string{"thing1": "title"}}
	if err := w.SaveTemplate(t.Context(), w.Tenant.ID, wrong, "staff:1"); !errors.Is(err, notice.ErrTemplate) {
		t.Errorf("a WeChat template of trades: %v", err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.ForgetMemberTx(t.Context(), tx, w.member) })
	if n := count(); n != 0 {
		t.Errorf("%d forms of a buyer who left", n)
	}
	w.handsIn(ali, "form30")
	w.Clock().Advance(8*24*time.Hour + time.Minute)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := w.PurgeTx(t.Context(), tx, 100)
		return err
	})
	if n := count(); n != 0 {
		t.Errorf("%d forms stay for ever", n)
	}
}

// TestTestsUnderNumbers: staff try a template of forms out with a form of the member's.
func TestTestsUnderNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	ali := w.alipay(notice.ByForm)
	ask := func(kind notice.TemplateKind) error {
		return w.AskTest(t.Context(), w.Tenant.ID, notice.Test{AppID: ali, Event: notice.OrderPaid, Kind: kind, MemberID: w.member, Actor: "staff:1"})
	}
	if err := ask(notice.ByForm); !errors.Is(err, notice.ErrTestForm) {
		t.Errorf("without a form: %v", err)
	}
	if err := ask(notice.ByTrade); !errors.Is(err, notice.ErrTemplate) {
		t.Errorf("without a template: %v", err)
	}
	w.handsIn(ali, "form1")
	if err := ask(notice.ByForm); err != nil {
		t.Fatal(err)
	}
	p := w.asked()
	p.AppID, p.Event, p.Kind = ali, notice.OrderPaid, string(notice.ByForm)
	var b notice.Begun
	begin := func() {
		w.InTenant(t, func(tx tenantdb.Tx) (err error) {
			b, err = w.BeginTestTx(t.Context(), tx, p, w.openID)
			return err
		})
	}
	begin()
	if !b.Ready || b.Message.FormID != "form1" || b.Message.TemplateID != "TPL-form" {
		t.Fatalf("%+v", b)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.RetryTx(t.Context(), tx, b.Message) })
	if begin(); !b.Ready || b.Message.FormID != "form1" {
		t.Errorf("again: %+v", b)
	}
	if begin(); b.Ready {
		t.Errorf("twice: %+v", b)
	}
}
