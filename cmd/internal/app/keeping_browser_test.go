package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"galleria/cmd/internal/app"
	"galleria/console/authz"
	"galleria/console/staff"
)

// TestE2EShopkeepingInTheBrowser looks at the pages of a shop's day in a real browser, each held
// to accessibility, width and the browser's own complaints: reviews with what was reported,
// members, tracking, files in and out, and the messages of a Mini Program.
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
