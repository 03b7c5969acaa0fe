package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/plan"
)

// dashboardShow shows today and what waits to be done.
func (s *Console) dashboardShow(c *fiber.Ctx, v *visit) error {
	if v.shop.Status == tenant.Closed {
		return s.shopClosed(c, v)
	}
	overview, todo, err := s.pages.Overview(c.UserContext(), v.shop.ID, s.Now(), s.texts.Shanghai(), actor(v.session.StaffID))
	if err != nil {
		return err
	}
	if v.look != nil {
		maskRows(overview.Latest)
	}
	var tight []plan.Use
	if v.granted[authz.PlanRead] {
		if tight, err = s.Plans.Tight(c.UserContext(), v.shop.ID); err != nil {
			s.note(c, v, err) // a warning is worth a line, not the page
		}
	}
	return render(c, view.DashboardPage(s.page(c, v, v.text.T("dashboard.title"), "nav.dashboard"), view.Dashboard{
		Overview: overview, SeesOrders: v.granted[authz.OrderRead], SeesSettings: v.granted[authz.AppRead] && v.granted[authz.PaymentAccountRead],
		Uses: tight, Todo: todo, SeesPayments: v.granted[authz.PaymentRead], SeesCases: v.granted[authz.AfterSaleRead], Now: s.Now(), SeesStock: v.granted[authz.StockRead], SeesInvoices: v.granted[authz.InvoiceRead], SeesReviews: v.granted[authz.ReviewRead], Approves: v.granted[authz.ProductApprove], SeesBills: v.granted[authz.ReconcileRead],
		// What waits for a second person waits for those who may be one.
		SeesRefunds: v.granted[authz.RefundApprove] || v.granted[authz.RefundSettle],
	}))
}
