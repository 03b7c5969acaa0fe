package app_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/staff"
)

// named says how a parameter of a route is filled: by the first row of this query in the shop's
// schema whose place the route's beginning names. The last one that fits counts.
func named() []struct{ route, param, sql string } {
	return []struct{ route, param, sql string }{
		{"", ":order_no", "SELECT order_no FROM orders WHERE status = 'completed' ORDER BY id"},
		{"", ":sku_id", "SELECT id::text FROM sku ORDER BY id"},
		{"", ":seq", "SELECT '1'"},
		{"", ":kind", "SELECT 'products'"},
		{"", ":channel", "SELECT 'wechat'"},
		{"", ":code", "SELECT 'manager'"},
		{"", ":part", "SELECT 'zone'"},
		{"", ":n", "SELECT 'new'"},
		{"", ":event", "SELECT 'order.paid'"},
		{"", ":audience", "SELECT 'buyer'"},
		{"/apps", ":app_id", "SELECT app_id FROM app_credential"},
		{"/messages", ":app", "SELECT app_id FROM app_credential"},
		{"/aftersales", ":case_no", "SELECT case_no FROM aftersale_case ORDER BY id"},
		{"/payments", ":out_trade_no", "SELECT out_trade_no FROM payment_attempt ORDER BY id"},
		{"/refunds", ":out_refund_no", "SELECT out_refund_no FROM refund ORDER BY id"},
		{"/transfers", ":out_bill_no", "SELECT out_bill_no FROM transfer ORDER BY id"},
		{"/products", ":id", "SELECT id::text FROM spu ORDER BY id"},
		{"/members", ":id", "SELECT id::text FROM member ORDER BY id"},
		{"/levels/members", ":id", "SELECT id::text FROM member ORDER BY id"},
		{"/points/members", ":id", "SELECT id::text FROM member ORDER BY id"},
		{"/reviews", ":id", "SELECT id::text FROM review WHERE body <> '' ORDER BY id"},
		{"/campaigns", ":id", "SELECT id::text FROM campaign ORDER BY id"},
		{"/coupons", ":id", "SELECT id::text FROM coupon ORDER BY id"},
		{"/delivery/freight", ":id", "SELECT id::text FROM freight_template ORDER BY id"},
		{"/delivery/stores", ":id", "SELECT id::text FROM pickup_store ORDER BY id"},
		{"/anomalies", ":id", "SELECT id::text FROM payment_anomaly ORDER BY id"},
		{"/payment-accounts/:id", ":id", "SELECT id::text FROM payment_account ORDER BY id"},
		{"/books/accounts", ":account", "SELECT 'revenue'"},
	}
}

// pagesOf are the addresses of the console of a shop that are opened by reading, from the golden
// list of all routes, with what the shop has in the place of parameters.
func (w *world) pagesOf(s *shop) (list []string) {
	w.t.Helper()
	golden, err := os.ReadFile("../../../console/testdata/access.golden.md")
	if err != nil {
		w.t.Fatal(err)
	}
	param := regexp.MustCompile(`:[a-z_]+`)
	for _, route := range regexp.MustCompile(`(?m)^\| GET /console/:handle(\S*) `).FindAllStringSubmatch(string(golden), -1) {
		list = append(list, "/console/"+s.Handle+param.ReplaceAllStringFunc(route[1], func(name string) string {
			sql := ""
			for _, one := range named() {
				if one.param == name && strings.HasPrefix(route[1], one.route) {
					sql = one.sql
				}
			}
			if sql == "" {
				return "1"
			}
			var value string
			w.scan(s, "SELECT coalesce(("+sql+" LIMIT 1), '1')", nil, &value)
			return value
		}))
	}
	if len(list) < 80 {
		w.t.Fatalf("%d pages of a shop found", len(list))
	}
	return list
}

// TestHostileConsole opens every page of a shop's console, with what attackers write in every
// place that people write to, and asks for every change from a foreign page.
func TestHostileConsole(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = folder })
	m := w.openMarket(0)
	who := staff.AddInput{Login: "hostile@shop.test", Name: "王店长", Password: "correct horse battery staple"}
	person, err := w.Staff.Add(t.Context(), who)
	if err == nil {
		err = w.Staff.Grant(t.Context(), m.ID, person.ID, authz.Owner)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.lastWord(m)
	w.quiet(m.shop, 15*time.Second)
	w.owner("UPDATE platform.timer SET due_at = due_at + interval '1 day'", nil)
	run := func(name string, test func(w *world)) { t.Run(name, func(t *testing.T) { test(w.in(t)) }) }
	run("T109_ReadingChangesNothing", func(w *world) { testT109Crawl(w, m.shop) })
	run("T109_ForeignFormsChangeNothing", func(w *world) { testT109Foreign(w, m.shop) })
	run("T108_EveryPageOfTheConsole", func(w *world) { testT108(w, m.shop, who) })
}

// testT109Crawl asks for every page with GET and HEAD: none is a fault, and the shop's database is as it was.
func testT109Crawl(w *world, s *shop) {
	before := w.fingerprint(s)
	d := w.signIn(s)
	missing := 0
	for _, path := range w.pagesOf(s) {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			status, body := d.ask(method, path)
			if status >= 500 {
				w.t.Errorf("%s %s: %d %.200s", method, path, status, body)
			}
			if status == http.StatusNotFound && method == http.MethodGet {
				missing++
				w.t.Logf("not there: %s", path)
			}
		}
	}
	if missing > 30 {
		w.t.Errorf("%d pages were not there: the crawl has to fill their numbers", missing)
	}
	w.wantUntouched(s, before, "reading")
}

// testT109Foreign sends every form as another site would: with the person's cookies, from a foreign
// origin, as text or JSON, or with a token of nobody.
func testT109Foreign(w *world, s *shop) {
	golden, err := os.ReadFile("../../../console/testdata/access.golden.md")
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.fingerprint(s)
	d := w.signIn(s)
	param := regexp.MustCompile(`:[a-z_]+`)
	client := *d.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	sent := 0
	for _, route := range regexp.MustCompile(`(?m)^\| POST (/console/\S*) `).FindAllStringSubmatch(string(golden), -1) {
		path := param.ReplaceAllString(strings.Replace(route[1], ":handle", s.Handle, 1), "1")
		for name, forge := range map[string]func(h http.Header){
			"foreign origin": func(h http.Header) { h.Set("Origin", "https://evil.test") },
			"foreign site":   func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site") },
			"text":           func(h http.Header) { h.Set("Content-Type", "text/plain") },
			"JSON":           func(h http.Header) { h.Set("Content-Type", "application/json") },
			"no token":       func(http.Header) {},
		} {
			req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.base+path, strings.NewReader("csrf=nobodys&sure=1&name=x&do=delete"))
			if err != nil {
				w.t.Fatal(err)
			}
			req.Header.Set("Origin", w.base)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			forge(req.Header)
			status, body := do(w.t, &client, req)
			// The platform's pages are not there for people of a shop.
			if status != http.StatusForbidden && (status != http.StatusNotFound || !strings.Contains(path, "/platform")) {
				w.t.Errorf("POST %s, %s: %d %.200s, want 403", path, name, status, body)
			}
			sent++
		}
	}
	if sent < 500 {
		w.t.Errorf("only %d forms were sent", sent)
	}
	w.wantUntouched(s, before, "a foreign page")
}

// attack is markup, an attribute, an address, a style and a template in as many characters as a
// name may have.
const attack = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{1}}`

// testT108 opens every page in a browser: what was written is shown as text, no dialog opens, and
// the policy of the pages has nothing to refuse.
func testT108(w *world, s *shop, who staff.AddInput) {
	for _, set := range []string{
		"spu SET title = $1, subtitle = $1, tags = ARRAY['<b>x</b>'], detail = '<p style=\"position:fixed\">' || $1 || '</p><svg onload=alert(3)></svg>'",
		"category SET name = $1", "member SET nickname = $1, note = $1", "orders SET remark = $1, staff_note = $1",
		"order_line SET title = $1, spec = $1", "review SET body = $1 WHERE body <> ''", "aftersale_message SET body = $1 WHERE body <> ''",
		"aftersale_line SET title = $1, spec = $1", "refund SET note = $1", "pickup_store SET name = $1, address = $1, hours = $1, phone = '<b>'",
		"freight_template SET name = $1", "picture SET name = $1", "stock_movement SET note = $1",
		"coupon SET title = left($1, 31)", "campaign SET title = left($1, 31)",
	} {
		w.owner("UPDATE "+s.ID.String()+"."+strings.ReplaceAll(set, "$1", "'"+attack+"'"), nil)
	}
	m := w.signsIn(s, who, 1360, 900, "zh-CN", "light")
	var dialogs []string
	chromedp.ListenTarget(m.Context(), func(event any) {
		if e, is := event.(*page.EventJavascriptDialogOpening); is {
			dialogs = append(dialogs, e.URL+": "+e.Message)
		}
	})
	shown := 0
	for _, path := range w.pagesOf(s) {
		if slices.ContainsFunc([]string{"/template", ".svg", "/file", "/keys", "/proofs/", "/evidence/"}, func(part string) bool { return strings.Contains(path, part) }) {
			continue // files, and forms that ask for the password first
		}
		m.open(path)
		if m.Text(`document.body.innerText.includes('onerror=alert') ? 'yes' : ''`) == "yes" {
			shown++
		}
		if alien := m.Text(`Array.from(document.querySelectorAll('main [onerror], main [onload], main script, main svg[onload]'), (e) => e.outerHTML).join(' ')`); alien != "" {
			w.t.Errorf("%s has markup that somebody wrote: %s", path, alien)
		}
		for _, complaint := range m.Complaints() {
			// A number that the shop does not have, or what the owner may not do to himself.
			if !regexp.MustCompile(`^40[34] for |status of 40[34]`).MatchString(complaint) {
				w.t.Errorf("%s: the browser complains: %s", path, complaint)
			}
		}
	}
	if len(dialogs) > 0 {
		w.t.Errorf("dialogs opened: %v", dialogs)
	}
	if shown < 15 {
		w.t.Errorf("only %d pages showed what was written: %s", shown, fmt.Sprint(w.pagesOf(s)))
	}
}
