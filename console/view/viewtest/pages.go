package viewtest

import (
	"github.com/a-h/templ"

	"galleria/console/i18n"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// Frame is what surrounds a sample page.
type Frame struct {
	Text  i18n.Printer
	Theme view.Theme
	Asset func(string) string
}

// Sample is one page of the storybook.
type Sample struct {
	Name string
	Page templ.Component
}

// Pages returns every page, in the states worth looking at.
func Pages(f Frame) []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	signedOut := view.Page{Text: f.Text, Theme: f.Theme, CSRF: "csrf-sample", Asset: f.Asset, Title: f.Text.T("signin.title"), Back: "/console/login"}
	many := shop("", "shop.title")
	many.Shop, many.Nav = nil, nil
	applicant := signedOut
	applicant.Person = &view.Person{Name: "李店长", Login: "li@shop.example"}
	young := shop("", "onboarding.title")
	young.Shop = &view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner"), Notice: f.Text.T("shop.notice.onboarding"), NoticeHref: "/console/shanye/onboarding"}
	full := readmodel.Overview{
		Days: days(), ToShip: 12, PendingPayment: 3, LowStock: 4, SoldOut: 0, Anomalies: 1,
		Products: 42, Apps: 2, Accounts: 1, Latest: orders(),
	}
	counts := map[string]int64{"": 1000, "pending_payment": 3, "paid": 12, "fulfilling": 40, "completed": 861, "closed": 126}
	shelves := map[string]int64{"": 46, "on_shelf": 42, "off_shelf": 4, "low_stock": 4, "sold_out": 1}
	return append(f.staffPages(), []Sample{
		{"signin", view.SignInPage(signedOut, view.SignIn{Next: "/console/shanye/orders"})},
		{"signin_refused", view.SignInPage(signedOut, view.SignIn{Login: "owner@shanye.example", Problem: f.Text.T("problem.429.title")})},
		{"signin_expired", view.SignInPage(signedOut, view.SignIn{Expired: true})},
		{"shops", view.ShopListPage(many, []view.ShopChoice{
			{Shop: view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner")}, Status: "active"},
			{Shop: view.Shop{Handle: "qingci", Name: "青瓷小铺", Role: f.Text.T("role.clerk")}, Status: "suspended"},
		}, false)},
		{"dashboard", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: full, SeesOrders: true, SeesSettings: true})},
		{"dashboard_new", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: readmodel.Overview{Days: days()[:1], Apps: 1}, SeesOrders: true, SeesSettings: true})},
		{"orders", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{OrderPage: readmodel.OrderPage{Rows: orders(), Next: 1038, Counts: counts}, OnFirst: true})},
		{"orders_filtered", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{
			OrderPage: readmodel.OrderPage{Counts: counts}, Status: "paid", From: "2026-11-01", To: "2026-10-01", Query: "<script>alert(1)</script>", Flag: "anomaly", Invalid: "filter.bad_range",
		})},
		{"orders_none", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{OnFirst: true})},
		{"order", view.OrderShowPage(shop("nav.orders", "order.one"), view.OrderShow{OrderDetail: orderDetail()})},
		{"products", view.ProductListPage(shop("nav.products", "product.title"), view.ProductList{ProductPage: readmodel.ProductPage{Rows: products(), Counts: shelves}, OnFirst: true})},
		{"products_none", view.ProductListPage(shop("nav.products", "product.title"), view.ProductList{OnFirst: true})},
		{"product", view.ProductShowPage(shop("nav.products", "product.title"), view.ProductShow{ProductDetail: productDetail()})},
		{"apps", view.AppListPage(shop("nav.apps", "app.title"), view.AppList{Apps: apps()})},
		{"apps_none", view.AppListPage(shop("nav.apps", "app.title"), view.AppList{})},
		{"accounts", view.AccountListPage(shop("nav.accounts", "account.title"), view.AccountList{Accounts: cards()})},
		{"audit", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{
			Rows: auditRows(), Next: 3, OnFirst: true, MayExport: true, Actors: []view.AuditActor{{Value: "staff:1", Label: "李店长"}, {Value: "system", Label: f.Text.T("actor.system")}}, Groups: []string{"app", "role", "tenant"},
		})},
		{"audit_filtered", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{
			Actor: "staff:1", Group: "app", From: "2026-11-02", To: "2026-11-01", Object: "<script>alert(1)</script>", Invalid: "filter.bad_range", Groups: []string{"app"},
		})},
		{"audit_none", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{OnFirst: true})},
		{"audit_entry", view.AuditShowPage(shop("nav.audit", "audit.one"), view.AuditShow{Row: auditRows()[0]})},
		{"audit_entry_plain", view.AuditShowPage(shop("nav.audit", "audit.one"), view.AuditShow{Row: auditRows()[4]})},
		{"signup", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1, Desk: true}, Ways: []string{"mail", "sms"}})},
		{"signup_refused", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1, Problem: f.Text.T("problem.429.title")}, Ways: []string{"mail"}, Address: "li@shop.example"})},
		{"signup_no_way", view.SignUpAddressPage(signedOut, view.SignUpAddress{SignUpFrame: view.SignUpFrame{Step: 1}})},
		{"signup_code", view.SignUpCodePage(signedOut, view.SignUpCode{SignUpFrame: view.SignUpFrame{Step: 1}, Masked: "li***@shop.example", Wait: 42})},
		{"signup_code_spent", view.SignUpCodePage(signedOut, view.SignUpCode{SignUpFrame: view.SignUpFrame{Step: 1, Problem: f.Text.T("problem.429.title")}, Masked: "139****0001", Spent: true})},
		{"signup_account", view.SignUpAccountPage(signedOut, view.SignUpAccount{
			SignUpFrame: view.SignUpFrame{Step: 1}, Login: "li@shop.example", Name: "李店长", WordsProblem: f.Text.T("signup.account.password_hint"),
		})},
		{"signup_taken", view.SignUpAccountPage(signedOut, view.SignUpAccount{SignUpFrame: view.SignUpFrame{Step: 1}, Login: "li@shop.example", Taken: true})},
		{"signup_shop", view.SignUpShopPage(applicant, view.SignUpShop{SignUpFrame: view.SignUpFrame{Step: 2}, Base: "shop.example.com/console/", Name: "青禾生活", Handle: "qinghe", HandleFree: true})},
		{"signup_shop_taken", view.SignUpShopPage(applicant, view.SignUpShop{
			SignUpFrame: view.SignUpFrame{Step: 2}, Base: "shop.example.com/console/", Name: "<script>", Handle: "qinghe",
			HandleProblem: f.Text.T("signup.shop.taken"), Suggestions: []string{"qinghe-2", "qinghe-3"},
		})},
		{"signup_terms", view.SignUpTermsPage(applicant, view.SignUpTerms{SignUpFrame: view.SignUpFrame{Step: 3}, Base: "shop.example.com/console/", Name: "青禾生活", Handle: "qinghe", Version: "2026-11"})},
		{"signup_progress", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "provisioning", Moving: true, Failed: true, Steps: []view.ProgressStep{
			{Key: "claim", State: "done"}, {Key: "check", State: "done"}, {Key: "settings", State: "now"}, {Key: "roles", State: "failed"}, {Key: "owner", State: "waiting"}, {Key: "ready", State: "waiting"},
		}})},
		{"signup_review", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "applied"})},
		{"signup_rejected", view.SignUpProgressPage(applicant, view.SignUpProgress{Name: "青禾生活", State: "rejected", Reason: "店名与他人商标相同"})},
		{"onboarding", view.OnboardingPage(young, view.Onboarding{MayOpen: true, Steps: []view.OnboardingStep{
			{Key: "app", Icon: "apps", Href: "/apps", Done: true}, {Key: "account", Icon: "credit-card", Href: "/payment-accounts"}, {Key: "product", Icon: "package", Href: "/products"},
		}})},
		{"onboarding_done", view.OnboardingPage(young, view.Onboarding{MayOpen: true, Steps: []view.OnboardingStep{
			{Key: "app", Icon: "apps", Href: "/apps", Done: true}, {Key: "account", Icon: "credit-card", Href: "/payment-accounts", Done: true},
		}})},
		{"shop_closed", view.ShopClosedPage(shop("", "shop.closed.title"), "证照过期")},
		{"messages", view.MessageListPage(signedOut, []view.Letter{
			{At: "2026-11-21 19:42:05", Way: "mail", To: "li@shop.example", Kind: "signup_code", Subject: f.Text.T("signup.letter.code.subject"), Text: f.Text.T("signup.letter.code.text", "123456")},
		})},
		{"messages_none", view.MessageListPage(signedOut, nil)},
		{"problem", view.ProblemPage(signedOut, view.Problem{Status: 404, Icon: "file-off", Title: f.Text.T("problem.404.title"), Text: f.Text.T("problem.404.text"), RequestID: "01J0000000", Action: f.Text.T("problem.home"), Href: "/console"})},
	}...)
}

func cards() []view.AccountCard {
	out := make([]view.AccountCard, 0, 1)
	for _, a := range accounts() {
		out = append(out, view.AccountCard{Account: a, CallbackURL: "https://pay.example.com/notify/" + a.Channel + "/" + a.AccountKey})
	}
	return out
}

func (f Frame) page(here, title string) view.Page {
	nav := []view.NavItem{
		{Key: "nav.dashboard", Icon: "layout-dashboard", Href: "/console/shanye"},
		{Key: "nav.orders", Icon: "receipt", Href: "/console/shanye/orders", Badge: 12},
		{Key: "nav.products", Icon: "package", Href: "/console/shanye/products"},
		{Key: "nav.apps", Icon: "apps", Href: "/console/shanye/apps", Group: "nav.settings"},
		{Key: "nav.accounts", Icon: "credit-card", Href: "/console/shanye/payment-accounts"},
		{Key: "nav.staff", Icon: "user", Href: "/console/shanye/staff"},
		{Key: "nav.roles", Icon: "shield-lock", Href: "/console/shanye/roles"},
		{Key: "nav.audit", Icon: "note", Href: "/console/shanye/audit"},
	}
	for i := range nav {
		nav[i].Here = nav[i].Key == here
	}
	return view.Page{
		Text: f.Text, Theme: f.Theme, CSRF: "csrf-sample", Asset: f.Asset, Title: title,
		Shop: &view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner")}, Shops: 2,
		Person: &view.Person{Name: "李店长", Login: "owner@shanye.example"}, Nav: nav, Back: "/console/shanye",
	}
}
