package notice_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/tenantdb"
)

func (w *world) known() {
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), "INSERT INTO member_identity (app_id, openid, member_id) VALUES ($1, $2, $3)", app, w.openID, w.member)
		return err
	})
}

func (w *world) asked() (p notice.TestV1) {
	w.t.Helper()
	var id uuid.UUID
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT event_id FROM message_log WHERE test ORDER BY id DESC LIMIT 1").Scan(&id)
	})
	return notice.TestV1{EventID: id, AppID: app, Event: notice.OrderShipped, MemberID: w.member}
}

// A test goes to a member who allows it, whatever the shop's switches and hours say, shows
// that it is one, and is sent once; nobody is told anything by it.
func TestATemplateIsTriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := notice.Test{AppID: app, Event: notice.OrderShipped, MemberID: w.member, Actor: "staff:1"}
	ask := func(want error) {
		t.Helper()
		if err := w.AskTest(t.Context(), w.Tenant.ID, in); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	ask(notice.ErrTemplate)
	w.subscribe(notice.OrderShipped)
	ask(notice.ErrTestMember)
	w.known()
	in.MemberID++
	ask(notice.ErrTestMember)
	in.MemberID--
	if err := w.SaveSettings(t.Context(), w.Tenant.ID, nil, notice.Hours{From: 0, Until: 1439}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	w.at("03:00")
	ask(nil)
	if got := w.newest(); !got.Test || got.State != notice.Sending || got.MemberID != w.member {
		t.Errorf("%+v", got)
	}
	p := w.asked()
	begin := func() (b notice.Begun) {
		w.InTenant(t, func(tx tenantdb.Tx) (err error) {
			b, err = w.BeginTestTx(t.Context(), tx, p, w.openID)
			return err
		})
		return b
	}
	b := begin()
	if !b.Ready || !strings.HasPrefix(b.Message.Data["thing1"], "【测试】") || w.allowed() != 0 {
		t.Fatalf("%+v, %d allowed", b, w.allowed())
	}
	w.InTenant(t, func(tx tenantdb.Tx) error { return w.RetryTx(t.Context(), tx, b.Message) }) // the provider was busy
	if b = begin(); !b.Ready || w.allowed() != 0 {
		t.Fatalf("after a busy provider: %+v", b)
	}
	if again := begin(); again.Ready { // its sender died
		t.Error("sent twice")
	}
	if got := w.newest(); got.State != notice.Failed || len(w.inbox()) != 0 {
		t.Errorf("%+v, inbox %+v", got, w.inbox())
	}
	ask(notice.ErrTestConsent)
}

// A shop sends so many tests an hour and no more, however many ask at once.
func TestTestsAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(notice.OrderShipped)
	w.known()
	done := make(chan error)
	for range 25 {
		go func() {
			done <- w.AskTest(t.Context(), w.Tenant.ID, notice.Test{AppID: app, Event: notice.OrderShipped, MemberID: w.member, Actor: "staff:1"})
		}()
	}
	sent := 0
	for range 25 {
		switch err := <-done; {
		case err == nil:
			sent++
		case !errors.Is(err, notice.ErrTestLimit):
			t.Error(err)
		}
	}
	if sent != 20 {
		t.Errorf("%d tests in an hour", sent)
	}
	w.Clock().Advance(61 * time.Minute)
	if err := w.AskTest(t.Context(), w.Tenant.ID, notice.Test{AppID: app, Event: notice.OrderShipped, MemberID: w.member, Actor: "staff:1"}); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
