package app_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/cmd/internal/app"
	"galleria/console/browsertest"
	"galleria/tenant"
	"galleria/tenant/tenanttest"
)

// merchant is a shopkeeper at a browser, in front of the whole platform.
type merchant struct {
	*browsertest.Browser
	w            *world
	mail, handle string
}

// TestE2EFromSignUpToFirstSale: somebody without an account opens a shop alone, sells the
// first product to a pretended buyer, opens, and sells to a real one.
func TestE2EFromSignUpToFirstSale(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		width, height int64
		dark, english bool
	}{
		{"desk light Chinese", 1360, 900, false, false},
		{"phone dark English", 390, 844, true, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pictures := t.TempDir()
			w := newWorld(t, func(c *app.Config) { c.MediaDir = pictures })
			m := &merchant{
				Browser: browsertest.Open(t, "../../../console/testdata/axe.min.js", tc.width, tc.height), w: w,
				mail: "lin-" + tenanttest.RandomHex(5) + "@shop.test", handle: "own-" + tenanttest.RandomHex(5),
			}
			m.open("/console/login")
			if !tc.english { // Chromium itself asks for English
				m.Press(`button[name="locale"][value="zh-CN"]`)
			}
			if tc.dark {
				m.Press(`button[name="theme"][value="dark"]`)
			}
			m.signUp()
			m.firstProduct()
			m.testPurchase()
			m.openForBusiness()
			m.firstSale()
		})
	}
}

func (m *merchant) open(path string) { m.Run(chromedp.Navigate(m.w.base + path)) }

func (m *merchant) shop(path string) string { return "/console/" + m.handle + path }

func (m *merchant) typed(selector, text string) {
	m.w.t.Helper()
	m.Run(
		chromedp.WaitVisible(selector, chromedp.ByQuery),
		chromedp.Evaluate("document.querySelector('"+selector+"').value = ''", nil),
		chromedp.SendKeys(selector, text, chromedp.ByQuery),
	)
}

func (m *merchant) at(path string) {
	m.w.t.Helper()
	if got := m.Text("location.pathname"); got != path {
		m.w.t.Fatalf("at %s, want %s: %.300s", got, path, m.Text("document.getElementById('main')?.innerText"))
	}
}

// signUp goes from nothing to a shop that stands.
func (m *merchant) signUp() {
	t := m.w.t
	t.Helper()
	submit := func() { m.Press(`main form button.btn-primary`) }
	m.Press(`a[href="/console/signup"]`)
	m.Inspect("01_signup")
	m.typed("#address", m.mail)
	submit()
	m.at("/console/signup/code")
	m.Inspect("02_code")
	code := ""
	for _, letter := range m.w.Desk.Messages() {
		if letter.To == m.mail {
			code = regexp.MustCompile(`\b[0-9]{6}\b`).FindString(letter.Text)
		}
	}
	m.typed("#code", code)
	submit()
	m.at("/console/signup/account")
	m.typed("#name", "林店长")
	m.typed("#password", "毛笔 lantern 37 river stone")
	m.Inspect("03_account")
	submit()
	m.at("/console/signup/shop")
	m.typed("#shop-name", "青禾生活")
	m.typed("#handle", m.handle)
	m.Run(chromedp.Poll(`document.querySelector('#handle-state .is-good') !== null`, nil, chromedp.WithPollingTimeout(30*time.Second)))
	m.Inspect("04_shop")
	submit()
	m.at("/console/signup/terms")
	m.Inspect("05_terms")
	m.Run(chromedp.Click(`input[name="accept"]`, chromedp.ByQuery))
	submit()
	eventually(t, 90*time.Second, "the shop", func() bool {
		shop, err := m.w.Registry.ByHandle(t.Context(), m.handle)
		return err == nil && shop.Status == tenant.Onboarding
	})
	// The page of the progress leads into the shop by itself.
	eventually(t, 60*time.Second, "the way into the shop", func() bool { return m.Text("location.pathname") == m.shop("") })
	m.Run(chromedp.WaitReady(".console-footer", chromedp.ByQuery))
	m.open(m.shop("/onboarding"))
	m.at(m.shop("/onboarding"))
	m.Inspect("06_checklist")
}

// firstProduct makes a product in two sizes with a picture; the first try forgets the price.
func (m *merchant) firstProduct() {
	t := m.w.t
	t.Helper()
	m.open(m.shop("/products"))
	m.Inspect("07_no_products")
	m.Press(`.console-empty a.btn-primary`)
	m.at(m.shop("/products/new"))
	m.Inspect("08_new_product")
	m.typed("#field-title", "手冲咖啡壶")
	m.typed("#field-subtitle", "细口，稳定的水流")
	m.typed("#field-new_category", "器具")
	m.Run(chromedp.Click("[contenteditable]", chromedp.ByQuery), chromedp.SendKeys("[contenteditable]", "304 不锈钢，净重 420 克。", chromedp.ByQuery))
	file := filepath.Join(t.TempDir(), "壶.jpg")
	if err := os.WriteFile(file, photo(t), 0o600); err != nil {
		t.Fatal(err)
	}
	m.Run(
		chromedp.SetUploadFiles("#field-pictures", []string{file}, chromedp.ByQuery), // sent at once
		chromedp.WaitVisible(`.console-pictures img`, chromedp.ByQuery),
		chromedp.Poll(`document.querySelector('.console-pictures img').naturalWidth > 0`, nil, chromedp.WithPollingTimeout(30*time.Second)),
	)
	if title := m.Text(`document.getElementById('field-title').value`); title != "手冲咖啡壶" {
		t.Errorf("after the upload the title is %q", title)
	}
	m.Inspect("09_picture")
	m.Run(chromedp.Click(`.console-specs summary`, chromedp.ByQuery), chromedp.WaitVisible("#field-dim_0", chromedp.ByQuery))
	m.typed("#field-dim_0", "容量")
	m.typed("#field-val_0_0", "600ml")
	m.typed("#field-val_0_1", "1L")
	m.typed("#field-price_0_0_0", "")
	m.Press("#rebuild")
	m.Run(chromedp.WaitVisible("#field-price_1_0_0", chromedp.ByQuery))
	m.typed("#field-stock_all", "8")
	m.typed("#field-price_0_0_0", "129")
	m.typed("#field-market_0_0_0", "99")
	m.Inspect("10_variants")
	m.Press("#save-product")
	m.Forgive() // 422 is the answer that was wanted
	if wrong := m.Text(`Array.from(document.querySelectorAll('[aria-invalid=true]'), e => e.name).join(' ')`); wrong != "market_0_0_0 price_1_0_0" {
		t.Errorf("marked are %q", wrong)
	}
	m.Inspect("11_refused")
	m.typed("#field-market_0_0_0", "159.9")
	m.typed("#field-price_1_0_0", "149.50")
	m.Press("#save-product")
	if path := m.Text("location.pathname"); !regexp.MustCompile(`/products/[0-9]+$`).MatchString(path) {
		t.Fatalf("after saving at %s: %.500s", path, m.Text("document.getElementById('main').innerText"))
	}
	m.Inspect("12_product")
	m.Press(`a[href$="/edit"]`)
	m.Inspect("13_edit")
}

// photo is a JPEG with something to see in it.
func photo(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 900, 900))
	for y := range 900 {
		for x := range 900 {
			dx, dy := x-450, y-480
			c := color.RGBA{R: 236, G: byte(224 - y/20), B: byte(208 - y/16), A: 255}
			if dx*dx+dy*dy < 260*260 {
				c = color.RGBA{R: byte(60 + x/12), G: byte(84 + y/14), B: 96, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// testPurchase has the platform buy the product from the shop, over its own API.
func (m *merchant) testPurchase() {
	t := m.w.t
	t.Helper()
	m.open(m.shop("/onboarding/purchase"))
	m.Inspect("14_before_test")
	m.Press("#tryout-setup")
	m.at(m.shop("/onboarding/purchase"))
	m.Press("[data-tryout-begin]")
	m.Inspect("15_test_running")
	m.Run(chromedp.Poll(`document.querySelector('[data-tryout=passed]') !== null`, nil, chromedp.WithPollingTimeout(60*time.Second)))
	if done := m.Text(`document.querySelectorAll('[data-tryout] .is-done').length`); done != "6" {
		t.Errorf("%s steps are done: %s", done, m.Text(`document.getElementById('tryout').innerText`))
	}
	m.Inspect("16_test_passed")
	m.Press(`#tryout a.btn-primary`)
	m.Inspect("17_test_order")
	m.open(m.shop(""))
	m.Inspect("18_dashboard_after_test")
	if text := m.Text(`document.querySelector('.console-kpis').innerText`); strings.Contains(text, "129") {
		t.Errorf("the test counts: %s", text)
	}
	m.open(m.shop("/apps"))
	m.Inspect("19_apps")
	m.open(m.shop("/payment-accounts"))
	m.Inspect("20_accounts")
}

// openForBusiness opens the shop from its checklist.
func (m *merchant) openForBusiness() {
	t := m.w.t
	t.Helper()
	m.open(m.shop("/onboarding"))
	m.Inspect("21_ready_to_open")
	m.Press(`form[action$="/open"] button`)
	shop, err := m.w.Registry.ByHandle(t.Context(), m.handle)
	if err != nil || shop.Status != tenant.Active {
		t.Fatalf("after opening: %+v, %v", shop, err)
	}
	m.Inspect("22_open")
}

// firstSale is a buyer of the shop's Mini Program, over the public API, and the order as its
// owner sees it.
func (m *merchant) firstSale() {
	t := m.w.t
	t.Helper()
	tenantOf, err := m.w.Registry.ByHandle(t.Context(), m.handle)
	if err != nil {
		t.Fatal(err)
	}
	apps, err := m.w.Registry.Apps(t.Context(), tenantOf.ID)
	if err != nil || len(apps) != 1 {
		t.Fatalf("%d apps, %v", len(apps), err)
	}
	s := &shop{Tenant: tenantOf, appID: apps[0].ID.String()}
	b := m.w.login(s, "小明")
	var list struct {
		Items []struct {
			Title, Cover string
			SKUs         []struct {
				ID         int64
				PriceFen   int64    `json:"price_fen"`
				SpecValues []string `json:"spec_values"`
			}
		}
	}
	b.must(http.StatusOK, http.MethodGet, "/products", nil, &list)
	if len(list.Items) != 1 || list.Items[0].Title != "手冲咖啡壶" || len(list.Items[0].SKUs) != 2 || list.Items[0].SKUs[1].PriceFen != 14950 {
		t.Fatalf("the shelf shows %+v", list)
	}
	res, err := http.Get(m.w.base + list.Items[0].Cover)
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the cover %s: %+v, %v", list.Items[0].Cover, res, err)
	}
	_ = res.Body.Close()
	sku := list.Items[0].SKUs[0].ID
	b.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(sku), map[string]any{"qty": 2}, nil)
	address := b.address()
	var quote struct {
		QuoteHash string `json:"quote_hash"`
	}
	b.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"address_id": address}, &quote)
	var order placed
	b.must(http.StatusCreated, http.MethodPost, "/orders", map[string]any{"address_id": address, "quote_hash": quote.QuoteHash}, &order,
		header{"Idempotency-Key": tenanttest.RandomHex(8)})
	b.pay(order.OrderNo)
	b.waitFor(order.OrderNo, "paid", 20*time.Second)
	m.open(m.shop("/orders"))
	m.Inspect("23_orders")
	m.open(m.shop("/orders/" + order.OrderNo))
	if page := m.Text(`document.getElementById('main').innerText`); !strings.Contains(page, "258.00") || !strings.Contains(page, order.OrderNo) {
		t.Errorf("the order's page: %.400s", page)
	}
	m.Inspect("24_first_sale")
	m.open(m.shop(""))
	if text := m.Text(`document.querySelector('.console-kpis').innerText`); !strings.Contains(text, "258") {
		t.Errorf("the first sale does not count: %s", text)
	}
	m.Inspect("25_dashboard")
	if n := m.w.count(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1 AND reserved = 0", sku); n != 6 {
		t.Errorf("on hand %d after selling 2 of 8: the test must not take any", n)
	}
	if n := m.w.count(s, "SELECT count(*) FROM orders WHERE test"); n != 1 {
		t.Errorf("%d test orders", n)
	}
	if n := m.w.count(s, "SELECT count(*) FROM platform.audit_log WHERE action IN ('product.created', 'shop.test_purchase', 'app.bound', 'payment_account.added')"); n < 4 {
		t.Errorf("%d entries in the audit log", n)
	}
}
