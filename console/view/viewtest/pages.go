package viewtest

import (
	"slices"
	"time"

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
	signedOut := f.signedOut()
	many := shop("", "shop.title")
	many.Shop, many.Nav = nil, nil
	full := readmodel.Overview{
		Days: days(), ToShip: 12, PendingPayment: 3, LowStock: 4, SoldOut: 0, Anomalies: 1,
		Products: 42, Apps: 2, Accounts: 1, Latest: orders(),
	}
	counts := map[string]int64{"": 1000, "pending_payment": 3, "paid": 12, "fulfilling": 40, "completed": 861, "closed": 126}
	shelves := map[string]int64{"": 46, "on_shelf": 42, "off_shelf": 4, "low_stock": 4, "sold_out": 1}
	return append(slices.Concat(f.staffPages(), f.signUpPages(), f.appPages(), f.accountPages(), f.firstSalePages(), f.books(), f.fulfilPages(), f.cardPages(), f.reconcilePages(), f.moneyPages(), f.moneyBoardPages(), f.memberPages(), f.stockPages(), f.aftersalePages(), f.figurePages(), f.reviewPages(), f.transferPages(), f.freightPages(), f.portPages(), f.couponPages(), f.campaignPages(), f.messagePages(), f.distributionPages(), f.pointsPages(), f.levelPages(), f.invoicePages(), f.approvalPages(), f.platformPages()), []Sample{
		{"signin", view.SignInPage(signedOut, view.SignIn{Next: "/console/shanye/orders"})},
		{"signin_refused", view.SignInPage(signedOut, view.SignIn{Login: "owner@shanye.example", Problem: f.Text.T("problem.429.title")})},
		{"signin_expired", view.SignInPage(signedOut, view.SignIn{Expired: true})},
		{"shops", view.ShopListPage(many, []view.ShopChoice{
			{Shop: view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner")}, Status: "active"},
			{Shop: view.Shop{Handle: "qingci", Name: "青瓷小铺", Role: f.Text.T("role.clerk")}, Status: "suspended"},
		}, false)},
		{"dashboard", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: full, SeesOrders: true, SeesSettings: true, SeesRefunds: true, SeesPayments: true, Approves: true, Todo: readmodel.Todo{ToApprove: 2, Tasks: 1, Products: 2, Packed: 3, Lost: 1, Cases: 4, CaseDue: new(caseNow().Add(5 * time.Hour))}, SeesCases: true, Now: caseNow()})},
		{"dashboard_new", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: readmodel.Overview{Days: days()[:1], Apps: 1}, SeesOrders: true, SeesSettings: true})},
		{"orders", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{OrderPage: readmodel.OrderPage{Rows: orders(), Next: 1038, Counts: counts}, OnFirst: true})},
		{"orders_filtered", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{
			OrderPage: readmodel.OrderPage{Counts: counts}, Status: "paid", From: "2026-11-01", To: "2026-10-01", Query: "<script>alert(1)</script>", Flag: "anomaly", Invalid: "filter.bad_range",
		})},
		{"orders_none", view.OrderListPage(shop("nav.orders", "order.title"), view.OrderList{OnFirst: true})},
		{"order", view.OrderShowPage(shop("nav.orders", "order.one"), view.OrderShow{OrderDetail: hiddenReceiver(orderDetail()), MayReveal: true})},
		{"products", view.ProductListPage(shop("nav.products", "product.title"), view.ProductList{ProductPage: readmodel.ProductPage{Rows: products(), Counts: shelves, NeedsApproval: true, ToApprove: 2}, SeesApprovals: true, OnFirst: true, MayAdd: true, Categories: []view.Choice{{Value: "1", Label: "咖啡豆"}}})},
		{"products_bin", view.ProductListPage(shop("nav.products", "product.title"), view.ProductList{ProductPage: readmodel.ProductPage{Rows: products()[:1], Counts: shelves}, Shelf: "bin", OnFirst: true, MayAdd: true})},
		{"products_none", view.ProductListPage(shop("nav.products", "product.title"), view.ProductList{OnFirst: true, MayAdd: true})},
		{"product", view.ProductShowPage(shop("nav.products", "product.title"), view.ProductShow{ProductDetail: productDetail(), MayUpdate: true, Done: "product_saved"})},
		{"audit", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{
			Base: "/console/shanye/audit", Rows: auditRows(), Next: 3, OnFirst: true, MayExport: true, Actors: []view.AuditActor{{Value: "staff:1", Label: "李店长"}, {Value: "system", Label: f.Text.T("actor.system")}}, Groups: []string{"app", "role", "tenant"},
		})},
		{"audit_filtered", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{
			Base: "/console/shanye/audit", Actor: "staff:1", Group: "app", From: "2026-11-02", To: "2026-11-01", Object: "<script>alert(1)</script>", Invalid: "filter.bad_range", Groups: []string{"app"},
		})},
		{"audit_none", view.AuditListPage(shop("nav.audit", "audit.title"), view.AuditList{Base: "/console/shanye/audit", OnFirst: true})},
		{"audit_entry", view.AuditShowPage(shop("nav.audit", "audit.one"), view.AuditShow{Base: "/console/shanye/audit", Row: auditRows()[0]})},
		{"audit_entry_plain", view.AuditShowPage(shop("nav.audit", "audit.one"), view.AuditShow{Base: "/console/shanye/audit", Row: auditRows()[4]})},
		{"plan", view.PlanShowPage(shop("nav.plan", "plan.title"), view.PlanShow{Terms: terms(), Uses: uses()})},
		{"dashboard_quota", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: full, SeesSettings: true, Uses: uses()[:2]})},
		{"callbacks", view.CallbackLogPage(shop("nav.callbacks", "callback.title"), view.CallbackLog{MoneyQuery: view.MoneyQuery{OnFirst: true}, CallbackPage: callbacks(), Base: "/console/shanye/callbacks", MayRaw: true})},
		{"callbacks_none", view.CallbackLogPage(shop("nav.callbacks", "callback.title"), view.CallbackLog{MoneyQuery: view.MoneyQuery{OnFirst: true}, Base: "/console/shanye/callbacks"})},
		{"orders_looked_at", view.OrderListPage(f.looking("nav.orders", f.Text.T("order.title")), view.OrderList{OnFirst: true})},
		{"problem", view.ProblemPage(signedOut, view.Problem{Status: 404, Icon: "file-off", Title: f.Text.T("problem.404.title"), Text: f.Text.T("problem.404.text"), RequestID: "01J0000000", Action: f.Text.T("problem.home"), Href: "/console"})},
	}...)
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

// accountPages are the pages about merchant accounts.
func (f Frame) accountPages() []Sample {
	shop := func(here, title string) view.Page { return f.page(here, f.Text.T(title)) }
	return []Sample{
		{"accounts", view.AccountListPage(shop("nav.accounts", "account.title"), accountList())},
		{"accounts_none", view.AccountListPage(shop("nav.accounts", "account.title"), view.AccountList{MayUpdate: true})},
		{"account", view.AccountShowPage(shop("nav.accounts", "account.title"), accountShow())},
		{"account_plain", view.AccountShowPage(shop("nav.accounts", "account.title"), accountPlain())},
		{"account_choose", view.ChannelChoicePage(shop("nav.accounts", "collect.add"), view.ChannelChoice{Channels: []view.ChannelOption{
			{Channel: "wechat", Built: true}, {Channel: "wechat", Partner: true, Built: true}, {Channel: "alipay"}, {Channel: "unionpay"},
		}})},
		{"account_form", view.KeyFormPage(shop("nav.accounts", "collect.add"), f.keyForm())},
		{"account_partner", view.AccountShowPage(shop("nav.accounts", "account.title"), accountPartner())},
		{"account_partner_one", view.AccountShowPage(shop("nav.accounts", "account.title"), accountPartnerOne())},
		{"account_keys_partner", view.KeyFormPage(shop("nav.accounts", "collect.add"), f.keyFormPartner())},
		{"account_keys_partner_refused", view.KeyFormPage(shop("nav.accounts", "collect.add"), f.keyFormPartnerRefused())},
		{"account_keys_partner_replace", view.KeyFormPage(shop("nav.accounts", "collect.replace"), f.keyFormPartnerReplace())},
		{"account_keys_refused", view.KeyFormPage(shop("nav.accounts", "collect.replace"), f.keyFormRefused())},
	}
}
