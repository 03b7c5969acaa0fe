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

// table lists every route of the console.
func (s *Console) table() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	// What has a name of its own comes before what is named by a handle.
	return append(s.platformTable(), []route{
		{get, "/console/static/:file", authz.Public(), s.assetShow},
		{get, "/console/login", authz.Public(), s.sessionNew},
		{post, "/console/login", authz.Public(), s.sessionCreate},
		{post, "/console/logout", authz.SignedIn().BeforeSecondFactor(), s.sessionDelete},
		{get, "/console/reauth", authz.SignedIn(), s.reauthNew},
		{post, "/console/reauth", authz.SignedIn(), s.reauthCreate},
		{post, "/console/locale", authz.Public(), s.localeSet},
		{post, "/console/theme", authz.Public(), s.themeSet},
		{get, "/console", authz.SignedIn(), s.shopChoose},
		{get, "/console/", authz.SignedIn(), s.shopChoose}, // typed with a slash
		{get, "/console/:handle", authz.Require(authz.DashboardRead), s.dashboardShow},
		{get, "/console/:handle/orders", authz.Require(authz.OrderRead), s.orderList},
		{get, "/console/:handle/orders/:order_no", authz.Require(authz.OrderRead), s.orderShow},
		{get, "/console/:handle/products", authz.Require(authz.ProductRead), s.productList},
		{get, "/console/:handle/products/:id", authz.Require(authz.ProductRead), s.productShow},
		{get, "/console/:handle/apps", authz.Require(authz.AppRead), s.appList},
		{get, "/console/:handle/payment-accounts", authz.Require(authz.PaymentAccountRead), s.accountList},
		{get, "/console/:handle/callbacks", authz.Require(authz.CallbackRead), s.callbackList},
		{post, "/console/:handle/callbacks/:kind/:id/raw", authz.Require(authz.CallbackRaw).StepUp(), s.callbackRaw},
		{get, "/console/:handle/plan", authz.Require(authz.PlanRead), s.planShow},
	}...)
}

// missing answers what no route does.
func (s *Console) missing() route {
	return route{method: "ALL", path: "/console/*", access: authz.Public(), handle: func(*fiber.Ctx, *visit) error {
		return fault.ErrNotFound
	}}
}
