package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/staff"
	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// growth is a shop whose keeper brings people to buy, and a buyer of it.
type growth struct {
	*merchant
	shop  *shop
	buyer *buyer
	sku   int64 // of a product of its own, of one yuan
	desk  bool
}

// TestE2EGrowth: in real browsers a shopkeeper makes what brings buyers (coupons, campaigns, group
// buying, distribution, levels, points, messages), buyers use it over the API, and the pages say
// so; the platform's people hurry recurring work. Each page is held to accessibility, width and
// the browser's own complaints, at a desk and on a phone, light and dark.
func TestE2EGrowth(t *testing.T) {
	t.Parallel()
	world := newWorld(t, func(c *app.Config) { c.MediaDir = t.TempDir() })
	for name, tc := range map[string]struct {
		width, height int64
		locale, theme string
	}{
		"desk":  {1360, 900, "zh-CN", "light"},
		"phone": {390, 844, "en", "dark"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.in(t)
			s := w.openShop(name, 400)
			w.change(s, "UPDATE spu SET cover = ''") // a picture that nobody drew
			g := &growth{shop: s, buyer: w.login(s, "买家"+name), sku: w.moreSKUs(s, 1, 400)[0], desk: name == "desk"}
			g.merchant = w.signsIn(s, s.owner, tc.width, tc.height, tc.locale, tc.theme)
			g.coupons()
			g.flash()
			g.groups()
			g.distribution()
			g.levels()
			g.points()
			g.messages()
			if g.desk { // on a phone they are looked at where there is nothing else
				g.jobs(tc.width, tc.height, tc.locale, tc.theme)
			}
		})
	}
}

// set gives a field a value that is not typed letter by letter, as a clock or a date is.
func (g *growth) set(selector, value string) {
	g.w.t.Helper()
	g.Run(chromedp.WaitReady(selector, chromedp.ByQuery), chromedp.Evaluate("document.querySelector(`"+selector+"`).value = "+toJSON(g.w.t, value), nil))
}

// tick sets boxes and radios.
func (g *growth) tick(selectors ...string) {
	g.w.t.Helper()
	for _, selector := range selectors {
		g.Run(chromedp.WaitReady(selector, chromedp.ByQuery), chromedp.Evaluate("document.querySelector(`"+selector+"`).checked = true", nil))
	}
}

// keys presses keys on whatever has the focus.
func (g *growth) keys(text string) { g.w.t.Helper(); g.Run(chromedp.KeyEvent(text)) }

// tabTo walks with the tab key alone to a field, as who has no mouse does.
func (g *growth) tabTo(selector string) {
	g.w.t.Helper()
	for range 80 {
		g.keys(kb.Tab)
		if g.Text("document.activeElement.matches(`"+selector+"`)") == "true" {
			return
		}
	}
	g.w.t.Fatalf("the tab key does not lead to %s", selector)
}

// arrives waits for the page whose path fits, after keys that lead to it, and returns its number.
func (g *growth) arrives(path string) string {
	g.w.t.Helper()
	fits := regexp.MustCompile(path)
	eventually(g.w.t, time.Minute, "the page "+path, func() bool {
		var there string
		_ = chromedp.Run(g.Context(), chromedp.Evaluate(`document.readyState === 'complete' ? location.pathname : ''`, &there)) // between two pages there is nothing to ask
		return fits.MatchString(there)
	})
	found := fits.FindStringSubmatch(g.Text("location.pathname"))
	return found[len(found)-1]
}

// buys places an order at a price that was seen, with what it takes besides, and pays it.
func (g *growth) buys(b *buyer, payable int64, more map[string]any, lines ...any) (orderNo string) {
	g.w.t.Helper()
	body := map[string]any{"lines": lines, "address_id": b.address(), "expected_payable_fen": payable}
	maps.Copy(body, more)
	got := b.place("", body)
	if got.status != http.StatusCreated {
		g.w.t.Fatalf("order: %d %s", got.status, got.body)
	}
	if payable > 0 {
		b.pay(got.orderNo())
	}
	b.waitFor(got.orderNo(), "paid", 30*time.Second)
	return got.orderNo()
}

// coupons makes a coupon without touching the mouse, has it claimed and used, and reads what it did.
func (g *growth) coupons() {
	t := g.w.t
	t.Helper()
	g.look("01_coupons_none", "/coupons")
	g.open(g.shopURL("/coupons/new"))
	g.Inspect("02_coupon_new")
	g.tabTo(`input[name="title"]`)
	g.keys("满五十减五")
	g.tabTo(`input[name="off_fen"]`)
	g.keys("5")
	g.tabTo(`input[name="need_fen"]`)
	g.keys("abc\r") // Enter saves, though buttons that only look for products stand before that one
	g.Run(chromedp.WaitVisible(`#need_fen[aria-invalid="true"]`, chromedp.ByQuery))
	g.Forgive() // 422 is what becomes of it
	g.Inspect("03_coupon_refused")
	if at := g.Text("document.activeElement.id"); at != "need_fen" {
		t.Errorf("the refused form opens at %q, not at what is wrong", at)
	}
	g.keys("50\r")
	id := g.arrives(`/coupons/([0-9]+)$`)
	g.Inspect("04_coupon_draft")
	g.Press(`form[action$="/status"] button[value="live"]`)
	g.Inspect("05_coupon_live")
	var claimed struct {
		ID int64 `json:"id"`
	}
	g.buyer.must(http.StatusCreated, http.MethodPost, "/coupons/"+id+"/claim", nil, &claimed, header{"Idempotency-Key": "claim"})
	g.buys(g.buyer, 5400, map[string]any{"coupon_ids": []int64{claimed.ID}}, line(g.shop.skus[0], 1))
	g.look("06_coupon_used", "/coupons/"+id, "100%", "54.00")
	g.look("07_coupon_holders", "/coupons/"+id+"/holders")
	g.look("08_coupons", "/coupons", "满五十减五")
}

func (g *growth) shopURL(path string) string { return g.merchant.shop(path) }

// prices looks for a product by the Enter key, ticks what was found and has its variants shown.
func (g *growth) prices(query string) {
	g.w.t.Helper()
	g.typed("#product-query", query)
	g.Run(chromedp.Evaluate("window.searched = true", nil))
	g.keys("\r")
	eventually(g.w.t, time.Minute, "what was looked for", func() bool {
		var found bool
		_ = chromedp.Run(g.Context(), chromedp.Evaluate(`window.searched === undefined && document.querySelector('input[type="checkbox"][name="product"]') !== null`, &found))
		return found
	})
	g.tick(`input[type="checkbox"][name="product"]`)
	g.Press(`button[name="find"][value="prices"]`)
}

// clock is a moment as an input of a form has it.
func clock(at time.Time) string {
	return at.In(time.FixedZone("CST", 8*3600)).Format("2006-01-02T15:04")
}

// flash makes a flash sale, sells of it, and has another campaign refused beside it.
func (g *growth) flash() {
	t := g.w.t
	t.Helper()
	now := time.Now()
	price := func(sku int64) string { return fmt.Sprintf(`input[name="price_%d"]`, sku) }
	units := fmt.Sprintf(`input[name="units_%d"]`, g.shop.skus[0])
	g.look("10_campaigns_none", "/campaigns")
	g.look("11_flash_new", "/campaigns/new?kind=flash")
	g.typed("#title", "周末秒杀")
	g.set(`input[name="session_0_from"]`, clock(now.Add(-time.Hour)))
	g.set(`input[name="session_0_until"]`, clock(now.Add(5*time.Hour)))
	g.prices("岩茶")
	g.typed(price(g.shop.skus[0]), "9.90")
	g.typed(units, "0")
	g.Press(`.console-form > .console-actions button.btn-primary`)
	g.Forgive()
	g.Inspect("12_flash_refused")
	if bad := g.Text("document.querySelector(`" + units + "`).parentElement.querySelector('.console-field-problem')?.innerText"); bad == "" || bad == "null" {
		t.Error("nothing stands beside the units that are none")
	}
	g.typed(units, "5")
	g.Press(`.console-form > .console-actions button.btn-primary`)
	sale := g.arrives(`/campaigns/([0-9]+)$`)
	g.Press(`form[action$="/start"] button`)
	g.Inspect("14_flash_live")
	g.buys(g.buyer, 990, nil, line(g.shop.skus[0], 1))
	g.look("15_flash_report", "/campaigns/"+sale, "9.90")
	if paid := g.Text(`document.querySelector('section[aria-labelledby="campaign-sessions"] tbody tr:nth-child(2) td:nth-child(4)').innerText.trim()`); paid != "1" {
		t.Errorf("%q units are paid", paid)
	}
	// A timed discount of the other variant runs; the one that is in the sale cannot join it.
	g.open(g.shopURL("/campaigns/new?kind=timed"))
	g.typed("#title", "限时特价")
	g.set("#starts_at", clock(now.Add(-time.Hour)))
	g.set("#ends_at", clock(now.Add(48*time.Hour)))
	g.tick(`input[name="way"][value="prices"]`)
	g.prices("岩茶")
	g.typed(price(g.shop.skus[1]), "88")
	g.Press(`.console-form > .console-actions button.btn-primary`)
	timed := g.arrives(`/campaigns/([0-9]+)$`)
	g.Press(`form[action$="/start"] button`)
	g.open(g.shopURL("/campaigns/" + timed + "/edit"))
	g.typed(price(g.shop.skus[0]), "50")
	g.Press(`.console-form > .console-actions button.btn-primary`)
	g.Forgive() // 409
	g.Inspect("17_conflict")
	if at := g.Text(`document.querySelector('fieldset:has(#product-query) + .campaign-conflicts a')?.innerText`); at != "周末秒杀" {
		t.Errorf("beside the products stands %s", at)
	}
	g.look("18_calendar", "/campaigns/calendar", "周末秒杀", "限时特价")
	g.look("19_campaigns", "/campaigns", "周末秒杀", "限时特价")
}

// groups starts group buying; of three seats one is taken.
func (g *growth) groups() {
	t := g.w.t
	t.Helper()
	g.look("20_group_new", "/campaigns/new?kind=group")
	g.typed("#title", "三人拼团")
	g.set("#starts_at", clock(time.Now().Add(-time.Hour)))
	g.set("#ends_at", clock(time.Now().Add(48*time.Hour)))
	g.prices("礼盒")
	g.typed("#seats", "3")
	g.typed("#fill_hours", "24")
	g.typed(fmt.Sprintf(`input[name="price_%d"]`, g.sku), "0.77")
	g.Press(`.console-form > .console-actions button.btn-primary`)
	id := g.arrives(`/campaigns/([0-9]+)$`)
	g.Press(`form[action$="/start"] button`)
	var campaignID int64
	g.w.scan(g.shop, "SELECT id FROM campaign WHERE kind = 'group'", nil, &campaignID)
	g.buys(g.buyer, 77, map[string]any{"group": map[string]any{"campaign_id": campaignID}}, line(g.sku, 1))
	var groupNo string
	g.w.scan(g.shop, "SELECT group_no FROM buy_group", nil, &groupNo)
	g.look("21_groups", "/campaigns/"+id, groupNo)
	g.look("22_group", "/campaigns/"+id+"/groups/"+groupNo)
}

// distribution is switched on; who applied is let in, earns, and is paid by hand.
func (g *growth) distribution() {
	t := g.w.t
	t.Helper()
	g.look("30_distribution_off", "/distribution")
	g.look("31_plan", "/distribution/plan")
	g.tick(`input[name="enabled"]`, `input[name="join_by"][value="application"]`, `input[name="depth"][value="1"]`, `input[name="review"]`)
	g.typed("#first_bps", "60")
	g.Press(`.console-actions button[name="preview"]`)
	g.Forgive() // more than half of a sale is nobody's
	g.Inspect("32_plan_refused")
	g.typed("#first_bps", "10")
	g.typed("#withdraw_from", "1")
	g.Press(`.console-actions button[name="preview"]`)
	g.Inspect("33_plan_preview")
	g.Press(`.console-actions button.btn-primary`)
	seller := promoter{buyer: g.w.login(g.shop, "团长")}
	seller.must(http.StatusOK, http.MethodPost, "/distribution/apply", map[string]any{"statement": "我有三个茶友群"}, nil)
	g.look("35_people", "/distribution/people?status=applied")
	g.Press(`td a.stretched`)
	g.Inspect("36_applicant")
	g.says("36_applicant", "我有三个茶友群")
	g.Press(`button[name="admit"][value="1"]`)
	g.w.scan(g.shop, "SELECT code FROM distributor", nil, &seller.code)
	g.earns(seller)
	g.look("38_commissions", "/distribution/commissions", "8.80")
	no := seller.draw(map[string]any{"way": "manual", "amount_fen": 800, "account": "招商银行 6222020200112233445", "name": "李雷"})
	g.look("39_withdrawals", "/distribution/withdrawals", no)
	g.look("40_withdrawal", "/distribution/withdrawals/"+no, "8.00")
	g.tick(`form[action$="/approve"] input[name="sure"]`)
	g.Press(`form[action$="/approve"] button`)
	g.Press(`form[action$="/reveal"] button`)
	g.Inspect("42_revealed")
	g.says("42_revealed", "6222020200112233445")
	g.look("43_withdrawal_again", "/distribution/withdrawals/"+no)
	if strings.Contains(g.Text(`document.getElementById('main').innerText`), "6222020200112233445") {
		t.Error("the account stands there after its one answer")
	}
	g.typed("#reference", "CMB0001")
	g.tick(`form[action$="/paid"] input[name="sure"]`)
	g.Press(`form[action$="/paid"] button`)
	g.Inspect("44_paid")
	g.w.ends(g.shop, no, "succeeded")
	g.look("45_distribution", "/distribution")
	g.look("46_rates", "/distribution/rates")
}

// earns has somebody whom the distributor brought buy two packets that nobody sends back.
func (g *growth) earns(seller promoter) {
	g.w.t.Helper()
	b := g.w.login(g.shop, "茶友")
	b.broughtBy(seller.code)
	no := g.buys(b, 8800, nil, line(g.shop.skus[1], 1)) // at the timed price
	var row, member int64
	g.w.scan(g.shop, "SELECT l.id, o.member_id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1", []any{no}, &row, &member)
	b.sent(no, row, 1)
	if _, err := g.w.Orders.Receive(g.w.t.Context(), g.shop.ID, member, no); err != nil {
		g.w.t.Fatal(err)
	}
	g.w.finishes(g.shop, no)
}

// levels switches levels on and makes one, at first wrongly, with a price of its own.
func (g *growth) levels() {
	t := g.w.t
	t.Helper()
	g.look("50_levels_none", "/levels")
	g.look("51_level_settings", "/levels/settings")
	g.tick(`input[name="enabled"]`)
	g.Press(`.console-actions button.btn-primary`)
	g.look("53_level_new", "/levels/new")
	g.typed("#name", "金卡")
	g.typed("#threshold", "-1")
	g.Press(`.console-form .console-actions button.btn-primary`)
	g.Forgive()
	g.Inspect("54_level_refused")
	g.typed("#threshold", "100")
	g.typed("#off_bps", "9.5")
	g.tick(`input[name="free_shipping"]`)
	g.Press(`.console-form .console-actions button.btn-primary`)
	g.look("55_levels", "/levels", "金卡")
	var id int64
	g.w.scan(g.shop, "SELECT max(id) FROM level", nil, &id)
	g.look("56_level", "/levels/"+itoa(id))
	g.look("57_level_prices_none", "/levels/"+itoa(id)+"/prices")
	g.set("#rows", itoa(g.sku)+"\t0.88") // pasted: the tab key would lead away
	g.Press(`.console-actions button.btn-primary`)
	g.Inspect("58_level_prices")
	g.says("58_level_prices", "0.88")
	if n := g.w.count(g.shop, "SELECT count(*) FROM level_price WHERE price_fen = 88"); n != 1 {
		t.Errorf("%d prices of the level", n)
	}
}

// points switches points on, gives some, and sells a thing for them in the mall.
func (g *growth) points() {
	t := g.w.t
	t.Helper()
	g.look("60_points_off", "/points")
	g.look("61_points_settings", "/points/settings")
	g.tick(`input[name="enabled"]`, `input[name="redeem"]`)
	g.Press(`.console-actions button.btn-primary`)
	var member int64
	g.w.scan(g.shop, "SELECT member_id FROM coupon_grant LIMIT 1", nil, &member)
	g.look("63_points_of_member", "/points/members/"+itoa(member))
	g.tick(`input[name="way"][value="give"]`)
	g.typed("#points", "120")
	g.typed("#reason", "开业赠送")
	g.Press(`form:has(#points) .console-actions button`)
	g.Inspect("64_points_given")
	g.look("65_mall_none", "/points/mall")
	g.look("66_mall_new", "/points/mall/new")
	g.typed("#product-query", "礼盒")
	g.Press(`button[name="find"][value="product"]`)
	g.tick(`input[type="checkbox"][name="product"]`)
	g.Press(`button[name="find"][value="variants"]`)
	g.typed("#title", "积分换礼盒")
	g.typed("#points", "100")
	g.typed("#stock", "3")
	g.set("#starts_at", clock(time.Now().Add(-time.Hour)))
	g.Inspect("67_mall_filled")
	g.Press(`.console-actions button.btn-primary`)
	id := g.arrives(`/points/mall/([0-9]+)$`)
	g.Inspect("68_mall_offer")
	exchange := map[string]any{"lines": []any{line(g.sku, 1)}, "address_id": g.buyer.address(), "exchange_id": json.Number(id)}
	var quote struct {
		Hash       string `json:"quote_hash"`
		PayableFen int64  `json:"payable_fen"`
	}
	g.buyer.must(http.StatusOK, http.MethodPost, "/checkout/quote", exchange, &quote)
	delete(exchange, "lines")
	delete(exchange, "address_id")
	exchange["quote_hash"] = quote.Hash
	g.buys(g.buyer, quote.PayableFen, exchange, line(g.sku, 1))
	g.look("69_mall_given", "/points/mall/"+id)
	g.look("70_points_entries", "/points/entries", "100")
	g.look("71_points", "/points")
	g.look("72_points_products", "/points/products")
	if n := g.w.count(g.shop, "SELECT count(*) FROM points_entry WHERE kind = 'spend' AND change = -100"); n != 1 {
		t.Errorf("%d exchanges of 100 points", n)
	}
}

// messages chooses what is told, binds a template and sends it to somebody to try.
func (g *growth) messages() {
	t := g.w.t
	t.Helper()
	const template = "TPL01234567890123456789012345678901234567"
	_, err := g.w.sandbox.AddTemplate(sandbox.Template{AppID: g.shop.appID, TemplateID: template, Keywords: []string{"character_string1", "thing2"}})
	if err != nil {
		t.Fatal(err)
	}
	g.look("80_messages", "/messages")
	g.tick(`input[name="on:order.shipped:buyer:wechat_subscribe"]`)
	g.set("#quiet-from", "00:00")
	g.set("#quiet-until", "00:00")
	g.Press(`.console-form button.btn-primary`)
	g.Inspect("81_messages_saved")
	path := "/messages/templates/" + g.shop.appID + "/order.shipped"
	g.look("82_template", path)
	g.typed("#template-id", template)
	g.typed(`input[name="keyword0"]`, "character_string1")
	g.set(`select[name="value0"]`, "tracking_no")
	g.typed(`input[name="keyword1"]`, "thing2")
	g.set(`select[name="value1"]`, "title")
	g.Press(`button[name="preview"]`)
	g.Inspect("83_template_preview")
	g.Press(`.console-row-acts button.btn-primary`)
	g.look("84_template_bound", path)
	g.typed("#test-member", "99999999")
	g.Press(`form[action$="/test"] button`)
	g.Forgive()
	g.Inspect("85_test_refused")
	if g.Text(`document.querySelector('#test-member').getAttribute('aria-invalid')`) != "true" {
		t.Error("nothing stands beside a member that there is not")
	}
	g.buyer.must(http.StatusNoContent, http.MethodPost, "/subscriptions", map[string]any{"template_id": template, "result": "accept"}, nil)
	g.w.control("/_control/subscribe", map[string]any{"app_id": g.shop.appID, "buyer": g.buyer.name, "template_id": template, "accept": true}, http.StatusOK, nil)
	var member int64
	g.w.scan(g.shop, "SELECT member_id FROM coupon_grant LIMIT 1", nil, &member)
	g.typed("#test-member", itoa(member))
	g.Press(`form[action$="/test"] button`)
	eventually(t, 30*time.Second, "the test", func() bool {
		return slices.ContainsFunc(g.w.sandbox.Books().Messages, func(m sandbox.Message) bool { return m.TemplateID == template && m.AppID == g.shop.appID })
	})
	g.look("87_message_log", "/messages/log")
}

// jobs is the platform's day: how recurring work stands, and one piece of it done now.
func (g *growth) jobs(width, height int64, locale, theme string) {
	t := g.w.t
	t.Helper()
	who := staff.AddInput{Login: "ops-" + tenanttest.RandomHex(4) + "@platform.test", Name: "运维", Password: "correct horse battery staple"}
	person, err := g.w.Staff.Add(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	g.w.owner("INSERT INTO platform.platform_role (staff_id, role_code) VALUES ($1, $2)", []any{person.ID, authz.PlatformAdmin})
	p := &growth{merchant: g.w.signsIn(g.shop, who, width, height, locale, theme), shop: g.shop}
	p.open("/console/platform/jobs")
	p.Inspect("90_jobs")
	p.open("/console/platform/jobs/shop.upkeep?runs=all")
	p.Inspect("91_job_runs")
	p.open("/console/platform/jobs")
	p.Press(`a[href^="/console/platform/jobs/"][href$="/run"]`) // of the first that shops wait for
	p.Inspect("92_run_all")
	p.Press(`form[action$="/run"] button.btn-primary`)
	p.Inspect("93_hurried")
	p.Press(`form[action^="/console/platform/jobs/"][action$="/run"] button`) // the first of the platform's own
	var acts int
	g.w.owner("SELECT count(*) FROM platform.audit_log WHERE action = 'platform.job.run' AND actor = $1", []any{"staff:" + itoa(person.ID)}, &acts)
	if acts != 2 {
		t.Errorf("%d acts stand in the log", acts)
	}
}
