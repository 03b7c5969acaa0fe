package authz

import (
	"slices"
	"strings"
)

// Permission is one thing that a role may allow in a shop, "screen.action" as stored in
// platform.role.
type Permission string

// The permissions of the console. A new one needs its constant here, its line in
// registry and its texts permission.screen.… and permission.action.….
const (
	DashboardRead        Permission = "dashboard.read"
	FiguresRead          Permission = "figures.read"
	OrderRead            Permission = "order.read"
	OrderShip            Permission = "order.ship"
	OrderUpdate          Permission = "order.update" // price, address, notes, closing
	OrderVerify          Permission = "order.verify" // goods handed over against a code
	ProductRead          Permission = "product.read"
	ProductUpdate        Permission = "product.update"  // and create, and put on the shelf
	ProductApprove       Permission = "product.approve" // what others do to products, where the shop asks for that
	StockRead            Permission = "stock.read"
	StockUpdate          Permission = "stock.update" // correct, move, count
	ImportRun            Permission = "import.run"
	ExportRun            Permission = "export.run"
	CardShow             Permission = "card.show" // numbers and secrets that an order got
	MemberRead           Permission = "member.read"
	MemberUpdate         Permission = "member.update" // notes and tags
	MemberBlock          Permission = "member.block"
	MemberReveal         Permission = "member.reveal" // the whole phone number, with a reason
	AppRead              Permission = "app.read"
	AppUpdate            Permission = "app.update"
	PaymentAccountRead   Permission = "payment_account.read"
	PaymentAccountUpdate Permission = "payment_account.update"
	ReconcileRead        Permission = "reconcile.read"
	ReconcileExport      Permission = "reconcile.export"
	ReconcileResolve     Permission = "reconcile.resolve" // explain, fetch again, take the files
	ShopRead             Permission = "shop.read"
	ShopManage           Permission = "shop.manage" // open and close it
	ShopUpdate           Permission = "shop.update"
	StaffRead            Permission = "staff.read"
	StaffInvite          Permission = "staff.invite"
	StaffManage          Permission = "staff.manage"
	RoleRead             Permission = "role.read"
	RoleManage           Permission = "role.manage"
	AuditRead            Permission = "audit.read"
	AuditExport          Permission = "audit.export"
	PlanRead             Permission = "plan.read"
	CallbackRead         Permission = "callback.read"
	CallbackRaw          Permission = "callback.raw" // what the provider wrote, buyers included
	LedgerRead           Permission = "ledger.read"
	LedgerExport         Permission = "ledger.export"
	LedgerReverse        Permission = "ledger.reverse" // correct the books
	PaymentRead          Permission = "payment.read"
	PaymentExport        Permission = "payment.export"
	RefundRead           Permission = "refund.read"
	RefundExport         Permission = "refund.export"
	RefundCreate         Permission = "refund.create"
	RefundApprove        Permission = "refund.approve" // as the second person
	RefundSettle         Permission = "refund.settle"  // by hand, and asking the provider again
	TransferRead         Permission = "transfer.read"
	TransferExport       Permission = "transfer.export"
	TransferManage       Permission = "transfer.manage" // take back, and asking the provider again
	AfterSaleRead        Permission = "aftersale.read"
	AfterSaleHandle      Permission = "aftersale.handle" // answer, inspect, refund, replace
	ReviewRead           Permission = "review.read"
	ReviewReply          Permission = "review.reply"
	ReviewModerate       Permission = "review.moderate" // approve, hide, show again
	CouponRead           Permission = "coupon.read"
	CouponUpdate         Permission = "coupon.update"
	CampaignRead         Permission = "campaign.read"
	CampaignUpdate       Permission = "campaign.update"
	CouponIssue          Permission = "coupon.issue" // to members, and by codes
	MessageRead          Permission = "message.read"
	MessageUpdate        Permission = "message.update" // what is told, and its templates
	DistributionRead     Permission = "distribution.read"
	DistributionUpdate   Permission = "distribution.update" // terms, rates, levels
	DistributionManage   Permission = "distribution.manage" // who sells, and whom they brought
	DistributionExport   Permission = "distribution.export"
	WithdrawalRead       Permission = "withdrawal.read"
	WithdrawalHandle     Permission = "withdrawal.handle" // approve, refuse, pay by hand
	WithdrawalExport     Permission = "withdrawal.export"
	PointsRead           Permission = "points.read"
	PointsUpdate         Permission = "points.update"
	PointsAdjust         Permission = "points.adjust" // give members, and take from them
	LevelRead            Permission = "level.read"
	LevelUpdate          Permission = "level.update" // levels, their prices, how members grow
	LevelAdjust          Permission = "level.adjust" // give members growth, and take it
	InvoiceRead          Permission = "invoice.read"
	InvoiceHandle        Permission = "invoice.handle" // see whom for, make out, refuse, void
	InvoiceExport        Permission = "invoice.export"
	AnomalyResolve       Permission = "anomaly.resolve"
	OwnerTransfer        Permission = "owner.transfer"
)

// entry says which preset roles hold a permission besides the owner, who holds all.
// ownersOnly keeps it out of every other role.
type entry struct {
	permission Permission
	roles      preset
	ownersOnly bool
}

// registry is every permission in the order in which a matrix shows it.
func registry() []entry { return slices.Concat(shopkeeping(), money(), buyers()) }

// shopkeeping is what a shop does with its goods, its people and itself.
func shopkeeping() []entry {
	const all = manager | finance | warehouse | support | promoter | clerk
	return []entry{
		{DashboardRead, all &^ promoter, false},
		{FiguresRead, manager | finance | promoter, false},
		{OrderRead, manager | finance | warehouse | support | clerk, false},
		{OrderShip, manager | warehouse, false},
		{OrderUpdate, manager, false},
		{OrderVerify, manager | warehouse | clerk, false},
		{ProductRead, all, false},
		{ProductUpdate, manager | warehouse, false},
		{ProductApprove, manager, false},
		{StockRead, manager | warehouse | support | clerk, false},
		{StockUpdate, manager | warehouse, false},
		{ImportRun, manager | warehouse, false},
		{ExportRun, manager | finance | warehouse, false},
		{CardShow, manager | support, false},
		{MemberRead, manager | finance | support | promoter | clerk, false},
		{MemberUpdate, manager | support | promoter, false},
		{MemberBlock, manager, false},
		{MemberReveal, manager | support, false},
		{AppRead, manager | support, false},
		{AppUpdate, 0, false},
		{PaymentAccountRead, manager | finance, false},
		{PaymentAccountUpdate, 0, false},
		{ReconcileRead, manager | finance, false},
		{ReconcileExport, finance, false},
		{ReconcileResolve, finance, false},
		{ShopRead, manager | support, false},
		{ShopUpdate, manager, false},
		{ShopManage, 0, false},
		{StaffRead, manager, false},
		{StaffInvite, manager, false},
		{StaffManage, manager, false},
		{RoleRead, manager, false},
		{RoleManage, manager, false},
		{AuditRead, manager | finance, false},
		{AuditExport, 0, false},
		{PlanRead, manager, false},
	}
}

// money is what comes in and goes out.
func money() []entry {
	return []entry{
		{CallbackRead, manager | finance, false},
		{CallbackRaw, 0, true},
		{LedgerRead, manager | finance, false},
		{LedgerExport, finance, false},
		{LedgerReverse, 0, false},
		{PaymentRead, manager | finance | support, false},
		{PaymentExport, finance, false},
		{RefundRead, manager | finance | support, false},
		{RefundExport, finance, false},
		{RefundCreate, manager | finance | support, false},
		{RefundApprove, manager | finance, false},
		{RefundSettle, finance, false},
		{TransferRead, manager | finance, false},
		{TransferExport, finance, false},
		{TransferManage, finance, false},
	}
}

// buyers is what a shop has with them after a sale, and what brings them back.
func buyers() []entry {
	return []entry{
		{AfterSaleRead, manager | finance | warehouse | support, false},
		{AfterSaleHandle, manager | support, false},
		{ReviewRead, manager | warehouse | support, false},
		{ReviewReply, manager | support, false},
		{ReviewModerate, manager | support, false},
		{CouponRead, manager | finance | support, false},
		{CouponUpdate, manager, false},
		{CouponIssue, manager, false},
		{CampaignRead, manager | finance | support, false},
		{CampaignUpdate, manager, false},
		{MessageRead, manager | support, false},
		{MessageUpdate, manager, false},
		{DistributionRead, manager | finance | support | promoter, false},
		{DistributionUpdate, manager, false},
		{DistributionManage, manager | promoter, false},
		{DistributionExport, finance, false},
		{WithdrawalRead, manager | finance, false},
		{WithdrawalHandle, finance, false},
		{WithdrawalExport, finance, false},
		{PointsRead, manager | finance | support, false},
		{PointsUpdate, manager, false},
		{PointsAdjust, manager, false},
		{LevelRead, manager | finance | support | promoter, false},
		{LevelUpdate, manager, false},
		{LevelAdjust, manager, false},
		{InvoiceRead, manager | finance | support, false},
		{InvoiceHandle, manager | finance, false},
		{InvoiceExport, finance, false},
		{AnomalyResolve, manager | finance, false},
		{OwnerTransfer, 0, true},
	}
}

// Permissions lists all of them, in the order a matrix shows them.
func Permissions() []Permission {
	list := registry()
	out := make([]Permission, len(list))
	for i, e := range list {
		out[i] = e.permission
	}
	return out
}

// Grantable lists what a role of the shop's own may hold.
func Grantable() []Permission {
	var out []Permission
	for _, e := range registry() {
		if !e.ownersOnly {
			out = append(out, e.permission)
		}
	}
	return out
}

// Screen is the part of the console that p is about.
func (p Permission) Screen() string { screen, _, _ := strings.Cut(string(p), "."); return screen }

// Action is what p lets do on its screen.
func (p Permission) Action() string { _, action, _ := strings.Cut(string(p), "."); return action }

// Granted is what somebody may do. It is shared: never written after it was made.
type Granted map[Permission]bool

// Covers tells whether everything in list is granted: nobody hands out more than that.
func (g Granted) Covers(list []Permission) bool {
	return !slices.ContainsFunc(list, func(p Permission) bool { return !g[p] })
}

// Known keeps the codes that the registry knows; others grant nothing.
func Known(codes []string) []Permission {
	all := Permissions()
	out := make([]Permission, 0, len(codes))
	for _, p := range all {
		if slices.Contains(codes, string(p)) {
			out = append(out, p)
		}
	}
	return out
}
