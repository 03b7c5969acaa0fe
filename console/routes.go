package console

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// route is one address and what it demands. handle runs after the demand was met.
type route struct {
	method, path string
	access       authz.Access
	handle       func(c *fiber.Ctx, v *visit) error
}

// takesFiles reports a route whose form may hold files.
func (r route) takesFiles() bool {
	return r.path == accountsPath+"/new/:channel" || r.path == accountsPath+"/:id/keys" || r.path == shipmentsPath || r.path == cardsPath
}

// shopPath is the first page of a shop.
const shopPath = "/console/:handle"

// profilePath is what the shop says of itself.
const profilePath = shopPath + "/profile"

// table lists every route of the console.
func (s *Console) table() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	// What has a name of its own comes before what is named by a handle.
	return append(append(s.platformTable(), []route{
		{get, "/console/static/:file", authz.Public(), s.assetShow},
		{get, "/console/login", authz.Public(), s.sessionNew},
		{post, "/console/login", authz.Public(), s.sessionCreate},
		{post, "/console/logout", authz.SignedIn().BeforeSecondFactor(), s.sessionDelete},
		{get, "/console/login/code", authz.Public(), s.codeNew},
		{post, "/console/login/code", authz.Public(), s.codeCreate},
		{get, "/console/forgot", authz.Public(), s.forgotNew},
		{post, "/console/forgot", authz.Public(), s.forgotCreate},
		{get, "/console/reset/:token", authz.Public(), s.resetNew},
		{post, "/console/reset/:token", authz.Public(), s.resetCreate},
		{get, "/console/invite/:token", authz.Public(), s.inviteShow},
		{post, "/console/invite/:token", authz.Public(), s.inviteSignUp},
		{post, "/console/invite/:token/join", authz.SignedIn().BeforeSecondFactor(), s.inviteJoin},
		{get, "/console/reauth", authz.SignedIn().BeforeSecondFactor(), s.reauthNew},
		{post, "/console/reauth", authz.SignedIn().BeforeSecondFactor(), s.reauthCreate},
		{get, "/console/account", authz.SignedIn(), s.accountShow},
		{get, view.SessionURL, authz.SignedIn(), s.sessionShow},
		{post, "/console/account/password", authz.SignedIn(), s.passwordUpdate},
		{get, addressURL, authz.SignedIn().StepUp(), s.addressNew},
		{post, addressURL, authz.SignedIn().StepUp(), s.addressSend},
		{get, addressURL + "/code", authz.SignedIn().StepUp(), s.addressCode},
		{post, addressURL + "/code", authz.SignedIn().StepUp(), s.addressUpdate},
		{post, addressURL + "/resend", authz.SignedIn().StepUp(), s.addressResend},
		{get, "/console/account/totp", authz.SignedIn().BeforeSecondFactor().StepUp(), s.totpNew},
		{get, "/console/account/totp.svg", authz.SignedIn().BeforeSecondFactor().StepUp(), s.totpPicture},
		{post, "/console/account/totp", authz.SignedIn().BeforeSecondFactor().StepUp(), s.totpCreate},
		{post, "/console/account/totp/remove", authz.SignedIn().StepUp(), s.totpDelete},
		{post, "/console/account/recovery", authz.SignedIn().StepUp(), s.recoveryCreate},
		{post, "/console/account/sessions/end-others", authz.SignedIn(), s.deviceDeleteOthers},
		{post, "/console/account/sessions/:id/end", authz.SignedIn(), s.deviceDelete},
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
		{get, "/console/:handle/staff", authz.Require(authz.StaffRead), s.staffList},
		{get, "/console/:handle/staff/invite", authz.Require(authz.StaffInvite), s.inviteNew},
		{post, "/console/:handle/staff/invite", authz.Require(authz.StaffInvite).StepUp(), s.inviteCreate},
		{post, "/console/:handle/staff/invite/:id/revoke", authz.Require(authz.StaffInvite), s.inviteDelete},
		{get, "/console/:handle/staff/:id", authz.Require(authz.StaffManage), s.staffShow},
		{post, "/console/:handle/staff/:id/roles", authz.Require(authz.StaffManage).StepUp(), s.staffSetRoles},
		{post, "/console/:handle/staff/:id/disable", authz.Require(authz.StaffManage).StepUp(), s.staffDisable},
		{post, "/console/:handle/staff/:id/enable", authz.Require(authz.StaffManage).StepUp(), s.staffEnable},
		{post, "/console/:handle/staff/:id/remove", authz.Require(authz.StaffManage).StepUp(), s.staffRemove},
		{get, "/console/:handle/roles", authz.Require(authz.RoleRead), s.roleList},
		{get, "/console/:handle/roles/new", authz.Require(authz.RoleManage), s.roleNew},
		{get, "/console/:handle/roles/:code", authz.Require(authz.RoleRead), s.roleEdit},
		{post, "/console/:handle/roles", authz.Require(authz.RoleManage).StepUp(), s.roleCreate},
		{post, "/console/:handle/roles/:code", authz.Require(authz.RoleManage).StepUp(), s.roleUpdate},
		{post, "/console/:handle/roles/:code/delete", authz.Require(authz.RoleManage).StepUp(), s.roleDelete},
		{get, "/console/:handle/transfer", authz.Require(authz.OwnerTransfer).StepUp(), s.transferNew},
		{post, "/console/:handle/transfer", authz.Require(authz.OwnerTransfer).StepUp(), s.transferCreate},
		{get, "/console/:handle/audit", authz.Require(authz.AuditRead), s.auditList},
		{post, "/console/:handle/audit/export", authz.Require(authz.AuditExport).StepUp(), s.auditExport},
		{get, "/console/:handle/audit/:seq", authz.Require(authz.AuditRead), s.auditShow},
		{get, "/console/:handle/callbacks", authz.Require(authz.CallbackRead), s.callbackList},
		{post, "/console/:handle/callbacks/:kind/:id/raw", authz.Require(authz.CallbackRaw).StepUp(), s.callbackRaw},
		{get, "/console/:handle/plan", authz.Require(authz.PlanRead), s.planShow},
	}...), slices.Concat(s.appTable(), s.paymentAccountTable(), s.catalogueTable(), s.firstSaleTable(), s.booksTable(), s.fulfilTable(), s.trackingTable(), s.cardTable(), s.reconcileTable(), s.refundTable(), s.moneyTable(), s.memberTable(), s.stockTable(), s.aftersaleTable(), s.figuresTable(), s.reviewTable(), s.transferTable(), s.freightTable(), s.portTable(), s.couponTable(), s.campaignTable(), s.messageTable(), s.smsTable(), s.mailTable(), s.distributionTable(), s.pointsTable(), s.levelTable(), s.invoiceTable())...)
}

// appTable lists the routes about Mini Programs.
func (s *Console) appTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, profilePath, authz.Require(authz.ShopRead), s.profileShow},
		{post, profilePath, authz.Require(authz.ShopUpdate), s.profileUpdate},
		{get, "/console/:handle/apps", authz.Require(authz.AppRead), s.appList},
		{post, "/console/:handle/apps", authz.Require(authz.AppUpdate).StepUp(), s.appCreate},
		{get, "/console/:handle/apps/new", authz.Require(authz.AppUpdate).StepUp(), s.appNew},
		{get, "/console/:handle/apps/:app_id", authz.Require(authz.AppRead), s.appShow},
		{get, "/console/:handle/apps/:app_id/keys", authz.Require(authz.AppUpdate).StepUp(), s.appKeys},
		{post, "/console/:handle/apps/:app_id/keys", authz.Require(authz.AppUpdate).StepUp(), s.appRekey},
		{post, "/console/:handle/apps/:app_id/rename", authz.Require(authz.AppUpdate).StepUp(), s.appRename},
		{post, "/console/:handle/apps/:app_id/disable", authz.Require(authz.AppUpdate).StepUp(), s.appDisable},
		{post, "/console/:handle/apps/:app_id/enable", authz.Require(authz.AppUpdate).StepUp(), s.appEnable},
		{post, "/console/:handle/apps/:app_id/remove", authz.Require(authz.AppUpdate).StepUp(), s.appRemove},
		{post, "/console/:handle/apps/:app_id/push", authz.Require(authz.AppUpdate).StepUp(), s.appPush},
		{post, "/console/:handle/apps/:app_id/check", authz.Require(authz.AppUpdate), s.appCheck},
	}
}

const accountsPath = shopPath + "/payment-accounts"

// paymentAccountTable lists the routes about merchant accounts.
func (s *Console) paymentAccountTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	read, update := authz.Require(authz.PaymentAccountRead), authz.Require(authz.PaymentAccountUpdate)
	return []route{
		{get, accountsPath, read, s.accountList},
		{get, accountsPath + "/new", update, s.paymentAccountChoose},
		{get, accountsPath + "/new/:channel", update.StepUp(), s.paymentAccountNew},
		{post, accountsPath + "/new/:channel", update.StepUp(), s.paymentAccountCreate},
		{get, accountsPath + "/:id", read, s.paymentAccountShow},
		{get, accountsPath + "/:id/keys", update.StepUp(), s.paymentAccountKeys},
		{post, accountsPath + "/:id/keys", update.StepUp(), s.paymentAccountReplace},
		{post, accountsPath + "/:id/check", update.StepUp(), s.paymentAccountCheck},
		{post, accountsPath + "/:id/rename", update.StepUp(), s.paymentAccountRename},
		{post, accountsPath + "/:id/status", update.StepUp(), s.paymentAccountStatus},
		{post, accountsPath + "/:id/bind", update.StepUp(), s.paymentAccountBind},
		{post, accountsPath + "/:id/unbind", update.StepUp(), s.paymentAccountUnbind},
	}
}

// missing answers what no route does.
func (s *Console) missing() route {
	return route{method: "ALL", path: "/console/*", access: authz.Public(), handle: func(*fiber.Ctx, *visit) error {
		return fault.ErrNotFound
	}}
}
