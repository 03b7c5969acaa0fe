package viewtest

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"galleria/console/i18n"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/plan"
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
	return append(slices.Concat(f.staffPages(), f.signUpPages(), f.appPages(), f.accountPages(), f.firstSalePages(), f.books(), f.fulfilPages(), f.cardPages(), f.reconcilePages(), f.moneyPages(), f.moneyBoardPages(), f.memberPages(), f.stockPages(), f.aftersalePages(), f.figurePages(), f.reviewPages(), f.transferPages(), f.freightPages(), f.portPages(), f.couponPages(), f.campaignPages(), f.messagePages(), f.distributionPages(), f.pointsPages(), f.levelPages(), f.invoicePages(), f.approvalPages()), []Sample{
		{"signin", view.SignInPage(signedOut, view.SignIn{Next: "/console/shanye/orders"})},
		{"signin_refused", view.SignInPage(signedOut, view.SignIn{Login: "owner@shanye.example", Problem: f.Text.T("problem.429.title")})},
		{"signin_expired", view.SignInPage(signedOut, view.SignIn{Expired: true})},
		{"shops", view.ShopListPage(many, []view.ShopChoice{
			{Shop: view.Shop{Handle: "shanye", Name: "山野咖啡", Role: f.Text.T("role.owner")}, Status: "active"},
			{Shop: view.Shop{Handle: "qingci", Name: "青瓷小铺", Role: f.Text.T("role.clerk")}, Status: "suspended"},
		}, false)},
		{"dashboard", view.DashboardPage(shop("nav.dashboard", "dashboard.title"), view.Dashboard{Overview: full, SeesOrders: true, SeesSettings: true, SeesRefunds: true, SeesPayments: true, Approves: true, Todo: readmodel.Todo{ToApprove: 2, Tasks: 1, Products: 2, Cases: 4, CaseDue: new(caseNow().Add(5 * time.Hour))}, SeesCases: true, Now: caseNow()})},
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
		{"platform_shops", view.TenantListPage(f.platform("platform.shops"), tenants())},
		{"platform_shops_none", view.TenantListPage(f.platform("platform.shops"), view.TenantList{OnFirst: true, MayOpen: true, Latest: 8})},
		{"platform_shop", view.TenantShowPage(f.platform("platform.shops"), tenantShow())},
		{"platform_applications", view.ApplicationListPage(f.platform("platform.applications"), applications())},
		{"platform_applications_none", view.ApplicationListPage(f.platform("platform.applications"), view.ApplicationList{OnFirst: true})},
		{"platform_application", view.ApplicationShowPage(f.platform("platform.applications"), application())},
		{"platform_audit", view.AuditListPage(f.platform("platform.audit"), view.AuditList{Base: "/console/platform/audit", Rows: auditRows()[:2], OnFirst: true, MayExport: true, State: &view.AuditState{
			AnchorDay: "2026-11-20", AnchorChains: 42, AnchorDigest: "0f1e2d3c", Checked: &view.AuditCheck{Rows: 1204, Anchors: 31, Head: "0f1e2d3c"},
		}})},
		{"platform_audit_broken", view.AuditListPage(f.platform("platform.audit"), view.AuditList{Base: "/console/platform/audit", OnFirst: true, State: &view.AuditState{
			Checked: &view.AuditCheck{Seq: 17, Kind: "changed", Note: "its content does not have its hash"},
		}})},
		{"platform_keys", view.KeyAlarmsPage(f.platform("platform.keys"), keyAlarms())},
		{"platform_keys_none", view.KeyAlarmsPage(f.platform("platform.keys"), view.KeyAlarms{})},
		{"platform_plans", view.PlanListPage(f.platform("platform.plans"), view.PlanList{Plans: []plan.Plan{terms().Plan}, MayManage: true})},
		{"platform_plan_refused", view.PlanFormPage(f.platform("platform.plans"), view.PlanForm{
			New: true, Action: "/console/platform/plans", Name: "试用版", Problems: map[string]string{"hard_staff": f.Text.T("platform.problem.number")},
		})},
		{"platform_queues", view.QueuePage(f.platform("platform.queues"), queues())},
		{"platform_queues_none", view.QueuePage(f.platform("platform.queues"), view.QueueShow{OnFirst: true})},
		{"platform_jobs", view.JobPage(f.platform("platform.jobs"), jobs())},
		{"platform_jobs_none", view.JobPage(f.platform("platform.jobs"), view.JobShow{})},
		{"platform_job_runs", view.JobRunPage(f.platform("platform.jobs"), jobRuns())},
		{"platform_job_runs_none", view.JobRunPage(f.platform("platform.jobs"), view.JobRuns{Topic: "shop.upkeep", All: true, OnFirst: true})},
		{"platform_fleet", view.FleetPage(f.platform("platform.fleet"), fleet())},
		{"platform_job_look", view.ActPage(f.platform("platform.jobs"), view.ActForm{
			Title: f.Text.T("platform.job.look_title", f.Text.T("platform.job.name.coupon.age")), Lead: f.Text.T("platform.job.look_lead"), Warning: f.Text.T("platform.job.look_warning"),
			Back: view.JobsURL, BackText: f.Text.T("platform.jobs"), Action: view.JobsURL + "/coupon.age/run", Submit: f.Text.T("platform.job.look"),
			Fields: []view.ActField{{Name: "hours", Label: f.Text.T("platform.job.look_window"), Hint: f.Text.T("platform.job.look_all"), Value: "24", Options: []view.Option{
				{Value: "1", Label: f.Text.T("platform.job.look_hours.1")}, {Value: "24", Label: f.Text.T("platform.job.look_hours.24")},
			}}},
		})},
		{"platform_act_refused", view.ActPage(f.platform("platform.shops"), view.ActForm{
			Title: f.Text.T("platform.move.close", "山野咖啡"), Warning: f.Text.T("platform.move_warning.close"), Danger: true, Back: "/console/platform", BackText: "山野咖啡",
			Action: "/console/platform/shops/t_0123456789ab/close", Submit: f.Text.T("platform.move_submit.close"), Problem: f.Text.T("platform.problem.moved"),
			Fields: []view.ActField{
				{Name: "reason", Label: f.Text.T("platform.field.reason"), Hint: f.Text.T("platform.field.reason_seen"), Long: true, Max: "200"},
				{Name: "confirm", Label: f.Text.T("platform.field.confirm", "shanye"), Value: "shan", Max: "32"},
			}, Problems: map[string]string{"confirm": f.Text.T("platform.problem.confirm")},
		})},
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
