package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/browsertest"
	"galleria/console/session"
	"galleria/console/staff"
)

// TestE2EShopkeepingInTheBrowser looks at the pages of a shop's day in a real browser, each held
// to accessibility, width and the browser's own complaints: reviews with what was reported,
// members, tracking, files in and out, figures, and the messages of a Mini Program.
func TestE2EShopkeepingInTheBrowser(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		width, height int64
		locale, theme string
	}{
		"desk":  {1360, 900, "zh-CN", "light"},
		"phone": {390, 844, "en", "dark"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			w := newWorld(t, func(c *app.Config) { c.MediaDir = folder })
			m := w.openMarket(0)
			who := staff.AddInput{Login: "keeper@shop.test", Name: "王店长", Password: "correct horse battery staple"}
			person, err := w.Staff.Add(t.Context(), who)
			if err == nil {
				err = w.Staff.Grant(t.Context(), m.ID, person.ID, authz.Owner)
			}
			if err != nil {
				t.Fatal(err)
			}
			w.follow(m.shop)
			w.lastWord(m)
			w.change(m.shop, "UPDATE review SET picture = ''") // the market's goods have pictures that nobody drew
			w.change(m.shop, "UPDATE order_line SET picture = ''")
			page := w.signsIn(m.shop, who, tc.width, tc.height, tc.locale, tc.theme)
			page.reviewDesk()
			var orderNo, memberID string
			w.scan(m.shop, "SELECT order_no, member_id::text FROM orders WHERE status = 'completed' LIMIT 1", nil, &orderNo, &memberID)
			page.look("10_members", "/members")
			page.look("11_member", "/members/"+memberID)
			page.look("12_tracking", "/delivery/tracking")
			page.look("13_tracked_order", "/orders/"+orderNo, "SF")
			page.look("14_app", "/apps/"+m.appID)
			page.Press(`form[action$="/push"] button[type="submit"]`)
			page.Inspect("15_app_push")
			page.says("15_app_push", "EncodingAESKey", m.appID)
			page.filesInAndOut()
			page.figures()
			if name == "desk" {
				page.manyVariants(m.shop)
			}
			page.description(m.shop)
			page.outlives(m.shop, person.ID, who)
		})
	}
}

// reviewDesk answers what was reported.
func (m *merchant) reviewDesk() {
	m.w.t.Helper()
	m.look("01_reviews", "/reviews?tab=reported", "很香")
	m.Press(`a[href*="/reviews/"].stretched`)
	m.Inspect("02_review")
	m.Press(`form[action$="/keep"] button[type="submit"]`)
	m.Inspect("03_review_kept")
	m.look("04_reviews_none", "/reviews?tab=reported")
	m.look("05_settings", "/review-settings")
	m.typed("#report_limit", "0")
	m.Press(`form[action$="/review-settings"] button[type="submit"]`)
	m.Forgive() // 422 is what becomes of it
	m.Inspect("06_settings_refused")
}

// filesInAndOut brings a file in, agrees to it, and takes one out.
func (m *merchant) filesInAndOut() {
	m.w.t.Helper()
	m.look("20_imports", "/imports")
	m.look("21_import", "/imports/new/products")
	file := filepath.Join(m.w.t.TempDir(), "goods.csv")
	if err := os.WriteFile(file, []byte("商品编码,商品标题,分类,规格编码,售价\nA,新豆子,甲,A1,1\nB,坏的,甲,B1,x\n"), 0o600); err != nil {
		m.w.t.Fatal(err)
	}
	m.Run(chromedp.SetUploadFiles(`input[type="file"]`, []string{file}, chromedp.ByQuery))
	m.Press(`form:has(input[type="file"]) button[type="submit"]`)
	m.Forgive()
	m.Inspect("22_import_tried")
	m.look("23_exports", "/exports")
	m.Press(`form[action$="/exports"] button[type="submit"]`)
	eventually(m.w.t, 30*time.Second, "the export", func() bool { // the page looks again by itself
		return m.Text(`document.querySelector('form[action$="/file"]') ? 'yes' : 'no'`) == "yes"
	})
	m.Inspect("24_export")
}

// figures reads what the shop sold, each page next to the period before, with the table behind a
// chart, and takes a page home.
func (m *merchant) figures() {
	m.w.t.Helper()
	eventually(m.w.t, 30*time.Second, "the figures", func() bool { // they follow their orders
		m.open(m.shop("/figures?period=7"))
		return m.Text(`document.querySelector('.figure-cards') ? 'yes' : 'no'`) == "yes"
	})
	for i, tab := range []string{"", "/members", "/refunds", "/funnel", "/products"} {
		m.look(fmt.Sprintf("3%d_figures%s", i, strings.ReplaceAll(tab, "/", "_")), "/figures"+tab+"?period=7&compare=previous")
	}
	m.look("35_figures_none", "/figures?from=2020-01-01&to=2020-01-07")
	m.open(m.shop("/figures?period=7"))
	// The first chart's table opens by keyboard and says the same in words.
	m.Run(chromedp.Focus(`.console-chart-card details summary`, chromedp.ByQuery), chromedp.KeyEvent("\r"),
		chromedp.WaitVisible(`.console-chart-card details[open] table`, chromedp.ByQuery))
	m.Inspect("36_figures_table")
	if n := m.Text(`document.querySelector('.console-chart-card details[open] table').tBodies[0].rows.length`); n != "7" {
		m.w.t.Errorf("the table has %s rows, want a week's", n)
	}
	if got := m.takesHome("/figures/export"); !strings.HasPrefix(got, "200 text/csv") || !strings.HasSuffix(got, " 8") {
		m.w.t.Errorf("the file of a week: %s", got)
	}
}

// manyVariants fills 200 variants: one price for all by a button, and codes and stock pasted from
// a spreadsheet.
func (m *merchant) manyVariants(shop *shop) {
	t := m.w.t
	t.Helper()
	m.open(m.shop("/products/new"))
	m.typed("#field-title", "两百个规格")
	m.typed("#field-new_category", "大矩阵")
	m.Run(chromedp.Click(`.console-specs summary`, chromedp.ByQuery), chromedp.WaitVisible("#field-dim_0", chromedp.ByQuery))
	m.typed("#field-dim_0", "颜色")
	m.Run(chromedp.Evaluate(`(() => {
		const clipboardData = new DataTransfer();
		clipboardData.setData('text/plain', Array.from({length: 20}, (_, i) => '色' + i).join('\n'));
		document.getElementById('field-val_0_0').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData}));
	})()`, nil))
	m.Press("#rebuild")
	m.Run(chromedp.WaitVisible("#field-dim_1", chromedp.ByQuery))
	m.typed("#field-dim_1", "尺寸")
	m.typed("#field-val_1_0", "号0、号1，号2、号3、号4、号5、号6、号7、号8、号9")
	m.Press("#rebuild")
	m.Run(chromedp.WaitVisible("#field-price_19_9_0", chromedp.ByQuery))
	m.typed("#field-price_all", "19.90")
	m.Run(chromedp.Click(`[data-fill]`, chromedp.ByQuery), chromedp.Evaluate(`(() => {
		const paste = (name, lines) => {
			const clipboardData = new DataTransfer();
			clipboardData.setData('text/plain', lines.join('\n'));
			document.querySelector('[name="' + name + '"]').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData}));
		};
		const numbers = Array.from({length: 200}, (_, i) => i + 1);
		paste('stock_0_0_0', numbers);
		paste('code_0_0_0', numbers.map((n) => 'BIG-' + n));
	})()`, nil))
	m.Press("#save-product")
	if path := m.Text("location.pathname"); !regexp.MustCompile(`/products/[0-9]+$`).MatchString(path) {
		t.Fatalf("not saved, wrong are %s: %.500s", m.Text(`Array.from(document.querySelectorAll('[aria-invalid=true]'), e => e.name).join(' ')`), m.Text("document.getElementById('main').innerText"))
	}
	var rows, prices, stock, codes int64
	m.w.scan(shop, `SELECT count(*), count(*) FILTER (WHERE k.price_fen = 1990), sum(l.on_hand)::bigint, count(DISTINCT k.code) FROM sku k
		JOIN spu p ON p.id = k.spu_id JOIN stock_level l ON l.sku_id = k.id WHERE p.title = '两百个规格'`, nil, &rows, &prices, &stock, &codes)
	if rows != 200 || prices != 200 || stock != 200*201/2 || codes != 200 {
		t.Errorf("%d variants, %d with the price, %d pieces, %d codes", rows, prices, stock, codes)
	}
}

// description writes a product's description with a heading, words in bold and a picture of the
// library; what is opened again and saved untouched stays as it was.
func (m *merchant) description(shop *shop) {
	t := m.w.t
	t.Helper()
	file := filepath.Join(t.TempDir(), "shown.jpg")
	if err := os.WriteFile(file, photo(t), 0o600); err != nil {
		t.Fatal(err)
	}
	m.open(m.shop("/pictures"))
	m.Run(chromedp.SetUploadFiles(`input[type="file"]`, []string{file}, chromedp.ByQuery), chromedp.WaitVisible(".console-library", chromedp.ByQuery))
	m.open(m.shop("/products/new"))
	m.typed("#field-title", "图文商品")
	m.typed("#field-new_category", "图文")
	m.typed("#field-price_0_0_0", "9.90")
	m.Click("[contenteditable]")
	m.Run(chromedp.SendKeys("[contenteditable]", "产地", chromedp.ByQuery))
	m.Click(`[data-value="h3"]`)
	m.Run(chromedp.KeyEvent("\r"))
	m.Click(`[data-value="p"]`)
	m.Click(`[data-cmd="bold"]`)
	m.Run(chromedp.SendKeys("[contenteditable]", "云南 <保山>", chromedp.ByQuery))
	m.Run(chromedp.Evaluate(`(() => {
		const list = document.querySelector('[data-insert]');
		list.selectedIndex = list.options.length - 1;
		list.dispatchEvent(new Event('change', {bubbles: true}));
	})()`, nil))
	m.Inspect("40_description")
	m.Press("#save-product")
	detail := func() (html string) {
		m.w.scan(shop, "SELECT detail FROM spu WHERE title = '图文商品'", nil, &html)
		return html
	}
	first := detail()
	if !strings.Contains(first, "<h3>产地</h3>") || !strings.Contains(first, "<b>云南 &lt;保山&gt;") || !strings.Contains(first, `<img src="/media/shop/`) || strings.Contains(first, "style") {
		t.Errorf("the description became %s", first)
	}
	m.Run(chromedp.Click(`a[href$="/edit"]`, chromedp.ByQuery), chromedp.WaitVisible("[contenteditable] img", chromedp.ByQuery))
	m.Press("#save-product")
	if again := detail(); again != first {
		t.Errorf("saved untouched, it became %s", again)
	}
}

// outlives ends the session under a form that was typed on. Saving asks to sign in again; that
// done in another tab, the form goes on with all that was in it.
func (m *merchant) outlives(shop *shop, staffID int64, who staff.AddInput) {
	t := m.w.t
	t.Helper()
	const title = "打了一半的新商品"
	end := func() {
		t.Helper()
		if n, err := session.NewStore(session.Deps{DB: m.w.DB}).EndAll(t.Context(), staffID); err != nil || n != 1 {
			t.Fatalf("ended %d sessions, %v", n, err)
		}
	}
	dialog := func(say string) {
		t.Helper()
		m.Run(chromedp.Poll(`document.getElementById('signed-out').open && Array.from(document.querySelectorAll('#signed-out [data-say]')).filter(e => !e.hidden).map(e => e.dataset.say).join() === '`+say+`'`, nil, chromedp.WithPollingTimeout(time.Minute), chromedp.WithPollingInterval(50*time.Millisecond)))
	}
	m.open(m.shop("/products/new"))
	m.typed("#field-title", title)
	m.typed("#field-price_0_0_0", "12.5")
	m.typed("#field-new_category", "新分类")
	end()
	m.Run(chromedp.Evaluate(`(() => { const now = Date.now; Date.now = () => now() + 61000 })()`, nil)) // a minute later
	m.Run(chromedp.Evaluate(`document.getElementById('save-product').click()`, nil))
	dialog("")
	m.Forgive() // 401 is what tells
	m.Inspect("90_signed_out")
	m.Click("#signed-out [data-go]")
	dialog("still")
	m.Forgive()

	m.InTab(func(tab *browsertest.Browser) {
		(&merchant{Browser: tab, w: m.w, handle: m.handle}).signIn(who)
	})
	m.Run(chromedp.Evaluate(`dispatchEvent(new Event('focus'))`, nil))
	dialog("back")
	m.Inspect("91_signed_in_again")
	m.Press("#signed-out [data-go]")
	m.Inspect("92_saved")
	var n int
	m.w.scan(shop, "SELECT count(*) FROM spu WHERE title = $1", []any{title}, &n)
	if n != 1 {
		t.Errorf("%d products %q", n, title)
	}
}
