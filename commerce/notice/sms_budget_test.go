package notice_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text int // characters
		want int64
	}{{0, 1}, {64, 1}, {65, 2}, {128, 2}, {129, 3}, {195, 3}, {196, 4}} { // 6 are the name in its brackets
		if got := notice.Pieces("山野茶铺", strings.Repeat("茶", tc.text)); got != tc.want {
			t.Errorf("%d characters are %d pieces, want %d", tc.text, got, tc.want)
		}
	}
}

func (w *world) budget(piece, month int64) notice.SMSKey {
	w.t.Helper()
	in := notice.SMSInput{
		Provider: notice.SMSVendor, KeyID: "LTAI5tExample0001", Secret: vault.NewSecret([]byte("s3cretS3cretS3cretS3cret0001")), SignName: "山野茶铺", PerDay: 20, Actor: "staff:1",
	}
	for to, from := range map[*int64]int64{(*int64)(&in.PieceFen): piece, (*int64)(&in.MonthFen): month} {
		*to = from
	}
	if err := w.SetSMS(w.t.Context(), w.Tenant.ID, in); err != nil {
		w.t.Fatal(err)
	}
	t := notice.SMSTemplate{Event: notice.OrderShipped, Code: "SMS_154950909", Fields: map[string]string{"no": "tracking_no"}, Words: "单号${no}"}
	if err := w.SaveSMSTemplate(w.t.Context(), w.Tenant.ID, t, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	key, err := w.SMSKey(w.t.Context(), w.Tenant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

func (w *world) spent() notice.SMSSpent {
	w.t.Helper()
	a, err := w.SMSAccount(w.t.Context(), w.Tenant.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Spent
}

func (w *world) warned() (reasons []string) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT coalesce(array_agg(facts->>'reason' ORDER BY id), '{}') FROM staff_notice WHERE event = 'sms.budget'").Scan(&reasons)
	})
	return reasons
}

// However many are begun at the same time, a month costs no more than its budget; the staff
// are told once at 80 per cent and once at its end, and what the vendor did not take comes
// back.
func TestMonthCostsNoMoreThanItsBudget(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	w.at("12:00")
	key := w.budget(10, 105) // ten of them
	var mu sync.Mutex
	var ready []notice.Message
	var wait sync.WaitGroup
	for i := range 24 {
		wait.Go(func() {
			err := w.DB.InTenant(t.Context(), w.Tenant.ID, func(tx tenantdb.Tx) error {
				b, err := w.BeginSMSTx(t.Context(), tx, key, notice.SMSBegin{
					EventID: uuid.New(), Event: notice.OrderShipped, MemberID: w.member, PhoneIndex: index(fmt.Sprint("1380013", i)), Facts: notice.Sample(w.Clock().Now()),
				})
				mu.Lock()
				defer mu.Unlock()
				if b.Ready {
					ready = append(ready, b.Message)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := w.spent(); len(ready) != 10 || got.Pieces != 10 || got.Fen != 100 {
		t.Fatalf("%d begun, %+v", len(ready), got)
	}
	if got := w.warned(); strings.Join(got, " ") != "sms_budget_80 sms_budget_100" {
		t.Errorf("told %v", got)
	}
	list, _, err := w.Service.Log(t.Context(), w.Tenant.ID, notice.Skipped, 0)
	if err != nil || len(list) != 14 || list[0].Reason != "budget" {
		t.Error(len(list), err)
	}
	w.finish(ready[0], notice.Outcome{State: notice.Failed, Code: "isv.MOBILE_NUMBER_ILLEGAL", Untaken: true})
	w.finish(ready[1], notice.Outcome{State: notice.Failed, Reason: "outcome unknown"}) // perhaps it was sent
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.RetryTx(t.Context(), tx, ready[2]) })
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.SkipTx(t.Context(), tx, ready[3], "quota") })
	if got := w.spent(); got.Pieces != 7 || got.Fen != 70 {
		t.Errorf("%+v, want seven", got)
	}
	if !w.text(key, uuid.New(), index("13900000001")).Ready {
		t.Error("nothing more, though some came back")
	}
	key = w.budget(10, 0)
	for i := range 12 {
		if !w.text(key, uuid.New(), index(fmt.Sprint("1370013", i))).Ready {
			t.Fatal("a limit where there is none")
		}
	}
	if got := w.warned(); len(got) != 2 {
		t.Errorf("told %v", got)
	}
}

// carrier takes text messages.
type carrier struct{ taken []notice.Text }

// TestTextIsTried: a test goes out at once, to one phone once in a minute, and is counted.
func TestTextIsTried(t *testing.T) {
	t.Parallel()
	w, _ := newMailWorld(t)
	c := &carrier{}
	w.Service = notice.New(notice.Deps{DB: w.DB, Audit: w.Audit, Outbox: w.Outbox, Vault: w.Vault, Texter: texter{c}, Now: w.Clock().Now})
	w.budget(10, 20)
	test := func(phone string) error {
		code, err := w.TestSMS(t.Context(), w.Tenant.ID, notice.SMSTest{
			Event: notice.OrderShipped, Phone: vault.NewSecret([]byte(phone)), PhoneIndex: index(phone), AccountID: 7, Actor: "staff:7",
		})
		if err == nil && code != "" {
			t.Errorf("%s: %s", phone, code)
		}
		return err
	}
	for _, step := range []struct{ phone, want string }{
		{"13800138000", ""}, {"13800138000", "MESSAGE_TEST_PHONE"}, {"13800138001", ""}, {"13800138002", "SMS_BUDGET"},
	} {
		err := test(step.phone)
		if (err == nil) != (step.want == "") || (err != nil && !strings.Contains(err.Error(), step.want)) {
			t.Errorf("%s: %v, want %q", step.phone, err, step.want)
		}
	}
	if len(c.taken) != 2 || c.taken[0].Template != "SMS_154950909" {
		t.Errorf("%d taken", len(c.taken))
	}
	if got := w.spent(); got.Pieces != 2 || got.Fen != 20 {
		t.Errorf("%+v", got)
	}
	if got := w.warned(); strings.Join(got, " ") != "sms_budget_80 sms_budget_100" { // both marks at once
		t.Errorf("told %v", got)
	}
}

type texter struct{ *carrier }

func (texter) AskText(context.Context, notice.SMSKey, vault.Secret, string, time.Time) (notice.Receipt, bool, error) {
	return notice.Receipt{}, false, nil
}

func (x texter) SendText(_ context.Context, _ notice.SMSKey, m notice.Text) (string, error) {
	x.taken = append(x.taken, m)
	return fmt.Sprint("biz", len(x.taken)), nil
}
