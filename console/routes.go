package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/tenant/fault"
)

// route is one address and what it demands. handle runs after the demand was met.
type route struct {
	method, path string
	access       authz.Access
	handle       func(c *fiber.Ctx, v *visit) error
}

// shopPath is the first page of a shop.
const shopPath = "/console/:handle"

// table lists every route of the console.
func (s *Console) table() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, "/console/static/:file", authz.Public(), s.assetShow},
		{get, "/console/login", authz.Public(), s.sessionNew},
		{post, "/console/login", authz.Public(), s.sessionCreate},
		{post, "/console/logout", authz.SignedIn(), s.sessionDelete},
		{post, "/console/locale", authz.Public(), s.localeSet},
		{post, "/console/theme", authz.Public(), s.themeSet},
		{get, "/console/signup", authz.Public(), s.signupAddress},
		{post, "/console/signup", authz.Public(), s.signupSend},
		{post, "/console/signup/resend", authz.Public(), s.signupResend},
		{get, "/console/signup/code", authz.Public(), s.signupCode},
		{post, "/console/signup/code", authz.Public(), s.signupProve},
		{get, "/console/signup/account", authz.Public(), s.signupAccount},
		{post, "/console/signup/account", authz.Public(), s.signupJoin},
		{get, "/console/signup/shop", authz.SignedIn(), s.signupShop},
		{post, "/console/signup/shop", authz.SignedIn(), s.signupDraft},
		{get, "/console/signup/terms", authz.SignedIn(), s.signupTerms},
		{post, "/console/signup/terms", authz.SignedIn(), s.signupSubmit},
		{get, "/console/signup/progress", authz.SignedIn(), s.signupProgress},
		{get, "/console/dev/messages", authz.Public(), s.messageList},
		{get, "/console", authz.SignedIn(), s.shopChoose},
		{get, "/console/", authz.SignedIn(), s.shopChoose}, // typed with a slash
		{get, shopPath, authz.Require(authz.DashboardRead), s.dashboardShow},
		{get, "/console/:handle/onboarding", authz.Require(authz.DashboardRead), s.onboardingShow},
		{post, "/console/:handle/open", authz.Require(authz.ShopManage), s.shopOpen},
		{get, "/console/:handle/orders", authz.Require(authz.OrderRead), s.orderList},
		{get, "/console/:handle/orders/:order_no", authz.Require(authz.OrderRead), s.orderShow},
		{get, "/console/:handle/products", authz.Require(authz.ProductRead), s.productList},
		{get, "/console/:handle/products/:id", authz.Require(authz.ProductRead), s.productShow},
		{get, "/console/:handle/apps", authz.Require(authz.AppRead), s.appList},
		{get, "/console/:handle/payment-accounts", authz.Require(authz.PaymentAccountRead), s.accountList},
	}
}

// missing answers what no route does.
func (s *Console) missing() route {
	return route{method: "ALL", path: "/console/*", access: authz.Public(), handle: func(*fiber.Ctx, *visit) error {
		return fault.ErrNotFound
	}}
}
