package notice_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/tenantdb"
)

func (w *world) finish(m notice.Message, o notice.Outcome) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error { return w.FinishTx(w.t.Context(), tx, m, o) })
}

func (w *world) receipt(r notice.Receipt) {
	w.t.Helper()
	if err := w.HearReceipts(w.t.Context(), w.Tenant.ID, notice.WeChatSubscribe, app, []notice.Receipt{r}); err != nil {
		w.t.Error(err)
	}
}

func (w *world) newest() notice.Entry {
	w.t.Helper()
	list, _, err := w.Service.Log(w.t.Context(), w.Tenant.ID, "", 0)
	if err != nil || len(list) == 0 {
		w.t.Fatal(list, err)
	}
	return list[0]
}

// A receipt says what became of the message, whether it comes before or after the sender has
// written down that it was sent, and counts once.
func TestReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	good, bad := notice.Receipt{ProviderID: "1001", Delivered: true}, notice.Receipt{ProviderID: "1002", Code: "45047", Reason: "failed:system failed"}

	w.subscribe(notice.OrderPaid)
	b := w.begin(notice.OrderPaid, uuid.New())
	w.finish(b.Message, notice.Outcome{State: notice.Sent, ProviderID: "1001"})
	if got := w.newest(); got.State != notice.Sent {
		t.Errorf("before its receipt: %+v", got)
	}
	w.receipt(good)
	w.receipt(notice.Receipt{ProviderID: "1001", Code: "45047"}) // the first word stands
	if got := w.newest(); got.State != notice.Delivered || got.Code != "" {
		t.Errorf("after its receipt: %+v", got)
	}

	w.subscribe(notice.OrderPaid)
	b = w.begin(notice.OrderPaid, uuid.New())
	w.receipt(bad)
	w.receipt(bad)
	if got := w.newest(); got.State != notice.Sending {
		t.Errorf("nobody knows yet which message that was: %+v", got)
	}
	w.finish(b.Message, notice.Outcome{State: notice.Sent, ProviderID: "1002"})
	if got := w.newest(); got.State != notice.Failed || got.Code != "45047" || got.Reason != "failed:system failed" {
		t.Errorf("after its receipt, which came first: %+v", got)
	}

	// Of another app, of another channel, of nobody: no message of ours.
	w.subscribe(notice.OrderPaid)
	b = w.begin(notice.OrderPaid, uuid.New())
	w.finish(b.Message, notice.Outcome{State: notice.Sent, ProviderID: "1003"})
	for _, account := range []string{"wxother", ""} {
		if err := w.HearReceipts(t.Context(), w.Tenant.ID, notice.WeChatSubscribe, account, []notice.Receipt{{ProviderID: "1003", Delivered: true}}); err != nil {
			t.Error(err)
		}
	}
	w.receipt(notice.Receipt{ProviderID: "", Delivered: true})
	w.receipt(notice.Receipt{ProviderID: strings.Repeat("9", 65), Delivered: true})
	w.receipt(notice.Receipt{ProviderID: "1004", Code: strings.Repeat("长", 40), Reason: "\x00" + strings.Repeat("长", 400)})
	if got := w.newest(); got.State != notice.Sent {
		t.Errorf("another's receipt: %+v", got)
	}
	w.Clock().Advance(25 * time.Hour)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := w.PurgeTx(t.Context(), tx, 100)
		return err
	})
	if n := w.receipts(); n != 3 {
		t.Errorf("%d receipts are kept, want those of the three messages", n)
	}
	w.Clock().Advance(91 * 24 * time.Hour)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := w.PurgeTx(t.Context(), tx, 100)
		return err
	})
	if n := w.receipts(); n != 0 {
		t.Errorf("%d receipts outlive their messages", n)
	}
}

func (w *world) receipts() (n int) {
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT count(*) FROM message_receipt").Scan(&n)
	})
	return n
}

// A receipt and the sender's own word at the same moment lose nothing.
func TestReceiptsMeetTheirSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	for i := range 20 {
		w.subscribe(notice.OrderPaid)
		b := w.begin(notice.OrderPaid, uuid.New())
		id := uuid.NewString()
		var wg sync.WaitGroup
		wg.Go(func() { w.finish(b.Message, notice.Outcome{State: notice.Sent, ProviderID: id}) })
		for range 2 {
			wg.Go(func() { w.receipt(notice.Receipt{ProviderID: id, Delivered: true}) })
		}
		wg.Wait()
		if got := w.newest(); got.State != notice.Delivered {
			t.Fatalf("round %d: %+v", i, got)
		}
	}
}

func (w *world) allowed() (n int) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(w.t.Context(), "SELECT coalesce((SELECT remaining FROM subscribe_consent WHERE app_id = $1 AND openid = $2 AND template_id = $3), 0)", app, w.openID, template).Scan(&n)
	})
	return n
}

// What the provider says of a buyer's answers makes sure of one message and doubles none, and
// what is refused in its settings ends them.
func TestProviderTellsOfConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(notice.OrderPaid) // the Mini Program reported one
	say := func(hear func(list []notice.Answer) error, accepted bool, templateID string, want int) {
		t.Helper()
		if err := hear([]notice.Answer{{TemplateID: templateID, Accepted: accepted}}); err != nil {
			t.Fatal(err)
		}
		if n := w.allowed(); n != want {
			t.Errorf("%d messages are allowed, want %d", n, want)
		}
	}
	asked := func(list []notice.Answer) error { return w.HearAnswers(t.Context(), w.Tenant.ID, app, w.openID, list) }
	changed := func(list []notice.Answer) error { return w.HearChanges(t.Context(), w.Tenant.ID, app, w.openID, list) }
	say(asked, true, template, 1)
	say(asked, false, template, 1)
	say(asked, true, "TPL-of-nobody", 1)
	say(changed, true, template, 1)
	say(changed, false, template, 0)
	say(asked, true, template, 1) // the Mini Program's own report was lost
	say(asked, true, template, 1)
}

// Every code has its words, in both languages.
func TestProviderWords(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "43101", "40037", "41030", "47003", "40003", "45009", "-1", "40164", "31337"} {
		zh, en := notice.ProviderWords(code, "zh-CN"), notice.ProviderWords(code, notice.English)
		if zh == "" || en == "" || zh == en {
			t.Errorf("%s: %q %q", code, zh, en)
		}
	}
	if got := notice.ProviderWords("31337", "zh-CN"); !strings.Contains(got, "31337") {
		t.Errorf("a code that nobody knows: %q", got)
	}
}
