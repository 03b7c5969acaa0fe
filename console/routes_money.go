package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// moneyTable lists the routes of the shop's money as a whole, and of the exports of its
// lists.
func (s *Console) moneyTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, shopPath + "/money", authz.Require(authz.LedgerRead), s.moneyShow},
		{get, shopPath + "/settlement", authz.Require(authz.LedgerRead), s.settlementShow},
		{post, shopPath + "/settlement/export", authz.Require(authz.LedgerExport), s.settlementExport},
		{post, shopPath + "/payments/export", authz.Require(authz.PaymentExport), s.paymentExport},
		{post, shopPath + "/refunds/export", authz.Require(authz.RefundExport), s.refundExport},
		{post, shopPath + "/reconciliation/export", authz.Require(authz.ReconcileExport), s.reconcileExport},
	}
}
