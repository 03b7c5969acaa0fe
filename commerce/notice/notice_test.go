package notice_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*notice.Service
	t      testing.TB
	member int64
	openID string
}

const (
	app      = "wx0123456789abcdef"
	template = "TPL01234567890123456789012345678901234567"
)

func newWorld(t testing.TB) *world {
	t.Helper()
	env := tenanttest.New(t)
	w := &world{Env: env, Service: notice.New(notice.Deps{DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Vault: env.Vault}), t: t, openID: "o-li"}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "INSERT INTO member (status) VALUES ('active') RETURNING id").Scan(&w.member)
	})
	return w
}

// at sets the shop's clock to an hour of tomorrow in Beijing.
func (w *world) at(clock string) {
	w.t.Helper()
	beijing := time.FixedZone("Beijing", 8*60*60)
	day := w.Clock().Now().In(beijing).AddDate(0, 0, 1).Format(time.DateOnly)
	moment, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, beijing)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Clock().Advance(moment.Sub(w.Clock().Now()))
}

func (w *world) subscribe(event string) {
	w.t.Helper()
	err := w.SaveTemplate(w.t.Context(), w.Tenant.ID, notice.Template{
		AppID: app, Event: event, TemplateID: template, Page: "pages/order?no={order_no}", Fields: map[string]string{"thing1": "title", "character_string2": "order_no"},
	}, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.Report(w.t.Context(), w.Tenant.ID, app, w.openID, template, true); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) begin(event string, id uuid.UUID) (b notice.Begun) {
	w.t.Helper()
	w.InTenant(w.t, func(tx tenantdb.Tx) (err error) {
		b, err = w.BeginTx(w.t.Context(), tx, notice.BeginInput{
			EventID: id, Event: event, MemberID: w.member, AppID: app, OpenID: w.openID, Facts: notice.Sample(w.Clock().Now()),
		})
		return err
	})
	return b
}

func (w *world) inbox() []notice.Letter {
	w.t.Helper()
	list, _, _, err := w.Inbox(w.t.Context(), w.Tenant.ID, w.member, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func everything(string) bool { return true }

// An event is told once by every way that the shop wants, however often it comes.
func TestToldOnceByEveryWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	w.subscribe(notice.OrderPaid)
	id := uuid.New()
	b := w.begin(notice.OrderPaid, id)
	if !b.Ready || b.Message.TemplateID != template || b.Message.Data["thing1"] != "高山云雾绿茶 等 2 件" || !strings.HasSuffix(b.Message.Page, "no="+b.Message.Data["character_string2"]) {
		t.Fatalf("%+v", b)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return w.FinishTx(t.Context(), tx, b.Message, notice.Outcome{State: notice.Sent})
	})
	for range 3 {
		if again := w.begin(notice.OrderPaid, id); again.Ready || !again.Wait.IsZero() {
			t.Errorf("told again: %+v", again)
		}
	}
	if list := w.inbox(); len(list) != 1 || list[0].Read {
		t.Errorf("the inbox has %+v", list)
	}
	board, _, err := w.Board(t.Context(), w.Tenant.ID, 1, everything, 0)
	if err != nil || len(board) != 1 || board[0].Read {
		t.Errorf("the board has %+v %v", board, err)
	}
}

// What the shop switched off is not told, and what the catalogue does not do by itself is
// once the shop wants it.
func TestTheShopDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	w.subscribe(notice.OrderPaid)
	w.subscribe(notice.OrderClosed)
	w.begin(notice.OrderClosed, uuid.New())
	if list := w.inbox(); len(list) != 1 {
		t.Fatalf("the inbox has %d", len(list))
	}
	on := map[notice.Choice]bool{{Event: notice.OrderClosed, Audience: notice.Buyer, Channel: notice.WeChatSubscribe}: true}
	if err := w.SaveSettings(t.Context(), w.Tenant.ID, on, notice.Hours{}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if b := w.begin(notice.OrderPaid, uuid.New()); b.Ready {
		t.Error("sent though it is switched off")
	}
	if b := w.begin(notice.OrderClosed, uuid.New()); !b.Ready {
		t.Error("not sent though the shop wants it")
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return w.BoardTx(t.Context(), tx, uuid.New(), notice.CaseOpened, notice.Sample(w.Clock().Now()))
	})
	if list := w.inbox(); len(list) != 1 {
		t.Errorf("the inbox has %d messages, want the first alone", len(list))
	}
	if n, err := w.Unseen(t.Context(), w.Tenant.ID, 1, everything); n != 0 || err != nil {
		t.Errorf("%d on the board, %v", n, err)
	}
	got, err := w.Settings(t.Context(), w.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	for choice, is := range got.On {
		if is != on[choice] {
			t.Errorf("%+v is %v", choice, is)
		}
	}
	if err := w.SaveSettings(t.Context(), w.Tenant.ID, on, notice.Hours{From: 1440}, "staff:1"); !errors.Is(err, notice.ErrHours) {
		t.Errorf("hour 24: %v", err)
	}
}

// In quiet hours a message that can wait waits for their end; the inbox has it at once, and
// no consent is spent. What is urgent is sent.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(notice.OrderShipped)
	w.subscribe(notice.OrderPaid)
	w.at("23:30")
	id := uuid.New()
	b := w.begin(notice.OrderShipped, id)
	if want := w.Clock().Now().Add(8*time.Hour + 30*time.Minute); b.Ready || !b.Wait.Equal(want.Truncate(time.Minute)) {
		t.Errorf("at night: %+v, want it to wait until %s", b, want)
	}
	if list := w.inbox(); len(list) != 1 {
		t.Errorf("the inbox has %d", len(list))
	}
	if urgent := w.begin(notice.OrderPaid, uuid.New()); !urgent.Ready {
		t.Errorf("urgent: %+v", urgent)
	}
	w.Clock().Advance(8*time.Hour + 30*time.Minute)
	if b := w.begin(notice.OrderShipped, id); !b.Ready {
		t.Errorf("in the morning: %+v", b)
	}
	if list := w.inbox(); len(list) != 2 { // of two events
		t.Errorf("the inbox has %d", len(list))
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("Beijing", 8*60*60)
	for _, tc := range []struct {
		from, until int
		at, want    string // "" does not wait
	}{
		{1320, 480, "2026-03-01 21:59", ""},
		{1320, 480, "2026-03-01 22:00", "2026-03-02 08:00"},
		{1320, 480, "2026-03-01 00:00", "2026-03-01 08:00"},
		{1320, 480, "2026-03-01 07:59", "2026-03-01 08:00"},
		{1320, 480, "2026-03-01 08:00", ""},
		{720, 840, "2026-03-01 12:30", "2026-03-01 14:00"},
		{720, 840, "2026-03-01 14:00", ""},
		{0, 0, "2026-03-01 00:00", ""},
		{600, 600, "2026-03-01 10:00", ""},
		{1380, 0, "2026-12-31 23:30", "2027-01-01 00:00"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", tc.at, beijing)
		if err != nil {
			t.Fatal(err)
		}
		got := notice.Hours{From: tc.from, Until: tc.until}.Wait(at)
		text := ""
		if !got.IsZero() {
			text = got.In(beijing).Format("2006-01-02 15:04")
		}
		if text != tc.want {
			t.Errorf("%d to %d at %s: %q, want %q", tc.from, tc.until, tc.at, text, tc.want)
		}
	}
}

// Who may not see orders is told of none; what one account has seen, another has not.
func TestTheBoardIsForThoseWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	w.begin(notice.OrderPaid, uuid.New())
	w.InTenant(t, func(tx tenantdb.Tx) error {
		return w.BoardTx(t.Context(), tx, uuid.New(), notice.CaseOpened, notice.Sample(w.Clock().Now()))
	})
	cases := func(permission string) bool { return permission == "aftersale.read" }
	board, _, err := w.Board(t.Context(), w.Tenant.ID, 1, cases, 0)
	if err != nil || len(board) != 1 || board[0].Kind.Event != notice.CaseOpened {
		t.Fatalf("%+v %v", board, err)
	}
	if err := w.See(t.Context(), w.Tenant.ID, 1, board[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := w.See(t.Context(), w.Tenant.ID, 1, 1); err != nil { // an older page, later
		t.Fatal(err)
	}
	for account, want := range map[int64]int64{1: 0, 2: 2} {
		if n, err := w.Unseen(t.Context(), w.Tenant.ID, account, everything); n != want || err != nil {
			t.Errorf("account %d has %d new, want %d (%v)", account, n, want, err)
		}
	}
}

func TestTheInboxIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	for range 45 {
		w.begin(notice.OrderRefunded, uuid.New())
	}
	seen, before := 0, int64(0)
	for {
		list, unread, next, err := w.Inbox(t.Context(), w.Tenant.ID, w.member, before)
		if err != nil {
			t.Fatal(err)
		}
		if unread != 45 {
			t.Errorf("%d unread", unread)
		}
		seen += len(list)
		if before = next; next == 0 {
			break
		}
	}
	if seen != 45 {
		t.Errorf("%d in all", seen)
	}
	middle := w.inbox()[10].ID
	for range 2 {
		if err := w.ReadUntil(t.Context(), w.Tenant.ID, w.member, middle); err != nil {
			t.Fatal(err)
		}
	}
	if _, unread, _, err := w.Inbox(t.Context(), w.Tenant.ID, w.member, 0); unread != 10 || err != nil {
		t.Errorf("%d unread, %v", unread, err)
	}
	if err := w.ReadUntil(t.Context(), w.Tenant.ID, w.member+1, middle+100); err != nil { // another's
		t.Fatal(err)
	}
	w.Clock().Advance(181 * 24 * time.Hour)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		n, err := w.PurgeTx(t.Context(), tx, 40)
		if n != 40 {
			t.Errorf("%d forgotten at once, want 40", n)
		}
		return err
	})
	if list := w.inbox(); len(list) != 5 {
		t.Errorf("%d left", len(list))
	}
}

// Every event of the catalogue has its words in both languages, with nothing left open.
func TestEveryEventHasItsWords(t *testing.T) {
	t.Parallel()
	for _, k := range notice.Catalogue() {
		for _, a := range []notice.Audience{notice.Buyer, notice.Staff} {
			if len(k.Channels(a)) == 0 {
				continue
			}
			for _, lang := range []string{"zh-CN", notice.English} {
				for _, f := range []notice.Facts{notice.Sample(time.Now()), {}} {
					if text := k.Text(a, f, lang); text == "" || strings.ContainsAny(text, "{}[]") || k.Title(a, lang) == "" {
						t.Errorf("%s for %s in %s: %q", k.Event, a, lang, text)
					}
				}
			}
			if a == notice.Staff && k.Permission == "" {
				t.Errorf("%s: anybody of the staff sees it", k.Event)
			}
		}
	}
	paid, _ := notice.KindOf(notice.OrderShipped)
	if got := paid.Text(notice.Buyer, notice.Facts{Title: "茶"}, "zh-CN"); got != "您购买的茶已发出。" {
		t.Errorf("without a number: %q", got)
	}
}

// What WeChat would refuse is refused before, and long values are cut to their keyword.
func TestTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := notice.Template{AppID: app, Event: notice.OrderPaid, TemplateID: template, Page: "pages/order", Fields: map[string]string{"thing1": "title", "phrase2": "order_no"}}
	for name, spoil := range map[string]func(*notice.Template){
		"no id": func(x *notice.Template) { x.TemplateID = "" }, "a blank": func(x *notice.Template) { x.TemplateID += " " },
		"too long an id": func(x *notice.Template) { x.TemplateID = strings.Repeat("x", 65) }, "a slash": func(x *notice.Template) { x.Page = "/pages" },
		"no keyword": func(x *notice.Template) { x.Fields = nil }, "a keyword without number": func(x *notice.Template) { x.Fields = map[string]string{"thing": "title"} },
		"no such value": func(x *notice.Template) { x.Fields = map[string]string{"thing1": "tracking_no"} }, "no such event": func(x *notice.Template) { x.Event = "order.lost" },
		"for the staff alone": func(x *notice.Template) {
			x.Event, x.Fields = notice.CouponBudget, map[string]string{"thing1": "title"}
		},
	} {
		bad := good
		spoil(&bad)
		if err := w.SaveTemplate(t.Context(), w.Tenant.ID, bad, "staff:1"); !errors.Is(err, notice.ErrTemplate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.SaveTemplate(t.Context(), w.Tenant.ID, good, "staff:1"); err != nil {
		t.Fatal(err)
	}
	facts := notice.Sample(time.Now())
	facts.Title = strings.Repeat("茶", 30)
	if p := good.Preview(facts); p["thing1"] != strings.Repeat("茶", 19)+"…" || len([]rune(p["phrase2"])) != 5 {
		t.Errorf("%q", p)
	}
	for range 2 {
		if err := w.DropTemplate(t.Context(), w.Tenant.ID, notice.Template{AppID: app, Event: notice.OrderPaid}, "staff:1"); err != nil {
			t.Fatal(err)
		}
	}
	if b := w.begin(notice.OrderPaid, uuid.New()); b.Ready {
		t.Error("sent without a template")
	}
	list, _, err := w.Service.Log(t.Context(), w.Tenant.ID, notice.Skipped, 0)
	if err != nil || len(list) != 1 || list[0].Reason != "no template" {
		t.Errorf("%+v %v", list, err)
	}
}
