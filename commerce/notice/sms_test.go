package notice_test

import (
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

func (w *world) account(unreached bool) notice.SMSKey {
	w.t.Helper()
	in := notice.SMSInput{
		Provider: notice.SMSVendor, KeyID: "LTAI5tExample0001", Secret: vault.NewSecret([]byte("s3cretS3cretS3cretS3cret0001")), SignName: "山野茶铺", PerDay: 3, Unreached: unreached, PieceFen: 5, Actor: "staff:1",
	}
	if err := w.SetSMS(w.t.Context(), w.Tenant.ID, in); err != nil {
		w.t.Fatal(err)
	}
	t := notice.SMSTemplate{Event: notice.OrderShipped, Code: "SMS_154950909", Fields: map[string]string{"title": "title", "no": "tracking_no"}}
	if err := w.SaveSMSTemplate(w.t.Context(), w.Tenant.ID, t, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	key, err := w.SMSKey(w.t.Context(), w.Tenant.ID)
	if err != nil || string(key.Secret.Reveal()) != "s3cretS3cretS3cretS3cret0001" {
		w.t.Fatal(key.KeyID, err)
	}
	return key
}

func (w *world) texts(on bool) {
	w.t.Helper()
	err := w.SaveSettings(w.t.Context(), w.Tenant.ID, map[notice.Choice]bool{{Event: notice.OrderShipped, Audience: notice.Buyer, Channel: notice.SMS}: on}, notice.Hours{From: 22 * 60, Until: 8 * 60}, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) text(key notice.SMSKey, id uuid.UUID, index []byte) (b notice.Begun) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) (err error) {
		b, err = w.BeginSMSTx(w.t.Context(), tx, key, notice.SMSBegin{EventID: id, Event: notice.OrderShipped, MemberID: w.member, PhoneIndex: index, Facts: notice.Sample(w.Clock().Now())})
		return err
	})
	return b
}

func index(phone string) []byte {
	sum := sha256.Sum256([]byte(phone))
	return sum[:]
}

// A text message is begun only where the shop wants one, has an account and a template, and
// waits for the Mini Program's own and for the morning.
func TestTextMessagesAreWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	when := func() time.Time { return w.begin(notice.OrderShipped, uuid.New()).SMS }
	w.texts(true)
	if !when().IsZero() {
		t.Error("without an account")
	}
	w.account(false)
	if got, want := when(), w.Clock().Now().Add(time.Minute); got.Sub(want).Abs() > time.Second {
		t.Errorf("at %s, want %s", got, want)
	}
	w.at("23:00")
	if got := when(); (got.Sub(w.Clock().Now()) - 9*time.Hour - time.Minute).Abs() > time.Second {
		t.Errorf("at night: in %s", got.Sub(w.Clock().Now()))
	}
	if err := w.SwitchSMS(t.Context(), w.Tenant.ID, false, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if !when().IsZero() {
		t.Error("with an account that rests")
	}
	if _, err := w.SMSKey(t.Context(), w.Tenant.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the key of one that rests: %v", err)
	}
	if err := w.SwitchSMS(t.Context(), w.Tenant.ID, true, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := w.SaveSMSTemplate(t.Context(), w.Tenant.ID, notice.SMSTemplate{Event: notice.OrderShipped}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if !when().IsZero() {
		t.Error("without a template")
	}
	w.account(false)
	w.texts(false)
	if !when().IsZero() {
		t.Error("switched off")
	}
}

// Each event is told once to a phone; one a minute and so many a day, counted again when the
// vendor did not send; and not beside the Mini Program's own message if the shop says so.
func TestTextMessagesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	key := w.account(false)
	id := uuid.New()
	b := w.text(key, id, index("13800138000"))
	if !b.Ready || b.Message.TemplateID != "SMS_154950909" || b.Message.Data["no"] != "SF1234567890123" {
		t.Fatalf("%+v", b)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.RetryTx(t.Context(), tx, b.Message) }) // the vendor was busy
	if b = w.text(key, id, index("13800138000")); !b.Ready {
		t.Fatalf("after a busy vendor: %+v", b)
	}
	w.finish(b.Message, notice.Outcome{State: notice.Sent, ProviderID: "biz^0"})
	if w.text(key, id, index("13800138000")).Ready {
		t.Error("told twice")
	}
	if err := w.HearReceipts(t.Context(), w.Tenant.ID, notice.SMS, key.KeyID, []notice.Receipt{{ProviderID: "biz^0", Delivered: true}}); err != nil {
		t.Fatal(err)
	}
	if got := w.newest(); got.State != notice.Delivered || got.Channel != notice.SMS {
		t.Errorf("%+v", got)
	}
	if w.text(key, uuid.New(), index("13800138000")).Ready || w.newest().Reason != "phone limit" {
		t.Errorf("a second within the minute: %+v", w.newest())
	}
	sent := 1
	for range 6 {
		w.Clock().Advance(2 * time.Minute)
		var wg sync.WaitGroup
		var mu sync.Mutex
		for range 4 {
			wg.Go(func() {
				if w.text(key, uuid.New(), index("13800138000")).Ready {
					mu.Lock()
					sent++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}
	if sent != 3 {
		t.Errorf("%d to one phone on one day, want 3", sent)
	}
	if !w.text(key, uuid.New(), index("13900139000")).Ready {
		t.Error("another phone")
	}
	if w.text(key, uuid.New(), nil).Ready || w.newest().Reason != "no phone" {
		t.Errorf("nobody's phone: %+v", w.newest())
	}
	w.Clock().Advance(24 * time.Hour)
	if !w.text(key, uuid.New(), index("13800138000")).Ready {
		t.Error("the next day")
	}

	key = w.account(true)
	w.subscribe(notice.OrderShipped)
	id = uuid.New()
	if err := w.SaveSettings(t.Context(), w.Tenant.ID, map[notice.Choice]bool{{Event: notice.OrderShipped, Audience: notice.Buyer, Channel: notice.WeChatSubscribe}: true}, notice.Hours{}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	m := w.begin(notice.OrderShipped, id)
	w.finish(m.Message, notice.Outcome{State: notice.Sent})
	if w.text(key, id, index("13700137000")).Ready || w.newest().Reason != "reached otherwise" {
		t.Errorf("both: %+v", w.newest())
	}
	w.Clock().Advance(49 * time.Hour)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		if _, err := w.PurgeTx(t.Context(), tx, 100); err != nil {
			return err
		}
		var n int
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM sms_count").Scan(&n)
		if n != 0 {
			t.Errorf("%d counts are kept", n)
		}
		return err
	})
}

// What the vendor would refuse is refused before it is stored.
func TestSMSInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := notice.SMSInput{Provider: notice.SMSVendor, KeyID: "LTAI5tExample0001", Secret: vault.NewSecret([]byte("s3cretS3cret")), SignName: "山野", PerDay: 5, Actor: "staff:1"}
	for name, spoil := range map[string]func(*notice.SMSInput){
		"provider": func(in *notice.SMSInput) { in.Provider = "x" }, "key": func(in *notice.SMSInput) { in.KeyID = "a b" },
		"secret": func(in *notice.SMSInput) { in.Secret = vault.NewSecret(nil) }, "name": func(in *notice.SMSInput) { in.SignName = "茶" },
		"a long name": func(in *notice.SMSInput) { in.SignName = "一二三四五六七八九十一二三" }, "none a day": func(in *notice.SMSInput) { in.PerDay = 0 }, "many a day": func(in *notice.SMSInput) { in.PerDay = 21 },
	} {
		in := good
		spoil(&in)
		if err := w.SetSMS(t.Context(), w.Tenant.ID, in); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]notice.SMSTemplate{
		"code": {Event: notice.OrderPaid, Code: "154950909"}, "event": {Event: notice.CouponBudget, Code: "SMS_1234"}, "value": {Event: notice.OrderPaid, Code: "SMS_1234", Fields: map[string]string{"a": "tracking_no"}},
		"variable": {Event: notice.OrderPaid, Code: "SMS_1234", Fields: map[string]string{"1a": "title"}},
	} {
		if err := w.SaveSMSTemplate(t.Context(), w.Tenant.ID, bad, "staff:1"); !errors.Is(err, notice.ErrTemplate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.SMSAccount(t.Context(), w.Tenant.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}
