package invoice_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/invoice"
	"galleria/commerce/money"
	"galleria/commerce/picture"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

type world struct {
	*tenanttest.Env
	*invoice.Service
	t      testing.TB
	orders int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{Env: tenanttest.New(t), t: t}
	w.Service = invoice.New(invoice.Deps{
		DB: w.DB, Vault: w.Vault, Audit: w.Audit, Outbox: w.Outbox, Plans: w.Plans, Store: picture.Files{Store: picture.NewFolder(t.TempDir())}, Now: w.Clock().Now, Rand: rand.Reader,
	})
	return w
}

func (w *world) tx(fn func(tx tenantdb.Tx) error) {
	w.t.Helper()
	if err := w.DB.InTenant(w.t.Context(), w.Tenant.ID, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return tx.QueryRow(w.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (w *world) member() int64 {
	w.t.Helper()
	return w.number("INSERT INTO member (status) VALUES ('active') RETURNING id")
}

// code is a fault's code; anything else is a defect.
func (w *world) code(err error) string {
	w.t.Helper()
	if err == nil {
		return ""
	}
	if fault.KindOf(err) == fault.Internal {
		w.t.Errorf("an error of ours: %v", err)
	}
	return fault.CodeOf(err)
}

func (w *world) want(what, code string, err error) {
	w.t.Helper()
	if got := w.code(err); got != code {
		w.t.Errorf("%s: %q, want %q", what, got, code)
	}
}

// order is one that is not paid yet.
func (w *world) order(member, fen int64) string {
	w.t.Helper()
	w.orders++
	no := fmt.Sprintf("F%08d", w.orders)
	w.exec(`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at)
		VALUES ($1, $2, 'wx', 'pending_payment', $3::bigint, $3::bigint, '{}', now(), now())`, no, member, fen)
	return no
}

func (w *world) pay(no string) {
	w.t.Helper()
	w.exec("UPDATE orders SET status = 'paid', paid_at = now(), paid_by = order_no WHERE order_no = $1", no)
	w.follow(no)
}

func (w *world) paid(member, fen int64) string {
	w.t.Helper()
	no := w.order(member, fen)
	w.pay(no)
	return no
}

func (w *world) follow(no string) {
	w.t.Helper()
	w.tx(func(tx tenantdb.Tx) error { return w.FollowOrderTx(w.t.Context(), tx, no) })
}

func (w *world) refund(no string, fen int64) {
	w.t.Helper()
	w.exec(`UPDATE orders SET refunded_fen = refunded_fen + $2,
	  status = CASE WHEN refunded_fen + $2 = payable_fen THEN 'closed' ELSE status END, close_reason = CASE WHEN refunded_fen + $2 = payable_fen THEN 'all_refunded' END,
	  closed_at = CASE WHEN refunded_fen + $2 = payable_fen THEN now() END WHERE order_no = $1`, no, fen)
	w.follow(no)
}

func person(name string) invoice.AskInput {
	return invoice.AskInput{Party: invoice.Party{Kind: invoice.Person, Name: name}}
}

func (w *world) ask(member int64, no string, in invoice.AskInput) (invoice.Request, error) {
	w.t.Helper()
	return w.Ask(w.t.Context(), w.Tenant.ID, member, no, in)
}

// asked is a request that is there.
func (w *world) asked(member int64, no string) invoice.Request {
	w.t.Helper()
	r, err := w.ask(member, no, person("韩梅梅"))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) today() time.Time { return w.Clock().Now().UTC().Truncate(24 * time.Hour) }

func (w *world) issue(r invoice.Request, number string, fen money.Fen) error {
	w.t.Helper()
	return w.Issue(w.t.Context(), w.Tenant.ID, invoice.IssueInput{ID: r.ID, Number: number, On: w.today(), AmountFen: fen, Link: "https://inv.example.com/1", Actor: "staff:1"})
}

func (w *world) found(r invoice.Request) invoice.Request {
	w.t.Helper()
	r, err := w.Find(w.t.Context(), w.Tenant.ID, r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) told() (n int64) {
	w.t.Helper()
	return w.number("SELECT count(*) FROM platform.outbox WHERE tenant_id = $1 AND topic = 'invoice.moved'", w.Tenant.ID)
}

func TestTaxNumbersAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"91350100M000100Y43":     "91350100M000100Y43", // the example of GB 32100
		"91350100m000100y43 ":    "91350100M000100Y43",
		"91350100M000100Y44":     "", // another check digit
		"91350100M0001O0Y43":     "", // O is no digit of a code
		"530103123456789":        "530103123456789",
		"53010312345678901X23":   "53010312345678901X23",
		"5301031234567":          "",
		"53010312345678９":        "",
		"9135 0100 M000 100Y 43": "91350100M000100Y43",
	} {
		if got, ok := invoice.TaxNumber(typed); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q: %q, %t; want %q", typed, got, ok, want)
		}
	}
}

// The statuses are those that the database knows, and nothing leads out of an end.
func TestStatusesAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var said string
	w.tx(func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'invoice_status' AND connamespace = current_schema()::regnamespace").Scan(&said)
	})
	for _, s := range invoice.Statuses() {
		if !strings.Contains(said, "'"+string(s)+"'") {
			t.Errorf("the database does not know %s: %s", s, said)
		}
	}
	if n := strings.Count(said, "::text"); n < len(invoice.Statuses()) {
		t.Errorf("%s", said)
	}
	for _, end := range []invoice.Status{invoice.Refused, invoice.Withdrawn, invoice.Voided} {
		for _, e := range []invoice.Event{invoice.EventIssue, invoice.EventRefuse, invoice.EventWithdraw, invoice.EventVoid} {
			for _, by := range []invoice.Actor{invoice.Member, invoice.Staff, invoice.System} {
				if to, err := invoice.Next(end, e, by); err == nil {
					t.Errorf("%s leads from %s to %s", e, end, to)
				}
			}
		}
	}
	if _, err := invoice.Next(invoice.Asked, invoice.EventIssue, invoice.Member); err == nil {
		t.Error("a buyer issues invoices")
	}
}

func TestAnOrderHasOneLiveRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer, other := w.member(), w.member()
	no := w.paid(buyer, 11_800)
	_, err := w.ask(other, no, person("李雷"))
	w.want("another's order", "NOT_FOUND", err)
	r := w.asked(buyer, no)
	if again := w.asked(buyer, no); again.ID != r.ID {
		t.Errorf("asking again makes %d beside %d", again.ID, r.ID)
	}
	_, err = w.ask(buyer, no, person("李雷"))
	w.want("in other words", "INVOICE_ASKED", err)
	if n := w.told(); n != 1 {
		t.Errorf("staff were told %d times", n)
	}
	w.want("withdraw", "", w.Withdraw(t.Context(), w.Tenant.ID, buyer, no))
	w.want("withdraw again", "", w.Withdraw(t.Context(), w.Tenant.ID, buyer, no))
	w.want("another withdraws", "NOT_FOUND", w.Withdraw(t.Context(), w.Tenant.ID, other, no))
	if _, err = w.ask(buyer, no, person("李雷")); err != nil {
		t.Error(err)
	}
	w.want("an answer to what was withdrawn", "INVOICE_STATE", w.issue(r, "26530000000000000001", 11_800))
}

func TestWhatCannotBeInvoicedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	gone := w.paid(buyer, 100)
	w.refund(gone, 100)
	_, err := w.ask(buyer, gone, person("李雷"))
	w.want("all went back", "INVOICE_NOTHING", err)
	test := w.paid(buyer, 100)
	w.exec("UPDATE orders SET test = true WHERE order_no = $1", test)
	_, err = w.ask(buyer, test, person("李雷"))
	w.want("a test", "INVOICE_NOTHING", err)
	late := w.paid(buyer, 100)
	w.exec("UPDATE orders SET status = 'completed', settlement = 'settled', settled_at = $2, received_at = now() WHERE order_no = $1", late, w.Clock().Now().AddDate(0, 0, -invoice.AskDays-1))
	_, err = w.ask(buyer, late, person("李雷"))
	w.want("too late", "INVOICE_CLOSED", err)
	st, err := w.OfOrder(t.Context(), w.Tenant.ID, buyer, late)
	if err != nil || st.MayAsk || st.WhyNot != "INVOICE_CLOSED" || st.AskUntil == nil {
		t.Errorf("the order stands at %+v, %v", st, err)
	}
	no := w.paid(buyer, 100)
	for what, in := range map[string]invoice.Party{
		"no kind":             {Name: "李雷"},
		"no name":             {Kind: invoice.Person, Name: " "},
		"a long name":         {Kind: invoice.Person, Name: strings.Repeat("长", 101)},
		"a line":              {Kind: invoice.Person, Name: "李\n雷"},
		"a person's number":   {Kind: invoice.Person, Name: "李雷", TaxNumber: "91350100M000100Y43"},
		"a mail of two":       {Kind: invoice.Person, Name: "李雷", Email: "a@example.com, b@example.com"},
		"a mail with a name":  {Kind: invoice.Person, Name: "李雷", Email: "L <a@example.com>"},
		"a mail that is none": {Kind: invoice.Person, Name: "李雷", Email: "a.example.com"},
	} {
		_, err := w.ask(buyer, no, invoice.AskInput{Party: in})
		w.want(what, "VALIDATION", err)
	}
	_, err = w.ask(buyer, no, invoice.AskInput{Party: invoice.Party{Kind: invoice.Company, Name: "青禾", TaxNumber: "91350100M000100Y44"}})
	w.want("a wrong check digit", "INVOICE_TAX_NUMBER", err)
	_, err = w.ask(buyer, no, invoice.AskInput{TitleID: 99})
	w.want("a title of nobody", "NOT_FOUND", err)
	if n := w.number("SELECT count(*) FROM invoice"); n != 0 {
		t.Errorf("%d requests were written", n)
	}
}

// An invoice is over what was kept, to the fen; money that goes back later makes it due to be
// voided, and another may be asked for over the rest.
func TestAnInvoiceIsOverWhatWasKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	no := w.paid(buyer, 11_800)
	r := w.asked(buyer, no)
	w.refund(no, 1_800)
	w.want("the sum before the refund", "INVOICE_AMOUNT", w.issue(r, "26530000000000000001", 11_800))
	w.want("issue", "", w.issue(r, "26530000000000000001", 10_000))
	w.want("twice", "INVOICE_STATE", w.issue(r, "26530000000000000009", 10_000))
	if got := w.found(r); got.Status != invoice.Issued || got.AmountFen != 10_000 || got.RedDue {
		t.Errorf("it is %+v", got)
	}
	w.want("withdraw what was issued", "INVOICE_STATE", w.Withdraw(t.Context(), w.Tenant.ID, buyer, no))
	w.refund(no, 2_500)
	w.follow(no)
	if got := w.found(r); !got.RedDue || got.KeptFen != 7_500 {
		t.Errorf("after a refund it is %+v", got)
	}
	if asked, red, err := w.Waiting(t.Context(), w.Tenant.ID, 100); err != nil || asked != 0 || red != 1 {
		t.Errorf("%d and %d wait, %v", asked, red, err)
	}
	w.want("the same number", "VALIDATION", w.Void(t.Context(), w.Tenant.ID, r.ID, "26530000000000000001", w.today(), "staff:1"))
	w.want("before it was issued", "VALIDATION", w.Void(t.Context(), w.Tenant.ID, r.ID, "26530000000000000002", w.today().AddDate(0, 0, -1), "staff:1"))
	w.want("void", "", w.Void(t.Context(), w.Tenant.ID, r.ID, "26530000000000000002", w.today(), "staff:1"))
	next := w.asked(buyer, no)
	w.want("another's number", "INVOICE_NUMBER", w.issue(next, "26530000000000000001", 7_500))
	w.want("the rest", "", w.issue(next, "26530000000000000003", 7_500))
	// asked, issued, due, voided, asked, issued
	if n := w.told(); n != 6 {
		t.Errorf("%d were told", n)
	}
	if n := w.number("SELECT count(*) FROM platform.outbox WHERE tenant_id = $1 AND topic = 'invoice.moved' AND payload->>'red_due' = 'true'", w.Tenant.ID); n != 1 {
		t.Errorf("told %d times that it is due", n)
	}
}

func TestARequestOfAnUnpaidOrderWaitsUnseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	wish, err := w.Prepare(t.Context(), w.Tenant.ID, buyer, person("韩梅梅"))
	if err != nil {
		t.Fatal(err)
	}
	no, closed, free := w.order(buyer, 500), w.order(buyer, 500), w.order(buyer, 0)
	for _, o := range []string{no, closed, free} {
		w.tx(func(tx tenantdb.Tx) error { return w.AskPlacedTx(t.Context(), tx, o, buyer, wish) })
	}
	if n := w.number("SELECT count(*) FROM invoice"); n != 2 {
		t.Errorf("%d requests, want one for each order that costs something", n)
	}
	see := func(want int) {
		t.Helper()
		list, _, err := w.List(t.Context(), w.Tenant.ID, invoice.TabAsked, "", 0)
		if err != nil || len(list) != want {
			t.Errorf("staff see %d, %v; want %d", len(list), err, want)
		}
	}
	see(0)
	w.pay(no)
	w.follow(no)
	see(1)
	if n := w.told(); n != 1 {
		t.Errorf("staff were told %d times", n)
	}
	w.exec("UPDATE orders SET status = 'closed', close_reason = 'timeout', closed_at = now() WHERE order_no = $1", closed)
	w.follow(closed)
	st, err := w.OfOrder(t.Context(), w.Tenant.ID, buyer, closed)
	if err != nil || st.Request.Status != invoice.Withdrawn {
		t.Errorf("of a closed order it is %+v, %v", st.Request, err)
	}
}

func TestARefusalHasAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	r := w.asked(buyer, w.paid(buyer, 500))
	w.want("no reason", "VALIDATION", w.Refuse(t.Context(), w.Tenant.ID, r.ID, " ", "staff:1"))
	w.want("refuse", "", w.Refuse(t.Context(), w.Tenant.ID, r.ID, "税号与名称不符", "staff:1"))
	w.want("twice", "INVOICE_STATE", w.Refuse(t.Context(), w.Tenant.ID, r.ID, "税号与名称不符", "staff:1"))
	w.want("nobody's", "NOT_FOUND", w.Refuse(t.Context(), w.Tenant.ID, 99, "税号与名称不符", "staff:1"))
	if again := w.asked(buyer, r.OrderNo); again.ID == r.ID {
		t.Error("a refused request lives on")
	}
}

func TestTheFileIsWhatItsBytesSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	var ofd, archive bytes.Buffer
	for to, name := range map[*bytes.Buffer]string{&ofd: "OFD.xml", &archive: "evil.exe"} {
		z := zip.NewWriter(to)
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r := w.asked(buyer, w.paid(buyer, 500))
	in := invoice.IssueInput{ID: r.ID, Number: "26530000000000000001", On: w.today(), AmountFen: 500, Actor: "staff:1"}
	w.want("nothing", "VALIDATION", w.Issue(t.Context(), w.Tenant.ID, in))
	in.File = &invoice.File{Name: "a.ofd", Raw: archive.Bytes()}
	w.want("another archive", "INVOICE_FILE_TYPE", w.Issue(t.Context(), w.Tenant.ID, in))
	in.File = &invoice.File{Name: "a.pdf", Raw: append([]byte("%PDF-"), make([]byte, invoice.MaxBytes)...)}
	w.want("too large", "INVOICE_FILE_TOO_LARGE", w.Issue(t.Context(), w.Tenant.ID, in))
	in.File = &invoice.File{Name: `c:\papers\发票.ofd`, Raw: ofd.Bytes()}
	late := in
	late.On = w.today().AddDate(0, 0, 2)
	w.want("of the day after tomorrow", "VALIDATION", w.Issue(t.Context(), w.Tenant.ID, late))
	wrong := in
	wrong.AmountFen = 501
	w.want("too much", "INVOICE_AMOUNT", w.Issue(t.Context(), w.Tenant.ID, wrong))
	w.want("issue", "", w.Issue(t.Context(), w.Tenant.ID, in))
	found, err := w.OpenOwn(t.Context(), w.Tenant.ID, buyer, r.OrderNo)
	if err != nil || found.Kind != "ofd" || found.Name != "发票.ofd" || !bytes.Equal(found.Body, ofd.Bytes()) {
		t.Errorf("it is %s %q, %v", found.Kind, found.Name, err)
	}
	_, err = w.OpenOwn(t.Context(), w.Tenant.ID, w.member(), r.OrderNo)
	w.want("another opens it", "NOT_FOUND", err)
	if _, err := w.Open(t.Context(), w.Tenant.ID, r.ID, "staff:1"); err != nil {
		t.Error(err)
	}
	w.Clock().Advance(48 * time.Hour)
	if n, err := w.Sweep(t.Context(), w.Tenant.ID); err != nil || n != 0 {
		t.Errorf("swept %d, %v: the refused one went at once, the other has a row", n, err)
	}
}

func TestOneOfManyIssues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer := w.member()
	r := w.asked(buyer, w.paid(buyer, 500))
	var mu sync.Mutex
	var codes []string
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			err := w.Issue(t.Context(), w.Tenant.ID, invoice.IssueInput{
				ID: r.ID, Number: fmt.Sprintf("2653000000000000%04d", i), On: w.today(), AmountFen: 500, Link: "https://inv.example.com/1", Actor: "staff:1",
			})
			mu.Lock()
			defer mu.Unlock()
			codes = append(codes, w.code(err))
		})
	}
	group.Wait()
	slices.Sort(codes)
	if codes[0] != "" || codes[1] != "INVOICE_STATE" {
		t.Errorf("answers: %q", codes)
	}
}

func TestTitlesOfAMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer, other := w.member(), w.member()
	ctx, shop := t.Context(), w.Tenant.ID
	company := invoice.Party{Kind: invoice.Company, Name: "云南青禾茶业有限公司", TaxNumber: "91350100M000100Y43", Email: "cw@example.com"}
	first, err := w.AddTitle(ctx, shop, buyer, company, false)
	if err != nil || !first.IsDefault {
		t.Fatalf("the first is %+v, %v", first, err)
	}
	second, err := w.AddTitle(ctx, shop, buyer, invoice.Party{Kind: invoice.Person, Name: "韩梅梅"}, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.UpdateTitle(ctx, shop, other, first.ID, company, true)
	w.want("another's", "NOT_FOUND", err)
	w.want("another deletes it", "NOT_FOUND", w.DeleteTitle(ctx, shop, other, first.ID))
	list, err := w.Titles(ctx, shop, buyer)
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].Party != company || list[1].IsDefault {
		t.Errorf("the titles are %+v, %v", list, err)
	}
	if n := w.number("SELECT count(*) FROM invoice_title WHERE encode(sealed, 'escape') LIKE '%example.com%'"); n != 0 {
		t.Error("a title lies open")
	}
	w.want("delete the default", "", w.DeleteTitle(ctx, shop, buyer, second.ID))
	no := w.paid(buyer, 500)
	r, err := w.ask(buyer, no, invoice.AskInput{TitleID: first.ID})
	if err != nil || r.Party != company {
		t.Errorf("asked for %+v, %v", r.Party, err)
	}
	_, err = w.ask(other, w.paid(other, 500), invoice.AskInput{TitleID: first.ID})
	w.want("by another's title", "NOT_FOUND", err)
	if _, err := w.AddTitle(ctx, shop, other, invoice.Party{Kind: invoice.Person, Name: "李雷"}, false); err != nil {
		t.Fatal(err)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(ctx, tx, buyer, other) })
	if list, err = w.Titles(ctx, shop, other); err != nil || len(list) != 2 || list[0].Name != "李雷" || list[1].IsDefault {
		t.Errorf("moved, the titles are %+v, %v", list, err)
	}
	kept := w.paid(other, 700)
	issued := w.asked(other, kept)
	w.want("issue", "", w.issue(issued, "26530000000000000001", 700))
	w.tx(func(tx tenantdb.Tx) error { return w.ForgetMemberTx(ctx, tx, other) })
	if got := w.found(r); got.Status != invoice.Withdrawn || got.Name != "" {
		t.Errorf("what was asked is still %+v", got)
	}
	if got := w.found(issued); got.Name != "韩梅梅" {
		t.Errorf("what was issued is %+v", got)
	}
	for range invoice.MaxTitles {
		if _, err := w.AddTitle(ctx, shop, buyer, company, false); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.AddTitle(ctx, shop, buyer, company, false)
	w.want("too many", "INVOICE_TITLES", err)
}
