package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// shanghaiNoon is today's noon in Shanghai: yesterday and today are where samples expect them.
// A day long ago would not do: sessions of it are swept by the database's clock.
func shanghaiNoon() time.Time { return tenant.BusinessDay(time.Now()).Add(4 * time.Hour) }

func TestDashboardCountsTheDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	noon := shanghaiNoon()
	d.env.Clock().Set(noon)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/"+d.env.Tenant.Handle, http.StatusOK)
	b.see(noon.Format(time.DateOnly), "¥176.00", "昨日 ¥176.00", "昨日 1", "¥528.00", d.env.Tenant.Name, "李owner")
	for label, want := range map[string]string{"待发货": "1", "待付款": "2", "库存预警": "1", "已售罄": "1", "支付异常": "2"} {
		if !strings.Contains(b.page, `<span class="console-todo-count num">`+want+`</span> <span class="console-todo-label">`+label+`</span>`) {
			t.Errorf("%s is not %s", label, want)
		}
	}
}

func TestEmptyShopShowsTheWayOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := "/console/" + d.env.Tenant.Handle
	b := d.signedIn(t, d.owner)
	for path, text := range map[string]string{"": "开店准备", "/orders": "还没有订单", "/products": "还没有商品", "/apps": "还没有绑定小程序", "/payment-accounts": "还没有收款账户"} {
		b.wantStatus(shop+path, http.StatusOK)
		b.see(text)
	}
	clerk := d.signedIn(t, d.clerk)
	clerk.wantStatus(shop, http.StatusOK)
	clerk.miss("开店准备", shop+"/apps", shop+"/payment-accounts")
}

func TestOrderListFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	noon := shanghaiNoon()
	d.env.Clock().Set(noon)
	day := func(ago int) string { return noon.AddDate(0, 0, -ago).Format(time.DateOnly) }
	g := d.stock(t, d.env.Tenant, "阿哲_50%")
	b := d.signedIn(t, d.owner)
	all := []int{5, 4, 3, 2, 1, 0}
	cases := []struct {
		name, query string
		want        []int // orders shown, newest first
	}{
		{"all", "", all},
		{"to ship", "status=paid", []int{5}},
		{"awaiting payment includes closing", "status=pending_payment", []int{4, 3}},
		{"unknown status is left out", "status=teleported", all},
		{"order number", "q=" + g.orderNos[2], []int{2}},
		{"end of the number", "q=" + g.orderNos[1][12:], []int{1}},
		{"buyer", "q=" + url.QueryEscape("阿哲"), all},
		{"phone", "q=5678", all},
		{"product", "q=" + url.QueryEscape("滤纸"), []int{1}},
		{"percent is text", "q=" + url.QueryEscape("100%"), []int{1}},
		{"wildcards find nothing", "q=" + url.QueryEscape("2026%0001"), nil},
		{"underscore is text", "q=" + url.QueryEscape("阿哲_5"), all},
		{"nobody", "q=" + url.QueryEscape("' OR '1'='1"), nil},
		{"one day of Shanghai", "from=" + day(1) + "&to=" + day(1), []int{2}},
		{"from", "from=" + day(0), []int{5, 4, 3}},
		{"to", "to=" + day(2), []int{1, 0}},
		{"bad date is left out", "from=2026-13-77", all},
		{"far date", "from=99999-01-01", all},
		{"anomalies", "flag=anomaly", []int{5}},
		{"together", "status=paid&from=" + day(0) + "&q=" + g.orderNos[5], []int{5}},
		{"past the end", "before=1", nil},
		{"cursor", "before=3", []int{1, 0}},
		{"cursor that is none", "before=-7", all},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := b.on(t)
			b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders?"+tc.query, http.StatusOK)
			var at []int
			for i, no := range slices.Backward(g.orderNos) {
				if strings.Contains(b.page, ">"+no+"</a>") {
					at = append(at, i)
				}
			}
			if fmt.Sprint(at) != fmt.Sprint(tc.want) {
				t.Errorf("shows orders %v, want %v", at, tc.want)
			}
		})
	}
	b.get("/console/" + d.env.Tenant.Handle + "/orders?from=2026-11-30&to=2026-11-01")
	b.see("开始日期晚于结束日期")
	b.get("/console/" + d.env.Tenant.Handle + "/orders")
	b.see("139****5678", "超时未付")
	b.miss("13912345678")
}

func TestOldOrdersAreFoundByNumberOrDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env.Clock().Set(shanghaiNoon())
	g := d.stock(t, d.env.Tenant, "阿哲")
	// One order far ahead pushes the others out of the window that words are searched in.
	d.env.Owner(t, fmt.Sprintf(`INSERT INTO %s.orders (id, order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at)
		OVERRIDING SYSTEM VALUE VALUES (100000, 'FARAHEAD', 2, 'wx', 'pending_payment', 100, 100, '{}', now(), now())`, d.env.Tenant.ID))
	b := d.signedIn(t, d.owner)
	for query, found := range map[string]bool{
		"q=" + g.orderNos[0]: true, "q=" + g.orderNos[0][3:]: false, "q=farahead": true,
		"q=" + g.orderNos[0][3:] + "&from=2026-01-01": true,
	} {
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders?"+query, http.StatusOK)
		if got := strings.Contains(b.page, `class="stretched"`); got != found {
			t.Errorf("%s: found %v, want %v", query, got, found)
		}
	}
}

func TestOrderListPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at)
			SELECT 'MANY' || lpad(n::text, 8, '0'), 2, $1, 'pending_payment', 100, 100, '{}', now(), now() FROM generate_series(1, 45) n`, g.appID)
		return err
	})
	b := d.signedIn(t, d.owner)
	seen, path := map[string]bool{}, "/console/"+d.env.Tenant.Handle+"/orders"
	pages := 0
	for path != "" {
		pages++
		b.wantStatus(path, http.StatusOK)
		rows := 0
		for _, part := range strings.Split(b.page, `class="stretched"`)[1:] {
			no, _, _ := strings.Cut(part[strings.Index(part, ">")+1:], "<")
			if seen[no] {
				t.Errorf("order %s is shown twice", no)
			}
			seen[no] = true
			rows++
		}
		if rows > 20 {
			t.Errorf("page %d has %d rows", pages, rows)
		}
		path = nextPage(b.page)
	}
	if pages != 3 || len(seen) != 51 {
		t.Errorf("%d pages with %d orders, want 3 with 51", pages, len(seen))
	}
}

func nextPage(page string) string {
	before, _, found := strings.Cut(page, `" rel="next"`)
	if !found {
		return ""
	}
	return strings.ReplaceAll(before[strings.LastIndex(before, `"`)+1:], "&amp;", "&")
}

func TestOrderShowsEverything(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.clerk)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders/"+g.orderNos[5], http.StatusOK)
	b.see(g.orderNos[5], "待发货", "周***", "***78", "周末送到", "250g", "¥168.00", "¥8.00", "¥176.00", "测试小程序",
		"PAY00000001", "4200002561202611210000000001", "支付成功", "主收款账户", "REF00000001", "重复付款退回",
		"支付通知金额不符", "应为 ¥176.00，实际 ¥0.01", "提交订单", "付款成功", "买家 · 阿哲", "微信支付 ·")
	b.miss("周哲", "13912345678", "文三路 90 号") // nobody asked who it goes to
	for _, path := range []string{"/orders/20260101000000000001", "/orders/1", "/orders/" + url.PathEscape("' OR 1=1"), "/orders/" + strings.Repeat("9", 40), "/products/0", "/products/-1", "/products/99999999999999999999", "/products/5x"} {
		b.wantStatus("/console/"+d.env.Tenant.Handle+path, http.StatusNotFound)
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.clerk)
	shop := "/console/" + d.env.Tenant.Handle
	cases := []struct {
		name, query string
		see, miss   []string
	}{
		{"all but recycled", "", []string{"云南小粒咖啡豆", "手冲滤纸", "圣诞礼盒", "冷萃杯", "¥58.00 – ¥110.00", ">103<"}, []string{"下架旧货"}},
		{"on shelf", "shelf=on_shelf", []string{"云南小粒咖啡豆", "冷萃杯"}, []string{"圣诞礼盒"}},
		{"off shelf", "shelf=off_shelf", []string{"圣诞礼盒"}, []string{"冷萃杯"}},
		{"low stock", "shelf=low_stock", []string{"云南小粒咖啡豆"}, []string{"圣诞礼盒", "滤纸", "冷萃杯"}},
		{"sold out", "shelf=sold_out", []string{"冷萃杯"}, []string{"云南小粒咖啡豆"}},
		{"title", "q=" + url.QueryEscape("滤纸"), []string{"手冲滤纸"}, []string{"冷萃杯"}},
		{"code", "q=yn-5", []string{"云南小粒咖啡豆"}, []string{"冷萃杯"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := b.on(t)
			b.wantStatus(shop+"/products?"+tc.query, http.StatusOK)
			b.see(tc.see...)
			b.miss(tc.miss...)
		})
	}
	b.wantStatus(shop+"/products/1", http.StatusOK)
	b.see("YN-250", "¥68.00", ">120<", ">100<", "库存偏低", "入库", "店员 · 李owner", "买家 · 阿哲", "IN-1")
}

func TestSettingsNeverShowSecrets(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.stock(t, d.env.Tenant, "阿哲")
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/apps", http.StatusOK)
	b.see(g.appID, "测试小程序", "未检查", "主收款账户")
	b.miss("sealed")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/apps/"+g.appID, http.StatusOK)
	b.see(g.appID, "测试小程序", "9f3c")
	b.miss("sealed")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/payment-accounts", http.StatusOK)
	b.see("1900000109", "主收款账户", "沙箱", "尚未检测", g.appID)
	b.miss("old-print", "sealed", "SETTLED0001")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/payment-accounts/1", http.StatusOK)
	b.see("1900000109", "微信支付公钥", "5157F09EFDC096DE15EBE81A47057A7232F1B8E1", "new-print", "http://console.test/notify/wechat/", "沙箱", "由此账户收款")
	b.see("收到未知单号的支付通知", "UNKNOWN0001", "PAY00000001")
	b.miss("old-print", "sealed", "SETTLED0001")
}

func TestTwoShopsWithTheSameIdsStayApart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.stock(t, d.env.Tenant, "本店买家")
	other := d.env.OpenShop(t)
	theirs := d.stock(t, other, "别店买家")
	b := d.signedIn(t, d.owner)
	paths := []string{"", "/orders", "/orders?q=" + url.QueryEscape("别店"), "/orders/" + mine.orderNos[5], "/products", "/products/1", "/apps", "/payment-accounts", "/payment-accounts/1"}
	for _, path := range paths {
		b.wantStatus("/console/"+d.env.Tenant.Handle+path, http.StatusOK)
		b.miss("别店买家", theirs.appID, other.Name, other.ID.String(), d.env.Tenant.ID.String())
		b.wantStatus("/console/"+other.Handle+path, http.StatusNotFound)
		b.miss("别店买家", theirs.appID, other.Name)
	}
	// Somebody of both shops chooses, and sees each for itself.
	if err := d.staff.EnsureRoles(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := d.staff.Grant(t.Context(), other.ID, d.owner.ID, authz.Clerk); err != nil {
		t.Fatal(err)
	}
	b.wantStatus("/console", http.StatusOK)
	b.see(d.env.Tenant.Name, other.Name, "店主", "店员")
	b.wantStatus("/console/"+other.Handle+"/orders", http.StatusOK)
	b.see("别店买家")
	b.miss("本店买家")
	b.wantStatus("/console/"+other.Handle+"/apps", http.StatusForbidden)
}

func TestSuspendedShopCanBeReadWithABanner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.env.Registry.SetStatus(t.Context(), d.env.Tenant.ID, "suspended", "test"); err != nil {
		t.Fatal(err)
	}
	b := d.signedIn(t, d.owner)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders", http.StatusOK)
	b.see("店铺当前未营业")
}

func TestT108HostileTextIsText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	attack := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	g := d.stock(t, d.env.Tenant, attack)
	b := d.signedIn(t, d.owner)
	for _, path := range []string{"/orders", "/orders?q=" + url.QueryEscape(attack), "/orders/" + g.orderNos[5], ""} {
		b.wantStatus("/console/"+d.env.Tenant.Handle+path, http.StatusOK)
		b.miss("<script>alert", "<img src=x")
		b.see("&lt;script&gt;")
	}
	login := d.browser(t)
	login.signIn(attack, "x", "")
	login.miss("<script>alert", "<img src=x")
}

func TestLanguageAndTheme(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.get("/console/login")
	b.see(`<html lang="zh-CN" data-bs-theme="light" data-theme-auto>`, "登录商家后台")
	b.header.Set("Accept-Language", "en-US,en;q=0.9")
	b.get("/console/login")
	b.see(`lang="en"`, "Account")
	b.header = http.Header{}
	res := b.post("/console/locale", url.Values{"locale": {"en"}, "back": {"/console/login?next=%2Fconsole%2Fx"}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/console/login?next=%2Fconsole%2Fx" {
		t.Errorf("status %d to %q, want back to where it was pressed", res.StatusCode, res.Header.Get("Location"))
	}
	b.get("/console/login")
	if res := b.post("/console/theme", url.Values{"theme": {"dark"}, "back": {"https://evil.test"}}); res.Header.Get("Location") != "/console" {
		t.Errorf("goes to %q, want /console", res.Header.Get("Location"))
	}
	b.get("/console/login")
	b.see(`<html lang="en" data-bs-theme="dark">`, "Sign in")
	for _, bad := range []url.Values{{"locale": {"xx"}}, {"locale": {"zh-CN\r\nX: y"}}, {}} {
		if res := b.post("/console/locale", bad); res.StatusCode != http.StatusBadRequest {
			t.Errorf("locale %q: status %d, want 400", bad.Get("locale"), res.StatusCode)
		}
		b.get("/console/login")
	}
	member := d.signedIn(t, d.owner)
	member.cookies["galleria_lang"] = "en"
	for _, path := range []string{"", "/orders", "/products", "/apps", "/payment-accounts", "/payment-accounts/new"} {
		member.wantStatus("/console/"+d.env.Tenant.Handle+path, http.StatusOK)
		member.see(`lang="en"`, "Skip to main content")
	}
}

func TestExpiredFragmentAnswers401(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser(t)
	b.header.Set("HX-Request", "true")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/orders", http.StatusUnauthorized)
}

func TestNewStaffIsChecked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.staff.Add(t.Context(), addInput(d.owner.Login, "名字", password)); codeOf(err) != "LOGIN_TAKEN" {
		t.Errorf("taken login: %v, want LOGIN_TAKEN", err)
	}
	for name, in := range map[string][3]string{
		"short password": {"a@b.test", "名字", "short"}, "no name": {"a@b.test", " ", password}, "short login": {"ab", "名字", password},
		"space in login": {"a b@c", "名字", password}, "huge password": {"a@b.test", "名字", strings.Repeat("x", 300)},
	} {
		if _, err := d.staff.Add(t.Context(), addInput(in[0], in[1], in[2])); codeOf(err) != "VALIDATION" {
			t.Errorf("%s: %v, want VALIDATION", name, err)
		}
	}
	if _, err := d.staff.Add(t.Context(), addInput("NEW-"+tenanttest.RandomHex(4), "名字", password)); err != nil {
		t.Errorf("good input: %v", err)
	}
}
