package app_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"galleria/cmd/internal/app"
	"galleria/commerce/aftersale"
	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/browsertest"
	"galleria/console/staff"
	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/payments/transfer"
)

// signsIn is a person of the shop at a browser, in their language and theme.
func (w *world) signsIn(s *shop, who staff.AddInput, width, height int64, locale, theme string) *merchant {
	w.t.Helper()
	m := &merchant{Browser: browsertest.Open(w.t, "../../../console/testdata/axe.min.js", width, height), w: w, handle: s.Handle}
	m.open("/console/login")
	if locale == "zh-CN" { // Chromium itself asks for English
		m.Press(`button[name="locale"][value="zh-CN"]`)
	}
	if theme == "dark" {
		m.Press(`button[name="theme"][value="dark"]`)
	}
	m.signIn(who)
	return m
}

// signIn signs in on the page for it.
func (m *merchant) signIn(who staff.AddInput) {
	m.w.t.Helper()
	m.open("/console/login")
	m.typed("#login", who.Login)
	m.typed("#password", who.Password)
	m.Press(`form[action="/console/login"] button[type="submit"]`)
}

// look opens a page of the shop, holds it to accessibility, and to what it must say.
func (m *merchant) look(name, path string, says ...string) {
	m.w.t.Helper()
	m.open(m.shop(path))
	m.Inspect(name)
	m.says(name, says...)
}

func (m *merchant) says(name string, texts ...string) {
	m.w.t.Helper()
	page := m.Text(`document.getElementById('main').innerText`)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			m.w.t.Errorf("%s does not say %q: %.800s", name, text, page)
		}
	}
}

// takesHome sends an export's form as its button does and returns the file's type and size.
func (m *merchant) takesHome(action string) (kind string) {
	m.w.t.Helper()
	script := `(async () => {
		const form = document.querySelector('form[action$="` + action + `"]');
		const body = new URLSearchParams(new FormData(form));
		body.set('format', 'csv');
		const res = await fetch(form.action, {method: 'POST', body});
		return res.status + ' ' + res.headers.get('content-type') + ' ' + (await res.text()).trim().split('\n').length;
	})()`
	m.Run(chromedp.Evaluate(script, &kind, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return kind
}

// till is a shop whose money has done everything that its pages show.
type till struct {
	*market
	buyer     *shopper
	orders    map[payments.Code]string
	trade     string         // the payment of the Alipay order
	billNo    string         // of the transfer
	second    staff.AddInput // who approves
	caseNo    string
	accountID int64
}

func (w *world) openTill() *till {
	t := w.t
	t.Helper()
	x := &till{market: w.openMarket(3), orders: map[payments.Code]string{}, second: staff.AddInput{Login: "second@till.test", Name: "李会计", Password: "correct horse battery staple"}}
	person, err := w.Staff.Add(t.Context(), x.second)
	if err == nil {
		err = w.Campaigns.Stop(t.Context(), x.ID, x.sale, "staff:1") // the tale is of the regular price
	}
	if err == nil {
		err = w.Staff.Grant(t.Context(), x.ID, person.ID, authz.Owner)
	}
	if err == nil {
		err = w.Payments.SetRefundApproval(t.Context(), x.ID, 2000, "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
	b := w.login(x.shop, "till")
	x.buyer = &shopper{buyer: b, market: x.market, dice: rand.New(rand.NewPCG(3, 3)), address: b.address()}
	for _, channel := range []payments.Code{payments.WeChat, payments.Alipay, payments.UnionPay} {
		x.orders[channel] = x.buyer.paid(channel)
	}
	x.buyer.payTwice()
	x.trade = w.attempt(x.shop, x.orders[payments.Alipay])
	lie := func(m map[string]any) { m["amount"].(map[string]any)["total"] = 1 }
	if got := w.tell(x.shop, sandbox.NotificationInput{OutTradeNo: w.attempt(x.shop, x.orders[payments.WeChat]), EventID: "EV-lie", Mutate: lie}); got.status < http.StatusBadRequest {
		t.Fatalf("a notice of another sum: %d", got.status)
	}
	x.payOut(w)
	x.missOne(w)
	x.claim(w)
	for _, table := range []string{"order_line", "aftersale_line"} {
		w.owner("UPDATE "+x.ID.String()+"."+table+" SET picture = ''", nil) // the sample's's pictures are not served here
	}
	return x
}

// payOut pays a person, who confirms.
func (x *till) payOut(w *world) {
	w.t.Helper()
	made, err := w.Transfers.Create(w.t.Context(), x.ID, transfer.CreateInput{
		SourceKind: "commission", SourceNo: "C1", Channel: payments.WeChat, AppID: x.appID, ReceiverKind: payments.ReceiverOpenID, Receiver: sandbox.OpenID(x.appID, "till"), Name: "李小满",
		AmountFen: 1800, Title: "推广佣金", Actor: "staff:1",
		Terms: payments.TransferTerms{SceneID: "1005", Reports: []payments.TransferReport{{Type: "岗位类型", Content: "推广员"}, {Type: "报酬说明", Content: "推广佣金"}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	x.billNo = made.OutBillNo
	w.confirms(x.market, "till", x.billNo, sandbox.ConfirmInput{})
	eventually(w.t, 30*time.Second, "the transfer", func() bool {
		return w.count(x.shop, "SELECT count(*) FROM transfer WHERE out_bill_no = $1 AND status = 'succeeded'", x.billNo) == 1
	})
}

// missOne has a payment in the books that its provider does not know, and compares the day.
func (x *till) missOne(w *world) {
	w.t.Helper()
	w.owner(`INSERT INTO `+x.ID.String()+`.payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at, transaction_id, paid_at)
		SELECT 'NOBODYKNOWSTHIS1', 'NOBODYKNOWSTHIS1', account_id, channel, app_id, payer, title, 4200, 'succeeded', now(), now(), now(), '4200NOBODYKNOWS', now()
		FROM `+x.ID.String()+`.payment_attempt WHERE channel = 'wechat' AND status = 'succeeded' LIMIT 1`, nil)
	w.billsOf(x.market)
	w.scan(x.shop, "SELECT id FROM payment_account WHERE channel = 'wechat'", nil, &x.accountID)
}

// claim has the buyer send a piece back.
func (x *till) claim(w *world) {
	w.t.Helper()
	w.change(x.shop, "UPDATE coupon_grant SET valid_until = now() WHERE status = 'active'") // what came by chance makes nothing cheaper here
	no, line := x.buyer.buyer.paid(2)
	x.buyer.sent(no, line, 2)
	x.caseNo = x.buyer.apply(no, "return", line, 1, x.buyer.upload())
	err := w.Cases.AddAddress(w.t.Context(), x.ID, aftersale.Address{Name: "仓库", Phone: "13800000000", Address: "昆明市五华区"}, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestE2EMoney walks through the pages about money and the after-sales desk in real browsers,
// over money that moved: the owner at a desk asks for a refund, and the accountant with a
// phone approves it, closes the day and finishes the case.
func TestE2EMoney(t *testing.T) {
	t.Parallel()
	pictures := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = pictures })
	x := w.openTill()
	owner := w.signsIn(x.shop, x.owner, 1360, 900, "zh-CN", "light")
	refund := owner.asks(x)
	owner.seesMoney(x, refund)
	owner.answersCase(x)
	if err := os.RemoveAll(pictures); err != nil { // as a picture that was deleted
		t.Fatal(err)
	}
	phone := w.signsIn(x.shop, x.second, 390, 844, "en", "dark")
	phone.approves(x, refund)
	phone.explains(x)
	phone.seesMoney(x, refund)
	phone.finishesCase(x)
}

// asks fills in the refund form, at first wrongly.
func (m *merchant) asks(x *till) (outRefundNo string) {
	m.w.t.Helper()
	form := "/orders/" + x.orders[payments.Alipay] + "/refund"
	m.look("01_refund_form", form)
	m.typed("#amount", "99999")
	m.typed("#note", "缺货")
	m.Run(chromedp.Click(`input[name="sure"]`, chromedp.ByQuery))
	m.Press(`form[action$="/refund"] button.btn-primary`)
	m.Forgive() // 409 is the answer that was wanted
	m.Inspect("02_refund_too_much")
	m.typed("#amount", "30")
	m.Run(chromedp.Evaluate(`document.querySelector('input[name="sure"]').checked = true`, nil))
	m.Press(`form[action$="/refund"] button.btn-primary`)
	found := regexp.MustCompile(`/refunds/([0-9A-Za-z]+)$`).FindStringSubmatch(m.Text("location.pathname"))
	if found == nil {
		m.w.t.Fatalf("after asking at %s: %.500s", m.Text("location.pathname"), m.Text(`document.getElementById('main').innerText`))
	}
	m.Inspect("03_refund_waits")
	if n := m.Text(`document.querySelectorAll('button[value="approve"]').length`); n != "0" {
		m.w.t.Error("the person who asked may approve")
	}
	m.look("04_refund_while_shipping", "/orders/"+x.orders[payments.Alipay]+"/ship", "30.00")
	return found[1]
}

// seesMoney opens every page about money and takes the tables home.
func (m *merchant) seesMoney(x *till, refundNo string) {
	t := m.w.t
	t.Helper()
	var anomaly, day, journal int64
	m.w.scan(x.shop, "SELECT min(id) FROM payment_anomaly WHERE event_id = 'EV-lie'", nil, &anomaly)
	m.w.scan(x.shop, "SELECT min(id) FROM bill_day WHERE matched > 0", nil, &day)
	m.w.scan(x.shop, "SELECT min(no) FROM ledger_journal", nil, &journal)
	account := itoa(x.accountID)
	pages := map[string]struct {
		path string
		says []string
	}{
		"10_payments":       {"/payments", []string{x.trade}},
		"11_payments_none":  {"/payments?q=nobody", nil},
		"12_payment":        {"/payments/" + x.trade, []string{x.orders[payments.Alipay]}},
		"13_order":          {"/orders/" + x.orders[payments.Alipay], []string{x.trade}},
		"14_refunds":        {"/refunds", []string{"30.00"}},
		"15_refund":         {"/refunds/" + refundNo, []string{"30.00"}},
		"16_transfers":      {"/transfers", []string{"18.00"}},
		"17_transfer":       {"/transfers/" + x.billNo, []string{"18.00"}},
		"18_anomalies":      {"/anomalies", nil},
		"19_anomaly":        {"/anomalies/" + itoa(anomaly), nil},
		"20_callbacks":      {"/callbacks", nil},
		"21_reconciliation": {"/reconciliation", nil},
		"22_bill_day":       {"/reconciliation/" + itoa(day), nil},
		"23_books":          {"/books", nil},
		"24_ledger_account": {"/books/accounts/receivable:wechat:" + account, nil},
		"25_journal":        {"/books/journals/" + itoa(journal), nil},
		"26_money":          {"/money", nil},
		"27_settlement":     {"/settlement", nil},
		"28_accounts":       {"/payment-accounts", []string{x.mchID}},
		"29_account":        {"/payment-accounts/" + account, []string{x.mchID}},
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		m.look(name, pages[name].path, pages[name].says...)
	}
	for path, action := range map[string]string{"/payments": "/payments/export", "/refunds": "/refunds/export", "/settlement": "/settlement/export", "/books": "/books/export", "/reconciliation": "/reconciliation/export"} {
		m.open(m.shop(path))
		if got := m.takesHome(action); !strings.HasPrefix(got, "200 text/csv") || strings.HasSuffix(got, " 1") {
			t.Errorf("%s: %s, want a table with rows", action, got)
		}
	}
}

// approves is the second person.
func (m *merchant) approves(x *till, refundNo string) {
	t := m.w.t
	t.Helper()
	m.look("50_to_approve", "/refunds/"+refundNo, "30.00")
	m.typed("#note", "checked")
	m.Press(`button[value="approve"]`)
	m.Inspect("51_approved")
	m.w.arrives(t, x.buyer, x.orders[payments.Alipay], refundNo, "paid", money.Fen(3000))
	m.look("52_arrived", "/refunds/"+refundNo, "30.00")
}

// explains clears the work queue of a day, which closes it.
func (m *merchant) explains(x *till) {
	t := m.w.t
	t.Helper()
	var day int64
	m.w.scan(x.shop, "SELECT day_id FROM bill_difference WHERE status = 'open'", nil, &day)
	m.look("53_open_difference", "/reconciliation/"+itoa(day), "42.00")
	m.Run(chromedp.Click(".console-explain summary", chromedp.ByQuery), chromedp.WaitVisible(".console-explain select", chromedp.ByQuery))
	m.Inspect("54_explain")
	m.Run(
		chromedp.Evaluate(`document.querySelector('.console-explain select').selectedIndex = 1`, nil),
		chromedp.SendKeys(".console-explain input[name=note]", "a test row", chromedp.ByQuery),
	)
	m.Press(".console-explain form button.btn-primary")
	m.Inspect("55_day_closed")
	if n := m.w.count(x.shop, "SELECT count(*) FROM bill_day WHERE id = $1 AND status = 'closed'", day); n != 1 {
		t.Errorf("the day is not closed: %.600s", m.Text(`document.getElementById('main').innerText`))
	}
}

// answersCase reads a case with its picture and lets the buyer send it back.
func (m *merchant) answersCase(x *till) {
	m.w.t.Helper()
	m.look("30_desk", "/aftersales", x.caseNo)
	m.look("31_desk_none", "/aftersales?q=nobody")
	m.look("32_case", "/aftersales/"+x.caseNo, "漏气了")
	m.Run(chromedp.Poll("Array.from(document.querySelectorAll('main img')).some(i => i.naturalWidth > 0)", nil, chromedp.WithPollingTimeout(30*time.Second)))
	m.event("approve")
	m.Inspect("33_case_approved")
}

// event does an event of the case that is open, as its form stands.
func (m *merchant) event(name string) {
	m.w.t.Helper()
	form := `form:has(input[name="event"][value="` + name + `"])`
	m.Run(
		chromedp.Evaluate("document.querySelectorAll('details').forEach(d => d.open = true)", nil), // some of the forms are folded away
		chromedp.WaitReady(form, chromedp.ByQuery),
		chromedp.Evaluate("document.querySelectorAll(`"+form+" input[name=sure]`).forEach(i => i.checked = true)", nil),
	)
	m.Press(form + ` button[type="submit"]`)
}

// finishesCase has the parcel arrive, looks into it and gives the money back.
func (m *merchant) finishesCase(x *till) {
	m.w.t.Helper()
	if err := m.w.Payments.SetRefundApproval(m.w.t.Context(), x.ID, 50_000, "staff:1"); err != nil {
		m.w.t.Fatal(err)
	}
	x.buyer.must(http.StatusOK, http.MethodPost, "/aftersales/"+x.caseNo+"/send-back", map[string]any{"courier": "sf", "tracking_no": "SF1234567890123"}, nil)
	m.look("60_desk", "/aftersales", x.caseNo)
	m.open(m.shop("/aftersales/" + x.caseNo))
	m.missesPicture()
	m.Inspect("61_case_sent_back")
	m.says("61_case_sent_back", "SF1234567890123")
	m.event("arrive")
	m.missesPicture()
	m.Inspect("62_case_received")
	m.Run(chromedp.Evaluate(`document.querySelectorAll('input[name^="sellable-"]').forEach(i => i.value = i.max); document.querySelectorAll('input[name^="damaged-"], input[name^="missing-"]').forEach(i => i.value = 0)`, nil))
	m.event("inspect")
	m.missesPicture()
	m.Inspect("63_case_inspected")
	x.buyer.settles(x.caseNo, int64(x.prices[0]))
	m.open(m.shop("/aftersales/" + x.caseNo))
	m.missesPicture()
	m.Inspect("64_case_refunded")
}

// missesPicture waits until the page shows that its picture is gone, rather than a broken one.
func (m *merchant) missesPicture() {
	m.w.t.Helper()
	m.Run(chromedp.WaitVisible(".thumb.is-gone", chromedp.ByQuery))
	m.Forgive() // 404 is what the browser says of it
}
